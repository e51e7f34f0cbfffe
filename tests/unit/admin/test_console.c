#include "../base/unit.h"

#include "admin/console.h"

static void command_end_rows(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t end; /* 0: not yet */
    } rows[] = {
        { "", 0 },
        { "show servers", 0 },
        { "show servers\n", 13 },
        { "show servers;", 13 },
        { "show servers\r\n", 14 },
        { "\n", 1 },
        { ";", 1 },
        { "a;b\n", 2 },
        { "a\nb;", 2 },
        { "explain 'SELECT 1;'\n", 20 },
        { "explain 'a\nb';x", 14 },
        { "explain \"a;b\";x", 14 },
        { "explain `a;b`;x", 14 },
        { "explain 'a", 0 },
        { "explain 'a;\n", 0 },
        { "explain 'it''s;';x", 17 },
        { "explain 'it\\'s;';x", 17 },
        { "explain 'a\\", 0 },
        { "explain 'a\\\\';x", 14 },
        { "explain `a\\`;x", 13 }, /* a backslash is nothing special between backquotes */
        { "explain 'a\"b`c';x", 16 },
        { "explain \\'a;b';x", 15 }, /* nor outside of quotes */
        { "a\\;b", 3 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span bytes = span_cstr(rows[i].bytes);
        assert_row(console_command_end(bytes) == rows[i].end, "%s: %zu", rows[i].bytes,
                   console_command_end(bytes));
        for (size_t len = 0; len < bytes.len; len++) /* and byte after byte: not before, and not otherwise */
            assert_row(console_command_end(span_of(bytes.data, len)) ==
                           (rows[i].end <= len ? rows[i].end : 0),
                       "%.*s", (int)len, rows[i].bytes);
    }
}

static void zero_bytes_end_nothing(void **state)
{
    (void)state;
    assert_int_equal(console_command_end(SPAN_LITERAL("a\0b\0;c")), 5);
    assert_int_equal(console_command_end(SPAN_LITERAL("'\0;'\0")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_end_rows),
        cmocka_unit_test(zero_bytes_end_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
