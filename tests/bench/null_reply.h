/* null_reply: what a MariaDB server with nothing in it would answer. Bytes in, bytes out; no sockets.
 *
 *   SELECT … FROM … <digits>   one row, one column: "name-<digits, ten wide>" (so that a reply given to the
 * wrong session is seen) SELECT big N               N MiB of 1 KiB rows, numbered; built by null_stream as
 * there is room SELECT without FROM        one row, a column per expression: what probes and drivers ask SHOW
 * … SLAVE|REPLICA …     nothing on a primary, one healthy link on a replica anything else              OK,
 * with IN_TRANS and AUTOCOMMIT followed
 */
#ifndef BENCH_NULL_REPLY_H
#define BENCH_NULL_REPLY_H

#include "wire.h"

enum { NULL_STMTS = 16, NULL_ROW_BYTES = 1024 };

struct null_options {
    unsigned read_only; /* 1: a replica */
    unsigned server_id;
    unsigned port;
    unsigned master_port;
};

struct null_stmt {
    uint32_t id; /* 0: free */
    uint16_t params;
    uint8_t type; /* of the first parameter, as last bound; 0: not bound yet */
};

struct null_session {
    uint32_t caps;
    uint32_t extended_caps;
    uint16_t status;
    uint8_t seq; /* of the next packet of the reply */
    bool is_logged_in;
    uint32_t last_stmt;
    struct null_stmt stmts[NULL_STMTS];
    uint64_t big_row; /* next row of a big result */
    uint64_t big_rows;
};

void null_greet(struct null_session *s, uint32_t connection_id, struct bytes *out);

/* One packet from the client. False: close the connection. */
bool null_answer(const struct null_options *o, struct null_session *s, const struct packet *p,
                 struct bytes *out);

bool null_is_streaming(const struct null_session *s);
void null_stream(struct null_session *s, struct bytes *out,
                 size_t room); /* about room bytes more of a big result */

#endif
