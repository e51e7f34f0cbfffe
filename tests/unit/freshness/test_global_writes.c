/* Which packets tell the writes of all clients: rows of a statement, its reply and what is noted. And what reads
 * ask for after such writes. */
#include "../base/unit.h"

#include "cluster/view.h"
#include "freshness/consistency.h"
#include "freshness/global_writes.h"
#include "freshness/position_server.h"
#include "freshness/positions.h"
#include "freshness/written.h"
#include "mysql/command.h"
#include "mysql/reply.h"
#include "mysql/tracker.h"
#include "sql/classify.h"
#include "state/job.h"

#define OPEN STATUS_IN_TRANS

static const struct {
    const char *sql;
    enum tracker_packet kind;
    uint16_t status; /* of the packet, or before an ERR */
    bool had_written, has_gtid;
    bool affects_none, has_rows, is_cut, is_unbegun, is_half; /* is_half: the statement's text was cut */
    bool is_noted, has_written; /* a write without a position was noted; a later packet tells of a write */
} rows[] = {
    { "SELECT 1", TRACKER_OK, .is_noted = false },
    { "SELECT 1", TRACKER_OK, .had_written = true, .has_written = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .has_gtid = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .has_gtid = true, .is_cut = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .affects_none = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .affects_none = true, .is_cut = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .affects_none = true, .has_rows = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .affects_none = true, .is_half = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, .affects_none = true, .had_written = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_EOF, .affects_none = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_EOF, .has_gtid = true, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, OPEN, .has_written = true },
    { "INSERT INTO t VALUES (1)", TRACKER_OK, OPEN, .is_half = true, .is_noted = true, .has_written = true },
    { "INSERT INTO t VALUES (1)", TRACKER_ERR, .is_noted = true },
    { "INSERT INTO t VALUES (1)", TRACKER_ERR, .is_unbegun = true },
    { "INSERT INTO t VALUES (1)", TRACKER_ERR, OPEN, .is_noted = true, .has_written = true },
    { "CREATE TABLE t (a INT)", TRACKER_OK, .is_noted = true },
    { "CREATE TABLE t (a INT)", TRACKER_OK, .affects_none = true, .is_noted = true },
    { "CREATE TABLE t (a INT)", TRACKER_OK, OPEN, .is_noted = true, .has_written = true },
    { "BEGIN", TRACKER_OK, OPEN, .is_noted = false },
    { "COMMIT", TRACKER_OK, .is_noted = false },
    { "COMMIT", TRACKER_OK, .had_written = true, .is_noted = true },
    { "COMMIT", TRACKER_OK, .had_written = true, .has_gtid = true },
    { "COMMIT", TRACKER_OK, OPEN, .had_written = true, .is_noted = true, .has_written = true },
    { "SAVEPOINT a", TRACKER_OK, OPEN, .had_written = true, .has_written = true },
    { "SELECT f() FROM t", TRACKER_OK, .is_noted = true }, /* the function may leave state */
    { "SELECT a FROM t FOR UPDATE", TRACKER_EOF, .is_noted = true },
    { "SELECT a FROM t FOR UPDATE", TRACKER_OK, .is_noted = false },
    { "SELECT a FROM t FOR UPDATE", TRACKER_EOF, OPEN, .is_noted = false },
    { "SELECT LAST_INSERT_ID() FROM t", TRACKER_EOF, .is_noted = true },
    { "SELECT LAST_INSERT_ID()", TRACKER_EOF, .is_noted = false },
    { "SELECT @@x", TRACKER_EOF, .is_noted = false },
    { "SELECT @x", TRACKER_EOF, .is_noted = false },
    { "SELECT ROW_COUNT()", TRACKER_EOF, .is_noted = false },
    { "SELECT 1; SELECT f()", TRACKER_OK, .affects_none = true, .is_noted = true },
};

struct scene {
    struct written written;
    struct positions positions;
    struct consistency consistency;
    struct job job;
};

static void begin(struct scene *scene, const char *sql, uint8_t byte)
{
    const struct sql_dialect dialect = { 0 };
    *scene = (struct scene){ 0 };
    written_init(&scene->written);
    scene->positions.all_written = &scene->written;
    scene->consistency.positions = &scene->positions;
    scene->job.command = command_find(byte);
    scene->job.facts = classify(span_cstr(sql), false, &dialect);
}

/* How many writes without a position were noted. Ends the scene. */
static uint64_t end(struct scene *scene)
{
    struct written_state state;
    written_read(&scene->written, &state);
    written_fini(&scene->written);
    return state.unknown;
}

TEST(packets_tell_writes)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        bool is_error = rows[i].kind == TRACKER_ERR;
        begin(&scene, rows[i].sql, COM_QUERY);
        scene.consistency.has_written = rows[i].had_written;
        scene.job.is_cut = rows[i].is_half;
        scene.job.reply.has_gtid = rows[i].has_gtid;
        scene.job.reply.has_rows = rows[i].has_rows;
        scene.job.reply.is_unbegun = rows[i].is_unbegun;
        struct tracker_info info = { .kind = rows[i].kind,
                                     .status = is_error ? 0 : rows[i].status,
                                     .affected = rows[i].affects_none ? 0 : 1,
                                     .is_cut = rows[i].is_cut };
        global_writes_note_packet(&scene.consistency, &scene.job, is_error ? rows[i].status : 0, &info);
        bool has_written = scene.consistency.has_written;
        uint64_t noted = end(&scene);
        assert_row(noted == rows[i].is_noted && has_written == rows[i].has_written, "row %zu, %s: %d, %d", i,
                   rows[i].sql, (int)noted, has_written);
    }
}

/* The command, whether the session is logging in, whether all writes are followed, the statement; and what is
 * noted of its OK and of a lost connection. */
TEST(only_statements_tell_writes)
{
    static const struct {
        uint8_t byte;
        bool is_login, is_followed;
        const char *sql;
        bool is_noted;
    } commands[] = {
        { COM_QUERY, false, true, "INSERT INTO t VALUES (1)", true },
        { COM_STMT_EXECUTE, false, true, "INSERT INTO t VALUES (1)", true },
        { COM_STMT_PREPARE, false, true, "INSERT INTO t VALUES (1)", false },
        { COM_INIT_DB, false, true, "INSERT INTO t VALUES (1)", false },
        { COM_QUERY, true, true, "INSERT INTO t VALUES (1)", false },
        { COM_QUERY, false, false, "INSERT INTO t VALUES (1)", false },
        { COM_QUERY, false, true, "SELECT 1", false },
    };
    for (size_t i = 0; i < COUNT_OF(commands) * 2; i++) {
        struct scene scene;
        size_t row = i / 2;
        const struct tracker_info info = { .kind = TRACKER_OK, .affected = 1 };
        begin(&scene, commands[row].sql, commands[row].byte);
        scene.job.is_login = commands[row].is_login;
        if (!commands[row].is_followed)
            scene.positions.all_written = NULL;
        if (i % 2 == 0)
            global_writes_note_packet(&scene.consistency, &scene.job, 0, &info);
        else
            global_writes_note_loss(&scene.consistency, &scene.job);
        assert_row(end(&scene) == commands[row].is_noted, "row %zu", i);
    }
    struct scene scene;
    begin(&scene, "INSERT INTO t VALUES (1)", COM_QUERY);
    scene.job.command = NULL; /* no command was running */
    scene.consistency.has_written = true;
    global_writes_note_loss(&scene.consistency, &scene.job);
    assert_false(scene.consistency.has_written);
    assert_int_equal(end(&scene), 0);
}

/* ---- what reads ask for: server 0 is the primary, server 1 a replica ---- */

struct cluster {
    struct loop loop;
    struct upstream_env env;
    struct cluster_settings settings;
    struct server server;
    struct position_server servers[2], *at[2];
    struct view *view;
    struct written written;
    struct positions positions;
    struct consistency consistency;
};

static void open_cluster(struct cluster *cluster)
{
    *cluster = (struct cluster){
        .loop.now_us = 1000, .env.loop = &cluster->loop, .server.name = "db1", .view = view_new(2)
    };
    written_init(&cluster->written);
    cluster->positions = (struct positions){ .env = &cluster->env,
                                             .view = cluster->view,
                                             .settings = &cluster->settings,
                                             .all_written = &cluster->written,
                                             .servers = cluster->at,
                                             .count = 2,
                                             .primary = VIEW_NO_SERVER };
    for (int i = 0; i < 2; i++) {
        cluster->view->servers[i].server = &cluster->server;
        cluster->view->servers[i].takes_reads = i == 1;
        cluster->servers[i] =
            (struct position_server){ .positions = &cluster->positions, .index = i, .is_primary = i == 0 };
        cluster->at[i] = &cluster->servers[i];
    }
    cluster->view->primary = 0;
    cluster->consistency.positions = &cluster->positions;
    (void)positions_epoch(&cluster->positions);
}

static void close_cluster(struct cluster *cluster)
{
    for (int i = 0; i < 2; i++)
        gtid_table_fini(&cluster->servers[i].held);
    gtid_table_fini(&cluster->positions.base);
    written_fini(&cluster->written);
    view_release(&cluster->view);
}

static struct gtid_position of_number(uint64_t number)
{
    return (struct gtid_position){ .marks = { { 0, number } }, .count = 1 };
}

/* A client writes the transaction with this number on a server. */
static void write_on(struct cluster *cluster, int server, uint64_t number)
{
    struct gtid_position position = of_number(number);
    global_writes_note_position(&cluster->positions, written_tag(server, 0), &position);
}

/* The primary tells in a poll of this moment that it has all transactions up to this number. */
static void tell(struct cluster *cluster, uint64_t moment, const char *position)
{
    struct position_server *primary = &cluster->servers[0];
    primary->answered = moment;
    gtid_table_clear(&primary->held);
    assert_true(gtid_table_read(&primary->held, FAMILY_MARIADB, span_cstr(position)));
    cluster->positions.moved = (struct gtid_position){ 0 };
    gtid_position_read(&cluster->positions.moved, FAMILY_MARIADB, span_cstr(position));
}

/* Asks, and returns the highest transaction that replicas need. */
static uint64_t ask(struct cluster *cluster)
{
    cluster->loop.now_us++;
    global_writes_ask(&cluster->consistency);
    assert_true(global_writes_is_current(&cluster->consistency));
    const struct gtid_position *position = &cluster->positions.global.position;
    return position->count == 0 ? 0 : position->marks[0].reach;
}

TEST_OF(struct cluster, cluster, open_cluster, close_cluster, reads_ask_for_the_writes_of_all_clients)
{
    const struct global_demand *demand = &cluster->positions.global;
    struct consistency *consistency = &cluster->consistency;
    assert_true(global_writes_is_current(consistency));
    assert_int_equal(ask(cluster), 0);
    assert_false(consistency->is_asking);
    write_on(cluster, 0, 5);
    assert_false(global_writes_is_current(consistency));
    assert_int_equal(ask(cluster), 5);
    assert_true(demand->number == 1 && demand->seen == 0 && !demand->needs_base);
    assert_true(consistency->is_asking && consistency->seen == 0 &&
                consistency->position.marks[0].reach == 5);
    uint64_t asked_us = consistency->asked_us;
    assert_int_equal(ask(cluster), 5); /* nothing is new */
    assert_true(demand->number == 1 && consistency->asked_us == asked_us);
    consistency->global_number = 0; /* another session */
    assert_false(global_writes_is_current(consistency));
    write_on(cluster, 0, 7);
    assert_int_equal(ask(cluster), 7);
    assert_true(demand->seen == 0 && consistency->position.marks[0].reach == 7);
}

/* The position that the primary tells after an unknown write replaces the moment of the write. */
TEST_OF(struct cluster, cluster, open_cluster, close_cluster, unknown_writes_ask_for_the_primary_s_position)
{
    struct positions *positions = &cluster->positions;
    const struct global_demand *demand = &positions->global;
    struct consistency *consistency = &cluster->consistency;
    write_on(cluster, 0, 5);
    written_note_unknown(&cluster->written);
    assert_int_equal(ask(cluster), 5);
    uint64_t seen = demand->seen;
    assert_true(seen != 0 && seen == demand->written && consistency->seen == seen);
    tell(cluster, seen, "0-1-9"); /* of a poll that began too early */
    assert_int_equal(ask(cluster), 5);
    assert_int_equal(demand->seen, seen);
    tell(cluster, seen + 1, "0-1-9");
    assert_int_equal(ask(cluster), 9);
    assert_true(demand->seen == 0 && demand->needs_base && demand->number == 2);
    assert_true(consistency->needs_base && consistency->position.marks[0].reach == 9);
    assert_int_equal(counter_read(&positions->counters.positions_dropped), 0);
    /* a later write stays in the demand */
    written_note_unknown(&cluster->written);
    (void)ask(cluster);
    tell(cluster, demand->seen + 1, "0-1-10");
    positions->moment = demand->seen + 1;
    write_on(cluster, 0, 12);
    assert_int_equal(ask(cluster), 12);
    assert_int_equal(demand->seen, 0);
    /* a write that the primary does not have is lost */
    written_note_unknown(&cluster->written);
    (void)ask(cluster);
    tell(cluster, demand->written + 1, "0-1-11");
    assert_int_equal(ask(cluster), 11);
    assert_int_equal(counter_read(&positions->counters.positions_dropped), 1);
}

TEST_OF(struct cluster, cluster, open_cluster, close_cluster, only_positions_of_the_present_primary_count)
{
    const struct global_demand *demand = &cluster->positions.global;
    write_on(cluster, 0, 5);
    (void)ask(cluster);
    cluster->view->primary = VIEW_NO_SERVER; /* those of the last primary stay valid */
    write_on(cluster, 0, 6);
    assert_int_equal(ask(cluster), 6);
    assert_int_equal(demand->seen, 0);
    cluster->view->primary = 1;
    assert_int_equal(ask(cluster), 6); /* it may lack them */
    assert_int_equal(demand->seen, demand->written);
    assert_int_not_equal(demand->seen, 0);
    cluster->positions.global.seen = 0;
    write_on(cluster, 0, 8); /* on the former one */
    assert_int_equal(ask(cluster), 6);
    assert_int_not_equal(demand->seen, 0);
    cluster->positions.global.seen = 0;
    struct gtid_position position = of_number(20);
    written_note(&cluster->written, written_tag(0, 1), true, &position); /* by a worker with a newer view */
    assert_int_equal(ask(cluster), 6);
    assert_int_not_equal(demand->seen, 0);
}

TEST_OF(struct cluster, cluster, open_cluster, close_cluster, too_many_sources_are_unknown)
{
    struct global_demand *demand = &cluster->positions.global;
    for (uint64_t source = 10; source < 10 + GTID_SOURCES_MAX; source++)
        gtid_position_raise(&demand->position, source, 1);
    write_on(cluster, 0, 5);
    assert_int_equal(ask(cluster), 0);
    assert_false(demand->position.is_unknown);
    assert_int_not_equal(demand->seen, 0);
}

/* A session asks only for what it does not ask for already. */
TEST(demands_that_are_covered_are_not_asked_again)
{
    static const struct {
        uint64_t own, own_seen, all, all_seen;
        bool own_base, all_base, is_asking, asks;
    } sessions[] = {
        { 5, 0, 5, 0, .is_asking = true, .asks = false },
        { 5, 0, 5, 0, .is_asking = false, .asks = true },
        { 5, 0, 6, 0, .is_asking = true, .asks = true },
        { 5, 3, 5, 3, .is_asking = true, .asks = false },
        { 5, 3, 5, 4, .is_asking = true, .asks = true },
        { 5, 4, 6, 3, .is_asking = true, .asks = true },
        { 5, 0, 5, 0, .all_base = true, .is_asking = true, .asks = true },
        { 5, 0, 5, 0, .own_base = true, .all_base = true, .is_asking = true, .asks = false },
    };
    for (size_t i = 0; i < COUNT_OF(sessions); i++) {
        static struct cluster cluster;
        open_cluster(&cluster);
        struct consistency *consistency = &cluster.consistency;
        struct global_demand *demand = &cluster.positions.global;
        consistency->position = of_number(sessions[i].own);
        consistency->seen = sessions[i].own_seen;
        consistency->needs_base = sessions[i].own_base;
        consistency->is_asking = sessions[i].is_asking;
        *demand = (struct global_demand){ .number = 1,
                                          .epoch = positions_epoch(&cluster.positions),
                                          .position = of_number(sessions[i].all),
                                          .seen = sessions[i].all_seen,
                                          .needs_base = sessions[i].all_base };
        (void)ask(&cluster);
        bool asks = consistency->asked_us != 0;
        uint64_t highest = sessions[i].own > sessions[i].all ? sessions[i].own : sessions[i].all;
        uint64_t last =
            sessions[i].own_seen > sessions[i].all_seen ? sessions[i].own_seen : sessions[i].all_seen;
        assert_row(asks == sessions[i].asks && consistency->position.marks[0].reach == highest &&
                       consistency->seen == last && (consistency->needs_base || !sessions[i].all_base),
                   "row %zu: %d", i, asks);
        bool is_covered = highest == sessions[i].own && sessions[i].own_base == sessions[i].all_base;
        assert_int_equal(consistency->written != 0,
                         !is_covered); /* nothing is added to a position that has it */
        close_cluster(&cluster);
    }
}

TEST(replicas_may_have_all_writes)
{
    static const struct {
        const char *held;
        bool takes_no_reads, is_galera, has_unknown, has_seen, is_untold, has;
    } replicas[] = {
        { "0-1-5", .has = true },
        { "0-1-4", .has = false },
        { "0-1-5", .takes_no_reads = true },
        { "0-1-5", .is_galera = true },
        { "0-1-5", .has_unknown = true },
        { "0-1-5", .has_seen = true },
        { "0-1-4", .is_untold = true, .has = true },
    };
    for (size_t i = 0; i < COUNT_OF(replicas); i++) {
        static struct cluster cluster;
        open_cluster(&cluster);
        assert_true(gtid_table_read(&cluster.servers[1].held, FAMILY_MARIADB, span_cstr(replicas[i].held)));
        cluster.servers[1].answered = 1;
        write_on(&cluster, 0, 5);
        if (replicas[i].has_unknown)
            written_note_unknown(&cluster.written);
        if (replicas[i].is_untold) {
            cluster.positions.all_written = NULL;
            global_writes_ask(&cluster.consistency);
            assert_true(global_writes_is_current(&cluster.consistency) && !cluster.consistency.is_asking);
        }
        cluster.positions.global.seen = replicas[i].has_seen;
        cluster.view->servers[1].takes_reads = !replicas[i].takes_no_reads;
        cluster.view->is_galera = replicas[i].is_galera;
        assert_row(global_writes_is_at_replica(&cluster.positions) == replicas[i].has, "row %zu", i);
        close_cluster(&cluster);
    }
}

RUN_TESTS(NULL, NULL)
