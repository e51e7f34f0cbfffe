/* USE and COM_INIT_DB of the client, and the schema with which a connection logs in. */
#include "../base/unit.h"

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

RUN_TESTS(NULL, NULL)
