/* A reload gives a cluster other settings: servers come, go and move. Lives on the control thread.
 */
#ifndef HEADGATE_CLUSTER_CLUSTER_RELOAD_H
#define HEADGATE_CLUSTER_CLUSTER_RELOAD_H

#include "base/error.h"
#include "cluster/cluster.h"

#include <stdbool.h>
#include <stdint.h>

/* Is there room for these servers beside those that are still being drained? Else err says so. */
bool cluster_has_room(const struct cluster *cluster, const struct cluster_settings *settings,
                      struct error *err);

/* Other settings, of which there are to be those at the next call, or the end; `socket`, `connect_us`,
 * `login_us` of `env`, and drain_us, are taken over as well. Servers are matched by name. One that is new is
 * probed, and used when it has answered; one that is not there any more is drained and then gone; one with
 * another address has become another machine. There must be room. Where memory is out, that is logged, and
 * the server concerned is as it was. */
void cluster_set(struct cluster *cluster, const struct cluster_settings *settings,
                 const struct upstream_env *env, uint64_t drain_us);

#endif
