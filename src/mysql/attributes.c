#include "mysql/attributes.h"

#include <inttypes.h>
#include <stdio.h>

#define TYPE_UNSIGNED 0x8000u
#define DATE_BYTES_MAX 13 /* the longest form, with a time zone */

/* ---- types ---- */

enum form {
    FORM_UNKNOWN,
    FORM_INTEGER, /* little-endian, `size` bytes */
    FORM_FIXED,   /* `size` bytes */
    FORM_DATE,    /* one length byte, then as many bytes */
    FORM_STRING   /* length-encoded */
};

/* Types whose length on the wire is known. For other types a server may use another length (a server reads a
 * YEAR, INT24 or NULL with a value as a string). */
static const struct {
    uint8_t form;
    uint8_t size;
} types[256] = {
    [0] = { .form = FORM_STRING },   /* DECIMAL */
    [1] = { FORM_INTEGER, 1 },       /* TINY */
    [2] = { FORM_INTEGER, 2 },       /* SHORT */
    [3] = { FORM_INTEGER, 4 },       /* LONG */
    [4] = { FORM_FIXED, 4 },         /* FLOAT */
    [5] = { FORM_FIXED, 8 },         /* DOUBLE */
    [7] = { .form = FORM_DATE },     /* TIMESTAMP */
    [8] = { FORM_INTEGER, 8 },       /* LONGLONG */
    [10] = { .form = FORM_DATE },    /* DATE */
    [11] = { .form = FORM_DATE },    /* TIME */
    [12] = { .form = FORM_DATE },    /* DATETIME */
    [15] = { .form = FORM_STRING },  /* VARCHAR */
    [16] = { .form = FORM_STRING },  /* BIT */
    [242] = { .form = FORM_STRING }, /* VECTOR */
    [245] = { .form = FORM_STRING }, /* JSON */
    [246] = { .form = FORM_STRING }, /* NEWDECIMAL */
    [247] = { .form = FORM_STRING }, /* ENUM */
    [248] = { .form = FORM_STRING }, /* SET */
    [249] = { .form = FORM_STRING }, /* TINY_BLOB */
    [250] = { .form = FORM_STRING }, /* MEDIUM_BLOB */
    [251] = { .form = FORM_STRING }, /* LONG_BLOB */
    [252] = { .form = FORM_STRING }, /* BLOB */
    [253] = { .form = FORM_STRING }, /* VAR_STRING */
    [254] = { .form = FORM_STRING }, /* STRING */
    [255] = { .form = FORM_STRING }, /* GEOMETRY */
};

static enum form form_of(uint16_t type)
{
    bool is_plain = (type & ~(TYPE_UNSIGNED | 0xFFu)) == 0; /* a type with any other bit set is a different
                                                             * type to the server */
    return is_plain ? (enum form)types[type & 0xFF].form : FORM_UNKNOWN;
}

static struct span read_value(struct wire_reader *reader, uint16_t type)
{
    size_t len;
    switch (form_of(type)) {
    case FORM_INTEGER:
    case FORM_FIXED:
        return wire_read_bytes(reader, types[type & 0xFF].size);
    case FORM_STRING:
        return wire_read_lenenc_span(reader);
    case FORM_DATE:
        len = wire_read_u8(reader);
        reader->failed |= len > DATE_BYTES_MAX;
        return wire_read_bytes(reader, len);
    case FORM_UNKNOWN:
        break;
    }
    reader->failed = true;
    return SPAN_NONE;
}

static void put_integer(const struct attribute *attribute, char digits[ATTRIBUTE_TEXT_MAX])
{
    struct span bytes = attribute->value;
    bool is_signed = (attribute->type & TYPE_UNSIGNED) == 0;
    bool is_negative = is_signed && bytes.len > 0 && (bytes.data[bytes.len - 1] & 0x80) != 0;
    uint64_t value = is_negative ? UINT64_MAX : 0;
    for (size_t i = bytes.len; i > 0; i--)
        value = value << 8 | bytes.data[i - 1];
    if (is_negative)
        (void)snprintf(digits, ATTRIBUTE_TEXT_MAX, "%" PRId64, (int64_t)value);
    else
        (void)snprintf(digits, ATTRIBUTE_TEXT_MAX, "%" PRIu64, value);
}

struct span attribute_text(const struct attribute *attribute, char digits[ATTRIBUTE_TEXT_MAX])
{
    enum form form = attribute->has_value ? form_of(attribute->type) : FORM_UNKNOWN;
    if (form == FORM_STRING)
        return attribute->value;
    if (form != FORM_INTEGER)
        return SPAN_NONE;
    put_integer(attribute, digits);
    return span_cstr(digits);
}

/* ---- reading ---- */

static struct span read_types(struct wire_reader *reader, uint32_t count)
{
    const uint8_t *begin = reader->at;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        (void)wire_read_u16(reader);
        (void)wire_read_lenenc_span(reader);
    }
    return reader->failed ? SPAN_NONE : span_of(begin, (size_t)(reader->at - begin));
}

bool attributes_read(struct wire_reader *reader, bool is_query, struct attributes *attributes_r)
{
    const uint8_t *begin = reader->at;
    *attributes_r = (struct attributes){ 0 };
    uint64_t count = wire_read_lenenc(reader);
    reader->failed |= count > ATTRIBUTES_MAX;
    if (is_query && wire_read_lenenc(reader) != 1)
        reader->failed = true;
    if (reader->failed)
        return false;
    attributes_r->count = (uint32_t)count;
    attributes_r->values = *reader;
    if (count == 0)
        return true;
    attributes_r->nulls = wire_read_bytes(reader, (size_t)(count + 7) / 8);
    attributes_r->bound_offset = (size_t)(reader->at - begin);
    if (wire_read_u8(reader) != 0)
        attributes_r->types = read_types(reader, attributes_r->count);
    attributes_r->naming = wire_reader_of(attributes_r->types);
    attributes_r->values = *reader;
    return !reader->failed;
}

bool attributes_next(struct attributes *attributes, struct attribute *attribute_r)
{
    uint32_t index = attributes->next;
    if (index >= attributes->count || attributes->types.data == NULL)
        return false;
    attributes->next++;
    *attribute_r = (struct attribute){ .type = wire_read_u16(&attributes->naming) };
    attribute_r->name = wire_read_lenenc_span(&attributes->naming);
    attribute_r->is_null = (attributes->nulls.data[index / 8] >> index % 8 & 1) != 0;
    if (attribute_r->is_null)
        return true;
    attribute_r->value = read_value(&attributes->values, attribute_r->type);
    attribute_r->has_value = !attributes->values.failed;
    return true;
}

void attributes_lose_values(struct attributes *attributes)
{
    attributes->values.failed = true;
}

bool attributes_find_text(struct span payload, struct attributes *attributes_r, size_t *offset_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    struct attribute attribute;
    if (!attributes_read(&reader, true, attributes_r) ||
        (attributes_r->count > 0 && attributes_r->types.data == NULL))
        return false;
    struct attributes walk = *attributes_r;
    while (attributes_next(&walk, &attribute))
        ;
    *offset_r = payload.len - wire_left(&walk.values);
    return !walk.values.failed;
}
