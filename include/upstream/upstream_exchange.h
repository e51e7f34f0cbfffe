/* Headgate's own commands on a connection: a command is sent, and its reply is dropped, or its rows are
 * collected.
 *
 *      upstream_exchange ──► EXCHANGING ──► READY, then on_answer
 *                                └──► DEAD, then on_failed: a wrong answer, or none in time
 *
 * COM_STMT_CLOSE, which has no reply, is sent whenever a reply has ended. */
#pragma once

#include "upstream/upstream.h"

/* READY only: sends one command (its payload without packet headers) and reads its reply. deadline_us: the
 * time for the reply in microseconds; 0: no deadline. on_answer follows, or on_failed. */
void upstream_exchange(struct upstream *upstream, enum reply_shape shape, struct span payload,
                       uint64_t deadline_us);

/* Sends a query as upstream_exchange does, and collects its rows in `rows` (borrowed until on_answer). */
void upstream_query(struct upstream *upstream, const char *sql, struct rows *rows, uint64_t deadline_us);

/* Sends COM_STMT_CLOSE: at once if the upstream is READY, otherwise when it is READY again. Bytes that cannot
 * be sent at once wait for on_io, or for the next command. */
void upstream_close_statement(struct upstream *upstream, uint32_t id);
/* READY only: sends the bytes that wait. */
void upstream_flush(struct upstream *upstream);

/* ---- for the files of an upstream ---- */

/* EXCHANGING, and bytes were read: reads the reply as far as it has come. At its end the owner is called, or
 * the login that needed the command continues. */
void upstream_exchange_go_on(struct upstream *upstream);
/* READY only, so never in the middle of a command: sends COM_STMT_CLOSE for the statements that wait for it. */
void upstream_say_closing(struct upstream *upstream);
