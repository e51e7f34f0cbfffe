/* input: choices taken from the front of a fuzzer's input; the rest is the data. */
#pragma once

#include "base/str.h"
#include "mysql/packet.h"

#include <stdio.h>
#include <stdlib.h>

/* An assert() under another name, which is also active in builds without assertions. */
#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            (void)fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition);                 \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next byte, 0 when there is none. */
static inline uint8_t input_u8(struct span *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return *input->data++;
}

/* Copies the next packet's payload (one length byte in front of it) to memory of exactly its size; free the
 * copy with input_drop. False at the end of the input. */
static inline bool input_payload(struct span *input, struct span *payload_r)
{
    if (input->len == 0)
        return false;
    size_t len = input_u8(input);
    if (len > input->len)
        len = input->len;
    uint8_t *copy = malloc(len + 1);
    MUST(copy != NULL);
    if (len > 0)
        memcpy(copy, input->data, len);
    uint8_t *exact = realloc(copy, len > 0 ? len : 1);
    MUST(exact != NULL);
    *payload_r = span_of(exact, len);
    input->data += len;
    input->len -= len;
    return true;
}

static inline void input_drop(struct span payload)
{
    free((void *)(uintptr_t)payload.data);
}

/* True when `part` lies inside `whole`. Empty spans are inside every span. */
static inline bool input_holds(struct span whole, struct span part)
{
    return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}
