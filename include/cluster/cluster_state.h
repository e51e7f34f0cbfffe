/* The data that the files of a cluster share. Lives on the control thread. */
#pragma once

#include "cluster/cluster_settings.h"
#include "cluster/events.h"
#include "monitor/galera_writer.h"
#include "monitor/survey.h"
#include "monitor/topology_history.h"
#include "cluster/view.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct cluster_member;

/* How many servers more than at the start a cluster may have at a time: reloads add them. */
#define CLUSTER_SPARE 64

struct cluster {
    const struct cluster_settings *settings; /* borrows; a reload replaces them: see cluster_set */
    char *name;                              /* owns: views use the name for longer than the settings last */
    uint64_t drain_us;                       /* how long a drain may take; 0: without end */
    unsigned index;
    unsigned worker_count;
    struct resolver *resolver; /* borrows */
    struct upstream_env env;
    struct cluster_member *members; /* owns; members never move: there is room for `capacity` */
    size_t count;                   /* including members that are gone */
    size_t capacity;
    int primary;
    struct topology_history history; /* kept from one decision about roles to the next */
    struct view *view;               /* one reference; NULL until every server's first probe has ended */
    uint64_t epoch;
    bool is_paused;
    uint64_t paused_since_us; /* monotonic; when is_paused last changed */
    uint64_t started_us;      /* monotonic */
    uint64_t seed;            /* of random numbers */
    struct events events;
    struct galera_writer galera_writer;
    struct survey survey;
    struct loop_timer survey_timer;
    struct code_changes code_changes;
    uint64_t survey_covers;   /* changes of stored code that were over when the last survey began */
    bool is_catalog_doubtful; /* the last survey has failed, or was of another primary */
    bool is_code_changed;     /* stored code has changed since the last survey began */
    struct catalog *catalog;  /* one reference: the result of the last good survey; or NULL */
    uint64_t surveyed_us;     /* monotonic; end of the last good survey */
    char survey_error[400]; /* what the last survey did not find, and why; "": it found all, or has not ended
                               yet */
    /* Data that roles or the view depend on has changed: calls cluster_publish. */
    void (*on_change)(struct cluster *cluster);
    /* A new view: the receiver takes its own references. */
    void (*on_view)(struct cluster *cluster, struct view *view);
    void *owner; /* borrows */
};
