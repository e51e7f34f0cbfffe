/* What a session requires of replicas after each kind of reply, and what its consistency level requires. */

#include "../base/unit.h"

#include "access/listener_settings.h"
#include "access/users.h"
#include "cluster/view.h"
#include "freshness/consistency.h"
#include "freshness/fresh_replica.h"
#include "freshness/position_server.h"
#include "freshness/written.h"
#include "sql/classify.h"
#include "state/pending_set.h"

struct scene {
    struct loop loop;
    struct upstream_env env;
    struct cluster_settings settings;
    struct listener_settings listener;
    struct user user;
    struct positions positions;
    struct written written;
    struct consistency consistency;
    struct job job;
    struct view view; /* last: without servers */
};

static void begin(struct scene *scene, int level)
{
    *scene = (struct scene){ .loop.now_us = 1000,
                             .env.loop = &scene->loop,
                             .settings.consistency = level,
                             .settings.consistency_wait_us = CONSISTENCY_WAIT_AUTO,
                             .listener = { .mode = LISTENER_SPLIT, .consistency = CONSISTENCY_INHERIT },
                             .user.consistency = CONSISTENCY_INHERIT,
                             .view = { .primary = VIEW_NO_SERVER, .family = FAMILY_MARIADB } };
    written_init(&scene->written);
    scene->positions = (struct positions){ .env = &scene->env,
                                           .view = &scene->view,
                                           .settings = &scene->settings,
                                           .all_written = &scene->written,
                                           .primary = VIEW_NO_SERVER };
    consistency_init(&scene->consistency, &scene->positions, &scene->listener);
    consistency_begin(&scene->consistency, &scene->user);
}

static void end(struct scene *scene)
{
    written_fini(&scene->written);
}

/* Notes a command that has run at `place` with this reply; `gtid` may be NULL. */
static void run_command(struct scene *scene, uint8_t byte, enum route_place place, const char *sql,
                        struct job_reply reply, const char *gtid, bool is_open)
{
    struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB, .multi_statements = true };
    scene->job = (struct job){ .command = command_find(byte),
                               .facts = classify(span_cstr(sql), false, &dialect),
                               .place = place,
                               .reply = reply };
    if (gtid != NULL)
        consistency_note_gtid(&scene->consistency, &scene->job, written_tag(0, 0), FAMILY_MARIADB,
                              span_cstr(gtid));
    consistency_note_done(&scene->consistency, &scene->job, 0, is_open);
}

static void run(struct scene *scene, enum route_place place, const char *sql, struct job_reply reply,
                const char *gtid, bool is_open)
{
    run_command(scene, COM_QUERY, place, sql, reply, gtid, is_open);
}

#define ROWS                                                                                                 \
    {                                                                                                        \
        .has_rows = true                                                                                     \
    }
#define CHANGED                                                                                              \
    {                                                                                                        \
        .has_changed = true                                                                                  \
    }
#define ERROR                                                                                                \
    {                                                                                                        \
        .has_error = true                                                                                    \
    }

enum asks { NOTHING, POSITION, MOMENT };

static const struct {
    const char *sql;
    struct job_reply reply;
    const char *gtid;
    enum asks primary;
} replies[] = {
    { "", { 0 }, NULL, NOTHING },
    { "FLUSH STATUS", { 0 }, NULL, MOMENT },
    { "INSERT INTO t VALUES (1)", CHANGED, "", MOMENT },
    { "SET NAMES utf8mb4", { 0 }, NULL, NOTHING },
    { "USE shop", { 0 }, NULL, NOTHING },
    { "BEGIN", { 0 }, NULL, NOTHING },
    { "SAVEPOINT a", { 0 }, NULL, NOTHING },
    { "ROLLBACK", { 0 }, NULL, NOTHING },
    { "BEGIN", ERROR, NULL, MOMENT },
    { "SET @a = (SELECT MAX(id) FROM t)", { 0 }, NULL, MOMENT },
    { "SELECT 1", ROWS, NULL, MOMENT },
    { "SELECT id FROM t", ROWS, NULL, MOMENT },
    { "INSERT INTO t VALUES (1)", CHANGED, "0-1-5", POSITION },
    { "INSERT INTO t VALUES (1)", CHANGED, NULL, MOMENT },
    { "UPDATE t SET a = 1", { 0 }, NULL, MOMENT },
    { "UPDATE t SET a = 1", { 0 }, "0-1-5", MOMENT },
    { "INSERT INTO t VALUES (1) RETURNING id", { .has_rows = true, .has_changed = true }, "0-1-5", MOMENT },
    { "INSERT INTO t VALUES (1), (1)", ERROR, "0-1-5", MOMENT },
    { "CALL p()", CHANGED, "0-1-5", MOMENT },
    { "CREATE TABLE u (id INT)", { 0 }, "0-1-5", MOMENT },
    { "INSERT INTO t VALUES (1); COMMIT", CHANGED, "0-1-5", MOMENT },
};

static const struct {
    uint8_t byte;
    const char *sql;
    struct job_reply reply;
    enum asks primary;
} commands[] = {
    { COM_PING, "", { 0 }, NOTHING },
    { COM_PING, "", ERROR, MOMENT },
    { COM_STMT_PREPARE, "SELECT id FROM t", { 0 }, MOMENT },
    { COM_STMT_PREPARE, "DELETE FROM t", { 0 }, NOTHING },
};

static enum asks asks_of(const struct consistency *consistency)
{
    if (consistency->seen != 0)
        return MOMENT;
    return consistency->is_asking ? POSITION : NOTHING;
}

TEST(replies_of_the_primary_say_what_is_asked_for)
{
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct scene scene;
        begin(&scene, CONSISTENCY_SESSION);
        run(&scene, ROUTE_PRIMARY, replies[i].sql, replies[i].reply, replies[i].gtid, false);
        if (asks_of(&scene.consistency) != replies[i].primary)
            fail_msg("%s (row %zu): asks %d", replies[i].sql, i, (int)asks_of(&scene.consistency));
        assert_int_equal(scene.consistency.position.count,
                         replies[i].gtid != NULL && *replies[i].gtid != '\0' ? 1 : 0);
        end(&scene);
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct scene scene;
        begin(&scene, CONSISTENCY_SESSION);
        run_command(&scene, commands[i].byte, ROUTE_PRIMARY, commands[i].sql, commands[i].reply, NULL, false);
        if (asks_of(&scene.consistency) != commands[i].primary)
            fail_msg("command %u: %s", commands[i].byte, commands[i].sql);
        end(&scene);
    }
}

TEST(eventual_sessions_ask_for_nothing)
{
    struct scene scene;
    begin(&scene, CONSISTENCY_EVENTUAL);
    run(&scene, ROUTE_PRIMARY, "INSERT INTO t VALUES (1)", (struct job_reply)CHANGED, "0-1-5", false);
    assert_int_equal(asks_of(&scene.consistency), NOTHING);
    struct written_state all;
    written_read(&scene.written, &all);
    assert_true(all.version > 0); /* other sessions may require it all the same */
    end(&scene);
}

TEST(reads_on_replicas_are_only_noted)
{
    struct scene scene;
    begin(&scene, CONSISTENCY_SESSION);
    run(&scene, ROUTE_REPLICA, "SELECT id FROM t", (struct job_reply)ROWS, "0-1-5", false);
    assert_int_equal(asks_of(&scene.consistency), NOTHING);
    assert_true(scene.consistency.has_read && scene.consistency.is_reader);
    consistency_see(&scene.consistency); /* the primary has everything that the replicas showed */
    assert_false(scene.consistency.has_read);
    end(&scene);
}

TEST(galera_nodes_gtids_are_not_read)
{
    struct scene scene;
    begin(&scene, CONSISTENCY_SESSION);
    scene.view.is_galera = true;
    run(&scene, ROUTE_PRIMARY, "INSERT INTO t VALUES (1)", (struct job_reply)CHANGED, "0-1-5", false);
    assert_int_equal(asks_of(&scene.consistency), MOMENT);
    assert_int_equal(scene.consistency.position.count, 0);
    assert_int_equal(scene.consistency.writer, 0);
    assert_true(consistency_is_new_writer(&scene.consistency, &scene.job, 1));
    assert_false(consistency_is_new_writer(&scene.consistency, &scene.job, 0));
    run(&scene, ROUTE_PRIMARY, "BEGIN", (struct job_reply){ 0 }, NULL, true);
    assert_true(scene.consistency.has_transaction); /* its end is not told */
    scene.consistency.writer = VIEW_NO_SERVER;
    assert_false(consistency_is_new_writer(&scene.consistency, &scene.job, 1));
    run(&scene, ROUTE_REPLICA, "SELECT id FROM t", (struct job_reply)ROWS, NULL, false);
    assert_int_equal(scene.consistency.writer, VIEW_NO_SERVER);
    end(&scene);
}

/* A COMMIT alone shows no data. A COMMIT without a GTID that ends a transaction may have shown some. */
TEST(end_of_a_transaction_tells_a_gtid_or_a_moment)
{
    static const char *const gtids[] = { NULL, "0-1-5" };
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        begin(&scene, CONSISTENCY_SESSION);
        run(&scene, ROUTE_PRIMARY, "BEGIN", (struct job_reply){ 0 }, NULL, true);
        assert_false(scene.consistency.has_transaction);
        run(&scene, ROUTE_PRIMARY, "DELETE FROM t", (struct job_reply)CHANGED, NULL, true);
        assert_true(scene.consistency.has_transaction);
        run(&scene, ROUTE_PRIMARY, "SAVEPOINT a", (struct job_reply){ 0 }, NULL, true);
        assert_true(scene.consistency.has_transaction);
        uint64_t seen = scene.consistency.seen;
        run(&scene, ROUTE_PRIMARY, "COMMIT", (struct job_reply){ 0 }, gtids[i], false);
        assert_true(gtids[i] == NULL ? scene.consistency.seen > seen : scene.consistency.seen == seen);
        assert_false(scene.consistency.has_transaction);
        end(&scene);
    }
}

TEST(unlogged_writes_are_asked_for_until_a_reset)
{
    struct scene scene;
    struct pending_set changes = { .sets_logging = true };
    begin(&scene, CONSISTENCY_SESSION);
    run(&scene, ROUTE_PRIMARY, "SET sql_log_bin = 0", (struct job_reply){ 0 }, NULL, false);
    consistency_note_reset(&scene.consistency);
    assert_int_equal(asks_of(&scene.consistency), NOTHING);
    assert_false(scene.consistency.is_unlogged);
    scene.job.pending_set = &changes;
    consistency_note_done(&scene.consistency, &scene.job, 0, false);
    assert_true(scene.consistency.is_unlogged && scene.consistency.is_asking);
    consistency_note_reset(&scene.consistency);
    assert_false(scene.consistency.is_unlogged);
    assert_int_equal(asks_of(&scene.consistency), MOMENT);
    end(&scene);
}

/* ---- consistency levels ---- */

static const struct {
    int cluster, listener, user, level;
} levels[] = {
    { CONSISTENCY_SESSION, CONSISTENCY_INHERIT, CONSISTENCY_INHERIT, CONSISTENCY_SESSION },
    { CONSISTENCY_SESSION, CONSISTENCY_GLOBAL, CONSISTENCY_INHERIT, CONSISTENCY_GLOBAL },
    { CONSISTENCY_SESSION, CONSISTENCY_GLOBAL, CONSISTENCY_EVENTUAL, CONSISTENCY_EVENTUAL },
    { CONSISTENCY_STRONG, CONSISTENCY_INHERIT, CONSISTENCY_SESSION, CONSISTENCY_SESSION },
};

TEST(users_level_goes_before_the_listeners_and_the_clusters)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct scene scene;
        begin(&scene, levels[i].cluster);
        scene.listener.consistency = levels[i].listener;
        scene.user.consistency = levels[i].user;
        consistency_begin(&scene.consistency, &scene.user);
        assert_int_equal(scene.consistency.level, levels[i].level);
        end(&scene);
    }
}

TEST(level_that_begins_to_follow_asks_for_what_the_primary_has)
{
    for (int is_new = 0; is_new < 2; is_new++) {
        struct scene scene;
        begin(&scene, CONSISTENCY_EVENTUAL);
        scene.settings.consistency = CONSISTENCY_SESSION;
        consistency_note_settings(&scene.consistency, &scene.user, is_new);
        assert_int_equal(asks_of(&scene.consistency), is_new ? NOTHING : MOMENT);
        end(&scene);
    }
}

static const struct {
    int level;
    enum hint_level hint;
    bool is_asked, wants_global, wants_newest;
} hints[] = {
    { CONSISTENCY_SESSION, HINT_SESSION, true, false, false },
    { CONSISTENCY_SESSION, HINT_EVENTUAL, false, false, false },
    { CONSISTENCY_SESSION, HINT_GLOBAL, true, true, false },
    { CONSISTENCY_SESSION, HINT_STRONG, true, false, true },
    { CONSISTENCY_EVENTUAL, HINT_SESSION, true, false, true },
    { CONSISTENCY_EVENTUAL, HINT_GLOBAL, true, true, false },
    { CONSISTENCY_GLOBAL, HINT_SESSION, true, false, false },
    { CONSISTENCY_STRONG, HINT_EVENTUAL, false, false, false },
};

TEST(hints_go_before_levels)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        struct scene scene;
        begin(&scene, hints[i].level);
        scene.consistency.fresh_replica.server = 1;
        consistency_note_hint(&scene.consistency, &scene.job, hints[i].hint);
        assert_int_equal(consistency_is_asked(&scene.consistency, &scene.job), hints[i].is_asked);
        assert_int_equal(consistency_wants_global(&scene.consistency, &scene.job), hints[i].wants_global);
        assert_int_equal(consistency_wants_newest(&scene.consistency, &scene.job), hints[i].wants_newest);
        assert_int_equal(scene.consistency.fresh_replica.server, hints[i].wants_newest ? VIEW_NO_SERVER : 1);
        scene.listener.mode = LISTENER_REPLICA; /* a listener without a primary */
        assert_false(consistency_is_asked(&scene.consistency, &scene.job));
        end(&scene);
    }
}

TEST(lost_connections_leave_doubt)
{
    struct scene scene;
    struct upstream upstream = { .state = UPSTREAM_READY };
    struct slot slot = { .upstream = &upstream };
    begin(&scene, CONSISTENCY_SESSION);
    scene.consistency.fresh_replica.server = 1;
    scene.consistency.has_written = true;
    consistency_note_drop(&scene.consistency, &scene.job, ROUTE_PRIMARY, &slot);
    consistency_note_drop(&scene.consistency, &scene.job, ROUTE_REPLICA, &slot);
    assert_int_equal(scene.consistency.fresh_replica.server, 1);
    assert_true(scene.consistency.has_written);
    slot.has_failed = true;
    consistency_note_drop(&scene.consistency, &scene.job, ROUTE_REPLICA, &slot);
    assert_int_equal(scene.consistency.fresh_replica.server, VIEW_NO_SERVER);
    assert_int_equal(asks_of(&scene.consistency), NOTHING);
    upstream.state = UPSTREAM_BUSY; /* the write may have been executed */
    consistency_note_drop(&scene.consistency, &scene.job, ROUTE_PRIMARY, &slot);
    assert_int_equal(asks_of(&scene.consistency), MOMENT);
    end(&scene);
}

/* ---- what the primary has told ---- */

/* The positions of the servers are demanded ahead when a session that reads on replicas has just written. */
TEST(writes_of_readers_ask_for_positions_ahead)
{
    for (unsigned row = 0; row < 4; row++) {
        struct scene scene;
        begin(&scene, CONSISTENCY_SESSION);
        scene.consistency.is_reader = row != 1;
        consistency_see(&scene.consistency);
        scene.loop.now_us += row == 2;
        run(&scene, row == 3 ? ROUTE_REPLICA : ROUTE_PRIMARY, "SET NAMES utf8mb4", (struct job_reply){ 0 },
            NULL, false);
        assert_int_equal(scene.positions.wanted, row == 0 ? scene.consistency.seen : 0);
        end(&scene);
    }
}

static const struct {
    const char *name, *written, *told; /* `told`: positions.moved, and what the primary has */
    uint64_t seen, written_at, answered;
    uint64_t reach, then_seen;
    uint64_t dropped;
} told[] = {
    { "the poll began before `seen`", "0-1-5", "0-1-9", 7, 3, 7, 5, 7, 0 },
    { "the poll began after `seen`", "0-1-5", "0-1-9", 7, 3, 8, 9, 0, 0 },
    { "… but before a later write", "0-1-10", "0-1-9", 7, 8, 8, 10, 0, 0 },
    { "… and after a write that is lost", "0-1-10", "0-1-9", 7, 3, 8, 9, 0, 1 },
    { "nothing but the position is asked for", "0-1-5", "0-1-9", 0, 3, 8, 5, 0, 0 },
};

TEST(answer_of_the_primary_replaces_the_moment)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        struct scene scene;
        struct server server = { .name = "db1" };
        struct view *view = view_new(1);
        begin(&scene, CONSISTENCY_SESSION);
        struct position_server answer = { .positions = &scene.positions, .is_primary = true };
        struct position_server *const servers[] = { &answer };
        struct consistency *consistency = &scene.consistency;
        struct positions *positions = &scene.positions;
        view->primary = 0;
        view->servers[0].server = &server;
        positions->view = view;
        positions->servers = (struct position_server **)(uintptr_t)servers;
        positions->count = 1;
        (void)positions_epoch(positions);
        gtid_position_read(&consistency->position, FAMILY_MARIADB, span_cstr(told[i].written));
        gtid_position_read(&positions->moved, FAMILY_MARIADB, span_cstr(told[i].told));
        assert_true(gtid_table_read(&answer.held, FAMILY_MARIADB, span_cstr(told[i].told)));
        answer.answered = told[i].answered;
        consistency->is_asking = true;
        consistency->epoch = positions_epoch(positions);
        consistency->seen = told[i].seen;
        consistency->written = told[i].written_at;
        view->is_galera = true;
        consistency_follow_primary(consistency, NULL);
        assert_int_equal(consistency->seen, told[i].seen);
        view->is_galera = false;
        consistency_follow_primary(consistency, NULL);
        if (consistency->position.marks[0].reach != told[i].reach || consistency->seen != told[i].then_seen)
            fail_msg("%s: %llu", told[i].name, (unsigned long long)consistency->position.marks[0].reach);
        assert_int_equal(counter_read(&positions->counters.positions_dropped), told[i].dropped);
        assert_int_equal(consistency->needs_base, told[i].seen != 0 && told[i].then_seen == 0);
        consistency->seen = 0;
        view->servers[0].moves++; /* another primary: it may lack data of the former one */
        consistency_follow_primary(consistency, NULL);
        assert_int_not_equal(consistency->seen, 0);
        consistency_forget_seen(consistency);
        assert_true(consistency->seen == 0 && !consistency->needs_base);
        assert_int_equal(counter_read(&positions->counters.positions_dropped), told[i].dropped + 1);
        gtid_table_fini(&answer.held);
        view_release(&view);
        end(&scene);
    }
}

TEST(newest_data_are_waited_for_as_configured)
{
    struct scene scene;
    begin(&scene, CONSISTENCY_STRONG);
    assert_int_equal(consistency_wait_us(&scene.consistency), 10000);
    scene.settings.consistency_wait_us = 70;
    assert_int_equal(consistency_wait_us(&scene.consistency), 70);
    end(&scene);
}

RUN_TESTS(NULL, NULL)
