/* The catalog of a cluster's stored code, read from its primary by surveys (monitor/survey.h). Views carry
 * the catalog to the workers. Lives on the control thread.
 *
 * A survey runs with a new primary, every `read_functions_interval`, and when a change of stored code has
 * passed through headgate. After a survey that failed, and with a new primary, the catalog is in doubt: its
 * entries count as unknown code, but a view does not count as a table. */
#pragma once

#include "cluster/cluster_state.h"

#include <stdbool.h>
#include <stdint.h>

void catalog_refresh_init(struct cluster *cluster);
/* The catalog of the last primary is in doubt, and the present primary is surveyed in the loop's next turn:
 * not at once, as a survey that fails at once would publish, and cluster_publish calls this. */
void catalog_refresh_begin_anew(struct cluster *cluster);
/* The settings have changed. `interval_us`: the former interval between two surveys. */
void catalog_refresh_set(struct cluster *cluster, uint64_t interval_us);
/* Sessions have changed stored code: a survey follows CATALOG_REFRESH_PAUSE_US later. */
void catalog_refresh_note_change(struct cluster *cluster);
/* Has a survey ended, well or not? `cluster->survey_error` then says what it did not find. */
bool catalog_refresh_is_surveyed(const struct cluster *cluster);
void catalog_refresh_stop(struct cluster *cluster);

#define CATALOG_REFRESH_PAUSE_US 100000 /* so that many changes in a row cause few surveys */
