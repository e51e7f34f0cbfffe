/* How the server parses a session's texts: by the collation of the handshake, then by session tracking. */
#include "../base/unit.h"

#include "state/reading.h"

TEST(collations_of_the_handshake_are_known)
{
    static const struct {
        uint16_t first, last;
        bool is_unsafe, is_utf8;
    } rows[] = {
        { 1, 1, true, false },       { 2, 12, false, false },   { 13, 13, true, false },
        { 14, 27, false, false },    { 28, 28, true, false },   { 29, 32, false, false },
        { 33, 33, false, true },     { 34, 44, false, false },  { 45, 46, false, true },
        { 47, 75, false, false },    { 76, 76, false, true },   { 77, 82, false, false },
        { 83, 83, false, true },     { 84, 84, true, false },   { 85, 86, false, false },
        { 87, 88, true, false },     { 89, 94, false, false },  { 95, 96, true, false },
        { 97, 191, false, false },   { 192, 247, false, true }, { 248, 250, true, false },
        { 251, 254, false, false },  { 255, 323, false, true }, { 324, 999, false, false },
        { 1000, 1100, true, false },
    };
    static const enum server_family families[] = { FAMILY_MARIADB, FAMILY_MYSQL };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (unsigned id = rows[i].first; id <= rows[i].last; id++)
            for (size_t f = 0; f < 2; f++) {
                struct view view = { .family = families[f], .collation = 45 };
                struct reading reading;
                reading_begin(&reading, &view, (uint16_t)id);
                assert_row(reading.has_unsafe_collation == rows[i].is_unsafe, "collation %u", id);
                assert_row(reading.is_utf8 == rows[i].is_utf8, "collation %u", id);
                assert_false(reading.has_unsafe_charset);
                /* a reset at MySQL brings the server's own collation */
                view.collation = 28;
                reading_begin(&reading, &view, (uint16_t)id);
                bool is_mysql = view.family == FAMILY_MYSQL;
                assert_row(reading.has_unsafe_collation == (rows[i].is_unsafe || is_mysql), "collation %u",
                           id);
                assert_row(reading.is_utf8 == (rows[i].is_utf8 && !is_mysql), "collation %u", id);
            }
}

static void note(struct reading *reading, const char *name, const char *value)
{
    const struct sesstrack_change change = { .name = span_cstr(name), .value = span_cstr(value) };
    reading_note(reading, &change);
}

TEST(session_tracking_tells_of_changes)
{
    static const struct {
        const char *mode;
        bool ansi, oracle, no_backslash;
    } modes[] = { { "", false, false, false },
                  { "ANSI", true, false, false },
                  { "STRICT_TRANS_TABLES,ANSI_QUOTES", true, false, false },
                  { "ORACLE", false, true, false },
                  { "NO_BACKSLASH_ESCAPES,ANSI_QUOTES", true, false, true } };
    static const struct {
        const char *charset;
        bool is_unsafe, is_utf8;
    } charsets[] = { { "utf8", false, true }, { "UTF8MB4", false, true }, { "gbk", true, false },
                     { "utf", false, false }, { "latin1", false, false }, { "big5", true, false },
                     { "sjis", true, false }, { "cp932", true, false },   { "gb18030", true, false },
                     { "", false, false } };
    const struct view view = { .ansi_quotes = true, .oracle = true, .no_backslash_escapes = true };
    struct reading reading;
    reading_begin(&reading, &view, 28);
    assert_true(reading.ansi_quotes && reading.oracle && reading.no_backslash_escapes);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        note(&reading, "SQL_MODE", modes[i].mode);
        assert_row(reading.ansi_quotes == modes[i].ansi, "%s", modes[i].mode);
        assert_row(reading.oracle == modes[i].oracle, "%s", modes[i].mode);
        assert_row(reading.no_backslash_escapes == modes[i].no_backslash, "%s", modes[i].mode);
    }
    note(&reading, "character_set_results", "utf8mb4");
    assert_true(reading.has_unsafe_collation && !reading.is_utf8);
    for (size_t i = 0; i < COUNT_OF(charsets); i++) {
        note(&reading, "character_set_client", charsets[i].charset);
        assert_row(reading.has_unsafe_charset == charsets[i].is_unsafe, "%s", charsets[i].charset);
        assert_row(reading.is_utf8 == charsets[i].is_utf8, "%s", charsets[i].charset);
        assert_false(reading.has_unsafe_collation);
    }
}

RUN_TESTS(NULL, NULL)
