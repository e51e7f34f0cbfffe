/* Which packets tell the writes of all clients: rows of a statement, its reply and what is noted. */
#include "../base/unit.h"

#include "freshness/consistency.h"
#include "freshness/global_writes.h"
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

RUN_TESTS(NULL, NULL)
