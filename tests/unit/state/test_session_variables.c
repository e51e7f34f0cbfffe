/* Session variables: which connections get them, and whether a held one is used up. */
#include "../base/unit.h"

#include "mysql/command.h"
#include "state/facet.h"
#include "state/pending_set.h"
#include "state/pooled.h"

static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

/* `where`: w a variable for writes is set, otherwise time_zone; V the connection lacks the variables, W those for
 * writes; r the job runs on the replica; p on a port for reads; R it is a read; q a question about the statement
 * before; g a login. */
static const struct {
    const char *where;
    enum sync_task task;
    const char *said;
    bool has_writes; /* afterwards the connection has the variables for writes */
} applied[] = {
    { "", SYNC_NOTHING, "", false },
    { "V", SYNC_VARS, "SET time_zone='SYSTEM'", false },
    { "W", SYNC_NOTHING, "", false },
    { "w", SYNC_NOTHING, "", true },
    { "wW", SYNC_VARS, "SET auto_increment_offset=1", true },
    { "wWR", SYNC_VARS, "SET auto_increment_offset=1", true },
    { "wWq", SYNC_VARS, "SET auto_increment_offset=1", true },
    { "wWr", SYNC_VARS, "SET auto_increment_offset=1", true },
    { "wWrR", SYNC_NOTHING, "", false },
    { "wWrq", SYNC_NOTHING, "", false },
    { "wWrg", SYNC_NOTHING, "", false },
    { "wWrpR", SYNC_VARS, "SET auto_increment_offset=1", true },
    { "wVWrR", SYNC_VARS, "", false },
};

TEST(variables_for_writes_are_set_where_writes_run)
{
    for (size_t i = 0; i < COUNT_OF(applied); i++) {
        const char *where = applied[i].where;
        struct facets facets = { .mode = has(where, 'p') ? LISTENER_REPLICA : LISTENER_SPLIT };
        assert_true(has(where, 'w')
                        ? vars_set(&facets.vars, SPAN_LITERAL("auto_increment_offset"), SPAN_LITERAL("1"))
                        : vars_set(&facets.vars, SPAN_LITERAL("time_zone"), SPAN_LITERAL("'SYSTEM'")));
        struct pooled connection = { .vars_version = has(where, 'V') ? 0 : facets.vars.version };
        struct slot slot = { .upstream = &connection.upstream,
                             .writes_version =
                                 has(where, 'w') && !has(where, 'W') ? facets.vars.version : 0 };
        const struct job job = { .place = has(where, 'r') ? ROUTE_REPLICA : ROUTE_PRIMARY,
                                 .is_login = has(where, 'g'),
                                 .facts = { .is_read = has(where, 'R'),
                                            .refers_previous = has(where, 'q') } };
        const struct replay replay = { .facets = &facets, .job = &job, .slot = &slot };
        struct replay_command command = { 0 };
        assert_row(facet_session_variables.lacks(&replay) == applied[i].task, "%s", where);
        facet_session_variables.say(&replay, &command);
        assert_row(span_is(text_span(&command.argument), applied[i].said), "%s: %s", where,
                   text_cstr(&command.argument));
        facet_session_variables.note(&replay);
        assert_int_equal(connection.vars_version, facets.vars.version);
        assert_row((slot.writes_version == facets.vars.version) == applied[i].has_writes, "%s", where);
        assert_int_equal(facet_session_variables.lacks(&replay), SYNC_NOTHING);
        text_fini(&command.argument);
        vars_fini(&facets.vars);
    }
}

/* A variable is held; the connection at `place` answers `value` (NULL: an error). */
static const struct {
    const char *name;
    enum listener_mode mode;
    enum route_place place;
    bool is_asked;
    const char *value;
    bool is_told, is_held, has_told;
} held[] = {
    { "insert_id", LISTENER_SPLIT, ROUTE_PRIMARY, true, "0", true, false, false },
    { "insert_id", LISTENER_SPLIT, ROUTE_PRIMARY, true, "1", true, true, true },
    { "gtid_seq_no", LISTENER_SPLIT, ROUTE_PRIMARY, true, "7", true, true, true },
    { "insert_id", LISTENER_SPLIT, ROUTE_PRIMARY, true, "x", false, true, false },
    { "insert_id", LISTENER_SPLIT, ROUTE_PRIMARY, true, NULL, false, true, false },
    { "insert_id", LISTENER_SPLIT, ROUTE_REPLICA, false, NULL, false, true, false },
    { "insert_id", LISTENER_REPLICA, ROUTE_REPLICA, true, "0", true, false, false },
    { "sql_log_bin", LISTENER_SPLIT, ROUTE_PRIMARY, false, NULL, false, true, false },
};

TEST(held_variable_that_is_used_up_keeps_no_connection)
{
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        const char *value = held[i].value != NULL ? held[i].value : "0";
        struct rows_cell cells[] = { { 0, 0 }, { .length = (uint32_t)strlen(value) } };
        const struct rows rows = { .columns = 1,
                                   .rows = 1,
                                   .values = 2,
                                   .bytes = { .data = (char *)(uintptr_t)value, .len = strlen(value) },
                                   .cells = cells };
        struct facets facets = { .mode = held[i].mode };
        struct slot slot = { 0 };
        struct slot *const slots[SLOT_COUNT] = { &slot, &slot };
        struct text sql = { 0 }, want = { 0 };
        const struct upstream_answer told = { .is_err = held[i].value == NULL };
        const struct facet_answer answer = { .told = &told, .rows = &rows };
        const struct facet *facet = &facet_session_variables;
        pins_add(&facets.pins, PIN_HELD_SET, span_cstr(held[i].name), SPAN_NONE, &(struct pin_origin){ 0 });
        assert_row(facet->is_asked(&facets, slots, held[i].place) == held[i].is_asked, "row %zu", i);
        if (held[i].is_asked) {
            assert_false(facet->ask(&facets, &slot, &sql)); /* it reads no table */
            (void)text_appendf(&want, "SELECT @@%s LIMIT 1", held[i].name);
            assert_string_equal(text_cstr(&sql), text_cstr(&want));
            assert_row(facet->learn(&facets, &slot, &answer) == held[i].is_told, "row %zu", i);
        }
        assert_row(pins_has(&facets.pins, PIN_HELD_SET) == held[i].is_held, "row %zu", i);
        assert_row(slot.has_told_held == held[i].has_told, "row %zu", i);
        assert_false(held[i].has_told && facet->is_asked(&facets, slots, held[i].place));
        pins_clear(&facets.pins);
        text_fini(&sql);
        text_fini(&want);
    }
}

/* s: the session has a schema of its own; k it was kept at a reset. */
static const struct {
    const char *where;
    bool is_known;
} charsets[] = { { "", false }, { "s", true }, { "sk", false } };

TEST(set_character_set_needs_a_schema_of_the_session)
{
    static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
    for (size_t i = 0; i < COUNT_OF(charsets); i++) {
        struct facets facets = { .keeps_schema = has(charsets[i].where, 'k'), .has_replica_refused = true };
        struct pooled connection = { 0 };
        struct slot slot = { .upstream = &connection.upstream };
        struct job job = { .command = &query };
        job.pending_set = pending_set_read(SPAN_LITERAL("SET CHARACTER SET latin1"), &dialect);
        assert_true(text_append_cstr(&facets.schema, has(charsets[i].where, 's') ? "shop" : ""));
        assert_true(vars_set(&facets.vars, SPAN_LITERAL("character_set_client"),
                             SPAN_LITERAL("'latin1'"))); /* told */
        assert_row(facet_session_variables.commit(&facets, &job, &slot, 1) == charsets[i].is_known, "%s",
                   charsets[i].where);
        assert_true(facets.set == facet_bit(FACET_VARIABLES) && !facets.has_replica_refused);
        pending_set_fini(job.pending_set);
        text_fini(&facets.schema);
        vars_fini(&facets.vars);
    }
}

RUN_TESTS(NULL, NULL)
