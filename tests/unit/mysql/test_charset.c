#include "bytes.h"

#include "mysql/charset.h"

TEST(what_every_character_set_reads_alike)
{
    static const struct {
        struct span text;
        bool is_neutral;
    } rows[] = {
        { SPAN_LITERAL(""), true },
        { SPAN_LITERAL("app_2$-x y.Z"), true },
        { SPAN_LITERAL("ONLY_FULL_GROUP_BY,ANSI_QUOTES"), true },
        { SPAN_LITERAL("b\xc3\xa4"), false }, /* utf8 */
        { SPAN_LITERAL("b\xe4"), false },     /* latin1 */
        { SPAN_LITERAL("\x95\\"), false },    /* cp932 */
        { SPAN_LITERAL("b{"), false },        /* swe7: '{' is its a with two dots */
        { SPAN_LITERAL("a@b"), false },
        { SPAN_LITERAL("a`b"), false },
        { SPAN_LITERAL("a~b"), false },
        { SPAN_LITERAL("a\nb"), false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(charset_is_neutral(rows[i].text), rows[i].is_neutral);
}

RUN_TESTS(NULL, NULL)
