#include "bytes.h"

#include "mysql/sesstrack.h"
#include "mysql/track_defaults.h"

#define TYPE(name) (1u << SESSTRACK_##name)

TEST(types_by_what_is_switched_on)
{
    static const struct {
        const char *schema, *state, *transaction, *gtids;
        unsigned types;
    } rows[] = {
        { "1", "0", "OFF", "", TYPE(SCHEMA) },
        { "0", "1", "OFF", "OFF", TYPE(STATE_CHANGE) },
        { "ON", "OFF", "STATE", "OFF", TYPE(SCHEMA) | TYPE(TRANSACTION) },
        { "0", "0", "CHARACTERISTICS", "OWN_GTID", TYPE(TRANSACTION) | TYPE(CHARACTERISTICS) | TYPE(GTIDS) },
        { "", "", "", "", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct track_defaults tracked;
        track_defaults_read(&tracked, SPAN_LITERAL("a,b"), span_cstr(rows[i].schema),
                            span_cstr(rows[i].state), span_cstr(rows[i].transaction),
                            span_cstr(rows[i].gtids));
        assert_int_equal(tracked.types, rows[i].types);
        assert_string_equal(tracked.names, "a,b");
    }
}

TEST(names_in_lists)
{
    static const struct {
        const char *names, *variable;
        bool is_listed;
    } rows[] = {
        { "", "time_zone", false },
        { "time_zone", "time_zone", true },
        { "Time_Zone", "time_zone", true },
        { "autocommit, time_zone ,x", "time_zone", true },
        { "autocommit,time_zone_x", "time_zone", false },
        { "x,time", "time_zone", false },
        { "*", "time_zone", true },
        { "sql_mode,*", "time_zone", true },
        { ",,", "time_zone", false },
        { "  time_zone  ", "time_zone", true },
        { "a, ,time_zone", "time_zone", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(track_defaults_lists(span_cstr(rows[i].names), span_cstr(rows[i].variable)),
                         rows[i].is_listed);
}

TEST(list_too_long_to_be_kept_is_all)
{
    struct track_defaults tracked;
    char names[TRACK_NAMES_MAX + 1];
    memset(names, 'a', sizeof names);
    track_defaults_read(&tracked, span_of(names, TRACK_NAMES_MAX - 1), (struct span){ 0 }, (struct span){ 0 },
                        (struct span){ 0 }, (struct span){ 0 });
    assert_int_equal(strlen(tracked.names), TRACK_NAMES_MAX - 1);
    track_defaults_read(&tracked, span_of(names, sizeof names), (struct span){ 0 }, (struct span){ 0 },
                        (struct span){ 0 }, (struct span){ 0 });
    assert_string_equal(tracked.names, "*");
}

RUN_TESTS(NULL, NULL)
