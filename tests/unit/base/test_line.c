/* Lines of a log at the limits: where a value is cut, which bytes are escaped, and which fields are left out. */
#include "unit.h"

#include "base/line.h"

#define MAX_BYTES 256
#define LAST (MAX_BYTES - 2) /* without the closing brace and the newline */
#define MARK "\xE2\x80\xA6"

/* A value of n bytes is whole, or it is cut where it and the mark fill the room exactly. */
TEST(values_are_cut_to_the_byte)
{
    static const size_t limits[] = { 10, 248, 249, 250, 251, 4000 };
    char value[300];
    memset(value, 'a', sizeof value);
    for (size_t i = 0; i < COUNT_OF(limits) * 2; i++) {
        bool is_quoted = i % 2 != 0;
        size_t begin = is_quoted ? 4 : 3, limit = size_min(limits[i / 2], LAST - 1 - begin);
        value[0] = is_quoted ? ' ' : 'a';
        for (size_t n = 1; n < sizeof value; n++) {
            struct line line;
            line_begin(&line, false, MAX_BYTES);
            line_text(&line, "k", span_of(value, n), limits[i / 2]);
            struct span whole = line_end(&line);
            bool is_cut = n > limit;
            assert_row(whole.len == begin + size_min(n, limit) + is_quoted + 1, "%zu of %zu: %zu", n, limit,
                       whole.len);
            const uint8_t *end = whole.data + whole.len - 1 - is_quoted;
            assert_int_equal(n >= 3 && memcmp(end - 3, MARK, 3) == 0, is_cut);
        }
    }
}

TEST(fields_without_room_are_left_out)
{
    char message[LAST];
    memset(message, 'x', sizeof message);
    for (size_t n = 1; n < 240; n++) {
        struct line line;
        line_begin(&line, false, MAX_BYTES);
        line_message(&line, span_of(message, n), false, sizeof message);
        line_number(&line, "key", 7);
        assert_int_equal(line_end(&line).len, 1 + n + (1 + n + 3 + 40 <= LAST ? 6 : 0) + 1);
    }
}

TEST(messages_are_escaped_and_cut_between_characters)
{
    static const struct {
        const char *message;
        size_t len;
        bool is_cut;
        const char *line;
    } rows[] = {
        { "", 0, false, " \"\"\n" },
        { "a", 1, false, " a\n" },
        { "=", 1, false, " \"=\"\n" },
        { "\0", 1, false, " \"\\u0000\"\n" },
        { "\xC2\x9F", 2, false, " \"\\u009f\"\n" },
        { "\xC2\xA0", 2, false, " \xC2\xA0\n" },
        { "\xC2\xA1", 2, false, " \xC2\xA1\n" },
        { "\xC3\x9F", 2, false, " \xC3\x9F\n" },
        { "abc", 3, true, " abc" MARK "\n" },
        { "ab\xE2\x80", 4, true, " \"ab" MARK "\"\n" },
        { "ab\xE2\x80", 4, false, " \"ab\\xe2\\x80\"\n" },
        { "ab\xF0\x9F\x98", 5, true, " \"ab" MARK "\"\n" },
        { "ab\xFF\xFF\xFF\xFF", 6, true, " \"ab\\xff" MARK "\"\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct line line;
        line_begin(&line, false, MAX_BYTES);
        line_message(&line, span_of(rows[i].message, rows[i].len), rows[i].is_cut, 100);
        assert_span(line_end(&line), rows[i].line);
    }
}

RUN_TESTS(NULL, NULL)
