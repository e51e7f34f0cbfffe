/* What the admin commands can see: the running parts of headgate, borrowed from the control thread. All of
 * admin runs on that thread. */
#pragma once

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
    const struct world *world;               /* borrows; the current one; only for the control thread */
    const struct listener *const *listeners; /* borrows, like the world; the open listeners */
    size_t listener_count;
    const struct reconfigure *reconfigure; /* borrows; see reconfigure.h */
    uint64_t started_us;
    bool is_ending; /* SIGTERM was received: no new clients */
    /* Calls `each` for every setting of the running configuration: see print_settings. */
    void (*each_setting)(const struct admin *admin, print_setting_fn each, void *context);
    struct pause *pauses; /* owns; one per cluster: see pause.h */
    struct ward *ward;    /* owns; the state of a running `doctor`; NULL: none runs. See doctor.h */
};
