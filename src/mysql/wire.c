#include "mysql/wire.h"

struct wire_reader wire_reader_of(struct span span)
{
    static const uint8_t nothing[1];
    const uint8_t *at = span.data != NULL ? span.data : nothing;
    return (struct wire_reader){ .at = at, .end = at + span.len };
}

size_t wire_left(const struct wire_reader *reader)
{
    return reader->failed ? 0 : (size_t)(reader->end - reader->at);
}

/* The next `len` bytes. NULL, and `failed` is set, when fewer are left. */
static const uint8_t *take(struct wire_reader *reader, size_t len)
{
    if (reader->failed || (size_t)(reader->end - reader->at) < len) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *at = reader->at;
    reader->at += len;
    return at;
}

static uint64_t read_int(struct wire_reader *reader, unsigned bytes)
{
    const uint8_t *at = take(reader, bytes);
    uint64_t value = 0;
    if (at != NULL)
        for (unsigned i = 0; i < bytes; i++)
            value |= (uint64_t)at[i] << (8 * i);
    return value;
}

uint8_t wire_read_u8(struct wire_reader *reader)
{
    return (uint8_t)read_int(reader, 1);
}

uint16_t wire_read_u16(struct wire_reader *reader)
{
    return (uint16_t)read_int(reader, 2);
}

uint32_t wire_read_u32(struct wire_reader *reader)
{
    return (uint32_t)read_int(reader, 4);
}

uint64_t wire_read_lenenc(struct wire_reader *reader)
{
    uint8_t first = wire_read_u8(reader);
    if (first < 0xFB)
        return first;
    if (first == 0xFC)
        return read_int(reader, 2);
    if (first == 0xFD)
        return read_int(reader, 3);
    if (first == 0xFE)
        return read_int(reader, 8);
    reader->failed = true; /* 0xFB is NULL, 0xFF is never valid */
    return 0;
}

struct span wire_read_bytes(struct wire_reader *reader, size_t len)
{
    const uint8_t *at = take(reader, len);
    return at != NULL ? span_of(at, len) : SPAN_NONE;
}

struct span wire_read_lenenc_span(struct wire_reader *reader)
{
    uint64_t len = wire_read_lenenc(reader);
    if (len > wire_left(reader)) {
        reader->failed = true;
        return SPAN_NONE;
    }
    return wire_read_bytes(reader, (size_t)len);
}

struct span wire_read_lenenc_or_null(struct wire_reader *reader, bool *is_null_r)
{
    *is_null_r = wire_left(reader) > 0 && *reader->at == 0xFB;
    if (*is_null_r) {
        reader->at++;
        return SPAN_NONE;
    }
    return wire_read_lenenc_span(reader);
}

struct span wire_read_nul_span(struct wire_reader *reader)
{
    size_t left = wire_left(reader);
    const uint8_t *nul = left > 0 ? memchr(reader->at, 0, left) : NULL;
    if (nul == NULL) {
        reader->failed = true;
        return SPAN_NONE;
    }
    struct span span = span_of(reader->at, (size_t)(nul - reader->at));
    reader->at = nul + 1;
    return span;
}

struct span wire_read_nul_or_rest(struct wire_reader *reader)
{
    size_t left = wire_left(reader);
    if (left > 0 && memchr(reader->at, 0, left) != NULL)
        return wire_read_nul_span(reader);
    return wire_read_rest(reader);
}

struct span wire_read_rest(struct wire_reader *reader)
{
    return wire_read_bytes(reader, wire_left(reader));
}

static void put_int(struct text *out, uint64_t value, unsigned bytes)
{
    uint8_t buffer[8];
    for (unsigned i = 0; i < bytes; i++)
        buffer[i] = (uint8_t)(value >> (8 * i));
    (void)text_append(out, buffer, bytes);
}

void wire_put_u8(struct text *out, uint8_t value)
{
    put_int(out, value, 1);
}

void wire_put_u16(struct text *out, uint16_t value)
{
    put_int(out, value, 2);
}

void wire_put_u32(struct text *out, uint32_t value)
{
    put_int(out, value, 4);
}

void wire_put_lenenc(struct text *out, uint64_t value)
{
    if (value < 0xFB) {
        put_int(out, value, 1);
    } else if (value <= 0xFFFF) {
        put_int(out, 0xFC, 1);
        put_int(out, value, 2);
    } else if (value <= 0xFFFFFF) {
        put_int(out, 0xFD, 1);
        put_int(out, value, 3);
    } else {
        put_int(out, 0xFE, 1);
        put_int(out, value, 8);
    }
}

void wire_put_lenenc_span(struct text *out, struct span span)
{
    wire_put_lenenc(out, span.len);
    (void)text_append_span(out, span);
}

void wire_put_nul_span(struct text *out, struct span span)
{
    (void)text_append_span(out, span);
    put_int(out, 0, 1);
}

void wire_put_zeros(struct text *out, size_t count)
{
    char *place = text_reserve(out, count);
    if (place == NULL)
        return;
    memset(place, 0, count);
    out->len += count;
}

void wire_store_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

uint32_t wire_load_u32(const uint8_t *at)
{
    return wire_load_u24(at) | (uint32_t)at[3] << 24;
}

uint32_t wire_load_u24(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}
