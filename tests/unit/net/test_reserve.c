#include "net_test.h"

#include "net/reserve.h"

#define CLIENTS 1000
#define TIMERS 2000 /* far more than the tables of a new loop can hold */
#define SOCKETS 400

/* Every test begins and ends with no reserved memory in use. */
static int set_aside(void **state)
{
    (void)state;
    struct error err = { 0 };
    assert_true(reserve_for(CLIENTS, &err));
    assert_int_equal(reserve_in_use(), 0);
    return 0;
}

static int have_memory(void **state)
{
    (void)state;
    mem_fail_all(false);
    assert_int_equal(reserve_in_use(), 0);
    return 0;
}

struct ringer {
    struct loop_timer timer;
    unsigned *rung;
};

static void ring(struct loop_timer *timer)
{
    ++*((struct ringer *)(void *)timer)->rung;
}

/* Starts all timers and waits until each has fired. */
static void ring_all(struct loop *loop, struct ringer *ringers, unsigned count, unsigned *rung)
{
    *rung = 0;
    for (unsigned i = 0; i < count; i++) {
        loop_timer_init(&ringers[i].timer, ring);
        ringers[i].rung = rung;
        loop_timer_start(&ringers[i].timer, loop, 1000);
    }
    while (*rung < count)
        turn(loop);
}

TEST_WITH(a_loop_without_memory_goes_on, set_aside, have_memory)
{
    struct loop loop;
    static struct ringer ringers[TIMERS];
    unsigned rung;
    open_loop(&loop);
    ring_all(&loop, ringers, 1, &rung);
    mem_fail_all(true);
    ring_all(&loop, ringers, TIMERS, &rung);
    assert_int_equal(rung, TIMERS);
    assert_true(reserve_in_use() > TIMERS * sizeof(void *));
    mem_fail_all(false);
    close_loop(&loop);
}

struct ear {
    ev_io io;
    unsigned heard;
};

static void hear(struct ev_loop *ev, ev_io *io, int events)
{
    char byte;
    assert_int_equal(events, EV_READ);
    assert_int_equal(read(io->fd, &byte, 1), 1);
    ((struct ear *)(void *)io)->heard++;
    (void)ev;
}

/* Tables move from ordinary memory to reserved memory and back while they are in use. */
TEST_WITH(tables_keep_what_is_in_them_wherever_they_grow, set_aside, have_memory)
{
    static struct ear ears[SOCKETS];
    static int ends[SOCKETS][2];
    struct loop loop;
    uint64_t seed = 7;
    open_loop(&loop);
    for (unsigned i = 0; i < SOCKETS; i++) {
        open_pair(ends[i]);
        ears[i].heard = 0;
        mem_fail_all(chance(&seed, 2));
        ev_io_init(&ears[i].io, hear, ends[i][0], EV_READ);
        ev_io_start(loop.ev, &ears[i].io);
        assert_int_equal(write(ends[i / 2][1], "x", 1), 1);
        turn(&loop);
    }
    mem_fail_all(false);
    for (unsigned i = 0; i < SOCKETS; i++) {
        assert_int_equal(ears[i].heard, i < SOCKETS / 2 ? 2 : 0);
        ev_io_stop(loop.ev, &ears[i].io);
        (void)close(ends[i][0]);
        (void)close(ends[i][1]);
    }
    close_loop(&loop);
}

TEST_WITH(more_is_set_aside_unless_it_is_in_use, set_aside, have_memory)
{
    struct loop loop;
    static struct ringer ringers[TIMERS];
    struct error err = { 0 };
    unsigned rung;
    mem_fail_all(true);
    open_loop(&loop);
    assert_true(reserve_in_use() > 0);
    assert_true(reserve_for(CLIENTS / 2, &err));
    assert_false(reserve_for(2 * CLIENTS, &err));
    assert_string_equal(err.text, "setting memory aside for the event loops: it is in use");
    ring_all(&loop, ringers, TIMERS, &rung);
    close_loop(&loop);
    assert_int_equal(reserve_in_use(), 0);
    err = (struct error){ 0 };
    assert_true(reserve_for(2 * CLIENTS, &err));
}

TEST_WITH(more_than_there_can_be_is_an_error, set_aside, have_memory)
{
    struct error err = { 0 };
    assert_false(reserve_for(SIZE_MAX / RESERVE_PER_CLIENT_BYTES / 2, &err));
    assert_non_null(strstr(err.text, "setting memory aside for the event loops: mapping "));
    assert_non_null(strstr(err.text, "Cannot allocate memory"));
}

RUN_TESTS(NULL, NULL)
