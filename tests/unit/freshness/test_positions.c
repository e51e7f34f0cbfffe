/* What is known of the servers' positions, who is told, and when it is not valid any more. */
#include "polls_test.h"

#define REPLICA 1
#define OTHER 2

static const struct gtid_position position_5 = { .marks = { { 0, 5 } }, .count = 1 };

/* ---- demands ---- */

TEST_OF(struct polls, polls, polls_open, polls_close, demands_poll_the_servers_that_are_needed)
{
    struct positions *positions = polls->positions;
    assert_int_equal(positions->count, 0);
    positions_demand(positions, 0);
    assert_int_equal(positions->count, SERVERS);
    pass(polls, 0);
    assert_true(polls->opened[0] == 0 && polls->opened[REPLICA] == 1 && polls->opened[OTHER] == 1);
    positions_demand(positions, 7);
    assert_int_equal(positions->wanted, 7);
    pass(polls, 2000);
    assert_int_equal(polls->opened[0], 1);
    positions_demand(positions, 3);
    assert_int_equal(positions->wanted, 7);
    assert_int_equal(server_of(polls, REPLICA)->demanded_us, START_US + 2000);
}

TEST_OF(struct polls, polls, polls_open, polls_close, servers_may_come_and_go)
{
    struct positions *positions = polls->positions;
    struct view *larger = view_new(SERVERS + 1), *smaller = polls->view;
    polls_begin(polls);
    tell(polls, REPLICA, "0-1-5");
    memcpy(larger->servers, smaller->servers, SERVERS * sizeof larger->servers[0]);
    larger->primary = 0;
    larger->servers[REPLICA].is_gone = true;
    larger->servers[SERVERS].server = &polls->servers[0];
    polls->view = larger;
    positions_on_view(positions, larger);
    view_release(&smaller);
    assert_true(polls->closed[REPLICA] == 1 && polls->closed[OTHER] == 0);
    assert_int_equal(server_of(polls, REPLICA)->answered, 0);
    assert_int_equal(positions->count, SERVERS);
    polls->loop.now_us++;
    positions_demand(positions, SINCE);
    assert_int_equal(positions->count, SERVERS + 1);
    assert_int_equal(server_of(polls, SERVERS)->index, SERVERS);
    assert_int_equal(server_of(polls, REPLICA)->demanded_us, START_US);
    assert_int_equal(server_of(polls, OTHER)->demanded_us, START_US + 1);
}

TEST_OF(struct polls, polls, polls_open, polls_close, moments_count_from_one)
{
    assert_int_equal(positions_next_moment(polls->positions), 1);
    assert_int_equal(positions_next_moment(polls->positions), 2);
}

TEST_OF(struct polls, polls, polls_open, polls_close, writes_are_noted_with_their_time)
{
    struct gtid_position none = { 0 };
    positions_note_written(polls->positions, &none);
    assert_int_equal(polls->positions->written_us, 0);
    positions_note_written(polls->positions, &position_5);
    assert_int_equal(polls->positions->written_us, START_US);
    assert_int_equal(polls->positions->written.reach, 5);
}

static const struct {
    const char *name;
    int server, primary;
    bool is_galera;
    uint64_t elapsed_us, want_us;
} waits[] = {
    { "the write should be there in 2 ms", REPLICA, 0, false, 1000, 39500 },
    { "… and the server was never polled", SERVERS, 0, false, 1000, 0 },
    { "… and there is no primary", REPLICA, VIEW_NO_SERVER, false, 1000, 0 },
    { "the read is for the primary", 0, 0, false, 1000, 0 },
    { "the read is for no server", VIEW_NO_SERVER, 0, false, 1000, 0 },
    { "the write needs longer than a read on the primary", OTHER, 0, false, 0, 0 },
    { "… but most of the time is over", OTHER, 0, false, 40000, 39500 },
    { "… which does not count on a node", OTHER, 0, true, 40000, 0 },
};

TEST(reads_wait_for_near_replicas_of_a_far_primary)
{
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        static struct polls polls;
        polls_open(&polls);
        polls_begin(&polls);
        for (int server = 0; server < SERVERS; server++) {
            counter_add(&polls.counters[server][1].latency_us, server == 0 ? 40000 : 500);
            server_of(&polls, server)->delay.average_us = server == OTHER ? 60000 : 3000;
        }
        polls.view->primary = waits[i].primary;
        polls.view->is_galera = waits[i].is_galera;
        uint64_t us = positions_wait_us(polls.positions, waits[i].server, waits[i].elapsed_us);
        assert_row(us == waits[i].want_us, "%s: %llu", waits[i].name, (unsigned long long)us);
        polls_close(&polls);
    }
}

/* ---- waiters ---- */

TEST_OF(struct polls, polls, polls_open, polls_close, each_waiter_is_woken_once)
{
    struct positions *positions = polls->positions;
    struct waiter waiters[4] = { 0 };
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        waiters[i].polls = polls;
        positions_leave(positions, &waiters[i].in_list); /* does not wait yet */
        positions_wait(positions, &waiters[i].in_list);
    }
    waiters[0].waits_again = true;
    waiters[1].leaves = &waiters[2];
    assert_int_equal(positions_wake(positions), 3);
    assert_true(waiters[0].woken >= 1 && waiters[1].woken == 1 && waiters[2].woken == 0 &&
                waiters[3].woken == 1);
    assert_int_equal(positions->waiting.count, 1);
    waiters[0].woken = 0;
    assert_int_equal(positions_wake(positions), 0);
    assert_int_equal(waiters[0].woken, 1);
    waiters[0].waits_again = false;
    assert_int_equal(positions_wake(positions), 1);
    assert_int_equal(positions_wake(positions), 0);
}

/* ---- how far the servers are ---- */

TEST_OF(struct polls, polls, polls_open, polls_close, each_primary_begins_an_epoch)
{
    struct positions *positions = polls->positions;
    polls->view->primary = VIEW_NO_SERVER;
    assert_int_equal(positions_epoch(positions), 0);
    polls->view->primary = 0;
    assert_int_equal(positions_epoch(positions), 1);
    polls_begin(polls);
    tell_primary(polls, "0-1-5");
    assert_int_equal(positions_epoch(positions), 1);
    assert_true(positions_has_primary_since(positions, 0));
    assert_true(gtid_table_copy(&positions->base, &positions->said));
    positions->is_unfollowed = true;
    uint64_t base = positions->base_number;
    polls->view->primary = VIEW_NO_SERVER; /* the position of the last primary stays valid */
    assert_int_equal(positions_epoch(positions), 1);
    assert_true(positions_has_primary_since(positions, 0));
    polls->view->primary = 0;
    polls->view->servers[0].moves++; /* another machine */
    assert_int_equal(positions_epoch(positions), 2);
    assert_true(positions->base_number == base + 1 && positions->base.count == 0);
    assert_false(positions->is_unfollowed || positions_has_primary_since(positions, 0));
    polls->view->primary = REPLICA;
    assert_int_equal(positions_epoch(positions), 3);
    assert_int_equal(positions->primary, REPLICA);
}

static const struct {
    const char *name;
    bool is_primary, has_moved; /* at its last poll; since then */
    uint64_t answered, moment;
    bool want;
} primaries[] = {
    { "polled after the moment", .is_primary = true, .answered = 8, .moment = 7, .want = true },
    { "polled at the moment", .is_primary = true, .answered = 7, .moment = 7, .want = false },
    { "polled as a replica", .is_primary = false, .answered = 8, .moment = 7, .want = false },
    { "polled on another machine", .is_primary = true, .has_moved = true, .answered = 8, .moment = 7 },
};

TEST(position_of_the_primary_is_of_a_later_poll)
{
    for (size_t i = 0; i < COUNT_OF(primaries); i++) {
        static struct polls polls;
        polls_open(&polls);
        assert_false(positions_has_primary_since(polls.positions, 0)); /* no server is known */
        polls_begin(&polls);
        struct position_server *server = server_of(&polls, 0);
        server->is_primary = primaries[i].is_primary;
        server->answered = primaries[i].answered;
        server->moves += primaries[i].has_moved;
        bool has = positions_has_primary_since(polls.positions, primaries[i].moment);
        assert_row(has == primaries[i].want, "%s", primaries[i].name);
        polls_close(&polls);
    }
}

static const struct {
    const char *name, *held;
    const char *base; /* of the primary; NULL: empty */
    int server, primary;
    bool is_unanswered, was_primary, has_moved, needs_base, want;
} havings[] = {
    { "it has the position", "0-1-5", NULL, REPLICA, .want = true },
    { "it lacks the position", "0-1-4", NULL, REPLICA, .want = false },
    { "it has not answered", "0-1-5", NULL, REPLICA, .is_unanswered = true },
    { "it answered as the primary", "0-1-5", NULL, REPLICA, .was_primary = true },
    { "it is the primary now", "0-1-5", NULL, REPLICA, .primary = REPLICA },
    { "it is another machine now", "0-1-5", NULL, REPLICA, .has_moved = true },
    { "it is not known", "0-1-5", NULL, SERVERS, .want = false },
    { "it has the base", "0-1-5,1-1-3", "1-1-3", REPLICA, .needs_base = true, .want = true },
    { "it lacks the base", "0-1-5,1-1-2", "1-1-3", REPLICA, .needs_base = true },
    { "it lacks the base, which does not matter", "0-1-5,1-1-2", "1-1-3", REPLICA, .want = true },
};

TEST(replicas_have_positions)
{
    for (size_t i = 0; i < COUNT_OF(havings); i++) {
        static struct polls polls;
        polls_open(&polls);
        struct positions *positions = polls.positions;
        polls_begin(&polls);
        tell(&polls, REPLICA, havings[i].held);
        struct position_server *server = server_of(&polls, REPLICA);
        if (havings[i].base != NULL)
            assert_true(gtid_table_read(&positions->base, FAMILY_MARIADB, span_cstr(havings[i].base)));
        if (havings[i].is_unanswered)
            server->answered = 0;
        server->is_primary = havings[i].was_primary;
        server->moves += havings[i].has_moved;
        polls.view->primary = havings[i].primary;
        for (int repeat = 0; repeat < 2; repeat++) {
            bool has = positions_has(positions, havings[i].server, &position_5, havings[i].needs_base);
            assert_row(has == havings[i].want, "%s", havings[i].name);
        }
        gtid_table_clear(&positions->base); /* a server that was found to have the base keeps it */
        assert_int_equal(server->base == positions->base_number, havings[i].needs_base && havings[i].want);
        polls_close(&polls);
    }
}

static const struct {
    const char *name;
    int server, primary;
    bool is_node, has_moved;
    uint64_t answered, moment;
    bool want;
} nodes[] = {
    { "asked after the moment", REPLICA, 0, true, false, 8, 7, true },
    { "asked at the moment", REPLICA, 0, true, false, 7, 7, false },
    { "asked as a replica", REPLICA, 0, false, false, 8, 7, false },
    { "asked on another machine", REPLICA, 0, true, true, 8, 7, false },
    { "the primary", REPLICA, REPLICA, true, false, 8, 7, false },
    { "not known", SERVERS, 0, true, false, 8, 7, false },
};

TEST(nodes_have_moments)
{
    for (size_t i = 0; i < COUNT_OF(nodes); i++) {
        static struct polls polls;
        polls_open(&polls);
        polls_begin(&polls);
        struct position_server *server = server_of(&polls, REPLICA);
        server->is_asked_as_node = nodes[i].is_node;
        server->answered = nodes[i].answered;
        server->moves += nodes[i].has_moved;
        polls.view->primary = nodes[i].primary;
        assert_row(positions_has_moment(polls.positions, nodes[i].server, nodes[i].moment) == nodes[i].want,
                   "%s", nodes[i].name);
        polls_close(&polls);
    }
}

TEST_OF(struct polls, polls, polls_open, polls_close, primary_reaches_what_it_has_told)
{
    const struct gtid_position later = { .marks = { { 0, 6 } }, .count = 1 };
    polls_begin(polls);
    tell_primary(polls, "0-1-5");
    assert_true(positions_primary_reaches(polls->positions, &position_5));
    assert_false(positions_primary_reaches(polls->positions, &later));
}

RUN_TESTS(NULL, NULL)
