#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_reserve(struct bytes *b, size_t more)
{
    if (b->cap - b->len >= more)
        return;
    size_t cap = b->cap ? b->cap : 256;
    while (cap - b->len < more)
        cap *= 2;
    b->data = realloc(b->data, cap);
    if (!b->data) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    b->cap = cap;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
    if (!len)
        return;
    bytes_reserve(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void bytes_int(struct bytes *b, uint64_t value, unsigned width)
{
    bytes_reserve(b, width);
    for (unsigned i = 0; i < width; i++)
        b->data[b->len++] = (uint8_t)(value >> 8 * i);
}

void bytes_lenenc(struct bytes *b, uint64_t value)
{
    if (value < 0xfb) {
        bytes_int(b, value, 1);
    } else if (value < 1u << 16) {
        bytes_int(b, 0xfc, 1);
        bytes_int(b, value, 2);
    } else if (value < 1u << 24) {
        bytes_int(b, 0xfd, 1);
        bytes_int(b, value, 3);
    } else {
        bytes_int(b, 0xfe, 1);
        bytes_int(b, value, 8);
    }
}

void bytes_lestr(struct bytes *b, const void *text, size_t len)
{
    bytes_lenenc(b, len);
    bytes_add(b, text, len);
}

void bytes_zstr(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text) + 1);
}

void bytes_drop(struct bytes *b, size_t len)
{
    b->len -= len;
    if (b->len)
        memmove(b->data, b->data + len, b->len);
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){ 0 };
}

size_t packet_begin(struct bytes *b)
{
    bytes_reserve(b, 4);
    b->len += 4;
    return b->len - 4;
}

void packet_end(struct bytes *b, size_t begin, uint8_t *seq)
{
    size_t len = b->len - begin - 4;
    for (unsigned i = 0; i < 3; i++)
        b->data[begin + i] = (uint8_t)(len >> 8 * i);
    b->data[begin + 3] = (*seq)++;
}

size_t packet_peek(const uint8_t *data, size_t len, struct packet *p)
{
    if (len < 4)
        return 0;
    size_t payload = (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
    if (len - 4 < payload)
        return 0;
    *p = (struct packet){ .payload = data + 4, .len = payload, .seq = data[3] };
    return payload + 4;
}

struct reader reader_of(const uint8_t *data, size_t len)
{
    return (struct reader){ .at = data, .end = data + len };
}

const uint8_t *read_bytes(struct reader *r, size_t len)
{
    if (r->is_bad || (size_t)(r->end - r->at) < len) {
        r->is_bad = true;
        return NULL;
    }
    r->at += len;
    return r->at - len;
}

uint64_t read_int(struct reader *r, unsigned width)
{
    const uint8_t *p = read_bytes(r, width);
    uint64_t value = 0;
    for (unsigned i = 0; p && i < width; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

uint64_t read_lenenc(struct reader *r)
{
    uint64_t first = read_int(r, 1);
    if (first < 0xfb)
        return first;
    if (first == 0xfc)
        return read_int(r, 2);
    if (first == 0xfd)
        return read_int(r, 3);
    if (first == 0xfe)
        return read_int(r, 8);
    r->is_bad = true;
    return 0;
}

const char *read_zstr(struct reader *r)
{
    const uint8_t *nul = r->is_bad ? NULL : memchr(r->at, 0, (size_t)(r->end - r->at));
    if (!nul) {
        r->is_bad = true;
        return NULL;
    }
    const char *text = (const char *)r->at;
    r->at = nul + 1;
    return text;
}
