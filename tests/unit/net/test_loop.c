#include "net_test.h"

#include "base/clock.h"

/* ---- the mailbox ---- */

#define SENDERS 3
#define LETTERS 2000

struct letter {
    struct loop_message message;
    struct office *office;
    unsigned sender, number;
};

struct office {
    struct loop *loop;
    unsigned next[SENDERS];
    unsigned received;
    bool is_ordered;
};

struct sender {
    struct office *office;
    struct letter letters[LETTERS];
    unsigned id;
};

static void receive(struct loop_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    struct office *office = letter->office;
    office->is_ordered &= office->next[letter->sender]++ == letter->number;
    if (++office->received == SENDERS * LETTERS)
        loop_stop(office->loop);
}

static void *send_all(void *argument)
{
    struct sender *sender = argument;
    for (unsigned i = 0; i < LETTERS; i++) {
        sender->letters[i] = (struct letter){ { .run = receive }, sender->office, sender->id, i };
        if (!loop_post(sender->office->loop, &sender->letters[i].message))
            return argument;
    }
    return NULL;
}

TEST(letters_of_each_sender_arrive_in_order)
{
    struct loop loop;
    struct office office = { .loop = &loop, .is_ordered = true };
    static struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    open_loop(&loop);
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i].office = &office;
        senders[i].id = i;
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    loop_run(&loop);
    for (unsigned i = 0; i < SENDERS; i++) {
        void *refused;
        assert_int_equal(pthread_join(threads[i], &refused), 0);
        assert_null(refused);
    }
    assert_true(office.is_ordered);
    assert_int_equal(office.received, SENDERS * LETTERS);
    close_loop(&loop);
}

struct farewell {
    struct loop_message message;
    struct loop_corpse corpse;
    struct loop *loop;
    struct loop_message late;
    bool was_run, was_buried, was_late_refused;
};

static void bury_farewell(struct loop_corpse *corpse)
{
    ((struct farewell *)(void *)((char *)corpse - offsetof(struct farewell, corpse)))->was_buried = true;
}

static void run_farewell(struct loop_message *message)
{
    struct farewell *farewell = (struct farewell *)(void *)message;
    farewell->was_run = true;
    farewell->was_late_refused = !loop_post(farewell->loop, &farewell->late);
    loop_bury(farewell->loop, &farewell->corpse, bury_farewell);
}

TEST(what_was_accepted_is_run_before_the_end_and_the_rest_refused)
{
    struct loop loop;
    open_loop(&loop);
    struct farewell farewell = { .message.run = run_farewell, .loop = &loop };
    assert_true(loop_post(&loop, &farewell.message));
    close_loop(&loop);
    assert_true(farewell.was_run && farewell.was_late_refused && farewell.was_buried);
}

/* ---- timers ---- */

struct alarm_clock {
    struct loop_timer timer;
    unsigned fired, order;
    struct alarm_clock *stops, *starts;
};

static unsigned rings;

static void ring(struct loop_timer *timer)
{
    struct alarm_clock *alarm_clock = (struct alarm_clock *)(void *)timer;
    alarm_clock->fired++;
    alarm_clock->order = ++rings;
    if (alarm_clock->stops != NULL)
        loop_timer_stop(&alarm_clock->stops->timer);
    if (alarm_clock->starts != NULL)
        loop_timer_start(&alarm_clock->starts->timer, timer->loop, 1000);
}

TEST(timers_fire_once_in_the_order_of_their_times)
{
    struct loop loop;
    struct alarm_clock clocks[5] = { 0 };
    static const uint64_t after_us[] = { 30000, 10000, 20000, 0, 25000 };
    static const unsigned order[] = { 4, 2, 3, 1, 0 };
    rings = 0;
    open_loop(&loop);
    for (unsigned i = 0; i < 5; i++) {
        loop_timer_init(&clocks[i].timer, ring);
        loop_timer_stop(&clocks[i].timer); /* no effect before the first start */
        assert_false(loop_timer_is_active(&clocks[i].timer));
        loop_timer_start(&clocks[i].timer, &loop, after_us[i]);
        assert_true(loop_timer_is_active(&clocks[i].timer));
    }
    clocks[2].stops = &clocks[4];
    while (clocks[0].fired == 0)
        turn(&loop);
    turn_without_waiting(&loop);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(clocks[i].fired, order[i] > 0);
        assert_int_equal(clocks[i].order, order[i]);
        assert_false(loop_timer_is_active(&clocks[i].timer));
    }
    close_loop(&loop);
}

TEST(a_timer_started_again_counts_from_then)
{
    struct loop loop;
    struct alarm_clock late = { 0 }, early = { 0 }, again = { 0 };
    rings = 0;
    open_loop(&loop);
    loop_timer_init(&late.timer, ring);
    loop_timer_init(&early.timer, ring);
    loop_timer_init(&again.timer, ring);
    loop_timer_start(&again.timer, &loop, 5000000);
    loop_timer_start(&again.timer, &loop, 0);
    loop_timer_start(&late.timer, &loop, 0);
    loop_timer_start(&late.timer, &loop, 300000);
    loop_timer_start(&early.timer, &loop, 10000);
    early.starts = &early; /* a timer may restart itself in its own callback */
    while (late.fired == 0)
        turn(&loop);
    assert_int_equal(again.order, 1);
    assert_int_equal(late.fired, 1);
    assert_true(early.fired >= 2);
    loop_timer_stop(&early.timer);
    close_loop(&loop);
}

static void stay_long(struct loop_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    uint64_t until = clock_monotonic_us() + 50000;
    while (clock_monotonic_us() < until)
        ;
    letter->number = 1;
}

/* The loop's time is the time when the turn began. */
TEST(a_timer_started_late_in_a_long_turn_is_not_early)
{
    struct loop loop;
    open_loop(&loop);
    for (unsigned round = 0; round < 2; round++) {
        struct letter letter = { .message.run = stay_long };
        struct alarm_clock alarm_clock = { 0 };
        loop_timer_init(&alarm_clock.timer, ring);
        if (round == 0) {
            assert_true(loop_post(&loop, &letter.message));
            while (letter.number == 0)
                turn(&loop);
        } else {
            stay_long(&letter.message); /* before the loop runs, as when the program starts */
        }
        uint64_t started = clock_monotonic_us();
        loop_timer_start(&alarm_clock.timer, &loop, 20000);
        while (alarm_clock.fired == 0)
            turn(&loop);
        assert_row(clock_monotonic_us() - started >= 20000 - 1000, "round %u: %llu us", round,
                   (unsigned long long)(clock_monotonic_us() - started)); /* libev may be 1 ms early */
    }
    close_loop(&loop);
}

/* ---- a turn of the loop ---- */

struct ringing_socket {
    ev_io io;
    unsigned order;
};

static void ring_socket(struct ev_loop *ev, ev_io *io, int events)
{
    (void)events;
    ((struct ringing_socket *)(void *)io)->order = ++rings;
    ev_io_stop(ev, io);
}

struct background_clock {
    struct loop_background timer;
    unsigned fired, order;
    struct background_clock *stops, *starts;
};

static void ring_background(struct loop_background *timer)
{
    struct background_clock *clock = container_of(timer, struct background_clock, timer);
    clock->fired++;
    clock->order = ++rings;
    assert_true(clock_monotonic_us() >= timer->at_us);
    if (clock->stops != NULL)
        loop_background_stop(&clock->stops->timer);
    if (clock->starts != NULL)
        loop_background_start(&clock->starts->timer, timer->loop, 500);
}

TEST(background_timers_fire_once_in_the_order_of_their_times)
{
    static const uint64_t after_us[] = { 30000, 10000, 20000, 300, 25000 };
    static const unsigned order[] = { 4, 2, 3, 1, 0 };
    struct loop loop;
    struct background_clock clocks[5] = { 0 };
    rings = 0;
    open_loop(&loop);
    for (unsigned i = 0; i < 5; i++) {
        loop_background_init(&clocks[i].timer, ring_background);
        loop_background_stop(&clocks[i].timer); /* no effect before the first start */
        assert_false(loop_background_is_active(&clocks[i].timer));
        loop_background_start(&clocks[i].timer, &loop, after_us[i]);
        assert_true(loop_background_is_active(&clocks[i].timer));
    }
    clocks[2].stops = &clocks[4];
    while (clocks[0].fired == 0)
        turn(&loop);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(clocks[i].order, order[i]);
        assert_int_equal(clocks[i].fired, order[i] != 0);
        assert_false(loop_background_is_active(&clocks[i].timer));
    }
    close_loop(&loop);
}

/* A timer that is started earlier or later than before fires at the new time only, whether it is started
 * from outside or by a timer that fires. */
TEST(a_background_timer_can_be_started_again)
{
    struct loop loop;
    struct background_clock sooner = { 0 }, later = { 0 }, last = { 0 };
    rings = 0;
    open_loop(&loop);
    loop_background_init(&sooner.timer, ring_background);
    loop_background_init(&later.timer, ring_background);
    loop_background_init(&last.timer, ring_background);
    loop_background_start(&last.timer, &loop, 40000);
    loop_background_start(&sooner.timer, &loop, 60000000);
    loop_background_start(&sooner.timer, &loop, 2000);
    loop_background_start(&later.timer, &loop, 1000);
    loop_background_start(&later.timer, &loop, 20000);
    sooner.starts = &sooner;
    while (sooner.fired < 3) /* at 2, 2.5 and 3 ms */
        turn(&loop);
    sooner.starts = NULL;
    while (last.fired == 0)
        turn(&loop);
    assert_int_equal(sooner.fired, 4);
    assert_int_equal(later.fired, 1);
    assert_true(later.order < last.order);
    assert_true(loop.background.count == 0 && loop.alarm_us == UINT64_MAX);
    close_loop(&loop);
}

TEST(a_background_timer_fires_after_sockets_and_other_timers)
{
    struct loop loop;
    struct background_clock background = { 0 };
    struct alarm_clock ordinary = { 0 };
    struct ringing_socket sock = { 0 };
    int ends[2];
    rings = 0;
    open_loop(&loop);
    open_pair(ends);
    loop_background_init(&background.timer, ring_background);
    loop_background_start(&background.timer, &loop, 0);
    loop_timer_init(&ordinary.timer, ring);
    loop_timer_start(&ordinary.timer, &loop, 0);
    assert_int_equal(write(ends[0], "x", 1), 1);
    ev_io_init(&sock.io, ring_socket, ends[1], EV_READ);
    ev_io_start(loop.ev, &sock.io);
    turn(&loop);
    assert_int_equal(rings, 3);
    assert_int_equal(background.order, 3);
    (void)close(ends[0]);
    (void)close(ends[1]);
    close_loop(&loop);
}

struct watched {
    struct loop_corpse corpse;
    ev_io io;
    struct loop *loop;
    struct watched *victim;
    uint64_t now_us;
    unsigned calls;
    bool is_buried;
};

static void bury_watched(struct loop_corpse *corpse)
{
    ((struct watched *)(void *)corpse)->is_buried = true;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events)
{
    struct watched *watched = (struct watched *)(void *)((char *)io - offsetof(struct watched, io));
    (void)ev;
    (void)events;
    watched->calls++;
    watched->now_us = watched->loop->now_us;
    assert_false(watched->victim->is_buried);
    loop_bury(watched->loop, &watched->corpse, bury_watched);
    ev_io_stop(watched->loop->ev, io);
}

TEST(the_dead_are_buried_after_the_turn_and_not_during_it)
{
    struct loop loop;
    struct watched pair[2] = { 0 };
    int ends[2];
    open_loop(&loop);
    open_pair(ends);
    for (unsigned i = 0; i < 2; i++) {
        pair[i].loop = &loop;
        pair[i].victim = &pair[1 - i];
        assert_int_equal(write(ends[i], "x", 1), 1);
        ev_io_init(&pair[i].io, on_readable, ends[i], EV_READ);
        ev_io_start(loop.ev, &pair[i].io);
    }
    turn(&loop);
    assert_true(pair[0].calls == 1 && pair[1].calls == 1);
    assert_true(pair[0].now_us == pair[1].now_us); /* one read of the clock for the whole turn */
    turn_without_waiting(&loop);
    assert_true(pair[0].is_buried && pair[1].is_buried);
    (void)close(ends[0]);
    (void)close(ends[1]);
    close_loop(&loop);
}

struct heap_thing {
    struct loop_corpse corpse;
    struct loop *loop;
    struct heap_thing *next;
};

static unsigned buried;

static void bury_chain(struct loop_corpse *corpse)
{
    struct heap_thing *thing = (struct heap_thing *)(void *)corpse;
    if (thing->next != NULL)
        loop_bury(thing->loop, &thing->next->corpse, bury_chain);
    free(thing);
    buried++;
}

TEST(who_buries_may_be_buried)
{
    struct loop loop;
    struct heap_thing *chain = NULL;
    open_loop(&loop);
    buried = 0;
    for (unsigned i = 0; i < 10; i++) {
        struct heap_thing *thing = calloc(1, sizeof *thing);
        assert_non_null(thing);
        thing->loop = &loop;
        thing->next = chain;
        chain = thing;
    }
    loop_bury(&loop, &chain->corpse, bury_chain);
    close_loop(&loop);
    assert_int_equal(buried, 10);
}

TEST(the_clock_of_a_loop_goes_with_its_turns)
{
    struct loop loop;
    struct alarm_clock alarm_clock = { 0 };
    open_loop(&loop);
    uint64_t before = loop.now_us;
    assert_true(before <= clock_monotonic_us());
    loop_timer_init(&alarm_clock.timer, ring);
    loop_timer_start(&alarm_clock.timer, &loop, 10000);
    while (alarm_clock.fired == 0)
        turn(&loop);
    assert_true(loop.now_us > before && loop.now_us <= clock_monotonic_us());
    close_loop(&loop);
}

RUN_TESTS(NULL, NULL)
