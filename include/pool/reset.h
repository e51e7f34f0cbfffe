/* How a session's connection comes into the pool. It is reset in several exchanges, or parked at once if it
 * may keep its state.
 *
 *      reset_and_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked
 *         │                  └── any error: closed                          ▲
 *         └── with its state (reuse_leave) (─► last_insert_id=0) ───────────┘ */
#pragma once

#include "pool/pool.h"

/* Resets the connection and parks it; closes it if that fails. If it may keep its state (reuse_leave), it is
 * parked without a reset. `is_promised`: a session waits for it, and may get it before the reset if it uses
 * COM_CHANGE_USER anyway. fit_may_park must have allowed it before the connection was taken out of its
 * slot. */
void reset_and_park(struct pool *pool, struct upstream *take_upstream, bool is_promised);

/* Sends COM_RESET_CONNECTION, and counts it. If its reply, or that of an exchange which follows, is an ERR,
 * the owner calls reset_note_refusal and closes the connection. A server that does not know the command gets
 * no more resets. */
void reset_send(struct pool *pool, struct upstream *upstream);
void reset_note_refusal(struct pool *pool, const struct upstream *upstream, const struct error *err);

/* ---- for the files of the pool ---- */

/* pooled.task: the running exchange of a connection of the pool. RESET_ID: SET last_insert_id=0. RESET_STATE:
 * COM_RESET_CONNECTION. RESET_LOGIN: the login of a connection that is opened ahead. */
enum reset_task { RESET_NOTHING, RESET_ID, RESET_STATE, RESET_SETUP, RESET_CHARSETS, RESET_LOGIN };

/* Resets a connection of the pool that has the state of a session. It is parked afterwards. */
void reset_begin(struct upstream *upstream);
/* on_answer: begins the next exchange, or parks the connection; closes it after an error. */
void reset_on_answer(struct upstream *upstream, const struct upstream_answer *answer);
/* The connection is equal to a new one: parks it, or retires it if there is no room and no session waits. */
void reset_done(struct upstream *upstream);
