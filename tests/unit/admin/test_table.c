/* Rendered tables, byte for byte. */
#include "../base/unit.h"

#include "admin/table.h"
#include "admin/table_json.h"

#include "base/mem.h"

#include <math.h>

static const struct column columns[] = {
    { "name", COLUMN_TEXT, "what it is called" },
    { "lag_ms", COLUMN_INTEGER, "how far behind" },
    { "share", COLUMN_REAL, "of the reads" },
    { "reason", COLUMN_TEXT, "why" },
};
#define COLUMNS (sizeof columns / sizeof *columns)

static void fill(struct table *table)
{
    table_init(table, columns, COLUMNS);
    table_row(table);
    table_text(table, "db1");
    table_int(table, -5);
    table_real(table, 0.1);
    table_text(table, "probe passed");
    table_row(table);
    table_text(table, "d\xC3\xA9"
                      "b-two");
    table_int(table, INT64_MAX);
    table_real(table, 12);
    table_text(table, NULL);
    table_row(table);
    table_text(table, "");
    table_null(table);
    table_null(table);
    table_span(table, SPAN_LITERAL("a\nb\t\"\x1b[1m\xFF"));
}

TEST(text_is_aligned_and_one_line_a_row)
{
    struct table table;
    struct text out = { 0 };
    fill(&table);
    assert_int_equal(table_row_count(&table), 3);
    assert_true(table_render_text(&table, &out));
    assert_string_equal(text_cstr(&out), "name                  lag_ms   share  reason\n"
                                         "db1                       -5   0.100  probe passed\n"
                                         "d\xC3\xA9"
                                         "b-two  9223372036854775807  12.000  -\n"
                                         "-                          -       -  a\\nb\\t\"\\x1b[1m\xFF\n");
    text_fini(&out);
    table_fini(&table);
}

TEST(json_keeps_types_order_and_null)
{
    struct table table;
    struct text out = { 0 };
    fill(&table);
    assert_true(table_render_json(&table, &out));
    assert_string_equal(text_cstr(&out),
                        "[{\"name\":\"db1\",\"lag_ms\":-5,\"share\":0.1,\"reason\":\"probe passed\"},"
                        "{\"name\":\"d\xC3\xA9"
                        "b-two\",\"lag_ms\":9223372036854775807,\"share\":12.0,\"reason\":null},"
                        "{\"name\":\"\",\"lag_ms\":null,\"share\":null,\"reason\":\"a\\nb\\t\\\"\\u001B["
                        "1m\xEF\xBF\xBD\"}]\n");
    text_fini(&out);
    table_fini(&table);
}

TEST(no_rows_are_a_header_or_an_empty_array)
{
    struct table table;
    struct text out = { 0 };
    table_init(&table, columns, COLUMNS);
    assert_true(table_render_text(&table, &out));
    assert_string_equal(text_cstr(&out), "name  lag_ms  share  reason\n");
    text_clear(&out);
    assert_true(table_render_json(&table, &out));
    assert_string_equal(text_cstr(&out), "[]\n");
    text_fini(&out);
    table_fini(&table);
}

TEST(what_is_no_number_is_null_in_json)
{
    static const struct column one[] = { { "x", COLUMN_REAL, "" } };
    struct table table;
    struct text out = { 0 };
    table_init(&table, one, 1);
    table_row(&table);
    table_real(&table, NAN);
    table_row(&table);
    table_real(&table, INFINITY);
    assert_true(table_render_json(&table, &out));
    assert_string_equal(text_cstr(&out), "[{\"x\":null},{\"x\":null}]\n");
    text_fini(&out);
    table_fini(&table);
}

/* Every kind of ill-formed sequence becomes U+FFFD, one per byte; well-formed sequences pass. */
TEST(json_is_utf8_whatever_comes_in)
{
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        { "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80" },
        { "\xC0\x80", "??" },
        { "\xE0\x80\x80", "???" },
        { "\xED\xA0\x80", "???" },
        { "\xF4\x90\x80\x80", "????" },
        { "\xE2\x82", "??" },
        { "\x80x", "?x" },
        { "\xF8", "?" },
    };
    static const struct column one[] = { { "x", COLUMN_TEXT, "" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct table table;
        struct text out = { 0 }, expected = { 0 };
        table_init(&table, one, 1);
        table_row(&table);
        table_text(&table, rows[i].in);
        assert_true(table_render_json(&table, &out));
        (void)text_append_cstr(&expected, "[{\"x\":\"");
        for (const char *c = rows[i].out; *c != '\0'; c++)
            (void)(*c == '?' ? text_append_cstr(&expected, "\xEF\xBF\xBD") : text_append(&expected, c, 1));
        (void)text_append_cstr(&expected, "\"}]\n");
        assert_string_equal(text_cstr(&out), text_cstr(&expected));
        text_fini(&out);
        text_fini(&expected);
        table_fini(&table);
    }
}

TEST(errors_are_one_object)
{
    struct text out = { 0 };
    assert_true(table_render_json_error("no server 'x\"'", &out));
    assert_string_equal(text_cstr(&out), "{\"error\":\"no server 'x\\\"'\"}\n");
    text_fini(&out);
}

TEST(memory_out_at_any_point_is_said_and_leaks_nothing)
{
    for (long n = 0; n < 40; n++) {
        struct table table;
        struct text text = { 0 }, json = { 0 };
        mem_fail_after(n);
        fill(&table);
        bool is_text = table_render_text(&table, &text);
        bool is_json = table_render_json(&table, &json);
        mem_fail_after(-1);
        assert_int_equal(is_text, !text.is_oom);
        assert_int_equal(is_json, !json.is_oom);
        assert_true(!table.is_oom || (!is_text && !is_json));
        text_fini(&text);
        text_fini(&json);
        table_fini(&table);
    }
}

RUN_TESTS(NULL, NULL)
