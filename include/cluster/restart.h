/* A server that has restarted: the process that answers now is another one than before. Its predecessor's
 * connections are lost, also those whose end was never heard of: the machine died, or packets were dropped.
 * What waits on them would wait until the kernel gives them up.
 *
 * A process is told by the time of its start, by its own clock: the present time less its uptime, both from
 * one statement. A clock that is set moves both, so the time of the start stays the same.
 */
#ifndef HEADGATE_CLUSTER_RESTART_H
#define HEADGATE_CLUSTER_RESTART_H

#include "cluster/upstream.h"
#include "mysql/rows.h"

#include <stdbool.h>
#include <stdint.h>

struct cluster_member;
struct probe_result;

/* What a connection's server says of its own process. Zeros: it does not say. */
struct restart_process {
    uint64_t started_s; /* since 1970, by the server's clock */
    uint64_t after_us;  /* monotonic: it was started after this moment, if its clock was not set since */
};

/* The statement that asks; static text. A server may refuse it: then it does not say. */
const char *restart_sql(const struct upstream *upstream);
/* Reads the answer, which came at `now_us`. */
void restart_read(const struct rows *rows, uint64_t now_us, struct restart_process *process_r);

/* The result of a probe that has passed, of the same machine as before, and before it becomes the member's
 * last. Of a server that has restarted, member->lost_us is set, and the log and the events are told; true
 * then. The caller publishes. */
bool restart_look(struct cluster_member *member, const struct probe_result *result);

#endif
