/* Which of the servers that take reads? Pure: counters and chance in, an index out.
 *
 * "least": the one with the least score, which is (1 + running / share) * latency, with running / share in
 * whole numbers; of those with the same score the one with the fewest connections per share; of those with as
 * many, one by chance. Of more than three, two are drawn by share and the better one is taken: workers that
 * look at the same moment do not all run to the same server. "round_robin": by turn.
 *
 * A share is the server's weight relative to the others', less while it starts slowly. Latencies up to twice
 * the best one's are the same, and one pick in 32 does not look at them at all: a server that was slow once
 * is measured again. Servers of the cluster's zone come first, others only when none of it takes reads.
 */
#ifndef HEADGATE_CLUSTER_BALANCE_H
#define HEADGATE_CLUSTER_BALANCE_H

#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

struct balance_wish {
    int avoid;       /* a server that is not to be taken, or VIEW_NO_SERVER */
    unsigned turn;   /* round_robin: a counter that goes up with each call */
    uint64_t random; /* all bits of it */
    uint64_t now_us; /* monotonic: how far a slow start has come */
};

/* The index of a server of the view, or VIEW_NO_SERVER: none takes reads. With primary_reads = "share" it may
 * be the primary; with "fallback" it is the caller's to go there when nobody else is left. Reads the counters
 * of all workers: for a new connection, not for each query. */
int balance_pick(const struct view *view, const struct balance_wish *wish);

/* Does the primary serve reads beside the replicas? */
bool balance_is_reader(const struct view *view, int server);

/* A session that is on `current` and could go elsewhere asks this now and then: should it? True when it takes
 * no reads there any more but could elsewhere; and, for one in eight that asks, when it is of a farther zone
 * than it need be, or clearly worse than the best: slower or busier by more than two, or with so many more of
 * the connections. One in eight, so that not all leave at once what one of them could relieve. */
bool balance_should_move(const struct view *view, int current, uint64_t random, uint64_t now_us);

#endif
