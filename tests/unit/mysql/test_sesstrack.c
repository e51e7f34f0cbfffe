#include "bytes.h"

#include "mysql/sesstrack.h"

/* Appends "type name=value;" for each change, and "!" when the input is malformed. */
static void walk(struct span session, struct text *log)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, session);
    while (sesstrack_next(&walk, &change)) {
        assert_true(change.entry.data >= session.data);
        assert_true(change.entry.data + change.entry.len <= session.data + session.len);
        assert_int_equal(change.entry.data[0], change.type);
        assert_true(text_appendf(log, "%u ", change.type));
        if (change.type == SESSTRACK_VARIABLE) {
            assert_true(text_append_span(log, change.name));
            assert_true(text_append_byte(log, '='));
        }
        assert_true(text_append_span(log, change.value));
        assert_true(text_append_byte(log, ';'));
    }
    if (walk.is_malformed)
        assert_true(text_append_byte(log, '!'));
}

static const struct {
    const char *hex, *want;
} sessions[] = {
    { "", "" },
    { "01 05 04 73686f70", "1 shop;" },
    { "01 01 00", "1 ;" },
    { "02 01 31", "2 1;" },
    { "00 0f 0a 6175746f636f6d6d6974 03 4f4646", "0 autocommit=OFF;" },
    { "00 08 01 61 01 31 01 62 01 32", "0 a=1;0 b=2;" },       /* two variables in one entry */
    { "00 04 01 61 01 31 00 04 01 62 01 32", "0 a=1;0 b=2;" }, /* two entries */
    { "00 00 02 01 31", "2 1;" },
    { "03 05 00 03 613a31", "3 a:1;" },
    { "04 06 05 424547494e", "4 BEGIN;" },
    { "04 01 00", "4 ;" },
    { "05 09 08 545f5f5f5f5f5f5f", "5 T_______;" },
    { "2a 02 6869 02 01 30", "42 hi;2 0;" }, /* a type unknown to headgate */
    { "01 06 04 73686f70", "!" },
    { "01 05 05 73686f70", "!" },
    { "00 03 01 61 05", "!" },
    { "02 01 31 03 00", "2 1;!" },
    { "fe", "!" },
    { "02 ff", "!" },
};

TEST(changes_are_walked)
{
    for (size_t i = 0; i < sizeof sessions / sizeof sessions[0]; i++) {
        struct text bytes = { 0 }, log = { 0 };
        append_hex(&bytes, sessions[i].hex, '\0');
        struct span exact = exact_copy(text_span(&bytes));
        walk(exact, &log);
        assert_string_equal(text_cstr(&log), sessions[i].want);
        drop_copy(exact);
        text_fini(&bytes);
        text_fini(&log);
    }
}

TEST(entries_rebuild_the_session_info)
{
    struct text bytes = { 0 }, again = { 0 };
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    append_hex(&bytes, "01 05 04 73686f70 00 08 01 61 01 31 01 62 01 32 02 01 31 2a 02 6869", '\0');
    sesstrack_begin(&walk, text_span(&bytes));
    const uint8_t *last = NULL;
    while (sesstrack_next(&walk, &change)) {
        if (change.entry.data != last) /* two variables may share one entry */
            (void)text_append_span(&again, change.entry);
        last = change.entry.data;
    }
    assert_true(span_equal(text_span(&bytes), text_span(&again)));
    text_fini(&bytes);
    text_fini(&again);
}

TEST(truncations_are_safe)
{
    struct text bytes = { 0 };
    append_hex(&bytes, "00 08 01 61 01 31 01 62 01 32 01 05 04 73686f70 03 05 00 03 613a31", '\0');
    for (size_t len = 0; len < bytes.len; len++) {
        struct text log = { 0 };
        struct span part = exact_copy(span_of(bytes.data, len));
        walk(part, &log);
        bool is_whole = len == 0 || len == 10 || len == 17;
        assert_int_equal(log.len > 0 && log.data[log.len - 1] == '!', !is_whole);
        drop_copy(part);
        text_fini(&log);
    }
    text_fini(&bytes);
}

RUN_TESTS(NULL, NULL)
