/* What the files of an upstream share: how it fails, writes and is called in messages. Everybody else uses
 * cluster/upstream, cluster/upstream_exchange and their like.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_INSIDE_H
#define HEADGATE_CLUSTER_UPSTREAM_INSIDE_H

#include "cluster/upstream.h"

/* "db1 (127.0.0.1:3306)", for messages; lives as long as the block it is in. */
#define UPSTREAM_WHERE_MAX 256
#define UPSTREAM_WHERE(upstream) upstream_where(upstream, (char[UPSTREAM_WHERE_MAX]){ 0 })
/* The same in a buffer of UPSTREAM_WHERE_MAX bytes, which it returns. */
const char *upstream_where(const struct upstream *upstream, char *buffer);

/* Its server's, of its worker. Borrows. */
struct server_counters *upstream_counters(struct upstream *upstream);

/* Everything that goes wrong goes through here: it is DEAD, and its owner hears of it (on_failed), once. A
 * login that failed is counted: as refused if err->sqlstate is set. The owner may have closed it on return.
 */
void upstream_fail(struct upstream *upstream, const struct error *err);
/* The same by what its stream says: its error, or that the server closed it. `during`: what was being done,
 * for people. */
void upstream_fail_lost(struct upstream *upstream, const char *during);

/* Sends what is in its stream, as far as that goes, and waits for the rest and for what comes back. False: it
 * has failed. */
bool upstream_push(struct upstream *upstream);

#endif
