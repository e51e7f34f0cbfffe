/* wire: growing byte buffers, MySQL packets in them, and a reader that cannot run past its end.
 *
 * The benchmarks have their own small protocol code, so that an error in the proxy's reader cannot hide in
 * the tools that measure it. Formats: MySQL client/server protocol 10, "packets" and "basic types".
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum caps {
    CAP_CLIENT_MYSQL = 1u << 0,
    CAP_FOUND_ROWS = 1u << 1,
    CAP_LONG_FLAG = 1u << 2,
    CAP_CONNECT_WITH_DB = 1u << 3,
    CAP_LOCAL_FILES = 1u << 7,
    CAP_IGNORE_SPACE = 1u << 8,
    CAP_PROTOCOL_41 = 1u << 9,
    CAP_TRANSACTIONS = 1u << 13,
    CAP_SECURE_CONNECTION = 1u << 15,
    CAP_MULTI_STATEMENTS = 1u << 16,
    CAP_MULTI_RESULTS = 1u << 17,
    CAP_PS_MULTI_RESULTS = 1u << 18,
    CAP_PLUGIN_AUTH = 1u << 19,
    CAP_CONNECT_ATTRS = 1u << 20,
    CAP_LENENC_AUTH = 1u << 21,
    CAP_SESSION_TRACK = 1u << 23,
    CAP_DEPRECATE_EOF = 1u << 24,
};

/* MariaDB's extended capabilities: bits 32 and up of the 64-bit word. */
enum extended_caps {
    EXT_STMT_BULK = 1u << 2,
    EXT_METADATA = 1u << 3,
};

enum status {
    STATUS_IN_TRANS = 0x1,
    STATUS_AUTOCOMMIT = 0x2,
    STATUS_MORE_RESULTS = 0x8,
};

enum command {
    COM_QUIT = 0x01,
    COM_INIT_DB = 0x02,
    COM_QUERY = 0x03,
    COM_STATISTICS = 0x09,
    COM_PING = 0x0e,
    COM_CHANGE_USER = 0x11,
    COM_STMT_PREPARE = 0x16,
    COM_STMT_EXECUTE = 0x17,
    COM_STMT_SEND_LONG_DATA = 0x18,
    COM_STMT_CLOSE = 0x19,
    COM_STMT_RESET = 0x1a,
    COM_SET_OPTION = 0x1b,
    COM_RESET_CONNECTION = 0x1f,
};

enum field_type { TYPE_LONG = 3, TYPE_LONGLONG = 8, TYPE_VAR_STRING = 253 };

struct bytes {
    uint8_t *data; /* owns */
    size_t len;
    size_t cap;
};

void bytes_reserve(struct bytes *b, size_t more); /* exits when there is no memory */
void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_int(struct bytes *b, uint64_t value, unsigned width);
void bytes_lenenc(struct bytes *b, uint64_t value);
void bytes_lestr(struct bytes *b, const void *text, size_t len);
void bytes_zstr(struct bytes *b, const char *text);
void bytes_drop(struct bytes *b, size_t len); /* removes bytes from the front */
void bytes_free(struct bytes *b);

/* A packet is written with packet_begin, any of the functions above, packet_end. packet_end uses *seq and
 * increments it. */
size_t packet_begin(struct bytes *b);
void packet_end(struct bytes *b, size_t begin, uint8_t *seq);

struct packet {
    const uint8_t *payload; /* borrows */
    size_t len;
    uint8_t seq;
};

/* Returns the size of the first packet in `data`, header included; 0 when the packet is not complete yet. */
size_t packet_peek(const uint8_t *data, size_t len, struct packet *p);

struct reader {
    const uint8_t *at; /* borrows */
    const uint8_t *end;
    bool is_bad; /* a read ran past the end; values read since then are zero */
};

struct reader reader_of(const uint8_t *data, size_t len);
uint64_t read_int(struct reader *r, unsigned width);
uint64_t read_lenenc(struct reader *r);
const uint8_t *read_bytes(struct reader *r, size_t len); /* NULL when the read would run past the end */
const char *read_zstr(struct reader *r);                 /* NULL when there is no NUL */

#endif
