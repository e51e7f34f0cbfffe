#include "mysql/stmt.h"

#include "mysql/command.h"
#include "mysql/wire.h"

#include <math.h>

#define ID_OFFSET 1u
#define TYPE_FLOAT 4u
#define TYPE_DOUBLE 5u

/* Reads the null bitmap, the byte that says whether types follow, and the types. */
static bool read_plain(struct wire_reader *reader, uint16_t params, struct stmt_execute *execute_r)
{
    const uint8_t *begin = reader->at;
    if (params == 0)
        return true;
    (void)wire_read_bytes(reader, (params + 7u) / 8); /* the null bitmap */
    execute_r->bound_offset = (size_t)(reader->at - begin);
    execute_r->has_types = wire_read_u8(reader) != 0;
    if (execute_r->has_types)
        execute_r->types = wire_read_bytes(reader, 2 * (size_t)params);
    return !reader->failed;
}

/* Types and names of the first `params` parameters. */
static struct span first_types(struct attributes attributes, uint16_t params)
{
    struct attribute attribute;
    const uint8_t *begin = attributes.naming.at;
    for (uint16_t i = 0; i < params; i++)
        (void)attributes_next(&attributes, &attribute);
    return span_of(begin, (size_t)(attributes.naming.at - begin));
}

/* Reads the form with attributes. A server accepts no attributes without types, and no types without a value
 * for each parameter. */
static bool read_with_attributes(struct wire_reader *reader, uint16_t params, struct stmt_execute *execute_r)
{
    struct attributes *attributes = &execute_r->attributes;
    execute_r->has_attributes = true;
    if (params == 0 && (execute_r->flags & STMT_HAS_COUNT) == 0)
        return true;
    if (!attributes_read(reader, false, attributes))
        return false;
    execute_r->has_types = params > 0 && attributes->count >= params && attributes->types.data != NULL;
    if (execute_r->has_types)
        execute_r->types = first_types(*attributes, params);
    if (execute_r->has_types || attributes->count == params)
        execute_r->bound_offset = attributes->bound_offset;
    return true;
}

bool stmt_parse_execute(struct span payload, uint16_t params, bool has_attributes,
                        struct stmt_execute *execute_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *execute_r = (struct stmt_execute){ 0 };
    if (wire_read_u8(&reader) != COM_STMT_EXECUTE)
        return false;
    execute_r->id = wire_read_u32(&reader);
    execute_r->flags = wire_read_u8(&reader);
    (void)wire_read_u32(&reader); /* iteration count: always 1 */
    if (reader.failed)
        return false;
    size_t fixed = payload.len - wire_left(&reader);
    bool is_read = has_attributes ? read_with_attributes(&reader, params, execute_r)
                                  : read_plain(&reader, params, execute_r);
    execute_r->bound_offset += execute_r->bound_offset > 0 ? fixed : 0;
    return is_read;
}

static void put_types(struct text *out, const struct stmt_execute *execute, struct span types)
{
    struct wire_reader reader = wire_reader_of(types);
    if (!execute->has_attributes) {
        (void)text_append_span(out, types);
        return;
    }
    while (wire_left(&reader) > 0) {
        wire_put_u16(out, wire_read_u16(&reader));
        (void)wire_read_lenenc_span(&reader);
        wire_put_u8(out, 0);
    }
}

void stmt_put_execute(struct text *out, struct span payload, const struct stmt_execute *execute, uint32_t id,
                      struct span types)
{
    size_t at = out->len;
    bool inserts = types.len > 0 && !execute->has_types && execute->bound_offset > 0;
    size_t head = inserts ? execute->bound_offset : payload.len;
    (void)text_append(out, payload.data, head);
    if (inserts) {
        wire_put_u8(out, 1);
        put_types(out, execute, types);
        (void)text_append(out, payload.data + head + 1, payload.len - head - 1);
    }
    if (!out->is_oom)
        wire_store_u32((uint8_t *)out->data + at + ID_OFFSET, id);
}

/* The parameters as attributes. In the form without attributes only the first parameter is made readable: one
 * byte of the null bitmap, and the types without names. */
static struct attributes as_attributes(struct span payload, const struct stmt_execute *execute,
                                       struct span types)
{
    struct attributes attributes = execute->attributes;
    if (!execute->has_attributes) {
        size_t values = execute->bound_offset + 1 + execute->types.len;
        attributes.count = 1;
        attributes.nulls = span_of(payload.data + STMT_EXECUTE_FIXED, 1);
        attributes.types = execute->types;
        attributes.values = wire_reader_of(span_of(payload.data + values, payload.len - values));
    }
    if (attributes.types.len == 0)
        attributes.types = types;
    attributes.naming = wire_reader_of(attributes.types);
    return attributes;
}

static bool read_float(const struct attribute *attribute, uint64_t *number_r)
{
    double number = 0;
    float single = 0;
    if (attribute->value.len == sizeof single) {
        memcpy(&single, attribute->value.data, sizeof single);
        number = (double)single;
    } else {
        memcpy(&number, attribute->value.data, sizeof number);
    }
    if (!(fabs(number) < 9e18))
        return false;
    *number_r = (uint64_t)llrint(number);
    return true;
}

bool stmt_first_number(struct span payload, const struct stmt_execute *execute, struct span types,
                       uint64_t *number_r)
{
    struct attribute attribute;
    char digits[ATTRIBUTE_TEXT_MAX];
    if (execute->bound_offset == 0)
        return false;
    struct attributes attributes = as_attributes(payload, execute, types);
    if (!attributes_next(&attributes, &attribute))
        return false;
    *number_r = 0;
    if (attribute.is_null)
        return true;
    if (!attribute.has_value)
        return false;
    unsigned type = attribute.type & 0xFFu;
    if (type == TYPE_FLOAT || type == TYPE_DOUBLE)
        return read_float(&attribute, number_r);
    struct span text = attribute_text(&attribute, digits);
    bool is_negative = text.len > 0 && text.data[0] == '-';
    if (!span_to_u64(is_negative ? span_of(text.data + 1, text.len - 1) : text, number_r))
        return false;
    *number_r = is_negative ? 0 - *number_r : *number_r;
    return true;
}
