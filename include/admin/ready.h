/* Can this proxy serve? What a load balancer in front of several headgates, and whoever is called at night,
 * want to know: each listener's cluster must have a server for its clients. */
#ifndef HEADGATE_ADMIN_READY_H
#define HEADGATE_ADMIN_READY_H

#include "admin/admin.h"
#include "admin/document.h"
#include "admin/table.h"

#include <stdbool.h>

/* Fills a table of what is wrong (init by this; the caller's to fini): cluster, problem, and whether it keeps
 * headgate from serving. True: nothing does. */
bool ready_judge(const struct admin *admin, struct table *problems);

/* /health and /health/ready: {"ready": …, "problems": […]}; 200, or 503. */
void ready_make(struct document *document);
/* /health/primary, /health/replicas, /health/cluster/NAME and /health/listener/NAME, these also with /primary
 * or /replicas behind them: is there a primary, does a replica take reads, can the cluster serve, has the
 * listener what its mode needs? Appends the same as /health to `body` and returns HTTP's status; 0: the path
 * is none of these. Walks over the views of the clusters. */
unsigned ready_answer(const struct admin *admin, const char *path, struct text *body);
/* /health/live: does the control thread turn, and does every worker? {"live": …, "problem": …}. */
void ready_make_live(struct document *document);
/* For ready_make_live: the counts has been taken, or was not. */
void ready_note_counts(struct session_counts *counts);

#endif
