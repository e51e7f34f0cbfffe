/* How a session's connection comes into the pool: it is reset, one exchange after the other, or parked at
 * once where it may keep its state.
 *
 *      reset_and_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked
 *         │                  └── any error: closed                          ▲
 *         └── with its state (reuse_leave) (─► last_insert_id=0) ───────────┘
 */
#ifndef HEADGATE_POOL_RESET_H
#define HEADGATE_POOL_RESET_H

#include "pool/pool.h"

/* It is reset and parked, and closed if that fails; parked at once, if it may keep its state (reuse_leave).
 * `is_promised`: a session waits for it, and may get it before the reset if COM_CHANGE_USER follows anyway.
 * Only if fit_may_park allowed it before it was taken out of its slot. */
void reset_and_park(struct pool *pool, struct upstream *take_upstream, bool is_promised);

/* Sends COM_RESET_CONNECTION, and counts it. An owner that gets an ERR to it, or to the exchanges that
 * follow, calls reset_note_refusal and closes the connection; a server that does not know the command is not
 * asked again. */
void reset_send(struct pool *pool, struct upstream *upstream);
void reset_note_refusal(struct pool *pool, const struct upstream *upstream, const struct error *err);

/* ---- for the files of the pool ---- */

/* upstream.cleaning: what its running exchange is about. */
enum reset_task { RESET_NOTHING, RESET_ID, RESET_STATE, RESET_SETUP, RESET_CHARSETS, RESET_LOGIN };

/* It is the pool's, and has the state of a session: it is parked after the reset. */
void reset_begin(struct upstream *upstream);
/* on_answer: the next exchange, if there is one, or it is parked; after an error it is closed. */
void reset_on_answer(struct upstream *upstream, const struct upstream_answer *answer);
/* It is like one that has just logged in: parked, or retired where there is no room and no session waits. */
void reset_done(struct upstream *upstream);

#endif
