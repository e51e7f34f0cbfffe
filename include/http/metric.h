/* One metric is one row of tbl/metrics.h: its name, type, scope, the value that it reads, and its help
 * text. http/metrics writes the pages. On the control thread. */
#pragma once

#include "admin/admin.h"
#include "http/session_counts.h"
#include "http/process.h"
#include "base/hist.h"

#include <stddef.h>

/* The object that a sample describes. Pointers that do not belong to the metric's scope are NULL. */
struct metric_place {
    const struct admin *admin;
    const struct session_counts *counts;
    const struct process *process;
    const struct worker *worker;
    const struct cluster *cluster;
    const struct cluster_member *member;
    const struct view_server *entry; /* NULL: there is no view yet */
    const struct server *server;
    const struct server_totals *totals;
    const struct listener *listener;
    const struct user *user;
    size_t word; /* index of the value of the row's own label */
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

enum metric_scope {
    METRIC_OF_HEADGATE,
    METRIC_OF_WORKER,
    METRIC_OF_LISTENER,
    METRIC_OF_USER,
    METRIC_OF_CLUSTER,
    METRIC_OF_SERVER
};

struct metric {
    const char *name;
    enum metric_type type;
    enum metric_scope scope;
    const char *label;                                     /* name of a label in addition to the scope's;
                                                            * NULL: none */
    size_t words;                                          /* number of values of that label */
    const char *(*word)(const struct metric_place *place); /* the label's value at place->word */
    double (*value)(const struct metric_place *place);     /* NAN: no value now */
    void (*hist)(const struct metric_place *place, struct hist_total *total); /* set instead of `value` */
    const char *help;
};

extern const struct metric metric_rows[];
extern const size_t metric_count;
