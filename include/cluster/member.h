/* One server as its cluster knows it: where it is, what its probes and its sessions have said of it, and what
 * an operator wants of it. Lives on the control thread, in a place that never moves; a server that is gone
 * leaves the place to another one.
 *
 * Nothing here decides about roles: whoever has changed a member publishes (cluster/publication.h).
 */
#ifndef HEADGATE_CLUSTER_MEMBER_H
#define HEADGATE_CLUSTER_MEMBER_H

#include "base/error.h"
#include "cluster/health.h"
#include "cluster/probe.h"
#include "cluster/server.h"
#include "cluster/server_settings.h"
#include "net/loop.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;

struct cluster_member {
    struct cluster *cluster;  /* borrows */
    struct server *server;    /* owns */
    struct resolve_name name; /* where it is, as far as that is known */
    uint64_t moves;           /* how often it has become another machine */
    uint64_t moved_us;        /* monotonic; since when it is at its present address */
    uint64_t lost_us;         /* monotonic; see view_server */
    bool is_lost;             /* its name cannot be resolved just now, and that was told */
    struct probe probe;
    struct health health;
    struct probe_result last; /* of the last probe that passed */
    char detail[160];         /* of the last probe that failed, until one passes */
    enum outcome trouble;     /* PASSED, or what it was last told to be beside its state: see trouble.h */
    uint64_t trouble_us;      /* monotonic; since when it is that */
    int64_t passed_in_a_row;  /* probes, amid trouble */
    uint64_t linked_us; /* monotonic; when a probe last found it not adrift (cut_off.h); 0: none has passed */
    bool is_known;      /* one has passed, ever */
    bool was_probed;    /* one has ended, ever; or it came by a reload: nobody waits for its first */
    bool is_told_empty; /* an operator drains it, and that nothing is left there was told */
    bool is_removed;    /* from the configuration: it is drained */
    bool is_gone;       /* … and nothing was left there: its place is free for another server */
    struct loop_timer timer;
    struct loop_timer drained; /* the end of a drain: what is left is cut then */
    bool must_repeat;          /* ask again as soon as the probe that runs has ended */
    uint64_t answered;         /* sessions' commands that had been when the present probe began */
    uint64_t demotions;        /* statements that had been refused as read-only when a probe last passed */
    struct server_totals seen; /* of sessions, when they were last looked at */
    uint64_t changes, ejections, probes, probe_failures; /* ever */
};

/* Makes the server of place `i`, which is zeroed, or whose server is gone and is given its settings. Nothing
 * is started. On failure the place is as it was, and err says why. */
bool member_init(struct cluster *cluster, size_t i, const struct server_settings *settings,
                 struct error *err);
/* Starts to ask for its name's addresses, and, in the loop's next turn, for its state. */
void member_start(struct cluster_member *member);
/* Stops both, for good. */
void member_stop(struct cluster_member *member);
/* It was removed from the configuration, and nobody has a connection to it any more (member_is_empty):
 * everything is stopped, its place is free. What had no time to see that it is drained finds another machine
 * there, should the place be taken. Publishes. */
void member_retire(struct cluster_member *member);
/* Nothing of any session is there, nor waits for it. */
bool member_is_empty(const struct cluster_member *member);

/* The rules of its health, by the settings of the moment. */
struct health_rules member_rules(const struct cluster_member *member);
/* Its health hears of something; ejections are counted. */
void member_note(struct cluster_member *member, const struct health_event *event);
/* What an operator says of it. A drain ends after the cluster's drain_us: what is left is cut then. */
void member_order(struct cluster_member *member, enum health_order order);
/* Once, when an operator drains it and nothing is left there: an event and a line in the log, so that
 * somebody who waits for that may stop it. */
void member_tell_drained(struct cluster_member *member);
/* Another machine was met at its address: what is connected to the former one is left, and until it has been
 * asked again it has no part in anything. Whoever calls this publishes. */
void member_replace(struct cluster_member *member);
/* A reload gives it another address (copied): also if that is a name which may lead to the same machine.
 * False: memory is out or the address unusable, err says so, and it is where it was. */
bool member_move(struct cluster_member *member, const char *address, struct error *err);

/* Asks the server in the loop's next turn, and at its interval from then on; a server that is being asked is
 * asked once more after that, as the answer may be older than what has just been heard elsewhere. A member
 * that is gone is not asked. */
void member_probe_soon(struct cluster_member *member);

/* ---- all members of a cluster ---- */

/* The server of this name that is not gone, or NULL. */
struct cluster_member *member_find(struct cluster *cluster, const char *server);
/* Every server's first probe has ended, one way or the other. */
bool member_are_all_probed(const struct cluster *cluster);
/* May the servers be Galera nodes? Then the probes ask. */
bool member_may_be_galera(const struct cluster *cluster);
/* Are the roles those of a Galera cluster? With topology = "auto": if any server has said that it is a node,
 * the last time that its probe passed. */
bool member_is_any_galera(const struct cluster *cluster);

#endif
