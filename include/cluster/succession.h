/* The next writer of a Galera cluster: it becomes the primary when it has applied all that the cluster had
 * when it was chosen, so that nobody who goes over to it finds less than there was. Lives on the control
 * thread, with a connection of its own: a wait for a slow node is no concern of the probes.
 *
 *      galera_decide ──► an heir ──► succession_follow ──► WSREP_WAIT_SQL ──► cluster_publish
 *                                          ▲                          │
 *                                          └── again in a moment ◄── not within monitor.timeout
 */
#ifndef HEADGATE_CLUSTER_SUCCESSION_H
#define HEADGATE_CLUSTER_SUCCESSION_H

#include "cluster/topology.h"
#include "cluster/upstream.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;

struct succession {
    int heir;                  /* index, or TOPOLOGY_NO_PRIMARY: there is none */
    uint64_t moves;            /* of its address, when it was chosen */
    bool has_caught_up;        /* … it has */
    struct upstream *upstream; /* owns; NULL while it is not being asked */
    struct rows rows;          /* owns */
    struct loop_timer timer;   /* to ask it, and the end of the patience then */
};

void succession_init(struct cluster *cluster);
void succession_stop(struct cluster *cluster);

/* Must its servers be asked whether they are Galera nodes? */
bool succession_is_possible(const struct cluster *cluster);
/* Are its roles those of a Galera cluster? With topology = "auto": if any server has said that it is a node,
 * the last time that its probe passed. */
bool succession_is_galera(const struct cluster *cluster);
/* Is this server the heir, and has it caught up? */
bool succession_is_complete(const struct cluster *cluster, size_t server);
/* The heir may be another one now, or none. Publishes some time later, never at once. */
void succession_follow(struct cluster *cluster, const struct topology_verdict *verdicts);

#endif
