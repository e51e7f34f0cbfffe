/* Blocks of attributes in hex, and the attributes found in them. Headgate accepts and refuses (1835) as MySQL
 * 9.7 does, or is stricter. */
#include "bytes.h"

#include "mysql/attributes.h"

#define TEXT "53454c" /* "SEL" */

static void describe(const struct attribute *attribute, char *said, size_t size)
{
    char digits[ATTRIBUTE_TEXT_MAX];
    struct span text = attribute_text(attribute, digits);
    size_t len = strlen(said);
    const char *sign = len > 0 ? " " : "";
    int name_len = (int)attribute->name.len, text_len = (int)text.len;
    if (attribute->is_null)
        (void)snprintf(said + len, size - len, "%s%.*s", sign, name_len, (const char *)attribute->name.data);
    else if (text.data == NULL)
        (void)snprintf(said + len, size - len, "%s%.*s=?", sign, name_len,
                       (const char *)attribute->name.data);
    else
        (void)snprintf(said + len, size - len, "%s%.*s=%.*s", sign, name_len,
                       (const char *)attribute->name.data, text_len, (const char *)text.data);
}

static const struct {
    const char *block;
    const char *found; /* name=value of each; "name": the value is NULL; "name=?": the value is not text */
} rows[] = {
    { "00 01", "" },
    { "fc0000 01", "" }, /* a longer form of 0 than needed is accepted */
    { "01 01 00 01 fd00 0178 0176", "x=v" },
    { "01 01 00 02 fd00 0178 0176", "x=v" },
    { "01 01 00 01 fd00 00 0176", "=v" },
    { "01 01 00 01 fe00 0178 00", "x=" },
    { "01 01 01 01 fd00 0178", "x" },
    { "01 01 01 01 c800 0178", "x" }, /* an unknown type, but the value is NULL */
    { "02 01 02 01 fd00 0161 0600 0162 0131", "a=1 b" },
    { "02 01 01 01 0300 0161 0300 0162 ffffffff", "a b=-1" },
    { "01 01 00 01 0100 0178 80", "x=-128" },
    { "01 01 00 01 0180 0178 80", "x=128" },
    { "01 01 00 01 0200 0178 ffff", "x=-1" },
    { "01 01 00 01 0380 0178 ffffffff", "x=4294967295" },
    { "01 01 00 01 0800 0178 0000000000000080", "x=-9223372036854775808" },
    { "01 01 00 01 0880 0178 ffffffffffffffff", "x=18446744073709551615" },
    { "02 01 00 01 0400 0161 fd00 0162 0000803f 0176", "a=? b=v" },
    { "02 01 00 01 0500 0161 fd00 0162 000000000000f03f 0176", "a=? b=v" },
    { "02 01 00 01 0c00 0161 fd00 0162 00 0176", "a=? b=v" },
    { "02 01 00 01 0c00 0161 fd00 0162 04e8070102 0176", "a=? b=v" },
    { "02 01 00 01 0b00 0161 fd00 0162 0c 000000000000000000000000 0176", "a=? b=v" },
    { "02 01 00 01 0a00 0161 fd00 0162 0d 00000000000000000000000000 0176", "a=? b=v" },
    { "02 01 00 01 f500 0161 f600 0162 027b7d 03312e35", "a={} b=1.5" },
    { "09 01 0001 01 fd00 0131 fd00 0132 fd00 0133 fd00 0134 fd00 0135 fd00 0136 fd00 0137 fd00 0138 fd00 "
      "0139"
      " 0161 0162 0163 0164 0165 0166 0167 0168",
      "1=a 2=b 3=c 4=d 5=e 6=f 7=g 8=h 9" },
};

/* The block ends where the text begins. Each block is read as a whole, and refused when it is cut anywhere.
 */
TEST(attributes_are_found_and_the_text_behind_them)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text bytes = { 0 };
        struct attributes attributes;
        struct attribute attribute;
        char said[256] = "";
        size_t offset = 0;
        (void)append_hex(&bytes, rows[i].block, '\0');
        size_t len = bytes.len;
        for (size_t cut = 0; cut < len; cut++) {
            struct span part = exact_copy(span_of(bytes.data, cut));
            assert_false(attributes_find_text(part, &attributes, &offset));
            assert_true(cut > 0 || attributes.count == 0);
            while (attributes_next(&attributes, &attribute)) /* the walk ends and reads only what is there */
                ;
            drop_copy(part);
        }
        (void)append_hex(&bytes, TEXT, '\0');
        struct span payload = exact_copy(text_span(&bytes));
        if (!attributes_find_text(payload, &attributes, &offset))
            fail_msg("not read: %s", rows[i].block);
        assert_int_equal(offset, len);
        while (attributes_next(&attributes, &attribute))
            describe(&attribute, said, sizeof said);
        assert_string_equal(said, rows[i].found);
        assert_false(attributes_next(&attributes, &attribute));
        drop_copy(payload);
        text_fini(&bytes);
    }
}

static const char *const malformed[] = {
    "", "00", "00 00 " TEXT, "00 02 " TEXT, "fb 01 " TEXT, "ff 01 " TEXT, "ffffffffffffffff",
    "01 01 00 00 " TEXT,              /* attributes have types */
    "01 01 01 00 " TEXT,              /* types are needed also where the value is NULL */
    "fd 000001 01 " TEXT,             /* 65536 attributes */
    "fe ffffffffffffffff 01 " TEXT,   /* the highest possible number of attributes */
    "01 01 00 01 fd00 0178 fb " TEXT, /* a NULL that the NULL bitmap does not announce */
    "01 01 00 01 fd00 0178 fe ffffffffffffffff " TEXT, "01 01 00 01 fd00 feffffffffffffffff " TEXT,
    "01 01 00 01 0c00 0178 0e 0000000000000000000000000000 " TEXT, "01 01 00 01 0c00 0178 fb " TEXT,
    /* types NULL with a value, YEAR and INT24: servers read strings there */
    "01 01 00 01 0600 0178 0176 " TEXT, "01 01 00 01 0d00 0178 0100 " TEXT,
    "01 01 00 01 0900 0178 01000000 " TEXT,
    "01 01 00 01 f400 0178 01 " TEXT,       /* BOOL: the server refuses this type, too */
    "01 01 00 01 c800 0178 0176 " TEXT,     /* an unknown type */
    "01 01 00 01 0340 0178 01000000 " TEXT, /* type bits other than "unsigned" make an unknown type */
};

TEST(what_is_not_known_for_sure_is_refused)
{
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct text bytes = { 0 };
        struct attributes attributes;
        struct attribute attribute;
        size_t offset;
        (void)append_hex(&bytes, malformed[i], '\0');
        struct span payload = exact_copy(text_span(&bytes));
        if (attributes_find_text(payload, &attributes, &offset))
            fail_msg("read: %s", malformed[i]);
        while (attributes_next(&attributes, &attribute))
            ;
        drop_copy(payload);
        text_fini(&bytes);
    }
}

TEST(values_behind_one_that_cannot_be_found_are_not_found)
{
    struct text bytes = { 0 };
    struct attributes attributes;
    struct attribute attribute;
    char said[64] = "";
    size_t offset;
    (void)append_hex(&bytes, "03 01 02 01 fd00 0161 fd00 0162 fd00 0163 0131 0133 " TEXT, '\0');
    assert_true(attributes_find_text(text_span(&bytes), &attributes, &offset));
    attributes_lose_values(&attributes);
    while (attributes_next(&attributes, &attribute))
        describe(&attribute, said, sizeof said);
    assert_string_equal(said, "a=? b c=?");
    text_fini(&bytes);
}

/* 65535 attributes, each NULL, of type VAR_STRING and without a name. One more is among the malformed blocks.
 */
TEST(as_many_as_there_may_be_are_read)
{
    struct text bytes = { 0 };
    struct attributes attributes;
    struct attribute attribute;
    size_t offset, count = 0;
    (void)append_hex(&bytes, "fd ffff00 01", '\0');
    for (unsigned i = 0; i < 8192; i++)
        (void)text_append_byte(&bytes, 0xFF);
    (void)text_append_byte(&bytes, 1);
    for (unsigned i = 0; i < ATTRIBUTES_MAX; i++)
        (void)text_append(&bytes, "\xfd\0\0", 3);
    struct span payload = exact_copy(text_span(&bytes));
    assert_true(attributes_find_text(payload, &attributes, &offset));
    assert_int_equal(offset, bytes.len);
    for (; attributes_next(&attributes, &attribute); count++)
        assert_true(attribute.is_null && !attribute.has_value);
    assert_int_equal(count, ATTRIBUTES_MAX);
    drop_copy(payload);
    text_fini(&bytes);
}

RUN_TESTS(NULL, NULL)
