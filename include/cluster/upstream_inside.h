/* Shared by the files of an upstream: failing, writing, and its name in messages. Other files use
 * cluster/upstream, cluster/upstream_exchange and so on.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_INSIDE_H
#define HEADGATE_CLUSTER_UPSTREAM_INSIDE_H

#include "cluster/upstream.h"

/* "db1 (127.0.0.1:3306)", for messages; lives as long as the block it is in. */
#define UPSTREAM_WHERE_MAX 256
#define UPSTREAM_WHERE(upstream) upstream_where(upstream, (char[UPSTREAM_WHERE_MAX]){ 0 })
/* The same in a buffer of UPSTREAM_WHERE_MAX bytes, which it returns. */
const char *upstream_where(const struct upstream *upstream, char *buffer);

/* The server's counters of the upstream's worker. Borrows. */
struct server_counters *upstream_counters(struct upstream *upstream);

/* Every failure: the upstream is DEAD, and on_failed is called, once. A failed login is counted, as refused
 * if err->sqlstate is set. On return the owner may have closed the upstream.
 */
void upstream_fail(struct upstream *upstream, const struct error *err);
/* The same for a failure of the stream: its error, or the server has closed it. `during`: words for what was
 * being done. */
void upstream_fail_lost(struct upstream *upstream, const char *during);

/* Sends the stream's output as far as possible, and waits for readiness to send the rest and to read. False:
 * the upstream has failed. */
bool upstream_push(struct upstream *upstream);

#endif
