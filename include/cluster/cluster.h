/* One cluster: its servers, their monitors, and the view that workers read. Lives on the control thread.
 *
 *      timer ──► probe ──► monitor ──► health ──┐
 *      sessions' trouble, operators ──► health ──┼──► publication: topology ──► view ──► on_view
 *      resolver ──► member, as another machine ──┤                               └──► news (log, events)
 *      timer, new primary ──► inventory ─────────┘
 *
 * Nothing is decided before every server has been asked once: a subset would make the first writable server
 * to answer the primary, and would promise clients what the others cannot keep.
 */
#ifndef HEADGATE_CLUSTER_CLUSTER_H
#define HEADGATE_CLUSTER_CLUSTER_H

#include "base/error.h"
#include "cluster/cluster_settings.h"
#include "cluster/events.h"
#include "cluster/lineage.h"
#include "cluster/member.h"
#include "cluster/succession.h"
#include "cluster/survey.h"
#include "cluster/topology.h"
#include "cluster/view.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct cluster {
    const struct cluster_settings *settings; /* borrows; a reload brings others: see cluster_set */
    char *name;                              /* owns: views tell it for longer than settings last */
    uint64_t drain_us;                       /* after `drain`; 0: it may take for ever */
    unsigned index;
    unsigned worker_count;
    struct resolver *resolver; /* borrows */
    struct upstream_env env;
    struct cluster_member *members; /* owns; they never move: there is room for `capacity` */
    size_t count;                   /* those that are gone included */
    size_t capacity;
    int primary;
    struct lineage lineage; /* what decisions about the primary remember */
    struct view *view;      /* one reference; NULL until every server's first probe has ended */
    uint64_t epoch;
    bool is_paused;
    uint64_t paused_since_us; /* monotonic; or since when it is not */
    uint64_t started_us;      /* monotonic */
    uint64_t seed;            /* of what is left to chance */
    struct events events;
    struct succession succession;
    struct survey survey;
    struct loop_timer survey_timer;
    struct code_changes code_changes;
    uint64_t survey_covers;   /* changes that were over when the last survey began */
    bool is_catalog_doubtful; /* the last survey has failed, or was of another primary */
    bool is_code_changed;     /* since the last survey began */
    struct catalog *catalog;  /* one reference: what the last survey of the present primary found, or NULL */
    uint64_t surveyed_us;     /* when that, or that it is still the same, was known */
    char survey_error[400];   /* what it did not find, and why; "": it found all, or has not ended yet */
    /* A new view: the receiver takes its own references. */
    void (*on_view)(struct cluster *cluster, struct view *view);
    void *owner; /* borrows */
};

/* Makes the servers. `env` is copied; `resolver` is borrowed, and may be NULL if no address is a name. */
bool cluster_init(struct cluster *cluster, const struct cluster_settings *settings, unsigned index,
                  unsigned worker_count, const struct upstream_env *env, struct resolver *resolver,
                  struct error *err);
/* Starts to ask for names' addresses, and probing. on_view follows with each new view, for the first time
 * when every server's first probe has ended: after `monitor.timeout` at the latest. */
void cluster_start(struct cluster *cluster, void (*on_view)(struct cluster *, struct view *), void *owner);
/* Stops both. */
void cluster_stop(struct cluster *cluster);
void cluster_fini(struct cluster *cluster);

/* ---- a reload ---- */

#define CLUSTER_SPARE 64 /* so many servers more than at the start there may be at a time */

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

/* Sessions have had failures with servers of this cluster: look at the servers' counters, let them count
 * (ejection), ask those that had any at once. Costs a walk over the counters of all workers. */
void cluster_note_trouble(struct cluster *cluster);

/* What an operator says of a server; it holds until the next word, or until headgate ends. A drain that lasts
 * longer than drain_us becomes a disable. */
enum cluster_verb { CLUSTER_ENABLE, CLUSTER_DRAIN, CLUSTER_DISABLE };

/* Carried out at once, also for the primary, which leaves the cluster without one. False when the cluster has
 * no server of this name. */
bool cluster_operate(struct cluster *cluster, const char *server, enum cluster_verb verb, struct error *err);
/* The server of this name that is not gone, or NULL. */
struct cluster_member *cluster_find(struct cluster *cluster, const char *server);

/* Publishes that what is new is to wait (view->is_paused), or need wait no longer. `reason`: for the event.
 * False when it was so already. */
bool cluster_set_paused(struct cluster *cluster, bool is_paused, const char *reason);

/* Every server's first probe has ended, one way or the other. */
bool cluster_is_probed(const struct cluster *cluster);

#endif
