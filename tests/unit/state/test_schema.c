/* USE and COM_INIT_DB of the client, and the schema with which a connection logs in. */
#include "../base/unit.h"

#include "state/pooled.h"
#include "state/schema.h"

static const struct {
    const char *schema;
    bool has_no_schema;
    uint64_t role_version;
    const char *login;
} logins[] = {
    { "shop", false, 0, "shop" },    { "shop", true, 0, "" },
    { "shop", false, 1, "" }, /* only the role may have rights for it */
    { "caf\xc3\xa9", false, 0, "" }, { "", false, 0, "" },
};

TEST(connections_log_in_with_a_schema_that_can_be_said)
{
    for (size_t i = 0; i < COUNT_OF(logins); i++) {
        struct facets facets = { .role.version = logins[i].role_version };
        const struct job job = { .has_no_schema = logins[i].has_no_schema };
        assert_true(text_append_cstr(&facets.schema, logins[i].schema));
        assert_span(schema_of_login(&facets, &job), logins[i].login);
        text_fini(&facets.schema);
    }
}

static const struct {
    uint8_t byte;
    const char *name, *asked, *told; /* `told`: by session tracking; NULL: nothing */
    bool has_error, is_pinned;
} uses[] = {
    { COM_QUERY, "shop", "shop", "shop", false, false },
    { COM_QUERY, "`shop`", "shop", "shop", false, false },
    { COM_QUERY, "\"shop\"", "shop", "shop", false, false },
    { COM_QUERY, "Shop", "Shop", "shop", false, false }, /* the server reports it in lower case */
    { COM_QUERY, "shop", "shop", "other", false, true },
    { COM_QUERY, "shop", "shop", NULL, false, true },
    { COM_QUERY, "shop", "shop", NULL, true, false },
    { COM_QUERY, "caf\xe9", "caf\xe9", "caf\xc3\xa9", false, false }, /* in another character set */
    { COM_QUERY, "``", "", "shop", false, false },
    { COM_QUERY, "`", "`", "shop", false, false },
    { COM_INIT_DB, "shop", "shop", "shop", false, false },
    { COM_INIT_DB, "`shop`", "`shop`", "`shop`", false, false },
    { COM_INIT_DB, "shop", "shop", "other", false, true },
};

TEST(server_that_reports_another_schema_pins_the_session)
{
    for (size_t i = 0; i < COUNT_OF(uses); i++) {
        struct facets facets = { 0 };
        struct job job = { .command = command_find(uses[i].byte), .facts.kind = SQL_USE };
        if (uses[i].byte == COM_QUERY)
            job.facts.use_schema = span_cstr(uses[i].name);
        assert_true(schema_is_asked_for(&job));
        assert_true(schema_note_asked(&job, span_cstr(uses[i].name)));
        assert_string_equal(text_cstr(&job.asked_schema), uses[i].asked);
        job.reply.has_error = uses[i].has_error;
        job.reply.has_schema = uses[i].told != NULL;
        assert_true(text_append_cstr(&facets.schema, uses[i].told != NULL ? uses[i].told : "old"));
        schema_note_done(&facets, &job, 5);
        assert_row(pins_has(&facets.pins, PIN_UNKNOWN_SCHEMA) == uses[i].is_pinned, "%s", uses[i].name);
        text_fini(&job.asked_schema);
        text_fini(&facets.schema);
        pins_clear(&facets.pins);
    }
}

TEST(only_a_name_in_utf8_is_sent_again)
{
    for (int row = 0; row < 3; row++) {
        struct facets facets = { 0 };
        struct slot slot = { .task = row == 1 ? SYNC_SCHEMA : SYNC_UTF8_SCHEMA, .reads_utf8 = row == 2 };
        assert_int_equal(schema_may_retry(&facets, &slot), row == 0);
        assert_int_equal(slot.needs_utf8, row == 0);
        assert_int_equal(slot.has_our_warnings, row == 0);
    }
}

/* ---- the facet ---- */

/* `where`: n the job needs no schema; g it is a login; u the session's character set is utf8; N the connection did
 * not understand that; r it reads utf8 now; p the statement was prepared in the schema "old". `is_left`: the schema is
 * not compared again. */
static const struct {
    const char *session, *connection, *where;
    enum sync_task task;
    bool is_left;
} applied[] = {
    { "", "", "", SYNC_NOTHING, true },
    { "", "shop", "", SYNC_NOTHING, false },
    { "shop", "shop", "", SYNC_NOTHING, true },
    { "shop", "", "", SYNC_SCHEMA, false },
    { "shop", "Shop", "", SYNC_SCHEMA, false },
    { "shop", "", "n", SYNC_NOTHING, false },
    { "caf\xc3\xa9", "", "", SYNC_UTF8, false },
    { "caf\xc3\xa9", "", "g", SYNC_SCHEMA, false },
    { "caf\xc3\xa9", "", "u", SYNC_UTF8_SCHEMA, false },
    { "caf\xc3\xa9", "", "uN", SYNC_UTF8, false },
    { "caf\xc3\xa9", "", "r", SYNC_UTF8_SCHEMA, false },
    { "caf\xc3\xa9", "caf\xc3\xa9", "r", SYNC_OWN_CHARSET, false },
    { "shop", "shop", "p", SYNC_SCHEMA, false },
    { "shop", "old", "p", SYNC_NOTHING, false },
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

TEST(connection_gets_the_schema_in_a_character_set_that_it_reads)
{
    for (size_t i = 0; i < COUNT_OF(applied); i++) {
        const char *where = applied[i].where;
        struct pooled connection = { 0 };
        struct facets facets = { .reading.is_utf8 = has(where, 'u') };
        struct slot slot = { .upstream = &connection.upstream,
                             .set = facet_bit(FACET_COUNT) - 1,
                             .needs_utf8 = has(where, 'N'),
                             .reads_utf8 = has(where, 'r') };
        struct job job = { .is_login = has(where, 'g'), .has_no_schema = has(where, 'n') };
        const struct replay replay = { .facets = &facets, .job = &job, .slot = &slot };
        if (has(where, 'p'))
            job.schema_of_prepared = SPAN_LITERAL("old");
        assert_true(text_append_cstr(&facets.schema, applied[i].session));
        assert_true(text_append_cstr(&connection.upstream.schema, applied[i].connection));
        assert_row(facet_schema.lacks(&replay) == applied[i].task, "row %zu", i);
        uint32_t left = applied[i].is_left ? facet_bit(FACET_SCHEMA) : 0;
        assert_row(slot.set == ((facet_bit(FACET_COUNT) - 1) & ~left), "row %zu", i);
        text_fini(&facets.schema);
        text_fini(&connection.upstream.schema);
    }
}

/* The server has agreed to the task: then the schemas of session and connection are `after`. c: SET CHARACTER SET was
 * run in another schema; m MySQL. */
static const struct {
    enum sync_task task;
    const char *session, *connection, *where, *after;
    bool is_pinned, is_err, reads_utf8, lacks_vars, has_warnings;
} agreed[] = {
    { SYNC_SCHEMA, "shop", "", "", "shop", false, false, false, false, true },
    { SYNC_SCHEMA, "caf\xe9", "caf\xc3\xa9", "", "caf\xc3\xa9", false, false, false, false, true },
    { SYNC_SCHEMA, "caf\xe9", "", "", "caf\xe9", true, false, false, false, true },
    { SYNC_UTF8, "caf\xc3\xa9", "caf\xc3\xa9", "", "caf\xc3\xa9", false, false, true, false, true },
    { SYNC_UTF8_SCHEMA, "caf\xc3\xa9", "caf\xc3\xa9", "", "caf\xc3\xa9", false, false, false, false, true },
    { SYNC_UTF8_SCHEMA, "caf\xc3\xa9", "caf\xc3\xa9", "c", "caf\xc3\xa9", false, false, false, true, true },
    { SYNC_UTF8_SCHEMA, "caf\xc3\xa9", "cafe", "c", NULL, false, true, false, false, true },
    { SYNC_OWN_CHARSET, "shop", "shop", "r", "shop", false, false, false, true, false },
    { SYNC_OWN_CHARSET, "shop", "shop", "rm", "shop", false, false, false, true, true },
};

TEST(agreed_schema_is_that_of_the_session)
{
    static const struct command query = { .byte = COM_QUERY };
    static struct server server = { .name = "db1" };
    for (size_t i = 0; i < COUNT_OF(agreed); i++) {
        const char *where = agreed[i].where;
        struct pooled connection = { .vars_version = 9, .upstream.server = &server };
        connection.upstream.family = has(where, 'm') ? FAMILY_MYSQL : FAMILY_MARIADB;
        struct facets facets = { 0 };
        struct slot slot = { .upstream = &connection.upstream,
                             .has_warnings = true,
                             .needs_utf8 = has(where, 'r'),
                             .reads_utf8 = has(where, 'r') };
        const struct job job = { .command = &query };
        const struct replay replay = {
            .facets = &facets, .job = &job, .slot = &slot, .task = agreed[i].task, .now_us = 1
        };
        if (has(where, 'c'))
            assert_true(vars_set(&facets.vars, SPAN_LITERAL("charset"), SPAN_LITERAL("'latin1'")));
        assert_true(text_append_cstr(&facets.schema, agreed[i].session));
        assert_true(text_append_cstr(&connection.upstream.schema, agreed[i].connection));
        facet_schema.note(&replay);
        if (agreed[i].after != NULL) {
            assert_span(text_span(&facets.schema), agreed[i].after);
            assert_span(text_span(&connection.upstream.schema), agreed[i].after);
        }
        assert_row(pins_has(&facets.pins, PIN_UNKNOWN_SCHEMA) == agreed[i].is_pinned, "row %zu", i);
        assert_row(slot.answer.is_err == agreed[i].is_err, "row %zu", i);
        assert_string_equal(slot.answer.error.sqlstate, agreed[i].is_err ? "HY000" : "");
        assert_row(slot.reads_utf8 == agreed[i].reads_utf8 && !slot.needs_utf8, "row %zu", i);
        assert_row(connection.vars_version == (agreed[i].lacks_vars ? 0 : 9), "row %zu", i);
        assert_row(slot.has_warnings == agreed[i].has_warnings, "row %zu", i);
        text_fini(&facets.schema);
        text_fini(&connection.upstream.schema);
        vars_fini(&facets.vars);
        pins_clear(&facets.pins);
    }
}

RUN_TESTS(NULL, NULL)
