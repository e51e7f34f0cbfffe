/* Decides the roles of the servers from what is known of them, and describes servers and cluster in a view.
 * When anything differs from the last view, the change is logged and counted, and the view is published
 * (cluster->on_view). */
#pragma once

#include "cluster/cluster_state.h"

/* Does nothing before every server's first probe has ended. When memory is out, the old view stays, and the
 * log says so. Must not be called from within on_view. */
void cluster_publish(struct cluster *cluster);
