#include "bytes.h"

#include "mysql/wire.h"

static const struct {
    const char *hex;
    uint64_t value;
    bool is_minimal;
} lenencs[] = {
    { "00", 0, true },
    { "fa", 250, true },
    { "fcfb00", 251, true },
    { "fcffff", 0xFFFF, true },
    { "fd000001", 0x10000, true },
    { "fdffffff", 0xFFFFFF, true },
    { "fe0000000100000000", 0x1000000, true },
    { "feffffffffffffffff", UINT64_MAX, true },
    { "fc0100", 1, false },
    { "fe0100000000000000", 1, false },
};

TEST(lenenc_integers_both_ways)
{
    for (size_t i = 0; i < sizeof lenencs / sizeof lenencs[0]; i++) {
        struct text bytes = { 0 }, again = { 0 };
        append_hex(&bytes, lenencs[i].hex, '\0');
        struct wire_reader reader = wire_reader_of(text_span(&bytes));
        assert_true(wire_read_lenenc(&reader) == lenencs[i].value);
        assert_false(reader.failed);
        assert_int_equal(wire_left(&reader), 0);
        wire_put_lenenc(&again, lenencs[i].value);
        if (lenencs[i].is_minimal)
            assert_hex(text_span(&again), lenencs[i].hex);
        for (size_t len = 0; len < bytes.len; len++) { /* every truncation fails and reads nothing */
            struct span part = exact_copy(span_of(bytes.data, len));
            reader = wire_reader_of(part);
            assert_true(wire_read_lenenc(&reader) == 0);
            assert_true(reader.failed);
            drop_copy(part);
        }
        text_fini(&bytes);
        text_fini(&again);
    }
}

TEST(null_and_ff_are_no_integers)
{
    struct wire_reader reader = wire_reader_of(SPAN_LITERAL("\xFB"));
    (void)wire_read_lenenc(&reader);
    assert_true(reader.failed);
    reader = wire_reader_of(SPAN_LITERAL("\xFF\1\2\3\4\5\6\7\x8"));
    (void)wire_read_lenenc(&reader);
    assert_true(reader.failed);
}

TEST(null_is_no_string)
{
    static const struct {
        const char *bytes;
        size_t len, left, string_len;
        bool is_null, failed;
    } rows[] = {
        { "\xFB", 1, 0, 0, true, false }, { "\xFBz", 2, 1, 0, true, false }, { "\0", 1, 0, 0, false, false },
        { "\1z", 2, 0, 1, false, false }, { "\1zz", 3, 1, 1, false, false }, { "\2z", 2, 0, 0, false, true },
        { "", 0, 0, 0, false, true },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool is_null;
        struct span copy = exact_copy(span_of(rows[i].bytes, rows[i].len));
        struct wire_reader reader = wire_reader_of(copy);
        struct span string = wire_read_lenenc_or_null(&reader, &is_null);
        assert_row(string.len == rows[i].string_len && is_null == rows[i].is_null &&
                       reader.failed == rows[i].failed,
                   "row %zu: %zu bytes", i, string.len);
        assert_int_equal(wire_left(&reader), rows[i].left);
        drop_copy(copy);
    }
}

TEST(failure_sticks)
{
    struct wire_reader reader = wire_reader_of(SPAN_LITERAL("\1\2\3"));
    assert_int_equal(wire_read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(wire_read_u8(&reader), 0);
    assert_int_equal(wire_left(&reader), 0);
    assert_int_equal(wire_read_rest(&reader).len, 0);
    assert_null(wire_read_bytes(&reader, 1).data);
    assert_null(wire_read_lenenc_span(&reader).data);
    assert_int_equal(wire_read_nul_span(&reader).len, 0);
    assert_int_equal(wire_read_nul_or_rest(&reader).len, 0);
    bool is_null;
    assert_int_equal(wire_read_lenenc_or_null(&reader, &is_null).len, 0);
    assert_false(is_null);
}

TEST(empty_spans_can_be_read)
{
    struct wire_reader reader = wire_reader_of((struct span){ 0 });
    assert_int_equal(wire_read_rest(&reader).len, 0);
    assert_int_equal(wire_read_nul_or_rest(&reader).len, 0);
    assert_false(reader.failed);
    assert_int_equal(wire_read_u8(&reader), 0);
    assert_true(reader.failed);
}

TEST(fixed_integers_are_little_endian)
{
    struct text bytes = { 0 };
    wire_put_u8(&bytes, 0x01);
    wire_put_u16(&bytes, 0x0203);
    wire_put_u32(&bytes, 0x0708090A);
    assert_hex(text_span(&bytes), "01 0302 0a090807");
    struct wire_reader reader = wire_reader_of(text_span(&bytes));
    assert_int_equal(wire_read_u8(&reader), 0x01);
    assert_int_equal(wire_read_u16(&reader), 0x0203);
    assert_int_equal(wire_read_u32(&reader), 0x0708090A);
    wire_store_u32((uint8_t *)bytes.data + 1, 0xFFFEFDFC);
    assert_true(wire_load_u32((uint8_t *)bytes.data + 1) == 0xFFFEFDFC);
    assert_true(wire_load_u24((uint8_t *)bytes.data + 1) == 0xFEFDFC);
    text_fini(&bytes);
}

TEST(strings_end_at_a_nul)
{
    static const struct {
        struct span bytes;
        const char *string; /* NULL: there is no NUL */
        size_t left;
    } rows[] = { { SPAN_LITERAL("\0"), "", 0 },
                 { SPAN_LITERAL("\0x"), "", 1 },
                 { SPAN_LITERAL("ab\0cd"), "ab", 2 },
                 { SPAN_LITERAL("ab"), NULL, 2 },
                 { SPAN_LITERAL(""), NULL, 0 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span copy = exact_copy(rows[i].bytes);
        struct wire_reader reader = wire_reader_of(copy), other = reader;
        struct span string = wire_read_nul_span(&reader);
        assert_int_equal(reader.failed, rows[i].string == NULL);
        assert_int_equal(reader.failed, string.data == NULL);
        if (rows[i].string != NULL) {
            assert_span(string, rows[i].string);
            assert_int_equal(wire_left(&reader), rows[i].left);
            assert_true(span_equal(wire_read_nul_or_rest(&other), string));
            assert_int_equal(wire_left(&other), rows[i].left);
        } else {
            assert_true(span_equal(wire_read_nul_or_rest(&other), rows[i].bytes));
            assert_int_equal(wire_left(&other), 0);
        }
        drop_copy(copy);
    }
}

TEST(strings_both_ways)
{
    struct text bytes = { 0 };
    bool is_null;
    wire_put_lenenc_span(&bytes, SPAN_LITERAL("one"));
    wire_put_nul_span(&bytes, SPAN_LITERAL("two"));
    wire_put_u8(&bytes, 0xFB);
    wire_put_lenenc_span(&bytes, (struct span){ 0 });
    wire_put_zeros(&bytes, 2);
    (void)text_append_cstr(&bytes, "tail");
    struct wire_reader reader = wire_reader_of(text_span(&bytes));
    assert_span(wire_read_lenenc_span(&reader), "one");
    assert_span(wire_read_nul_span(&reader), "two");
    assert_int_equal(wire_read_lenenc_or_null(&reader, &is_null).len, 0);
    assert_true(is_null);
    assert_int_equal(wire_read_lenenc_or_null(&reader, &is_null).len, 0);
    assert_false(is_null);
    assert_int_equal(wire_read_bytes(&reader, 2).len, 2);
    struct wire_reader other = reader;
    assert_span(wire_read_nul_or_rest(&reader), "tail");
    assert_false(reader.failed);
    (void)wire_read_nul_span(&other);
    assert_true(other.failed);
    text_fini(&bytes);
}

TEST(length_beyond_the_end_fails)
{
    struct wire_reader reader = wire_reader_of(SPAN_LITERAL("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxy"));
    assert_int_equal(wire_read_lenenc_span(&reader).len, 0);
    assert_true(reader.failed);
}

RUN_TESTS(NULL, NULL)
