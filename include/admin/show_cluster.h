/* SHOW CLUSTERS and SHOW EVENTS: tables about whole clusters, and about the events in them. */
#ifndef HEADGATE_ADMIN_SHOW_CLUSTER_H
#define HEADGATE_ADMIN_SHOW_CLUSTER_H

#include "admin/request.h"

void show_clusters(struct request *request); /* the cluster that the argument names, or all */
void show_events(struct request *request);   /* oldest first, one cluster after the other */

extern const struct columns show_clusters_columns;
extern const struct columns show_events_columns;

#endif
