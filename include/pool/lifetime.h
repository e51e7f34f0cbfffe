/* How long connections to servers last: server_lifetime in all, server_idle while nobody has them, and never
 * until their server ends them. Each lasts a little longer or shorter than the next one, so that those opened
 * in one burst do not go in one.
 *
 *      a session's, before its next command    acquire_begin ─► lifetime_is_over ───┐
 *      a session's, silent                     retire.c ─────► lifetime_has_ended ─┴─► yield_retire
 *      parked                                  pool_shelve ──► lifetime_parked_us ───► on_expired
 */
#ifndef HEADGATE_POOL_LIFETIME_H
#define HEADGATE_POOL_LIFETIME_H

#include "session/worker.h"

/* From nine to eleven tenths of `us`: by `seed`, the same for the same one; of seeds that follow each other,
 * as good as by chance. Pure. */
uint64_t lifetime_spread(uint64_t us, uint32_t seed);

/* It is as old as it should become (server_lifetime). Cheap. */
bool lifetime_is_over(const struct worker *worker, const struct upstream *upstream);
/* READY: it is as old as that, and its session has not used it for server_idle; or its server has heard
 * nothing of it for nearly half of what that puts up with. Cheap. */
bool lifetime_has_ended(const struct worker *worker, const struct upstream *upstream);
/* For how many microseconds it may be parked from now on, 1 at least. */
uint64_t lifetime_parked_us(const struct worker *worker, const struct upstream *upstream);

/* How often a worker should look for connections of that server whose time has come, in microseconds: several
 * times in the shortest time that any of them has. */
uint64_t lifetime_look_us(const struct worker *worker, const struct server *server);

#endif
