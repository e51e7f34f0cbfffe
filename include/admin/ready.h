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
/* /health/live: does the control thread turn, and does every worker? {"live": …, "problem": …}. */
void ready_make_live(struct document *document);
/* For ready_make_live: the census has been taken, or was not. */
void ready_note_census(struct census *census);

#endif
