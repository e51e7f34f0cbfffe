/* Which of the eligible replicas? The one with the fewest of our connections for its weight; ties go round.
 * Pure. */
#ifndef HEADGATE_CLUSTER_BALANCE_H
#define HEADGATE_CLUSTER_BALANCE_H

#include "cluster/view.h"

/* The index of a server of the view that takes reads and is not `avoid` (VIEW_NO_SERVER: none), or
 * VIEW_NO_SERVER. `turn` moves the starting point: pass a counter that goes up with each call. */
int balance_pick(const struct view *view, int avoid, unsigned turn);

#endif
