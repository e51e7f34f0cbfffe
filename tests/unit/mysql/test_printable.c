/* A peer's bytes as they appear in logs and errors. */
#include "bytes.h"

#include "mysql/printable.h"

TEST(control_bytes_become_question_marks)
{
    static const struct {
        struct span bytes;
        size_t size;
        const char *text;
    } rows[] = {
        { SPAN_LITERAL(""), 1, "" },
        { SPAN_LITERAL(""), 8, "" },
        { SPAN_LITERAL("abc"), 4, "abc" },
        { SPAN_LITERAL("abc"), 3, "ab" },
        { SPAN_LITERAL("abc"), 1, "" },
        { SPAN_LITERAL("\x00\x01\x1f \x7e\x7f\x80\xff"), 16, "??? ~?\x80\xff" },
        { SPAN_LITERAL("n\xC3\xA4\n"), 16, "n\xC3\xA4?" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[20];
        struct span bytes = exact_copy(rows[i].bytes);
        memset(buffer, 'Z', sizeof buffer);
        assert_ptr_equal(printable(bytes, buffer, rows[i].size), buffer);
        assert_string_equal(buffer, rows[i].text);
        assert_int_equal(buffer[rows[i].size], 'Z');
        drop_copy(bytes);
    }
}

RUN_TESTS(NULL, NULL)
