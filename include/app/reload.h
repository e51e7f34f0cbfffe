/* From one configuration to the next, while everything runs. Lives on the control thread.
 *
 *      file ──► config_load_again ──► version_new ──► doors_plan           all of it can still fail
 *                                                        │
 *           limits, clusters, doors, log, what admin sees: at once          nothing of it can
 *                                                        │
 *           worker 0 ──► worker 1 ──► … ──► home: worker_adopt in each      then the old version is freed
 *
 * One at a time: who asks meanwhile waits for its turn.
 */
#ifndef HEADGATE_APP_RELOAD_H
#define HEADGATE_APP_RELOAD_H

#include "access/users.h"
#include "admin/reconfigure.h"
#include "app/config.h"
#include "app/doors.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>

/* A configuration, and what workers need of it. Immutable once it counts. */
struct version {
    struct config *config; /* owns */
    struct users users;
    struct world world; /* of `config` and `users` */
};

/* `constant`: for what all worlds have in common. `before`: the version that counts now, or NULL. Takes the
 * config, also on failure. */
struct version *version_new(struct config *take_config, const struct world *constant,
                            const struct version *before, struct error *err);
void version_free(struct version **version);

struct reload {
    struct loop *loop; /* borrows, like all of these */
    struct cluster *clusters;
    size_t cluster_count;
    struct limits *limits;
    struct doors *doors;
    struct admin *admin;
    struct bypass *bypass;
    int log_fd;                  /* where the log goes */
    struct version *current;     /* owns */
    struct version *former;      /* owns: until every worker has adopted the current one; NULL: they have */
    struct list wishes;          /* the first one is being carried out */
    struct loop_message message; /* travels through the workers */
    unsigned next_worker;
    bool is_ending;
    struct reconfigure reconfigure; /* for the admin commands */
};

/* With everything in place but the listeners: opens these. Takes `current` in any case. */
bool reload_init(struct reload *reload, struct error *err);
/* SIGHUP. */
void reload_begin(struct reload *reload);
/* Nothing is reloaded any more: who waits hears so. */
void reload_end(struct reload *reload);
/* When the workers have ended, and their mail has come home. */
void reload_fini(struct reload *reload);

#endif
