/* How long commands take: of each listener what clients wait, of each server until its first byte. */
#ifndef HEADGATE_ADMIN_LATENCY_H
#define HEADGATE_ADMIN_LATENCY_H

#include "admin/admin.h"
#include "admin/request.h"
#include "admin/table.h"

/* SHOW LATENCY: quantiles since the start. */
void show_latency(struct request *request);
extern const struct columns show_latency_columns;

/* The same with the buckets themselves: whoever reads twice has the latencies between. Initializes the table,
 * which is the caller's to fini. */
void latency_table(const struct admin *admin, struct table *table);

#endif
