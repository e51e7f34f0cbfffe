/* What the admin commands may see: the running parts, borrowed from the control thread, on which all of admin
 * lives. */
#ifndef HEADGATE_ADMIN_ADMIN_H
#define HEADGATE_ADMIN_ADMIN_H

#include "cluster/cluster.h"
#include "proxy/worker.h"

#include <stddef.h>
#include <stdint.h>

struct admin {
    struct loop *loop;
    struct cluster *clusters; /* borrows */
    size_t cluster_count;
    const struct world *world;       /* borrows: the present one; only for the control thread */
    const struct door *const *doors; /* borrows, as the world: those that are open */
    size_t door_count;
    const struct reconfigure *reconfigure; /* borrows: see reconfigure.h */
    uint64_t started_us;
    struct pause *pauses; /* owns; by cluster: see pause.h */
};

#endif
