#include "unit.h"

#include "base/mem.h"

#include <wchar.h>

TEST(equality_rows)
{
    static const struct {
        const char *a, *b;
        bool is_equal, is_equal_nocase;
    } rows[] = {
        { "", "", true, true },
        { "a", "", false, false },
        { "a", "a", true, true },
        { "a", "A", false, true },
        { "AbC9_", "aBc9_", false, true },
        { "ab", "abc", false, false },
        { "@", "`", false, false },
        { "[", "{", false, false },
        { "ZzAa", "zZaA", false, true },
        { "\xc4", "\xe4", false, false },
        { "select", "SELECT", false, true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span a = exact_copy(span_cstr(rows[i].a)), b = exact_copy(span_cstr(rows[i].b));
        assert_row(span_equal_nocase(a, b) == rows[i].is_equal_nocase, "%s %s", rows[i].a, rows[i].b);
        drop_copy(a);
        drop_copy(b);
        assert_row(span_is(span_cstr(rows[i].a), rows[i].b) == rows[i].is_equal, "%s %s", rows[i].a,
                   rows[i].b);
        assert_row(span_is_nocase(span_cstr(rows[i].a), rows[i].b) == rows[i].is_equal_nocase, "%s %s",
                   rows[i].a, rows[i].b);
        assert_row(span_is_nocase(span_cstr(rows[i].b), rows[i].a) == rows[i].is_equal_nocase, "%s %s",
                   rows[i].b, rows[i].a);
    }
    assert_true(span_equal((struct span){ 0 }, SPAN_LITERAL("")));
}

TEST(words_are_found_anywhere)
{
    static const struct {
        const char *text, *word;
        bool is_there;
    } rows[] = { { "", "a", false },         { "a", "ab", false },   { "ab", "ab", true },
                 { "xAB", "ab", true },      { "abx", "ab", true },  { "a b", "ab", false },
                 { "xaab", "AB", true },     { "xaa", "ab", false }, { "", "", true },
                 { "mariadb", "DBA", false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span text = exact_copy(span_cstr(rows[i].text));
        assert_row(span_mentions(text, rows[i].word) == rows[i].is_there, "%s in %s", rows[i].word,
                   rows[i].text);
        drop_copy(text);
    }
}

TEST(number_rows)
{
    static const struct {
        const char *text;
        bool is_number;
        uint64_t value;
    } rows[] = {
        { "0", true, 0 },
        { "007", true, 7 },
        { "18446744073709551615", true, UINT64_MAX },
        { "000000000000000000000000018446744073709551615", true, UINT64_MAX },
        { "18446744073709551616", false, 0 },
        { "99999999999999999999", false, 0 },
        { "", false, 0 },
        { "-1", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "1.0", false, 0 },
        { "0x10", false, 0 },
        { "/", false, 0 },
        { ":", false, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t value = 77;
        assert_row(span_to_u64(span_cstr(rows[i].text), &value) == rows[i].is_number, "%s", rows[i].text);
        assert_row(value == (rows[i].is_number ? rows[i].value : 77), "%s", rows[i].text);
    }
}

TEST(copies_are_terminated_and_say_when_they_cut)
{
    static const struct {
        size_t size;
        bool is_whole;
        const char *copy;
    } rows[] = {
        { 1, false, "" }, { 2, false, "a" }, { 3, false, "ab" }, { 4, true, "abc" }, { 8, true, "abc" }
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char buffer[9] = "########";
        assert_int_equal(span_copy_cstr(SPAN_LITERAL("abc"), buffer, rows[i].size), rows[i].is_whole);
        assert_string_equal(buffer, rows[i].copy);
        if (rows[i].size < 8)
            assert_int_equal(buffer[rows[i].size], '#');
    }
    char one[1] = "#";
    assert_true(span_copy_cstr((struct span){ 0 }, one, 1));
    assert_string_equal(one, "");
}

TEST(utf8_rows)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        { "", 0 },
        { "a", 1 },
        { "\x7f", 1 },
        { "\xc3\xa9x", 2 },
        { "\xc3", 0 },
        { "\xc3x", 0 },
        { "\x80", 0 },
        { "\xc1\xbf", 0 },
        { "\xe2\x80\xa6", 3 },
        { "\xe2\x80", 0 },
        { "\xe0\x9f\xbf", 0 },
        { "\xe0\xa0\x80", 3 },
        { "\xdf\xbf", 2 },
        { "\xc2\x80", 2 },
        { "\xef\xbf\xbf", 3 },
        { "\xf0\x90\x80\x80", 4 },
        { "\xf4\x80\x80", 0 },
        { "\xc2\xc0", 0 },
        { "\xed\x9f\xbf", 3 },
        { "\xed\xa0\x80", 0 },
        { "\xf0\x9f\x98\x80", 4 },
        { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf4\x8f\xbf\xbf", 4 },
        { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 },
        { "\xff", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span bytes = exact_copy(span_cstr(rows[i].bytes));
        assert_row(span_utf8_len(bytes) == rows[i].len, "row %zu", i);
        drop_copy(bytes);
    }
}

/* ---- text compared with a flat array ---- */

struct twin {
    char data[1 << 17];
    size_t len;
};

static void append_somehow(struct text *text, struct twin *twin, uint64_t *seed)
{
    char bytes[400];
    size_t len = chance(seed, 4) ? next_random(seed) % sizeof bytes : next_random(seed) % 8;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + next_random(seed) % 26);
    switch (next_random(seed) % 5) {
    case 0:
        assert_true(text_append(text, bytes, len));
        break;
    case 1:
        assert_true(text_append_span(text, span_of(bytes, len)));
        break;
    case 2:
        assert_true(text_appendf(text, "%.*s", (int)len, bytes));
        break;
    case 3:
        len = 1;
        bytes[0] = (char)next_random(seed);
        assert_true(text_append_byte(text, (uint8_t)bytes[0]));
        break;
    default: {
        char *place = text_reserve(text, len);
        assert_non_null(place);
        memcpy(place, bytes, len);
        text->len += len;
        break;
    }
    }
    memcpy(twin->data + twin->len, bytes, len);
    twin->len += len;
}

TEST(text_agrees_with_its_twin)
{
    static struct twin twin;
    uint64_t seed = 21;
    for (unsigned round = 0; round < 50; round++) {
        struct text text = { 0 };
        twin.len = 0;
        for (unsigned step = 0; step < 200; step++) {
            if (chance(&seed, 6)) {
                size_t drop = next_random(&seed) % (text.len + 1);
                text_consume(&text, drop);
                memmove(twin.data, twin.data + drop, twin.len - drop);
                twin.len -= drop;
            } else if (chance(&seed, 100)) {
                text_clear(&text);
                twin.len = 0;
            } else {
                append_somehow(&text, &twin, &seed);
            }
            assert_int_equal(text.len, twin.len);
            assert_true(text.cap >= text.len && !text.is_oom);
            if (twin.len > 0)
                assert_memory_equal(text.data, twin.data, twin.len);
            if (chance(&seed, 3)) {
                /* text_cstr adds a NUL and keeps the length */
                assert_int_equal(text_cstr(&text)[twin.len], '\0');
                assert_int_equal(text.len, twin.len);
            }
        }
        text_fini(&text);
        assert_null(text.data);
    }
}

TEST(an_empty_text_is_an_empty_string)
{
    struct text text = { 0 };
    assert_int_equal(text_span(&text).len, 0);
    assert_string_equal(text_cstr(&text), "");
    text_consume(&text, 0);
    assert_true(text_append(&text, NULL, 0));
    assert_true(text_appendf(&text, "%s", ""));
    assert_int_equal(text.len, 0);
    text_fini(&text);
    text_fini(&text);
}

TEST(growth_is_geometric)
{
    struct text text = { 0 };
    assert_non_null(text_reserve(&text, 64)); /* as much as the first append allocates, and no more */
    assert_int_equal(text.cap, 64);
    text_fini(&text);
    unsigned long before = mem_allocations();
    for (unsigned i = 0; i < 1000000; i++)
        assert_true(text_append_byte(&text, (uint8_t)i));
    assert_true(mem_allocations() - before <= 20);
    text_fini(&text);
}

/* Whichever allocation fails, the text is as before the append that failed, and does not change afterwards.
 */
TEST(without_memory_the_text_keeps_what_fitted)
{
    for (long fail_at = 0; fail_at < 8; fail_at++) {
        struct text text = { 0 };
        size_t kept = 0;
        bool has_failed = false;
        mem_fail_after(fail_at);
        for (unsigned i = 0; i < 1000; i++) {
            char word[32];
            (void)snprintf(word, sizeof word, "word %u;", i);
            bool is_fine = i % 2 == 0 ? text_append_cstr(&text, word) : text_appendf(&text, "%s", word);
            assert_false(is_fine &&
                         /* after the first failure every append is ignored: no gap in the middle */
                         has_failed);
            has_failed |= !is_fine;
            if (is_fine)
                kept += strlen(word);
            assert_int_equal(text.is_oom, has_failed);
            assert_int_equal(text.len, kept);
        }
        mem_fail_after(-1);
        assert_null(text_reserve(&text, 1));
        if (kept > 0)
            assert_memory_equal(text.data, "word 0;", 7);
        text_consume(&text, text.len / 2);
        text_clear(&text);
        assert_true(text_append_cstr(&text, "again"));
        assert_string_equal(text_cstr(&text), "again");
        text_fini(&text);
    }
}

/* A wide character that the C locale cannot represent. */
TEST(what_cannot_be_formatted_is_told_at_the_end_too)
{
    struct text text = { 0 };
    assert_true(text_append_cstr(&text, "before"));
    assert_false(text_appendf(&text, "%lc", (wint_t)0x1F600));
    assert_true(text.is_oom);
    assert_false(text_append_cstr(&text, "after"));
    assert_span(text_span(&text), "before");
    text_clear(&text);
    assert_true(text_appendf(&text, "%s", "again"));
    assert_span(text_span(&text), "again");
    text_fini(&text);
}

RUN_TESTS(NULL, NULL)
