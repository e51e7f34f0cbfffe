/* How long connections to servers last: server_lifetime in all, server_idle while no session has them, and
 * never until their server ends them. Each lasts a little longer or shorter than the next one, so that
 * connections opened in one burst do not end in one.
 *
 *      a session's, before its next command    acquire_begin ──► lifetime_is_over ───┐
 *      a session's, silent                     lifetime_start ─► has_ended ──────────┴─► yield_retire
 *      parked                                  parked_add ─────► lifetime_parked_us ───► on_expired
 */
#ifndef HEADGATE_POOL_LIFETIME_H
#define HEADGATE_POOL_LIFETIME_H

#include "pool/pool.h"

/* From nine to eleven tenths of `us`: the same for the same `seed`; for seeds that follow each other as good
 * as by chance. Pure. */
uint64_t lifetime_spread(uint64_t us, uint32_t seed);

/* It is as old as it should become (server_lifetime). Cheap. */
bool lifetime_is_over(const struct pool *pool, const struct upstream *upstream);
/* For how many microseconds it may be parked from now on, 1 at least. */
uint64_t lifetime_parked_us(const struct pool *pool, const struct upstream *upstream);
/* For so long it may go to another session without a reset, in microseconds; 0: no longer. */
uint64_t lifetime_trust_us(const struct pool *pool, const struct upstream *upstream);

/* From now on connections that sessions have and do not use are looked at from time to time; the owner of one
 * whose time has come hears on_aged. */
void lifetime_start(struct pool *pool);
/* Harmless before lifetime_start. */
void lifetime_stop(struct pool *pool);

#endif
