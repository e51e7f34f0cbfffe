/* How the servers of a cluster are asked for their positions: the questions, the answers, the failures, and
 * the times between polls. */
#include "polls_test.h"

#include "monitor/wsrep.h"

#define REPLICA 1

/* ---- questions and answers ---- */

static const struct {
    enum server_family family;
    bool is_galera;
    const char *of_primary, *of_replica; /* how the question begins; NULL: the server is not asked */
} questions[] = {
    { FAMILY_MARIADB, false, "SELECT @@global.gtid_binlog_pos AS said",
      "SELECT @@global.gtid_slave_pos AS held" },
    { FAMILY_MYSQL, false, "SELECT @@global.gtid_owned AS owned", "SELECT @@global.gtid_executed AS held" },
    { FAMILY_MARIADB, true, NULL, WSREP_WAIT_SQL },
    { FAMILY_UNKNOWN, false, NULL, NULL },
};

TEST(questions_are_of_the_family_and_the_role)
{
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        static struct polls polls;
        polls_open(&polls);
        polls.family = questions[i].family;
        polls.view->is_galera = questions[i].is_galera;
        polls_begin(&polls);
        for (int server = 0; server < SERVERS; server++) {
            const char *want = server == 0 ? questions[i].of_primary : questions[i].of_replica;
            const char *asked = polls.asked[server];
            assert_row((asked == NULL) == (want == NULL) &&
                           (want == NULL || strncmp(asked, want, strlen(want)) == 0),
                       "row %zu: server %d is asked %s", i, server, asked != NULL ? asked : "nothing");
        }
        bool is_known = questions[i].family != FAMILY_UNKNOWN;
        assert_int_equal(counter_read(&polls.positions->counters.polls_failed), is_known ? 0 : SERVERS);
        assert_int_equal(counter_read(&polls.positions->counters.polls), !is_known                ? 0
                                                                         : questions[i].is_galera ? 2
                                                                                                  : 3);
        polls_close(&polls);
    }
}

#define UUID "3e11fa47-71ca-11e1-9e33-c80aa9429562:"

static const struct {
    enum server_family family;
    const char *owned, *said, *held, *mode;
    bool is_malformed, is_unfollowed;
    uint64_t moved; /* the highest transaction since the base; 0: nothing has moved */
} answers[] = {
    { FAMILY_MARIADB, NULL, "0-1-7", "", "1", .moved = 7 },
    { FAMILY_MARIADB, NULL, "0-1-7", "", "ON", .moved = 7 },
    { FAMILY_MARIADB, NULL, "0-1-7", "1-2-9", "1",
      .moved = 7 }, /* what a primary has replicated is not its own */
    { FAMILY_MARIADB, NULL, "", "", "1", .moved = 0 },
    { FAMILY_MARIADB, NULL, "", "", "0", .is_unfollowed = true },
    { FAMILY_MARIADB, NULL, "", "", "OFF", .is_unfollowed = true },
    { FAMILY_MARIADB, NULL, "no position", "", "1", .is_malformed = true },
    { FAMILY_MARIADB, NULL, "0-1-7", "no position", "1", .is_malformed = true, .moved = 7 },
    { FAMILY_MYSQL, "", UUID "1-7", NULL, "ON", .moved = 7 },
    { FAMILY_MYSQL, UUID "8#31", UUID "1-7", NULL, "ON", .moved = 8 },
    { FAMILY_MYSQL, "no position", UUID "1-7", NULL, "ON", .is_malformed = true },
    { FAMILY_MYSQL, "", "", NULL, "ON_PERMISSIVE", .is_unfollowed = true },
    { FAMILY_MYSQL, "", "", NULL, "1", .is_unfollowed = true },
};

TEST(answers_of_the_primary)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        static struct polls polls;
        polls_open(&polls);
        polls.family = answers[i].family;
        polls_begin(&polls);
        bool is_mysql = answers[i].family == FAMILY_MYSQL;
        const struct cell cells[CELLS_MAX] = { { "said", answers[i].said },
                                               { "mode", answers[i].mode },
                                               { is_mysql ? "owned" : "held",
                                                 is_mysql ? answers[i].owned : answers[i].held } };
        tell_rows(&polls, 0, cells, 1);
        const struct positions *positions = polls.positions;
        bool is_answered = positions_has_primary_since(polls.positions, 0);
        uint64_t moved = positions->moved.count == 0 ? 0 : positions->moved.marks[0].reach;
        assert_row(is_answered == !answers[i].is_malformed && moved == answers[i].moved &&
                       positions->is_unfollowed == answers[i].is_unfollowed,
                   "row %zu: %d, %d, %d", i, is_answered, (int)moved, positions->is_unfollowed);
        assert_int_equal(positions->moved.count, answers[i].moved == 0 ? 0 : 1);
        const struct gtid_table *held = &server_of(&polls, 0)->held;
        if (i == 2) /* but it has it */
            assert_true(gtid_table_find(held, 0) != NULL && gtid_table_find(held, 1) != NULL);
        polls_close(&polls);
    }
}

/* More sources than a position can name: what the primary has becomes the base. */
TEST_OF(struct polls, polls, polls_open, polls_close, many_sources_make_a_new_base)
{
    struct positions *positions = polls->positions;
    polls_begin(polls);
    uint64_t number = positions->base_number;
    tell_primary(polls, "0-1-5,1-1-5,2-1-5,3-1-5");
    assert_true(positions->base_number == number && positions->moved.count == 4);
    pass(polls, 20000);
    tell_primary(polls, "0-1-5,1-1-5,2-1-5,3-1-5,4-1-5");
    assert_true(positions->base_number == number + 1 && positions->moved.count == 0);
    assert_false(positions->moved.is_unknown);
    pass(polls, 20000);
    tell_primary(polls, "0-1-5,1-1-6,2-1-5,3-1-5,4-1-5");
    assert_true(positions->base_number == number + 1 && positions->moved.count == 1);
    assert_true(positions->moved.marks[0].source == 1 && positions->moved.marks[0].reach == 6);
}

TEST(answers_of_a_replica)
{
    static const struct {
        const char *held;
        unsigned rows;
        bool is_known;
    } rows[] = { { "0-1-5", 1, true }, { "0-1-5", 0, false }, { "0-1-5", 2, false }, { "five", 1, false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static struct polls polls;
        const struct gtid_position position = { .marks = { { 0, 5 } }, .count = 1 };
        polls_open(&polls);
        polls_begin(&polls);
        tell_rows(&polls, REPLICA, (const struct cell[CELLS_MAX]){ { "held", rows[i].held } }, rows[i].rows);
        assert_int_equal(positions_has(polls.positions, REPLICA, &position, false), rows[i].is_known);
        assert_int_equal(counter_read(&polls.positions->counters.polls_failed), !rows[i].is_known);
        assert_int_equal(polls.closed[REPLICA], !rows[i].is_known);
        assert_false(loop_timer_is_active(&server_of(&polls, REPLICA)->deadline));
        polls_close(&polls);
    }
}

/* The duration of the poll is the node's delay. */
TEST_OF(struct polls, polls, polls_open, polls_close, nodes_answer_when_they_have_caught_up)
{
    polls->view->is_galera = true;
    polls_begin(polls);
    pass(polls, 3000);
    tell_rows(polls, REPLICA, (const struct cell[CELLS_MAX]){ { "1", "1" } }, 0);
    assert_int_equal(server_of(polls, REPLICA)->delay.average_us, 3000);
    assert_true(positions_has_moment(polls->positions, REPLICA, 0));
}

TEST_OF(struct polls, polls, polls_open, polls_close, poll_of_a_former_primary_is_dropped)
{
    polls_begin(polls);
    tell_primary(polls, "0-1-5");
    pass(polls, 20000);
    polls->view->primary = 2;
    tell_primary(polls, "0-1-6");
    assert_int_equal(server_of(polls, 0)->answered, 0);
    assert_false(server_of(polls, 0)->is_asking);
    assert_int_equal(counter_read(&polls->positions->counters.polls_failed), 0);
    tell(polls, REPLICA, "0-1-5"); /* that of a replica is not */
    assert_int_not_equal(server_of(polls, REPLICA)->answered, 0);
    pass(polls, 0); /* the new primary is still asked as a replica */
    tell(polls, 2, "0-1-5");
    assert_false(server_of(polls, 2)->is_primary);
    pass(polls, 20000);
    assert_memory_equal(polls->asked[2], "SELECT @@global.gtid_binlog_pos", 31);
    assert_null(polls->asked[0]); /* it takes no reads */
}

/* A write that the replica lacks is measured until its polls tell it. */
TEST_OF(struct polls, polls, polls_open, polls_close, delay_of_the_last_write_is_measured)
{
    struct position_server *replica;
    struct gtid_position written = { .marks = { { 0, 5 } }, .count = 1 };
    polls_begin(polls);
    replica = server_of(polls, REPLICA);
    tell(polls, REPLICA, "0-1-4");
    assert_int_equal(replica->delay.marked_us, 0); /* no write yet */
    positions_note_written(polls->positions, &(const struct gtid_position){ 0 });
    positions_demand(polls->positions, 0);
    assert_int_equal(replica->delay.marked_us, 0);
    positions_note_written(polls->positions, &written);
    positions_demand(polls->positions, SINCE);
    assert_int_equal(replica->delay.marked_us, START_US);
    assert_int_equal(server_of(polls, 0)->delay.marked_us, 0); /* the primary has no delay */
    pass(polls, 20000);
    tell(polls, REPLICA, "0-1-5");
    assert_int_equal(replica->delay.marked_us, 0);
    assert_int_not_equal(replica->delay.average_us, 0);
    positions_demand(polls->positions, 0); /* the replica has it */
    assert_int_equal(replica->delay.marked_us, 0);
}

/* ---- the times between polls ---- */

#define CALM 5000 /* no session waits, and no write is expected */
#define SOON 2000 /* no session waits, but a write is expected, or the primary's position */
#define WAIT 500  /* a session waits */

static const struct {
    const char *name;
    int server;
    bool waits, is_galera;
    uint64_t wanted;                /* 0, or a moment after the last poll */
    uint64_t marked_us, average_us; /* of the delay; from the beginning of the last poll */
    uint64_t gap_us;                /* between the last poll and the next */
} gaps[] = {
    { "nothing is expected", REPLICA, .gap_us = CALM },
    { "a session waits", REPLICA, .waits = true, .gap_us = WAIT },
    { "the primary's position is wanted, not the replica's", REPLICA, .wanted = 99, .gap_us = CALM },
    { "a write is expected soon", REPLICA, .marked_us = 1, .average_us = 100, .gap_us = SOON },
    { "a write is expected later", REPLICA, .marked_us = 1, .average_us = 3000, .gap_us = 3001 },
    { "a write is expected much later", REPLICA, .marked_us = 1, .average_us = 9000, .gap_us = CALM },
    { "the primary's position is known", 0, .gap_us = CALM },
    { "the primary's position is known, and a session waits", 0, .waits = true, .gap_us = CALM },
    { "the primary's position is wanted", 0, .wanted = 99, .gap_us = SOON },
    { "the primary's position is wanted from the moment of the last poll", 0, .wanted = 1, .gap_us = SOON },
    { "the primary's position is wanted, and a session waits", 0, .waits = true, .wanted = 99,
      .gap_us = WAIT },
    { "the node's answer is wanted", REPLICA, .is_galera = true, .wanted = 99, .gap_us = SOON },
    { "the node's answer is there", REPLICA, .waits = true, .is_galera = true, .gap_us = CALM },
};

TEST(polls_follow_each_other_by_need)
{
    for (size_t i = 0; i < COUNT_OF(gaps); i++) {
        static struct polls polls;
        struct waiter waiter = { .polls = &polls };
        polls_open(&polls);
        polls_begin(&polls);
        tell_primary(&polls, "0-1-5");
        tell(&polls, REPLICA, "0-1-4");
        struct position_server *server = server_of(&polls, gaps[i].server);
        uint64_t begun_us = server->begun_us;
        polls.view->is_galera = gaps[i].is_galera;
        polls.positions->wanted = gaps[i].wanted;
        server->delay.marked_us = gaps[i].marked_us == 0 ? 0 : begun_us + gaps[i].marked_us;
        server->delay.average_us = gaps[i].average_us;
        if (gaps[i].waits)
            positions_wait(polls.positions, &waiter.in_list);
        pass(&polls, 100);
        loop_background_stop(&server->next);
        position_server_schedule(server);
        pass(&polls, gaps[i].gap_us - 101);
        assert_row(polls.asked[gaps[i].server] == NULL, "%s: too early", gaps[i].name);
        pass(&polls, 1);
        assert_row(polls.asked[gaps[i].server] != NULL, "%s: too late", gaps[i].name);
        polls_close(&polls);
    }
}

/* While sessions wait in vain, the gaps are doubled; they begin anew when a session has what it waits for, or
 * the first session begins to wait. */
TEST_OF(struct polls, polls, polls_open, polls_close, gaps_grow_while_sessions_wait_in_vain)
{
    struct waiter waiters[2] = { { .polls = polls, .waits_again = true },
                                 { .polls = polls, .waits_again = true } };
    polls_begin(polls);
    struct position_server *replica = server_of(polls, REPLICA);
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        replica->gap_us = 4000;
        positions_wait(polls->positions, &waiters[i].in_list);
        assert_int_equal(replica->gap_us, i == 0 ? WAIT : 4000);
    }
    for (uint64_t gap_us = 8000; gap_us <= 32000; gap_us *= 2) {
        tell(polls, REPLICA, "0-1-4");
        assert_int_equal(replica->gap_us, gap_us < 16000 ? gap_us : 16000);
        pass(polls, replica->gap_us);
    }
    waiters[0].waits_again = false;
    tell(polls, REPLICA, "0-1-5");
    assert_int_equal(replica->gap_us, WAIT);
    assert_true(waiters[0].woken == 4 && waiters[1].woken == 4);
    positions_leave(polls->positions, &waiters[1].in_list);
    replica->gap_us = 4000;
    pass(polls, 20000);
    tell(polls, REPLICA, "0-1-5"); /* no session waits */
    assert_int_equal(replica->gap_us, WAIT);
}

/* A timer that is due earlier stays. */
TEST_OF(struct polls, polls, polls_open, polls_close, polls_are_not_put_off)
{
    polls_begin(polls);
    tell(polls, REPLICA, "0-1-4");
    struct position_server *replica = server_of(polls, REPLICA);
    uint64_t due_us = replica->next_us;
    replica->delay = (struct delay){ .marked_us = START_US };
    position_server_schedule(replica);
    assert_true(replica->next_us < due_us && replica->next.at_us == replica->next_us);
    due_us = replica->next_us;
    replica->delay = (struct delay){ 0 };
    position_server_schedule(replica);
    assert_true(replica->next_us == due_us && replica->next.at_us == due_us);
}

/* Polls end a second after the last demand unless a session waits, and the connection a minute after it. */
TEST(polls_end_with_the_demand)
{
    for (unsigned waits = 0; waits < 2; waits++) {
        static struct polls polls;
        struct waiter waiter = { .polls = &polls, .waits_again = true };
        polls_open(&polls);
        polls_begin(&polls);
        if (waits > 0)
            positions_wait(polls.positions, &waiter.in_list);
        tell(&polls, REPLICA, "0-1-4");
        struct position_server *replica = server_of(&polls, REPLICA);
        uint64_t begun_us = START_US;
        while (polls.loop.now_us < START_US + 1100000) {
            pass(&polls, 100);
            if (polls.asked[REPLICA] != NULL) {
                begun_us = polls.loop.now_us;
                tell(&polls, REPLICA, "0-1-4");
            }
        }
        if (waits > 0)
            assert_true(begun_us > START_US + 1000000);
        else
            assert_true(begun_us > START_US + 990000 && begun_us < START_US + 1000000);
        positions_leave(polls.positions, &waiter.in_list);
        pass(&polls, 58800000);
        assert_int_equal(polls.closed[REPLICA], 0);
        pass(&polls, 3000000);
        assert_int_equal(polls.closed[REPLICA], 1);
        assert_int_equal(replica->answered, 0);
        positions_demand(polls.positions, 0);
        pass(&polls, 0);
        assert_int_equal(polls.opened[REPLICA], 2);
        polls_close(&polls);
    }
}

TEST_OF(struct polls, polls, polls_open, polls_close, only_servers_of_use_are_polled)
{
    polls->view->servers[1].takes_reads = false;
    polls_begin(polls);
    assert_true(polls->opened[0] == 1 && polls->opened[1] == 0 && polls->opened[2] == 1);
    polls->view->is_galera = true;
    polls->view->primary = 2;
    tell(polls, 2, "0-1-5");
    pass(polls, 20000);
    assert_null(polls->asked[2]); /* a node that is the primary */
}

/* ---- failures ---- */

static void fail_by_answer(struct polls *polls)
{
    static const struct upstream_answer refusal = { .is_err = true, .error.text = "Access denied" };
    give(polls, REPLICA, &refusal);
}

static void fail_by_loss(struct polls *polls)
{
    static const struct error err = { .text = "lost" };
    polls->upstreams[REPLICA].ops->on_failed(&polls->upstreams[REPLICA], &err);
}

static void fail_by_time(struct polls *polls)
{
    pass(polls, TIMEOUT_US - 1);
    assert_int_equal(polls->closed[REPLICA], 0);
    pass(polls, 1);
}

static void fail_between_polls(struct polls *polls)
{
    tell(polls, REPLICA, "0-1-5");
    polls->upstreams[REPLICA].ops->on_io(&polls->upstreams[REPLICA], 0);
}

static void fail_to_connect(struct polls *polls)
{
    fail_between_polls(polls);
    polls->is_refusing = true;
    pass(polls, 100000);
    assert_int_equal(polls->opened[REPLICA], 2);
}

static const struct {
    void (*happen)(struct polls *polls);
    unsigned failed, closed;
} failures[] = {
    { fail_by_answer, 1, 1 },     { fail_by_loss, 1, 1 },    { fail_by_time, SERVERS, 1 },
    { fail_between_polls, 0, 1 }, { fail_to_connect, 1, 1 },
};

/* The position is forgotten; the next try follows after a tenth of a second, whatever is demanded. */
TEST(failed_polls_are_repeated)
{
    for (size_t i = 0; i < COUNT_OF(failures); i++) {
        static struct polls polls;
        polls_open(&polls);
        polls_begin(&polls);
        struct position_server *replica = server_of(&polls, REPLICA);
        assert_false(position_server_is_resting(replica));
        failures[i].happen(&polls);
        assert_int_equal(counter_read(&polls.positions->counters.polls_failed), failures[i].failed);
        assert_int_equal(polls.closed[REPLICA], failures[i].closed);
        assert_false(replica->is_asking || replica->answered != 0 || replica->held.count != 0 ||
                     loop_timer_is_active(&replica->deadline));
        uint64_t at_us = replica->next.at_us;
        assert_int_equal(at_us, polls.loop.now_us + 100000);
        if (failures[i].happen != fail_by_time)
            assert_true(position_server_is_resting(replica));
        positions_demand(polls.positions, 0);
        assert_int_equal(replica->next.at_us, failures[i].happen == fail_by_time ? polls.loop.now_us : at_us);
        unsigned opened = polls.opened[REPLICA];
        pass(&polls, 100000);
        assert_int_equal(polls.opened[REPLICA], opened + 1);
        polls_close(&polls);
    }
}

/* A node that has not caught up gives up its own wait first. */
TEST_OF(struct polls, polls, polls_open, polls_close, nodes_have_more_time_to_answer)
{
    polls->view->is_galera = true;
    polls_begin(polls);
    pass(polls, 39999999);
    assert_int_equal(polls->closed[REPLICA], 0);
    pass(polls, 1);
    assert_int_equal(polls->closed[REPLICA], 1);
}

/* Another machine: its position is not that of the former one. */
TEST_OF(struct polls, polls, polls_open, polls_close, moved_server_is_connected_anew)
{
    const struct gtid_position position = { .marks = { { 0, 5 } }, .count = 1 };
    polls_begin(polls);
    tell(polls, REPLICA, "0-1-5");
    assert_false(position_server_has_moved(server_of(polls, REPLICA)));
    polls->view->servers[REPLICA].moves++;
    assert_true(position_server_has_moved(server_of(polls, REPLICA)));
    assert_false(positions_has(polls->positions, REPLICA, &position, false));
    pass(polls, 20000);
    assert_true(polls->closed[REPLICA] == 1 && polls->opened[REPLICA] == 2);
    assert_false(position_server_has_moved(server_of(polls, REPLICA)));
    log_in(polls, REPLICA);
    tell(polls, REPLICA, "0-1-5");
    assert_true(positions_has(polls->positions, REPLICA, &position, false));
}

RUN_TESTS(NULL, NULL)
