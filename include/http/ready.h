/* Can this proxy serve? For load balancers in front of several headgates and for operators: each listener's
 * cluster must have a server for its clients. */
#pragma once

#include "admin/admin.h"
#include "http/document.h"
#include "admin/table.h"

#include <stdbool.h>

/* Fills a table of problems: cluster, problem, and whether the problem keeps headgate from serving.
 * Initializes *problems; the caller frees it with table_fini. True: headgate can serve. */
bool ready_judge(const struct admin *admin, struct table *problems);

/* /health and /health/ready: {"ready": …, "problems": […]}; status 200 or 503. */
void ready_make(struct document *document);
/* /health/primary, /health/replicas, /health/cluster/NAME and /health/listener/NAME, the last two also
 * followed by /primary or /replicas. Is there a primary, does a replica take reads, can the cluster serve,
 * does the listener have what its mode needs? Appends the same JSON as /health to `body` and returns the HTTP
 * status; 0: unknown path. Walks over the views of the clusters. */
unsigned ready_answer(const struct admin *admin, const char *path, struct text *body);
/* /health/live: do the control thread and every worker respond? {"live": …, "problem": …}. */
void ready_make_live(struct document *document);
/* Continues ready_make_live after the counts were taken, or the attempt failed. */
void ready_note_counts(struct session_counts *counts);
