/* Chooses among the servers that take reads. Pure: counters and a random number in, an index out.
 *
 * "least": the server with the least score, which is (1 + running / share) * latency, with running / share in
 * whole numbers; of equal scores the server with the fewest connections per share; of equal numbers one at
 * random. Of more than three servers, two are drawn by share and the better one is taken, so that workers
 * that decide at the same moment do not all choose the same server. "round_robin": by turn.
 *
 * A share is the server's weight relative to the other weights, and less during a slow start. Latencies up to
 * twice the best latency count as equal, and one choice in 32 ignores latencies, so that a server that was
 * slow once is measured again. Servers of the cluster's zone come first, other servers only when none of the
 * zone takes reads. */
#pragma once

#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

struct balance_wish {
    int avoid;       /* a server that must not be taken, or VIEW_NO_SERVER */
    unsigned turn;   /* round_robin: a counter that goes up with each call */
    uint64_t random; /* all bits of it */
    uint64_t now_us; /* monotonic: how far a slow start has come */
};

/* The index of a server of the view, or VIEW_NO_SERVER if none takes reads. With primary_reads = "share" it
 * may be the primary; with "fallback" the caller goes to the primary when no server is left. Reads the
 * counters of all workers: meant for a new connection, not for each query. */
int balance_pick(const struct view *view, const struct balance_wish *wish);

/* Does this server take reads? The primary does with primary_reads = "share". */
bool balance_is_reader(const struct view *view, int server);

/* Asked now and then by a session that reads on `current` and could read elsewhere: should the session move?
 * True when `current` takes no reads any more and another server does; and, for one question in eight, when
 * `current` is in a farther zone than necessary, or clearly worse than the best server: slower or busier by
 * more than a factor of two, or with more than twice the connections. One in eight, so that not all sessions
 * leave a server at once. */
bool balance_should_move(const struct view *view, int current, uint64_t random, uint64_t now_us);
