/* null_reply: the replies of a MariaDB server without data. Bytes in, bytes out; no sockets.
 *
 *   SELECT … FROM … <digits>   one row, one column: "name-<digits, ten wide>" (a reply given to the wrong
 *                              session is noticed)
 *   SELECT big N               N MiB of numbered 1 KiB rows; null_stream builds them as there is room
 *   SELECT without FROM        one row, one column per expression: the queries of probes and drivers
 *   SHOW … SLAVE|REPLICA …     no row on a primary, one healthy link on a replica
 *   anything else              OK; the status flags IN_TRANS and AUTOCOMMIT are kept up to date
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
    uint32_t id; /* 0: unused entry */
    uint16_t params;
    uint8_t type; /* type of the first parameter, as last bound; 0: not bound yet */
};

struct null_session {
    uint32_t caps;
    uint32_t extended_caps;
    uint16_t status;
    uint8_t seq; /* sequence id of the next packet of the reply */
    bool is_logged_in;
    uint32_t last_stmt;
    struct null_stmt stmts[NULL_STMTS];
    uint64_t big_row; /* number of the next row of a big result */
    uint64_t big_rows;
};

void null_greet(struct null_session *s, uint32_t connection_id, struct bytes *out);

/* Answers one packet from the client. False: close the connection. */
bool null_answer(const struct null_options *o, struct null_session *s, const struct packet *p,
                 struct bytes *out);

bool null_is_streaming(const struct null_session *s);
void null_stream(struct null_session *s, struct bytes *out,
                 size_t room); /* appends about `room` bytes more of a big result */

#endif
