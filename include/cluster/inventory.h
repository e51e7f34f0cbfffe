/* What stored code a cluster has, as its primary says now and then (cluster/survey.h); views carry the
 * catalog to the workers. Lives on the control thread.
 *
 * Asked at a new primary, every `read_functions_interval`, and when a change of stored code has passed
 * through headgate. After a survey that failed, and with a new primary, what the catalog lists is not known;
 * but it is kept: what was a view is not taken for a table.
 */
#ifndef HEADGATE_CLUSTER_INVENTORY_H
#define HEADGATE_CLUSTER_INVENTORY_H

#include "cluster/cluster_state.h"

#include <stdint.h>

void inventory_init(struct cluster *cluster);
/* What the last primary said is in doubt; the present one is asked. Not at once: a survey that fails at
 * once would publish, and this is called amid a publication. */
void inventory_begin_anew(struct cluster *cluster);
/* The settings have changed. `interval_us`: between two surveys before. */
void inventory_set(struct cluster *cluster, uint64_t interval_us);
/* Sessions have changed stored code: it is asked about soon, INVENTORY_PAUSE_US after the last survey. */
void inventory_note_change(struct cluster *cluster);
void inventory_stop(struct cluster *cluster);

#define INVENTORY_PAUSE_US 100000 /* so that many changes in a row do not become as many surveys */

#endif
