/* bytes: helpers for the tests of this folder: bytes written as hex, cut at every place, read back. */
#pragma once

#include "../base/unit.h"

#include "mysql/packet.h"

static inline unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Appends bytes written as "00fe 2a"; blanks are skipped. Returns where the hex ended: at `stop` or NUL. */
static inline const char *append_hex(struct text *text, const char *hex, char stop)
{
    while (*hex != '\0' && *hex != stop) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        assert_true(text_append_byte(text, (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]))));
        hex += 2;
    }
    return hex;
}

/* Appends the packets of a script: payloads in hex, separated by '|'. `sizes` (may be NULL) gets the length
 * of each packet with its header. Returns their number. */
static inline size_t append_packets(struct text *text, const char *script, uint8_t seq, size_t *sizes)
{
    size_t count = 0;
    for (;;) {
        size_t at = packet_begin(text);
        script = append_hex(text, script, '|');
        packet_end(text, at, seq++);
        if (sizes != NULL)
            sizes[count] = text->len - at;
        count++;
        if (*script == '\0')
            return count;
        script++;
    }
}

static inline void assert_hex(struct span span, const char *hex)
{
    struct text want = { 0 };
    (void)append_hex(&want, hex, '\0');
    assert_int_equal(span.len, want.len);
    assert_memory_equal(span.data, text_cstr(&want), want.len);
    text_fini(&want);
}
