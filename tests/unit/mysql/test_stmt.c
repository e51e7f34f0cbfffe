#include "bytes.h"

#include "mysql/stmt.h"

#define NO_TYPES "17 05000000 01 01000000 02 00 aabb"
#define WITH_TYPES "17 05000000 00 01000000 02 01 0300fd00 aabb"

static struct text payload_of(const char *hex)
{
    struct text bytes = { 0 };
    append_hex(&bytes, hex, '\0');
    return bytes;
}

TEST(fields_are_found)
{
    struct stmt_execute execute;
    struct text bytes = payload_of(WITH_TYPES);
    assert_true(stmt_parse_execute(text_span(&bytes), 2, false, &execute));
    assert_int_equal(execute.id, 5);
    assert_int_equal(execute.flags, 0);
    assert_true(execute.has_types);
    assert_hex(execute.types, "0300fd00");
    assert_int_equal(execute.bound_offset, 11);
    text_fini(&bytes);
    bytes = payload_of(NO_TYPES);
    assert_true(stmt_parse_execute(text_span(&bytes), 2, false, &execute));
    assert_int_equal(execute.flags, STMT_CURSOR_READ_ONLY);
    assert_false(execute.has_types);
    assert_int_equal(execute.types.len, 0);
    text_fini(&bytes);
}

TEST(without_parameters_nothing_is_bound)
{
    struct stmt_execute execute;
    struct text bytes = payload_of("17 ffffffff 00 01000000"), out = { 0 };
    assert_true(stmt_parse_execute(text_span(&bytes), 0, false, &execute));
    assert_true(execute.id == STMT_ID_LAST);
    assert_int_equal(execute.bound_offset, 0);
    stmt_put_execute(&out, text_span(&bytes), &execute, 9, SPAN_LITERAL("\3\0"));
    assert_hex(text_span(&out), "17 09000000 00 01000000");
    text_fini(&bytes);
    text_fini(&out);
}

TEST(bitmap_grows_with_the_parameters)
{
    static const struct {
        uint16_t params;
        size_t bound_offset;
    } cases[] = { { 1, 11 }, { 8, 11 }, { 9, 12 }, { 65535, 10 + 8192 } };
    for (size_t i = 0; i < 4; i++) {
        struct text bytes = payload_of("17 05000000 00 01000000");
        char *place = text_reserve(&bytes, 10000);
        assert_non_null(place);
        memset(place, 0, 10000);
        bytes.len += 10000;
        struct stmt_execute execute;
        assert_true(stmt_parse_execute(text_span(&bytes), cases[i].params, false, &execute));
        assert_int_equal(execute.bound_offset, cases[i].bound_offset);
        text_fini(&bytes);
    }
}

TEST(truncations_are_refused)
{
    struct text bytes = payload_of(WITH_TYPES);
    struct stmt_execute execute;
    for (size_t len = 0; len < bytes.len; len++) {
        struct span part = exact_copy(span_of(bytes.data, len));
        assert_int_equal(stmt_parse_execute(part, 2, false, &execute),
                         len >= 16); /* the values are not read */
        drop_copy(part);
    }
    bytes.data[0] = 0x19;
    assert_false(stmt_parse_execute(text_span(&bytes), 2, false, &execute));
    text_fini(&bytes);
}

static const struct {
    const char *payload, *types, *want;
} rewrites[] = {
    { NO_TYPES, "", "17 07010000 01 01000000 02 00 aabb" },
    { NO_TYPES, "0300fd00", "17 07010000 01 01000000 02 01 0300fd00 aabb" },
    { WITH_TYPES, "", "17 07010000 00 01000000 02 01 0300fd00 aabb" },
    /* types in the packet have precedence */
    { WITH_TYPES, "08000800", "17 07010000 00 01000000 02 01 0300fd00 aabb" },
    { "17 05000000 01 01000000 02 00", "0300fd00", "17 07010000 01 01000000 02 01 0300fd00" },
};

TEST(execute_is_rewritten)
{
    for (size_t i = 0; i < sizeof rewrites / sizeof rewrites[0]; i++) {
        struct text bytes = payload_of(rewrites[i].payload), types = payload_of(rewrites[i].types),
                    out = { 0 };
        struct stmt_execute execute;
        (void)text_append_cstr(&out, "kept");
        assert_true(stmt_parse_execute(text_span(&bytes), 2, false, &execute));
        stmt_put_execute(&out, text_span(&bytes), &execute, 0x107, text_span(&types));
        assert_memory_equal(out.data, "kept", 4);
        assert_hex(span_of(out.data + 4, out.len - 4), rewrites[i].want);
        text_fini(&bytes);
        text_fini(&types);
        text_fini(&out);
    }
}

/* COM_STMT_EXECUTE of MySQL clients that may send attributes: it has a count, and a name with each type. */
#define NAMED "17 05000000 08 01000000 02 00 01 0300 00 fd00 0178 aabbccdd 0179"
#define NAMED_WITHOUT_TYPES "17 05000000 08 01000000 02 00 00 aabbccdd"

static const struct {
    const char *payload;
    uint16_t params;
    bool is_read;
    const char *types;   /* of the parameters */
    size_t bound_offset; /* 0: types are never inserted */
    uint32_t count;
} named[] = {
    { NAMED, 1, true, "0300 00", 12, 2 },
    { NAMED, 2, true, "0300 00 fd00 0178", 12, 2 },
    { NAMED, 0, true, "", 0, 2 },
    { NAMED, 3, true, "", 0, 2 }, /* too few: the server answers 1210 */
    { NAMED_WITHOUT_TYPES, 2, true, "", 12, 2 },
    { NAMED_WITHOUT_TYPES, 1, true, "", 0, 2 }, /* attributes need types: the server answers 1835 */
    { "17 05000000 00 01000000 01 00 01 0300 00 aabbccdd", 1, true, "0300 00", 12,
      1 }, /* whatever the flag for attributes */
    { "17 05000000 00 01000000", 0, true, "", 0, 0 },
    /* the bytes after the types are not read */
    { "17 05000000 00 01000000 01 00 01 0300 00", 0, true, "", 0, 0 },
    { "17 05000000 08 01000000 00", 0, true, "", 0, 0 },
    { "17 05000000 08 01000000 00", 1, true, "", 0, 0 },
    { "17 05000000 08 01000000", 0, false, "", 0, 0 },
    { "17 05000000 00 01000000", 1, false, "", 0, 0 },
    { "17 05000000 08 01000000 fe 0000010000000000", 0, false, "", 0, 0 }, /* 65536 parameters */
    { "17 05000000 08 01000000 fb", 0, false, "", 0, 0 },
};

TEST(with_names_and_a_count)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        struct text bytes = payload_of(named[i].payload);
        struct span payload = exact_copy(text_span(&bytes));
        struct stmt_execute execute;
        assert_int_equal(stmt_parse_execute(payload, named[i].params, true, &execute), named[i].is_read);
        if (named[i].is_read) {
            assert_hex(execute.types, named[i].types);
            assert_int_equal(execute.has_types, named[i].types[0] != '\0');
            assert_int_equal(execute.bound_offset, named[i].bound_offset);
            assert_int_equal(execute.attributes.count, named[i].count);
        }
        drop_copy(payload);
        text_fini(&bytes);
    }
}

TEST(with_names_truncations_are_refused)
{
    struct text bytes = payload_of(NAMED);
    struct stmt_execute execute;
    for (size_t len = 0; len < bytes.len; len++) {
        struct span part = exact_copy(span_of(bytes.data, len));
        /* all names are there, no values */
        assert_int_equal(stmt_parse_execute(part, 1, true, &execute), len >= 20);
        drop_copy(part);
    }
    text_fini(&bytes);
}

static const struct {
    const char *payload, *types, *want;
} named_rewrites[] = {
    { NAMED_WITHOUT_TYPES, "0300 00 fd00 0178",
      /* a name is valid for one execution only */
      "17 07010000 08 01000000 02 00 01 0300 00 fd00 00 aabbccdd" },
    { NAMED_WITHOUT_TYPES, "", "17 07010000 08 01000000 02 00 00 aabbccdd" },
    { NAMED, "0800 00 0800 00", "17 07010000 08 01000000 02 00 01 0300 00 fd00 0178 aabbccdd 0179" },
};

TEST(with_names_execute_is_rewritten)
{
    for (size_t i = 0; i < sizeof named_rewrites / sizeof *named_rewrites; i++) {
        struct text bytes = payload_of(named_rewrites[i].payload);
        struct text types = payload_of(named_rewrites[i].types), out = { 0 };
        struct stmt_execute execute;
        assert_true(stmt_parse_execute(text_span(&bytes), 2, true, &execute));
        stmt_put_execute(&out, text_span(&bytes), &execute, 0x107, text_span(&types));
        assert_hex(text_span(&out), named_rewrites[i].want);
        text_fini(&bytes);
        text_fini(&types);
        text_fini(&out);
    }
}

/* The argument of "KILL ?": of each type that clients send, with and without types, and in MySQL's form with
 * names. */
TEST(first_number_is_read_from_every_numeric_type)
{
    static const struct {
        const char *hex, *types;
        bool has_attributes, is_number;
        uint64_t number;
    } rows[] = {
        { "17 05000000 00 01000000 00 01 0800 0700000000000000", "", false, true, 7 },
        { "17 05000000 00 01000000 00 01 0800 ffffffffffffffff", "", false, true, UINT64_MAX },
        { "17 05000000 00 01000000 00 01 0300 07000040", "", false, true, 0x40000007 },
        { "17 05000000 00 01000000 00 01 0180 ff", "", false, true, 255 },
        { "17 05000000 00 01000000 00 01 0500 000040000000d041", "", false, true, 1073741825 },
        { "17 05000000 00 01000000 00 01 0400 0000e040", "", false, true, 7 },
        { "17 05000000 00 01000000 00 01 0500 000000000000f07f", "", false, false, 0 },
        /* about 9e18, too large */
        { "17 05000000 00 01000000 00 01 0500 00a138149b39df43", "", false, false, 0 },
        { "17 05000000 00 01000000 00 01 0500 00000000000008c0", "", false, true, (uint64_t)-3 },
        { "17 05000000 00 01000000 00 01 0200 0180", "", false, true, (uint64_t)-32767 },
        { "17 05000000 00 01000000 00 01 fd00 00", "", false, false, 0 },
        { "17 05000000 00 01000000 00 01 fd00 012d", "", false, false, 0 },
        { "17 05000000 00 01000000 00 01 fd00 0130", "", false, true, 0 },
        { "17 05000000 00 01000000 00 01 fd00 023137", "", false, true, 17 },
        { "17 05000000 00 01000000 00 01 f600 022d31", "", false, true, UINT64_MAX },
        { "17 05000000 00 01000000 00 01 fd00 0178", "", false, false, 0 },
        { "17 05000000 00 01000000 01 01 fd00", "", false, true, 0 },
        { "17 05000000 00 01000000 00 00 0700000000000000", "\x08\0", false, true, 7 },
        { "17 05000000 00 01000000 00 00 0700000000000000", "", false, false, 0 },
        { "17 05000000 00 01000000 00 01 0800 0700", "", false, false, 0 },
        { "17 05000000 00 01000000 01 00 01 0800 00 0700000000000000", "", true, true, 7 },
        { "17 05000000 00 01000000 01 00 00 0700000000000000", "\x08\0\0", true, true, 7 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text bytes = payload_of(rows[i].hex);
        struct stmt_execute execute;
        size_t types = *rows[i].types == '\0' ? 0 : rows[i].has_attributes ? 3 : 2;
        uint64_t number = 1;
        struct span payload = exact_copy(text_span(&bytes));
        assert_true(stmt_parse_execute(payload, 1, rows[i].has_attributes, &execute));
        bool is_number = stmt_first_number(payload, &execute, span_of(rows[i].types, types), &number);
        assert_row(is_number == rows[i].is_number && (!is_number || number == rows[i].number), "%s",
                   rows[i].hex);
        drop_copy(payload);
        text_fini(&bytes);
    }
}

RUN_TESTS(NULL, NULL)
