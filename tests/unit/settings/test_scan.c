/* What the scan finds in a configuration file before libconfig reads it. */
#include "../base/unit.h"

#include "settings/scan.h"

/* A text and its findings: "LINE path" for each @include, then "LINE! error" at the end. */
static const struct {
    const char *text, *found;
} rows[] = {
    { "", "" },
    { "a = 1;\n", "" },
    { "@include \"a\"", "1 a|" },
    { "\n \t@include \t \"a b\" # c\n\n@include \"\"\n", "2 a b|4 |" },
    { "@include \"a\"\n@include\"b\"", "1 a|2 b|" },
    { "a @include \"b\"", "1! expected @include \"file\" on a line of its own" },
    { "@include \"a\" @include \"b\"", "1 a|1! expected @include \"file\" on a line of its own" },
    { "/* */ @include \"b\"", "1! expected @include \"file\" on a line of its own" },
    { "@includ \"a\"", "1! expected @include \"file\" on a line of its own" },
    { "@include a", "1! expected @include \"file\" on a line of its own" },
    { "@include \"a", "1! expected @include \"file\" on a line of its own" },
    { "@include \"a\n\"", "1! expected @include \"file\" on a line of its own" },
    { "@include \"a\\b\"", "1! expected @include \"file\" on a line of its own" },
    { "\n\n@", "3! expected @include \"file\" on a line of its own" },
    { "# @include \"a\"\n// @include \"b\"\n/* @include \"c\"\n*/\n@include \"d\"", "5 d|" },
    { "/ @", "1! expected @include \"file\" on a line of its own" },
    { "# \" /* @", "" },
    { "// \" /* @", "" },
    { "#\n\n@include \"a\"", "3 a|" },
    { "/**/", "" },
    { "/*/", "1! a comment begins here and does not end" },
    { "/*", "1! a comment begins here and does not end" },
    { "\n/* \n *", "2! a comment begins here and does not end" },
    { "/* * / */ \"", "1! a string begins here and does not end" },
    { "\"a\" \"\"", "" },
    { "\"a\\\" @\"", "" },
    { "\"a\\\\\"\n@include \"b\"", "2 b|" },
    { "\"a\n@\"\n@include \"b\"", "3 b|" },
    { "\n\"a", "2! a string begins here and does not end" },
    { "\"", "1! a string begins here and does not end" },
    { "\"a\\", "1! a string begins here and does not end" },
    { "\"a\\\"", "1! a string begins here and does not end" },
    { "\"a\\x00\"", "1! a string with a NUL byte in it" },
    { "\"\\x00\"", "1! a string with a NUL byte in it" },
    { "\"a\\x01\"", "" },
    { "\"a\\x0\"", "" },
    { "\"\\x00", "1! a string begins here and does not end" },
    { "1", "" },
    { "1\"", "1! a string begins here and does not end" },
    { "2147483647 -2147483648 +2147483647", "" },
    { "2147483648", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "-2147483649", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "\n+2147483648", "2! a number that does not fit; sizes and durations are strings with a unit" },
    { "2147483648L -9223372036854775808L", "" },
    { "9223372036854775808L", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "9223372036854775808", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "0x7fffffff -0x7FFFFFFF 0X1 +0x1", "" },
    { "0x80000000", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "-0x80000001", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "0x80000000L", "" },
    { "1.5 1e400 1.5e+300 99999999999.5", "" },
    { "a9999999999 *9999999999 A9999999999", "" },
    { "z-9999999999 Z_9999999999", "" },
    { "(9999999999)", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "-a 9999999999", "1! a number that does not fit; sizes and durations are strings with a unit" },
    { "1111111111111111111111111111111111111111111111111111111111111.5", "" },
    { "11111111111111111111111111111111111111111111111111111111111111.5",
      "1! a number that does not fit; sizes and durations are strings with a unit" },
};

TEST(each_text_is_scanned)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span text = exact_copy(span_cstr(rows[i].text));
        struct scan scan;
        enum scan_result result;
        struct text found = { 0 };
        scan_init(&scan, text);
        while ((result = scan_next(&scan)) == SCAN_INCLUDE)
            (void)text_appendf(&found, "%u %.*s|", scan.at_line, (int)scan.path.len,
                               (const char *)scan.path.data);
        if (result == SCAN_BAD)
            (void)text_appendf(&found, "%u! %s", scan.at_line, scan.bad);
        assert_row(strcmp(text_cstr(&found), rows[i].found) == 0, "%s: %s", rows[i].text, text_cstr(&found));
        text_fini(&found);
        drop_copy(text);
    }
}

TEST(a_nul_byte_is_found)
{
    struct scan scan;
    scan_init(&scan, SPAN_LITERAL("a = 1;\n\0"));
    assert_int_equal(scan_next(&scan), SCAN_BAD);
    assert_int_equal(scan.at_line, 2);
    assert_string_equal(scan.bad, "a NUL byte: this is not a text file");
}

RUN_TESTS(NULL, NULL)
