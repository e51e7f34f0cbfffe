#include "bytes.h"

#include "base/mem.h"
#include "mysql/caps.h"
#include "mysql/rows.h"

#define DE CAP_DEPRECATE_EOF
#define DEF_A "03646566 00 00 00 01 61 01 61 0c 3f00 0b000000 08 0000 00 0000"
#define DEF_B "03646566 00 00 00 01 42 00 0c 3f00 0b000000 08 0000 00 0000"
#define EOF_ "fe 0000 0200"
#define EOF_MORE "fe 0000 0a00"
#define DE_OK "fe 00 00 0200 0000"
#define OK "00 00 00 0200 0000"
#define OK_MORE "00 00 00 0a00 0000"

static struct rows rows;

static enum rows_verdict feed(const char *script, uint64_t caps, struct error *err)
{
    struct text packets = { 0 };
    size_t sizes[32], at = 0;
    enum rows_verdict verdict = ROWS_MORE;
    size_t count = append_packets(&packets, script, 1, sizes);
    rows_begin(&rows, caps);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(verdict, ROWS_MORE);
        struct span payload = exact_copy(span_of(packets.data + at + 4, sizes[i] - 4));
        verdict = rows_feed(&rows, payload, err);
        drop_copy(payload); /* nothing may be borrowed from the packet */
        at += sizes[i];
    }
    text_fini(&packets);
    return verdict;
}

static void assert_value(unsigned row, const char *column, const char *want)
{
    struct span value;
    bool has_value = rows_value(&rows, row, rows_column(&rows, column), &value);
    assert_int_equal(has_value, want != NULL);
    if (want != NULL)
        assert_span(value, want);
}

TEST(cells_are_kept_with_and_without_eof)
{
    static const struct {
        uint64_t caps;
        const char *script;
    } cases[] = {
        { 0, "02|" DEF_A "|" DEF_B "|" EOF_ "|01 31 02 6869|fb 00|" EOF_ },
        { DE, "02|" DEF_A "|" DEF_B "|01 31 02 6869|fb 00|" DE_OK },
        { DE, "02|" DEF_A "|" DEF_B "|01 31 02 6869|fb 00|" EOF_ },
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(feed(cases[i].script, cases[i].caps, NULL), ROWS_DONE);
        assert_int_equal(rows.rows, 2);
        assert_int_equal(rows.status, STATUS_AUTOCOMMIT);
        assert_value(0, "a", "1");
        assert_value(0, "b", "hi"); /* letter case of names does not matter */
        assert_value(1, "A", NULL); /* NULL */
        assert_value(1, "B", "");
        assert_value(2, "a", NULL);
        assert_value(0, "c", NULL);
        assert_int_equal(rows_column(&rows, "c"), -1);
    }
}

/* A column is known as soon as its definition has arrived. Its type is stored where the caller asks for it.
 */
TEST(columns_are_described)
{
    static struct rows_def defs[ROWS_COLUMNS_MAX];
    static const char *const second = "03646566 00 00 00 0142 0162 0c 3f00 0c000000 fd 2100 00 0000";
    static const char *const extended = "03646566 00 00 00 0142 0162 0178 0c 3f00 0c000000 fd 2100 00 0000";
    char script[256];
    rows.defs = defs;
    for (int i = 0; i < 2; i++) {
        memset(defs, 0, sizeof defs);
        (void)snprintf(script, sizeof script, "02|%s|%s|" EOF_, i == 0 ? DEF_A : extended,
                       i == 0 ? second : extended);
        assert_int_equal(feed(script, i == 0 ? 0 : CAP_MARIADB_EXTENDED_METADATA, NULL), ROWS_MORE);
        assert_int_equal(defs[0].length, i == 0 ? 11 : 12);
        assert_int_equal(defs[0].type, i == 0 ? ROWS_TYPE_LONGLONG : ROWS_TYPE_VAR_STRING);
        assert_int_equal(defs[1].length, 12);
        assert_int_equal(defs[1].type, ROWS_TYPE_VAR_STRING);
        assert_int_equal(defs[1].flags, 0x21);
        assert_int_equal(defs[2].type, 0);
    }
    rows.defs = NULL;
    assert_int_equal(feed("02|" DEF_A, 0, NULL), ROWS_MORE);
    assert_int_equal(rows_column(&rows, "a"), 0);
    assert_int_equal(rows_column(&rows, "b"), -1);
}

TEST(statements_without_rows)
{
    assert_int_equal(feed(OK, 0, NULL), ROWS_DONE);
    assert_int_equal(rows.rows, 0);
    assert_int_equal(feed("01|" DEF_A "|" DE_OK, DE, NULL), ROWS_DONE);
    assert_int_equal(rows.rows, 0);
    assert_int_equal(rows_column(&rows, "a"), 0);
}

TEST(last_set_of_several_is_kept)
{
    assert_int_equal(feed(OK_MORE "|01|" DEF_B "|" EOF_ "|01 31|" EOF_MORE "|01|" DEF_A "|" EOF_
                                  "|01 32|" EOF_MORE "|" OK,
                          0, NULL),
                     ROWS_DONE);
    assert_int_equal(rows.rows, 1);
    assert_int_equal(rows.status, STATUS_AUTOCOMMIT); /* of the last result */
    assert_value(0, "a", "2");
    assert_int_equal(rows_column(&rows, "b"), -1);
}

TEST(err_at_any_point)
{
    static const char *const scripts[] = { "ff 1504 23 3238303030 4e6f", "01|ff 1504 23 3238303030 4e6f",
                                           "01|" DEF_A "|ff 1504 23 3238303030 4e6f",
                                           "01|" DEF_A "|" EOF_ "|01 31|ff 1504 23 3238303030 4e6f" };
    for (size_t i = 0; i < 4; i++) {
        struct error err = { 0 };
        assert_int_equal(feed(scripts[i], 0, &err), ROWS_ERR);
        assert_int_equal(err.code, 1045);
        assert_string_equal(err.sqlstate, "28000");
        assert_string_equal(err.text, "No");
    }
}

TEST(malformed_sets_are_bad)
{
    static const char *const scripts[] = {
        "",
        "fb2f78",
        "0102",
        "fc0000",
        "fc8100",
        "fe0100000000000000",
        "01|",
        "01|03646566",
        "00 00",
        "ff 15",
        "01|" DEF_A "|01 31", /* no EOF after the columns */
        "01|" DEF_A "|" EOF_ "|01 31 01 32",
        "01|" DEF_A "|" EOF_ "|02 31",
        "01|" DEF_A "|" EOF_ "|",
        OK "|" OK,
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct error err = { 0 };
        if (strcmp(scripts[i], OK "|" OK) == 0) {
            assert_int_equal(feed(OK, 0, &err), ROWS_DONE);
            assert_int_equal(rows_feed(&rows, SPAN_LITERAL("\0\0\0\2\0\0\0"), &err), ROWS_BAD);
        } else {
            assert_int_equal(feed(scripts[i], 0, &err), ROWS_BAD);
        }
        assert_true(err.text[0] != '\0');
    }
}

/* Feeds equal rows until the verdict is not ROWS_MORE. */
static unsigned rows_until_bad(size_t value_len)
{
    struct text row = { 0 };
    struct error err = { 0 };
    assert_int_equal(feed("01|" DEF_A "|" EOF_, 0, NULL), ROWS_MORE);
    append_hex(&row, "fc", '\0');
    (void)text_append_byte(&row, (uint8_t)value_len);
    (void)text_append_byte(&row, (uint8_t)(value_len >> 8));
    char *place = text_reserve(&row, value_len);
    assert_non_null(place);
    memset(place, 'v', value_len);
    row.len += value_len;
    unsigned count = 0;
    while (rows_feed(&rows, text_span(&row), &err) == ROWS_MORE)
        count++;
    assert_true(err.text[0] != '\0');
    text_fini(&row);
    return count;
}

TEST(caps_hold)
{
    assert_int_equal(rows_until_bad(1), ROWS_VALUES_MAX);
    assert_int_equal(rows_until_bad(65535), ROWS_BYTES_MAX / 65535);
    assert_true(rows.bytes.len <= ROWS_BYTES_MAX);
}

/* A caller that asks for a long list sets its own limits. */
TEST(an_owner_sets_its_own_caps)
{
    rows.values_max = 30000;
    assert_int_equal(rows_until_bad(1), 30000);
    assert_int_equal(rows.rows, 30000);
    rows.values_max = 0;
    rows.bytes_max = 3 * ROWS_BYTES_MAX;
    assert_int_equal(rows_until_bad(65535), 3 * ROWS_BYTES_MAX / 65535);
    rows.bytes_max = 1 + 20; /* the column's name, and two values of ten bytes */
    assert_int_equal(rows_until_bad(10), 2);
    rows.bytes_max = 1 + 29;
    assert_int_equal(rows_until_bad(10), 2);
    rows.bytes_max = 0;
    caps_hold(state);
}

TEST(without_memory_a_set_is_bad)
{
    struct span def = SPAN_LITERAL("\3def\0\0\0\1a\1a\x0c\x3f\0\x0b\0\0\0\x08\0\0\0\0\0");
    for (long n = 0; n < 3; n++) {
        struct error err = { 0 };
        rows_fini(&rows);
        assert_int_equal(feed("01", 0, NULL), ROWS_MORE);
        mem_fail_after(n);
        enum rows_verdict verdict = rows_feed(&rows, def, &err);
        mem_fail_after(-1);
        /* two allocations: the cells, then the bytes */
        assert_int_equal(verdict, n < 2 ? ROWS_BAD : ROWS_MORE);
        assert_int_equal(err.text[0] != '\0', n < 2);
    }
}

TEST(so_many_columns_and_no_more)
{
    assert_int_equal(feed("7f", 0, NULL), ROWS_MORE);
    assert_int_equal(feed("fc8000", 0, NULL), ROWS_MORE);
    assert_int_equal(rows.defs_left, ROWS_COLUMNS_MAX);
    assert_int_equal(feed("fc8100", 0, NULL), ROWS_BAD);
}

TEST(reader_is_used_again)
{
    assert_int_equal(feed("01|" DEF_A "|" DE_OK, DE, NULL), ROWS_DONE);
    assert_int_equal(feed(OK, DE, NULL), ROWS_DONE);
    assert_int_equal(rows_column(&rows, "a"), -1);
    rows_fini(&rows);
    assert_null(rows.bytes.data);
}

RUN_TESTS(NULL, NULL)
