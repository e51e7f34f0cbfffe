/* Classes of bytes: the kind of token that a byte may begin in SQL text, for both families. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum byte_class {
    BYTE_BAD,   /* NUL and other control characters: no grammar allows them */
    BYTE_BLANK, /* skipped by both families: space, \t \n \v \f \r */
    BYTE_DOT,
    BYTE_QUOTE, /* ' */
    BYTE_DOUBLE,
    BYTE_BACKTICK,
    BYTE_AT,
    BYTE_COLON,
    BYTE_QUESTION,
    BYTE_BACKSLASH,
    BYTE_PUNCT,
    BYTE_COMMENT, /* # - * /: the same, and a comment may begin or end there */
    BYTE_HIGH,    /* 0x80 and above; this class and the following ones make up words */
    BYTE_PREFIX,  /* b, n, x, which may be the prefix of a string */
    BYTE_LETTER,
    BYTE_DIGIT,
    BYTE_DOLLAR,
    BYTE_NONE /* the end of the text; no byte has this class */
};

extern const uint8_t byte_classes[256]; /* of enum byte_class */

static inline bool byte_is_word(uint8_t c)
{
    return byte_classes[c] >= BYTE_HIGH;
}

static inline bool byte_is_digit(uint8_t c)
{
    return byte_classes[c] == BYTE_DIGIT;
}

static inline bool byte_is_hex(uint8_t c)
{
    return byte_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool byte_is_binary(uint8_t c)
{
    return c == '0' || c == '1';
}
