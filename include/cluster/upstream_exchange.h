/* Commands of headgate's own on a connection: one is sent, and its reply swallowed, or its rows collected.
 *
 *      upstream_exchange ──► EXCHANGING ──► READY, then on_answer
 *                                └──► DEAD, then on_failed: a wrong answer, or none in time
 *
 * COM_STMT_CLOSE, which has no reply, goes out beside them, wherever a reply has ended.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_EXCHANGE_H
#define HEADGATE_CLUSTER_UPSTREAM_EXCHANGE_H

#include "cluster/upstream.h"

/* Sends one command (payload, unframed) and swallows its reply; READY only. deadline_us 0: none.
 * on_answer follows, or on_failed. */
void upstream_exchange(struct upstream *upstream, enum reply_shape shape, struct span payload,
                       uint64_t deadline_us);

/* A query whose rows are collected in `rows` (borrowed until on_answer). */
void upstream_query(struct upstream *upstream, const char *sql, struct rows *rows, uint64_t deadline_us);

/* Says COM_STMT_CLOSE, which has no reply: at once if it is READY, otherwise when it is again. What cannot be
 * sent at once waits for on_io, or for the next command. */
void upstream_close_statement(struct upstream *upstream, uint32_t id);
/* READY: sends what waits. */
void upstream_flush(struct upstream *upstream);

/* ---- for the files of an upstream ---- */

/* EXCHANGING, and something was read: as far as it goes. When the reply is over its owner hears of it, or the
 * login goes on for which it was asked. */
void upstream_exchange_go_on(struct upstream *upstream);
/* READY, as a reply has just ended: the statements that wait to be closed are. */
void upstream_say_closing(struct upstream *upstream);

#endif
