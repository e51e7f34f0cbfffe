/* Which stored functions of a cluster only read, as its primary says now and then (cluster/survey.h); views
 * carry the list to the workers. Lives on the control thread.
 */
#ifndef HEADGATE_CLUSTER_FUNCTIONS_H
#define HEADGATE_CLUSTER_FUNCTIONS_H

#include "cluster/cluster.h"

#include <stdint.h>

void functions_init(struct cluster *cluster);
/* What the last primary said holds no longer; the present one is asked, if anybody is to be. Not at once: a
 * survey that fails at once would publish, and this is called amid a publication. */
void functions_begin_anew(struct cluster *cluster);
/* The settings have changed. `interval_us`: between two surveys before; 0: there were none. */
void functions_set(struct cluster *cluster, uint64_t interval_us);
void functions_stop(struct cluster *cluster);

#endif
