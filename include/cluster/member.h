/* One server of a cluster: its address, the results of its probes, the failures of its sessions, and an
 * operator's orders. Lives on the control thread, in a place that never moves; a server that is gone leaves
 * its place to another server.
 *
 * Nothing here decides about roles. The caller that has changed a member publishes (cluster/view_builder.h);
 * events of the member itself, such as another address, call cluster->on_change. */
#pragma once

#include "base/error.h"
#include "monitor/health.h"
#include "monitor/probe.h"
#include "upstream/server.h"
#include "upstream/server_settings.h"
#include "net/loop.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;

struct cluster_member {
    struct cluster *cluster;  /* borrows */
    struct server *server;    /* owns */
    struct resolve_name name; /* its address, as far as known */
    uint64_t moves;           /* how often the server has become another machine */
    uint64_t moved_us;        /* monotonic; since when the server has its present address */
    uint64_t lost_us;         /* monotonic; see view_server.lost_us */
    bool is_lost;             /* its name cannot be resolved, and the log says so */
    struct probe probe;
    struct health health;
    struct probe_result last; /* of the last probe that passed */
    char detail[256];         /* why the last probe failed, until one passes */
    enum outcome refusal;     /* of its probes, as last reported: see incidents.h; PASSED: none */
    uint64_t refusal_us;      /* monotonic; since when */
    int64_t passed_in_a_row;  /* probes, during refusals */
    uint64_t linked_us;       /* monotonic; when a probe last found the server not cut off; 0: no probe
                           has passed */
    bool is_known;            /* a probe has passed, ever */
    bool was_probed;    /* a probe has ended, ever; or a reload has added the server: its first probe is not
                           waited for */
    bool is_told_empty; /* an operator drains the server, and the log says that it is empty */
    bool is_removed;    /* from the configuration: the server is drained */
    bool is_gone;       /* removed and empty: the place is free for another server */
    struct loop_timer timer;
    struct loop_timer drained; /* end of a drain: connections that are left are closed */
    bool must_repeat;          /* probe again as soon as the present probe has ended */
    uint64_t answered;         /* commands of sessions that were answered when the present probe began */
    uint64_t demotions;        /* statements refused as read-only when a probe last passed */
    struct server_totals seen; /* counters of sessions, as last read */
    uint64_t changes, ejections, probes, probe_failures; /* ever */
};

/* Makes the server of place `i`, which is zeroed, or whose former server is gone. Nothing is started;
 * probe_schedule_init is to follow. On failure the place is as it was, and err says why. */
bool member_init(struct cluster *cluster, size_t i, const struct server_settings *settings,
                 struct error *err);
/* Starts to resolve the server's name, and begins a probe in the loop's next turn. */
void member_start(struct cluster_member *member);
/* Stops resolving the name and probing, for good. */
void member_stop(struct cluster_member *member);
/* The server was removed from the configuration, and no session has a connection to it (member_is_empty):
 * everything is stopped, and the place is free. A worker that still has the former view finds another machine
 * in the place if another server takes it. Publishes. */
void member_retire(struct cluster_member *member);
/* No session has a connection to the server, or waits for one. */
bool member_is_empty(const struct cluster_member *member);

/* The rules of the server's health, by the present settings. */
struct health_rules member_rules(const struct cluster_member *member);
/* Gives an event to the server's health, and counts ejections. */
void member_note(struct cluster_member *member, const struct health_event *event);
/* Applies an operator's order. A drain ends after the cluster's drain_us: then connections that are left are
 * closed. */
void member_order(struct cluster_member *member, enum health_order order);
/* If an operator drains the server, and no connection of a session is left: adds an event and a line to the
 * log, once. The operator can stop the server then. */
void member_tell_drained(struct cluster_member *member);
/* Another machine was found at the server's address: connections to the former machine are not used any more,
 * and the server has no role until it has been probed. The caller publishes. */
void member_replace(struct cluster_member *member);
/* A reload gives the server another address (copied); it counts as another machine unless both lead to the
 * same address. False: memory is out or the address is unusable, err says so, and the server keeps its
 * address. */
bool member_move(struct cluster_member *member, const char *address, struct error *err);

/* Probes the server in the loop's next turn, and at its interval from then on. If a probe is running, another
 * one follows: the answer of the present probe may be older than the reason for this call. Does nothing for a
 * member that is gone. */
void member_probe_soon(struct cluster_member *member);

/* ---- all members of a cluster ---- */

/* The server of this name that is not gone, or NULL. */
struct cluster_member *member_find(struct cluster *cluster, const char *server);
/* Every server's first probe has ended, whatever its outcome. */
bool member_are_all_probed(const struct cluster *cluster);
/* May the servers be Galera nodes? If so, probes ask for their wsrep state. */
bool member_may_be_galera(const struct cluster *cluster);
/* Do the rules of a Galera cluster decide about roles? With topology = "auto": if any server's last probe
 * that passed found a Galera node. */
bool member_is_any_galera(const struct cluster *cluster);
