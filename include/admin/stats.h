/* The counters of `show stats`, which are also metrics: each row is summed over the workers. */
#pragma once

#include "admin/request.h"
#include "session/worker.h"

#include <stddef.h>
#include <stdint.h>

size_t stats_count(void);
const char *stats_name(size_t row);  /* "reads_waited" */
const char *stats_words(size_t row); /* what the counter counts */
uint64_t stats_sum(const struct world *world, size_t cluster, size_t row);

/* Number of times that sessions got a pin with this cause, in one cluster. */
uint64_t stats_pins(const struct world *world, size_t cluster, enum pin_cause cause);

/* Counters that belong to no cluster: number, name, words and value, as above. */
size_t stats_own_count(void);
const char *stats_own_name(size_t row);
const char *stats_own_words(size_t row);
uint64_t stats_own(const struct world *world, size_t row);

void show_stats(struct request *request);
extern const struct columns show_stats_columns;
