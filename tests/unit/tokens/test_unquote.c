/* The values of string literals. Expected is the result of SELECT HEX(literal) on MariaDB 10.11, 11.8 and
 * MySQL 9.7, which agree. */
#include <stdio.h>

#include "tokens_test.h"

#include "tokens/unquote.h"

static const char none[] = "-"; /* the value is not known */

static void check(const char *literal, size_t len, const char *dialect_name, const char *hex)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct text text = { 0 };
    char found[256] = "";
    assert_true(text_append_cstr(&text, "what was there before"));
    struct span copy = exact_copy(span_of(literal, len));
    bool is_known = sql_unquote(copy, &dialect, &text);
    assert_true(is_known || text.len == 0);
    for (size_t i = 0; i < text.len; i++)
        snprintf(found + 2 * i, sizeof found - 2 * i, "%02X", (unsigned char)text.data[i]);
    if (strcmp(is_known ? found : none, hex) != 0)
        fail_msg("%s with %s: %s, not %s", literal, dialect_name, is_known ? found : none, hex);
    drop_copy(copy);
    text_fini(&text);
}

static const struct {
    const char *literal;
    const char *dialect;
    const char *hex;
} rows[] = {
    { "''", "unknown", "" },
    { "'a'", "unknown", "61" },
    { "'a''b'", "unknown", "612762" },
    { "\"a\"\"b'c\"", "unknown", "6122622763" },
    { "\"a''b\"", "unknown", "61272762" },
    { "''''", "unknown", "27" },
    { "'a\\'b\\\"'", "unknown", "61276222" },
    { "'\\\\'''", "unknown", "5C27" },
    { "'\\\\'", "unknown", "5C" },
    { "'\\%\\_'", "unknown", "5C255C5F" },
    { "'a\\\nb'", "unknown", "610A62" },
    { "'a\\n\\\\'", "nobackslash", "615C6E5C5C" },
    { "'a\\''b'", "nobackslash", "615C2762" },
    { "'\\'", "nobackslash", "5C" },
    { "'\\\xC3\xA9'", "utf8", "C3A9" },
    { "'\xC3\xA9'", "unknown", "C3A9" },
    { "N'a\\'b'", "unknown", "612762" },
    { "n'a''b'", "unknown", "612762" },
    { "N'\xC3\xA9'", "utf8", "C3A9" },

    { "\"a\"", "ansi", none },
    { "'a'", "ansi", "61" },
    { "'\xC3\xA9'", "unsafe", none },
    { "'\\\xC3\xA9'", "unsafe", none },
    { "'a'", "unsafe", "61" },
    { "N'\xC3\xA9'", "unknown", none },
    { "N\"a\"", "unknown", none },
    { "'\\0'", "unknown", none },
    { "'\\0'", "nobackslash", "5C30" },
    { "'a' 'b'", "unknown", none },
    { "'a'\n'b'", "unknown", none },
    { "'a", "unknown", none },
    { "'", "unknown", none },
    { "'a\\'", "unknown", none },
    { "'a'''", "nobackslash", "6127" },
    { "'a''", "unknown", none },
    { "'a\"", "unknown", none },
    { "a'b'", "unknown", none },
    { "x'61'", "unknown", none },
    { "b'01'", "unknown", none },
    { "_utf8'a'", "unknown", none },
    { "`a`", "unknown", none },
    { "$$a$$", "mysql", none },
    { "@a", "unknown", none },
    { "N", "unknown", none },
    { "N'", "unknown", none },
    { "", "unknown", none },
};

TEST(literals_are_read_as_the_servers_do)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(rows[i].literal, strlen(rows[i].literal), rows[i].dialect, rows[i].hex);
}

/* Of all 127 characters, those with a special meaning after a backslash, as found by asking servers for each.
 */
TEST(each_character_behind_a_backslash)
{
    static const struct {
        char escaped;
        const char *hex;
    } others[] = { { '%', "5C25" }, { '0', none }, { 'Z', "1A" }, { '_', "5C5F" },
                   { 'b', "08" },   { 'n', "0A" }, { 'r', "0D" }, { 't', "09" } };
    for (int c = 1; c < 128; c++) {
        char literal[8], hex[8];
        snprintf(literal, sizeof literal, "'\\%c'", c);
        snprintf(hex, sizeof hex, "%02X", (unsigned)c);
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            if (others[i].escaped == c)
                snprintf(hex, sizeof hex, "%s", others[i].hex);
        check(literal, 4, "unknown", hex);
    }
}

TEST(a_nul_is_no_text)
{
    check("'a\0b'", 5, "unknown", none);
    check("'\\\0'", 4, "unknown", none);
}

RUN_TESTS(NULL, NULL)
