/* SHOW tables about clusters as a whole, and what has happened to them. */
#ifndef HEADGATE_ADMIN_SHOW_CLUSTER_H
#define HEADGATE_ADMIN_SHOW_CLUSTER_H

#include "admin/request.h"

void show_clusters(struct request *request); /* the one that the argument names, or all */
void show_events(struct request *request);   /* oldest first, cluster by cluster */

extern const struct columns show_clusters_columns;
extern const struct columns show_events_columns;

#endif
