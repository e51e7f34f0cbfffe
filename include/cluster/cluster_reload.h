/* A reload gives a cluster other settings: servers are added, removed, or get another address. Lives on the
 * control thread. */
#pragma once

#include "base/error.h"
#include "cluster/cluster.h"

#include <stdbool.h>
#include <stdint.h>

/* Is there room for these servers, besides the removed servers that are still being drained? False: *err says
 * so. */
bool cluster_has_room(const struct cluster *cluster, const struct cluster_settings *settings,
                      struct error *err);

/* Puts other settings into effect; they are borrowed until the next call or the end of the cluster. `socket`,
 * `connect_us` and `login_us` of `env`, and `drain_us`, are copied. Servers are matched by name. A new server
 * is probed, and used when it has answered. A server that is missing is drained, and then removed. A server
 * with another address counts as another machine. There must be room (cluster_has_room). If memory is out,
 * the log says so, and the server in question keeps its settings. */
void cluster_set(struct cluster *cluster, const struct cluster_settings *settings,
                 const struct upstream_env *env, uint64_t drain_us);
