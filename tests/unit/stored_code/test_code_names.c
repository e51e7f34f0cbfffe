/* Names of stored code: compared and hashed without regard to case, and which of them are plain. */
#include "../base/unit.h"

#include "stored_code/code_names.h"

TEST(names_are_compared_without_case)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        { "", "", 0 },       { "p", "P", 0 },    { "Shop", "sHOP", 0 }, { "a", "b", -1 },
        { "B", "a", 1 },     { "pa", "pb", -1 }, { "pab", "pabc", -1 }, { "", "p", -1 },
        { "zz", "zza", -1 }, { "Z", "[", 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span a = span_cstr(rows[i].a), b = span_cstr(rows[i].b);
        assert_row(code_name_compare(a, b) == rows[i].order && code_name_compare(b, a) == -rows[i].order,
                   "row %zu", i);
        assert_int_equal(code_name_hash(CODE_TABLE, a) == code_name_hash(CODE_TABLE, b), rows[i].order == 0);
    }
    assert_true(code_name_hash(CODE_TABLE, SPAN_LITERAL("p")) !=
                code_name_hash(CODE_PROCEDURE, SPAN_LITERAL("p")));
}

TEST(plain_names_have_no_quotes_and_only_ascii)
{
    static const struct {
        const char *name;
        size_t chars;
        bool is_plain, has_quote;
    } rows[] = {
        { "", 0, true, false },
        { "orders", 6, true, false },
        { "`", 1, false, true },
        { "\"", 1, false, true },
        { "a`", 2, false, true },
        { "\"a", 2, false, true },
        { "a\x7f", 2, true, false },
        { "\xC2\x80", 1, false, false },
        { "\x80", 0, false, false },
        { "stra\xC3\x9F"
          "e",
          6, false, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span name = span_cstr(rows[i].name);
        assert_row(code_name_chars(name) == rows[i].chars && code_name_is_plain(name) == rows[i].is_plain &&
                       code_name_has_quote(name) == rows[i].has_quote,
                   "row %zu", i);
    }
    char many[CODE_NAME_CHARS_MAX + 1];
    memset(many, 'a', sizeof many);
    assert_int_equal(code_name_chars(span_of(many, sizeof many)), CODE_NAME_CHARS_MAX);
}

RUN_TESTS(NULL, NULL)
