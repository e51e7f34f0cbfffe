/* One cluster: its servers, their monitors, and the view that the workers read. Lives on the control thread.
 *
 *      timer ──► probe ──► monitor ──► health ───┐
 *      sessions' failures, operators ──► health ─┼──► view_builder: topology ──► view ──► on_view
 *      resolver ──► member, as another machine ──┤                             └──► view_changes: log, events
 *      timer, new primary ──► catalog_refresh ───┘
 *
 * Nothing is decided before every server has been probed once: otherwise the first writable server that
 * answers would become the primary, and clients would be promised capabilities that other servers do not
 * have. */
#pragma once

#include "base/error.h"
#include "cluster/cluster_state.h"
#include "cluster/member.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes the servers. `env` is copied; `resolver` is borrowed, and may be NULL if no address is a name. */
bool cluster_init(struct cluster *cluster, const struct cluster_settings *settings, unsigned index,
                  unsigned worker_count, const struct upstream_env *env, struct resolver *resolver,
                  struct error *err);
/* Starts to resolve names and to probe servers. on_view follows with each new view, for the first time when
 * every server's first probe has ended: after `monitor.timeout` at the latest. */
void cluster_start(struct cluster *cluster, void (*on_view)(struct cluster *, struct view *), void *owner);
/* Stops resolving names and probing. */
void cluster_stop(struct cluster *cluster);
void cluster_fini(struct cluster *cluster);

/* Sessions have had failures with servers of this cluster: the servers' counters are read, the failures count
 * for ejection, and servers with failures are probed at once. Costs a walk over the counters of all workers. */
void cluster_note_trouble(struct cluster *cluster);

/* An operator's order about a server. It holds until the next order, or until headgate ends. A drain that
 * lasts longer than drain_us becomes a disable. */
enum cluster_verb { CLUSTER_ENABLE, CLUSTER_DRAIN, CLUSTER_DISABLE };

/* Carried out at once, also for the primary, which leaves the cluster without a primary. False when the
 * cluster has no server of this name. */
bool cluster_operate(struct cluster *cluster, const char *server, enum cluster_verb verb, struct error *err);
/* Publishes that new statements wait (view->is_paused), or wait no longer. `reason`: for the event. False
 * when nothing changes. */
bool cluster_set_paused(struct cluster *cluster, bool is_paused, const char *reason);
