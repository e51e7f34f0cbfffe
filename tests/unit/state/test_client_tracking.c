/* Session tracking: the entries of a server's OK that the client is told. */
#include "../base/unit.h"

#include "mysql/sesstrack.h"
#include "mysql/wire.h"
#include "state/client_tracking.h"

#define FACTORY "autocommit,character_set_client,character_set_connection,character_set_results,time_zone"
#define BIT(type) (uint8_t)(1u << SESSTRACK_##type)

static void put_entry(struct text *entries, uint8_t type, const char *const values[2])
{
    struct text entry = { 0 };
    for (int i = 0; i < 2 && values[i] != NULL; i++)
        wire_put_lenenc_span(&entry, span_cstr(values[i]));
    wire_put_u8(entries, type);
    wire_put_lenenc_span(entries, text_span(&entry));
    text_fini(&entry);
}

static const struct {
    const char *names; /* the servers' default list of variables */
    uint8_t types, asked, type;
    const char *values[2];
    bool is_told;
} rows[] = {
    { FACTORY, BIT(SCHEMA), 0, SESSTRACK_SCHEMA, { "shop" }, true },
    { FACTORY, 0, 0, SESSTRACK_SCHEMA, { "shop" }, false },
    { FACTORY, 0, BIT(SCHEMA), SESSTRACK_SCHEMA, { "shop" }, true },
    { FACTORY, BIT(SCHEMA), 0, SESSTRACK_STATE_CHANGE, { "1" }, false },
    { FACTORY, 0, BIT(TRANSACTION), SESSTRACK_TRANSACTION, { "T_______" }, true },
    { FACTORY, BIT(TRANSACTION), 0, SESSTRACK_TRANSACTION, { "T_______" }, true },
    { FACTORY, 0xFF, 0xFF, SESSTRACK_TRANSACTION + 1, { "?" }, false }, /* an unknown type */
    { FACTORY, 0, 0, SESSTRACK_VARIABLE, { "time_zone", "UTC" }, true },
    { FACTORY, 0, 0, SESSTRACK_VARIABLE, { "sql_mode", "" }, false },
    { FACTORY, 0, BIT(VARIABLE), SESSTRACK_VARIABLE, { "sql_mode", "" }, true },
    { FACTORY, BIT(VARIABLE), 0, SESSTRACK_VARIABLE, { "sql_mode", "" }, false },
    { "*", 0, 0, SESSTRACK_VARIABLE, { "sql_mode", "" }, true },
    { "", 0, 0, SESSTRACK_VARIABLE, { "time_zone", "UTC" }, false },
    { "sql_mode", 0, 0, SESSTRACK_VARIABLE, { "sql_mode", "" }, true },
    { "sql_mode", 0, 0, SESSTRACK_VARIABLE, { "time_zone", "UTC" }, false },
    { "*", 0, BIT(VARIABLE), SESSTRACK_VARIABLE, { "redirect_url", "mysql://db1" }, false },
    { "*", 0xFF, 0, SESSTRACK_SCHEMA, { "redirect_url" }, true },
};

TEST(client_is_told_what_it_would_see_without_headgate)
{
    static struct view view;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct tracking tracking = { .asked = 0xFF };
        struct text from = { 0 }, to = { 0 };
        view.tracked.types = rows[i].types;
        (void)snprintf(view.tracked.names, sizeof view.tracked.names, "%s", rows[i].names);
        client_tracking_begin(&tracking, &view);
        assert_int_equal(tracking.asked, 0);
        assert_row(tracking.has_names == (strcmp(rows[i].names, FACTORY) != 0), "row %zu", i);
        assert_span(text_span(&tracking.names), tracking.has_names ? rows[i].names : "");
        tracking.asked = rows[i].asked;
        put_entry(&from, rows[i].type, rows[i].values);
        client_tracking_filter(&tracking, text_span(&from), &to);
        assert_row(span_equal(text_span(&to), rows[i].is_told ? text_span(&from) : SPAN_NONE), "row %zu", i);
        text_fini(&from);
        text_fini(&to);
        text_fini(&tracking.names);
    }
}

TEST(each_variable_of_an_entry_is_looked_at)
{
    const struct tracking tracking = { .types = BIT(SCHEMA) };
    struct text to = { 0 };
    client_tracking_filter(&tracking,
                           SPAN_LITERAL("\0\x1a\10sql_mode\4ANSI\11time_zone\1Z"
                                        "\1\2\1d"),
                           &to);
    assert_int_equal(to.len, 2 + 12 + 4);
    assert_memory_equal(to.data, "\0\14\11time_zone\1Z\1\2\1d", to.len);
    text_fini(&to);
}

RUN_TESTS(NULL, NULL)
