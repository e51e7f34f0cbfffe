/* wait_timeout: the client's own value, the SET that is sent without it, and what the connection has then. */
#include "../base/unit.h"

#include "mysql/packet.h"
#include "state/facet_table.h"
#include "state/pooled.h"
#include "state/wait_timeout.h"
#include "stored_code/stored_code.h"

static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };
static const struct command prepare = { .byte = COM_STMT_PREPARE, .manner = COMMAND_STATEMENT };

TEST(the_shorter_limit_ends_the_silence)
{
    static const struct {
        uint32_t wait_s;
        uint64_t idle_us, want_us;
    } rows[] = { { 0, 0, 0 }, { 1, 0, 1000000 }, { 0, 7, 7 }, { 1, 7, 7 }, { 1, 1000001, 1000000 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct facets facets = { .wait_s = rows[i].wait_s };
        assert_row(wait_timeout_us(&facets, rows[i].idle_us) == rows[i].want_us, "row %zu", i);
    }
}

/* `where`: p a PREPARE; c the text is cut; t the client has asked for session tracking; P it has profiles; m several
 * statements; a attributes before the text; k the command is kept in the window; o the server has told the value.
 * `sent`: NULL: as it is. `wait_s`: of the session, which had 3, after the server has agreed. `has`: the
 * connection has the session's value; -1: the session keeps this connection. */
static const struct {
    const char *sql, *where, *sent;
    unsigned wait_s;
    int has;
} rows[] = {
    { "SET wait_timeout = 7", "", "SET wait_timeout = DEFAULT", 7, 0 },
    { "SET @@session.wait_timeout=28800, @a = 1", "", "SET @@session.wait_timeout=DEFAULT, @a = 1", 28800,
      0 },
    { "SET wait_timeout = 7", "a", "SET wait_timeout = DEFAULT", 7, 0 },
    { "SET wait_timeout = 7", "k", "SET wait_timeout = DEFAULT", 7, 0 },
    { "SET wait_timeout = 1", "", "SET wait_timeout = DEFAULT", 1, 0 },
    { "SET wait_timeout = 31536000", "", "SET wait_timeout = DEFAULT", 31536000, 0 },
    { "SET wait_timeout = 31536001", "", NULL, 3, -1 },
    { "SET wait_timeout = 31536001", "o", NULL, 3, 0 },
    { "SET wait_timeout = 0", "", NULL, 3, -1 },
    { "SET wait_timeout = '7'", "", NULL, 3, -1 },
    { "SET wait_timeout = -1", "", NULL, 3, -1 },
    { "SET wait_timeout = @a", "", NULL, 3, -1 },
    { "SET wait_timeout = 7, wait_timeout = 8", "", NULL, 3, -1 },
    { "SET wait_timeout = DEFAULT", "", NULL, 0, 0 },
    { "SET wait_timeout = 'DEFAULT'", "", NULL, 3, -1 },
    { "SET time_zone = 'SYSTEM'", "", NULL, 3, 0 },
    { "SET wait_timeout = 7", "p", NULL, 7, 1 },
    { "SET wait_timeout = 7", "c", NULL, 7, 1 },
    { "SET wait_timeout = 7", "t", NULL, 7, 1 },
    { "SET wait_timeout = 7", "m", NULL, 7, 1 },
    { "SET wait_timeout = 7", "P", NULL, 7, 1 },
};

TEST(set_is_sent_without_its_number)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *sql = rows[i].sql, *where = rows[i].where, *sent = rows[i].sent;
        size_t extra = strchr(where, 'a') != NULL ? 2 : 0, len = strlen(sql);
        uint8_t bytes[128] = { (uint8_t)(1 + extra + len), 0, 0, 9, COM_QUERY };
        size_t total = PACKET_HEADER_BYTES + 1 + extra + len;
        memcpy(bytes + total - len, sql, len);
        struct buf in = {
            .data = bytes, .cap = sizeof bytes, .filled = (uint32_t)total, .parsed = (uint32_t)total
        };
        struct facets facets = { .wait_s = 3, .has_profiles = strchr(where, 'P') != NULL };
        struct pooled connection = { .upstream.family = FAMILY_MARIADB };
        struct slot slot = { .upstream = &connection.upstream };
        struct job job = { .command = strchr(where, 'p') != NULL ? &prepare : &query, .text_offset = extra };
        facets.tracking.asked = strchr(where, 't') != NULL;
        job.facts.kind = SQL_SET;
        job.facts.is_multi = strchr(where, 'm') != NULL;
        job.is_cut = strchr(where, 'c') != NULL;
        job.is_kept = strchr(where, 'k') != NULL;
        job.reply.has_told_wait = strchr(where, 'o') != NULL;
        wait_timeout_rewrite(&facets, &job, &in); /* before the SET was read: as it is */
        assert_int_equal(job.rewritten.len, 0);
        job.pending_set = pending_set_read(span_cstr(sql), &dialect);
        wait_timeout_rewrite(&facets, &job, &in);
        assert_row(job.is_wait_rewritten == (sent != NULL), "%s (%s)", sql, where);
        if (sent != NULL) {
            size_t head = PACKET_HEADER_BYTES + 1 + extra;
            assert_int_equal(job.rewritten.len, head + strlen(sent));
            assert_memory_equal(job.rewritten.data + head, sent, strlen(sent));
            assert_memory_equal(job.rewritten.data + 3, bytes + 3, head - 3);
            assert_int_equal(job.rewritten.data[0], job.rewritten.len - PACKET_HEADER_BYTES);
            assert_int_equal(buf_unsent(&in).len, 0);
            assert_int_equal(buf_is_empty(&in), !job.is_kept);
        } else {
            assert_int_equal(buf_unsent(&in).len, total);
        }
        bool is_known = facet_table_commit(&facets, &job, &slot, 5);
        assert_row(is_known == (rows[i].has >= 0), "%s (%s)", sql, where);
        assert_row(facets.wait_s == rows[i].wait_s, "%s (%s): %u", sql, where, facets.wait_s);
        assert_row(slot.has_wait == (rows[i].has == 1), "%s (%s)", sql, where);
        text_fini(&job.rewritten);
        pending_set_fini(job.pending_set);
        facets_fini(&facets);
    }
}

/* Does a connection without the client's value get it before this statement? */
static const struct {
    const char *sql;
    struct sql_facts facts;
    bool is_needed;
} asking[] = {
    { "SELECT @@wait_timeout", { .kind = SQL_SELECT }, true },
    { "SELECT @@wait_timeout", { .kind = SQL_SELECT, .is_read = true }, false },
    { "SELECT @@time_zone", { .kind = SQL_SELECT }, false },
    { "SELECT variable_value FROM information_schema.session_variables", { .kind = SQL_SELECT }, true },
    { "SHOW VARIABLES", { .kind = SQL_SHOW }, true },
    { "SHOW STATUS", { .kind = SQL_SHOW }, false },
    { "CALL p()", { .kind = SQL_CALL, .may_hide_state = true }, true },
    { "CALL p()", { .kind = SQL_CALL }, false },
    { "SELECT f()", { .kind = SQL_SELECT, .code_effects = CODE_PRIMARY }, true },
    { "SELECT f()", { .kind = SQL_SELECT, .code_effects = CODE_WRITES }, false },
    { "SELECT @@wait_timeout, ROW_COUNT()", { .kind = SQL_SELECT, .refers_previous = true }, false },
};

TEST(statements_that_may_ask_find_the_value)
{
    for (size_t i = 0; i < COUNT_OF(asking); i++) {
        struct facets facets = { .set = facet_bit(FACET_WAIT_TIMEOUT), .wait_s = 3 };
        struct pooled connection = { .upstream.family = FAMILY_MARIADB };
        struct slot slot = { .upstream = &connection.upstream };
        struct job job = { .command = &query, .facts = asking[i].facts };
        const struct replay replay = {
            .facets = &facets, .job = &job, .slot = &slot, .sql = span_cstr(asking[i].sql)
        };
        enum sync_task want = asking[i].is_needed ? SYNC_VARS : SYNC_NOTHING;
        assert_row(replay_next(&replay) == want, "%s", asking[i].sql);
        job.is_login = true;
        assert_int_equal(replay_next(&replay), SYNC_NOTHING);
        job.is_login = false, facets.wait_s = 0;
        assert_int_equal(replay_next(&replay), SYNC_NOTHING);
        slot.has_wait = true; /* a client that has set DEFAULT again */
        assert_int_equal(replay_next(&replay), job.facts.refers_previous ? SYNC_NOTHING : SYNC_VARS);
        facets.has_profiles = true;
        assert_int_equal(replay_next(&replay), SYNC_NOTHING);
        assert_int_equal(facets_left(&facets, &slot), LEFT_TO_RESET);
    }
}

/* The session's wait_timeout is 1. t: the client has asked for session tracking; h: the connection has the value. */
static const struct {
    const char *sql, *where, *said; /* NULL: nothing */
} setting[] = {
    { "SET profiling = 1", "", "SET wait_timeout=1" },
    { "SET profiling = 1", "h", NULL },
    { "SET wait_timeout = 7", "", NULL },
    { "SET wait_timeout = 7", "h", "SET wait_timeout=DEFAULT" },
    { "SET wait_timeout = 7", "t", "SET wait_timeout=1" },
    { "SET time_zone = 'SYSTEM'", "", NULL },
    { "SET time_zone = 'SYSTEM'", "h", "SET wait_timeout=DEFAULT" },
};

TEST(set_that_is_sent_without_its_number_needs_no_value)
{
    for (size_t i = 0; i < COUNT_OF(setting); i++) {
        bool has = strchr(setting[i].where, 'h') != NULL;
        struct facets facets = { .wait_s = 1, .tracking.asked = strchr(setting[i].where, 't') != NULL };
        struct slot slot = { .has_wait = has };
        struct job job = { .command = &query, .facts.kind = SQL_SET };
        struct replay_command command = { 0 };
        const struct replay replay = {
            .facets = &facets, .job = &job, .slot = &slot, .sql = span_cstr(setting[i].sql), .task = SYNC_VARS
        };
        job.pending_set = pending_set_read(span_cstr(setting[i].sql), &dialect);
        bool is_due = setting[i].said != NULL;
        assert_row(facet_wait_timeout.lacks(&replay) == (is_due ? SYNC_VARS : SYNC_NOTHING), "row %zu", i);
        if (is_due) {
            facet_wait_timeout.say(&replay, &command);
            assert_span(text_span(&command.argument), setting[i].said);
        }
        facet_wait_timeout.note(&replay);
        assert_row(slot.has_wait == (is_due ? !has : has), "row %zu", i);
        text_fini(&command.argument);
        pending_set_fini(job.pending_set);
    }
}

RUN_TESTS(NULL, NULL)
