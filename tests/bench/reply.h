/* reply: checks one reply of the null server, packet by packet: its structure, sequence ids and values. */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include "wire.h"

enum reply_kind { REPLY_POINT, REPLY_POINT_BINARY, REPLY_PREPARE, REPLY_BIG };
enum reply_status { REPLY_MORE, REPLY_DONE, REPLY_WRONG };
enum reply_step {
    REPLY_START,
    REPLY_COLUMN,
    REPLY_COLUMNS_END,
    REPLY_ROWS,
    REPLY_PARAMETER,
    REPLY_PARAMETERS_END
};

struct reply {
    enum reply_kind kind;
    enum reply_step step;
    bool deprecate_eof;
    uint8_t seq;       /* sequence id of the next packet */
    uint64_t id;       /* POINT: number of the requested row */
    uint64_t rows;     /* rows received */
    uint64_t expected; /* rows in all */
    uint32_t stmt;     /* PREPARE: result, the statement's id */
};

void reply_expect(struct reply *r, enum reply_kind kind, uint64_t id, uint64_t rows);

/* On REPLY_WRONG `why` holds one line of text. */
enum reply_status reply_feed(struct reply *r, const struct packet *p, char why[static 200]);

#endif
