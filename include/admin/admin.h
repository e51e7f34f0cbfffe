/* What the admin commands may see: the running parts, borrowed from the control thread, on which all of admin
 * lives. */
#ifndef HEADGATE_ADMIN_ADMIN_H
#define HEADGATE_ADMIN_ADMIN_H

#include "cluster/cluster.h"
#include "session/worker.h"

#include "settings/print.h"

#include <stdbool.h>
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
    bool is_ending; /* SIGTERM: no new clients */
    /* Tells every setting of the configuration that runs now: see print_settings. */
    void (*each_setting)(const struct admin *admin, print_setting_fn each, void *context);
    struct pause *pauses; /* owns; by cluster: see pause.h */
    struct ward *ward;    /* owns; of the doctor at work; NULL: none is. See doctor.h */
};

#endif
