/* Latency of commands: per listener the time that clients wait, per server the time to the first byte. */
#pragma once

#include "admin/admin.h"
#include "admin/request.h"
#include "admin/table.h"

/* SHOW LATENCY: quantiles since the start. */
void show_latency(struct request *request);
extern const struct columns show_latency_columns;

/* The same table with the histogram buckets: a reader that reads it twice can compute the latencies in
 * between. Initializes *table; the caller frees it with table_fini. */
void latency_table(const struct admin *admin, struct table *table);
