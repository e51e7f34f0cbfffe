/* How a session's connection gets from there to being parked: it is made new, one exchange after the other,
 * or, where it may stay as it is, parked at once.
 *
 *      pool_park ─► COM_RESET_CONNECTION ─► set-up (─► character sets) ─► parked
 *         │                  └── any error: closed                          ▲
 *         └── as it was left (reuse_leave) (─► last_insert_id=0) ──────────┘
 */
#ifndef HEADGATE_POOL_RESET_H
#define HEADGATE_POOL_RESET_H

#include "session/session.h"

/* It is cleaned, then parked, or closed if that fails; at once, if it may stay as it is (reuse_leave);
 * `is_promised`: it is for somebody who waits, who may get it as it is, to make somebody else's of it. Only
 * if pool_may_park said so before it was taken out of its slot. */
void pool_park(struct worker *worker, struct upstream *take_upstream, bool is_promised);

/* COM_RESET_CONNECTION, counted. An owner that hears an ERR to it, or to what follows, tells the pool, and
 * closes the connection: a server that has no such command is not asked again. */
void pool_reset(struct worker *worker, struct upstream *upstream);
void pool_note_refusal(struct upstream *upstream, const struct error *err);

/* ---- for the files of the pool ---- */

/* upstream.cleaning: what its running exchange is about. */
enum pool_cleaning {
    CLEANING_NOTHING,
    CLEANING_ID,
    CLEANING_RESET,
    CLEANING_SETUP,
    CLEANING_CHARSETS,
    CLEANING_LOGIN
};

/* It is the pool's, and not clean: to be parked when it is. */
void pool_begin_reset(struct upstream *upstream);
/* on_answer: the next exchange, if there is one, or it is parked; an error: closed. */
void pool_on_cleaned(struct upstream *upstream, const struct upstream_answer *answer);
/* It is like one that has just logged in: parked, or retired where there is no room and nobody waits. */
void pool_park_new(struct upstream *upstream);

#endif
