/* Text that is formatted as roff and rendered reads as before. */
#include "../base/unit.h"

#include "settings/roff.h"

TEST(prose_is_neither_macro_nor_escape)
{
    static const struct {
        const char *prose, *roff;
    } rows[] = {
        { "plain words", "plain words" },
        { ".SH is no macro here", "\\&.SH is no macro here" },
        { "a.b", "a.b" },
        { "one\n.two", "one\n\\&.two" },
        { "'quoted'", "\\(aqquoted\\(aq" },
        { "--json", "\\-\\-json" },
        { "C:\\n", "C:\\en" },
        { "`a` ~ ^ \"b\"", "\\(gaa\\(ga \\(ti \\(ha \\(dqb\\(dq" },
        { "wait \xe2\x80\xa6", "wait \\[u2026]" },
        { "\xc3\xa9\xf0\x9f\x98\x80", "\\[u00E9]\\[u1F600]" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text out = { 0 };
        roff_prose(rows[i].prose, &out);
        assert_string_equal(text_cstr(&out), rows[i].roff);
        text_fini(&out);
    }
}

TEST(long_lines_are_folded_between_words)
{
    struct text out = { 0 };
    for (int i = 0; i < 20; i++)
        roff_line("many a word is longer than its neighbour, .and some begin with a dot: \"these\" --do",
                  &out);
    size_t lines = 0;
    for (char *line = out.data; line < out.data + out.len; lines++) {
        char *end = memchr(line, '\n', out.len - (size_t)(line - out.data));
        assert_non_null(end);
        assert_in_range(end - line, 1, 80);
        assert_true(*line != '.' && end[-1] != ' ' && *line != ' ');
        line = end + 1;
    }
    assert_int_equal(lines, 40);
    text_fini(&out);
}

TEST(an_argument_stays_one)
{
    struct text out = { 0 };
    roff_macro("SS", "clusters[].servers[] \"x\"", &out);
    assert_string_equal(text_cstr(&out), ".SS \"clusters[].servers[] \\(dqx\\(dq\"\n");
    text_fini(&out);
}

RUN_TESTS(NULL, NULL)
