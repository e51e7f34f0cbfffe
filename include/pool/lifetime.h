/* How long connections to servers are kept: server_lifetime in all, server_idle while they are parked, and
 * always less than the wait_timeout of the server. Times vary by a tenth per connection, so that connections
 * that were opened in one burst do not end in one.
 *
 *      of a session, before its command   acquire_begin ──► yield_retire_old: lifetime_is_over? ─► closed
 *      of a session, unused               lifetime_start ─► has_ended? ─► yield_on_aged ─────────► closed
 *      parked                             parked_add ─────► lifetime_parked_us ──────────────────► on_expired */
#pragma once

#include "pool/pool.h"

/* A time from nine to eleven tenths of `us`, the same for the same `seed`, and scattered for consecutive
 * seeds. Pure. */
uint64_t lifetime_spread(uint64_t us, uint32_t seed);

/* Has the connection reached its server_lifetime? Cheap. */
bool lifetime_is_over(const struct pool *pool, const struct upstream *upstream);
/* How long the connection may be parked from now on, in microseconds; at least 1. */
uint64_t lifetime_parked_us(const struct pool *pool, const struct upstream *upstream);
/* How long the connection may go to another session without a reset, in microseconds from now; 0: not any
 * more. */
uint64_t lifetime_trust_us(const struct pool *pool, const struct upstream *upstream);

/* Starts a timer that checks the connections which sessions hold but do not use. When the time of one is
 * over, its owner's on_aged is called. */
void lifetime_start(struct pool *pool);
/* Stops the timer. Does nothing before lifetime_start. */
void lifetime_stop(struct pool *pool);
