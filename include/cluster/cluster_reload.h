/* A reload gives a cluster other settings: servers come, go and move. Lives on the control thread.
 */
#ifndef HEADGATE_CLUSTER_CLUSTER_RELOAD_H
#define HEADGATE_CLUSTER_CLUSTER_RELOAD_H

#include "base/error.h"
#include "cluster/cluster.h"

#include <stdbool.h>
#include <stdint.h>

/* Is there room for these servers beside those that are still being drained? If not, err says so. */
bool cluster_has_room(const struct cluster *cluster, const struct cluster_settings *settings,
                      struct error *err);

/* Other settings, borrowed until the next call or the end of the cluster; `socket`, `connect_us`, `login_us`
 * of `env`, and drain_us, are taken over as well. Servers are matched by name. A new server is probed, and
 * used when it has answered; a server that is missing is drained and then gone; a server with another address
 * counts as another machine. There must be room (cluster_has_room). When memory is out, the log says so, and
 * the server concerned stays as it was. */
void cluster_set(struct cluster *cluster, const struct cluster_settings *settings,
                 const struct upstream_env *env, uint64_t drain_us);

#endif
