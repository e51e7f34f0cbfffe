#include "net/numbering.h"

#define HEADER_BYTES 4 /* int<3> length, int<1> number */

/* The position of the next byte, from `at` on, that is a packet's number; `len` when there is none. */
static size_t find_number(struct numbering_side *side, const uint8_t *bytes, size_t len, size_t at)
{
    while (at < len) {
        if (side->left > 0) {
            size_t there = len - at < side->left ? len - at : side->left;
            side->left -= (uint32_t)there;
            at += there;
        } else if (side->header_len < HEADER_BYTES - 1) {
            side->len |= (uint32_t)bytes[at++] << 8 * side->header_len++;
        } else {
            side->left = side->len;
            side->len = side->header_len = 0;
            return at;
        }
    }
    return len;
}

void numbering_note(struct numbering *numbering, const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while ((at = find_number(&numbering->sent, bytes, len, at)) < len) {
        numbering->last = bytes[at++];
        numbering->has_answered = false;
    }
}

void numbering_correct(struct numbering *numbering, uint8_t *bytes, size_t len)
{
    size_t at = 0;
    while ((at = find_number(&numbering->received, bytes, len, at)) < len) {
        bool is_farewell = bytes[at] == 0 && !numbering->has_answered;
        if (!is_farewell)
            bytes[at] = ++numbering->last;
        numbering->has_answered = true;
        at++;
    }
}
