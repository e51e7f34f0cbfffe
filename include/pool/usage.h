/* What the connections to a server are used for. The error of a session that has waited for a connection in
 * vain tells it. Each worker counts its own connections when it looks for an idle one (search): nothing is
 * counted while no session waits.
 *
 *      search_here ─► usage_count                                  this worker's, into its permits_holders
 *      wait_connection_time_out ─► usage_explain                  all workers', as words */
#pragma once

#include "pool/pool.h"
#include "state/pins.h"

/* The result of upstream_owner_ops.use: an enum pin_cause, or one of these values, which follow enum
 * pin_cause. */
enum connection_use {
    USE_BEFORE = PIN_CAUSE_COUNT - 1,
#define CONNECTION_USE(NAME, words) USE_##NAME,
#include "pool/tbl/connection_uses.h"
#undef CONNECTION_USE
    USE_COUNT
};

/* Counts older than this, in microseconds, are not used. While sessions wait, workers count ten times a
 * second. */
#define USAGE_FRESH_US 10000000

/* Counts this worker's connections with these permits by their use. Call it on the worker's thread. */
void usage_count(const struct pool *pool, struct permits_holders *holders);

/* Puts into `text` why a session got no connection with one of these permits in time: the limit and its
 * value, what the connections are used for, and how many sessions wait. Call it on the thread of the
 * session's worker. */
void usage_explain(const struct pool *pool, struct permits *permits, char *text, size_t size);
