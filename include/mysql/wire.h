/* Reads integers and strings of the MySQL protocol from a span, and appends them to a text. Source: protocol
 * "basic data types" of MySQL and MariaDB; little-endian throughout. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads forward, never past the end. A read that does not fit sets `failed` and returns zero or an empty
 * span, as does every later read: check `failed` once, at the end. */
struct wire_reader {
    const uint8_t *at; /* borrows */
    const uint8_t *end;
    bool failed;
};

struct wire_reader wire_reader_of(struct span span);
size_t wire_left(const struct wire_reader *reader);
uint8_t wire_read_u8(struct wire_reader *reader);
uint16_t wire_read_u16(struct wire_reader *reader);
uint32_t wire_read_u32(struct wire_reader *reader);
/* Length-encoded integer. 0xFB (NULL) and 0xFF fail here; see wire_read_lenenc_or_null for rows. */
uint64_t wire_read_lenenc(struct wire_reader *reader);
/* Length-encoded string; *is_null_r tells 0xFB (only in text rows). */
struct span wire_read_lenenc_or_null(struct wire_reader *reader, bool *is_null_r);
struct span wire_read_lenenc_span(struct wire_reader *reader);
struct span wire_read_bytes(struct wire_reader *reader, size_t len);
/* The bytes before a NUL; skips the NUL. Fails when there is none. */
struct span wire_read_nul_span(struct wire_reader *reader);
/* The bytes before a NUL, or all remaining bytes: for trailing fields that some clients do not terminate. */
struct span wire_read_nul_or_rest(struct wire_reader *reader);
struct span wire_read_rest(struct wire_reader *reader);

void wire_put_u8(struct text *out, uint8_t value);
void wire_put_u16(struct text *out, uint16_t value);
void wire_put_u32(struct text *out, uint32_t value);
void wire_put_lenenc(struct text *out, uint64_t value);
void wire_put_lenenc_span(struct text *out, struct span span);
void wire_put_nul_span(struct text *out, struct span span);
void wire_put_zeros(struct text *out, size_t count);

/* Writes or reads an int<4> in place: statement ids. */
void wire_store_u32(uint8_t *at, uint32_t value);
uint32_t wire_load_u32(const uint8_t *at);
uint32_t wire_load_u24(const uint8_t *at);
