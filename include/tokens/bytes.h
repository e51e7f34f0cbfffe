/* Classes of bytes: the kind of token that a byte may begin in SQL text, for both families. */
#ifndef HEADGATE_TOKENS_BYTES_H
#define HEADGATE_TOKENS_BYTES_H

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
    BYTE_PUNCT,  /* the only class whose bytes may begin a comment */
    BYTE_LETTER, /* this class and the following ones make up words */
    BYTE_DIGIT,
    BYTE_DOLLAR
};

extern const uint8_t byte_classes[256]; /* of enum byte_class */

static inline bool byte_is_word(uint8_t c)
{
    return byte_classes[c] >= BYTE_LETTER;
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

#endif
