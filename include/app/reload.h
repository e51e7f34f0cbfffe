/* A reload: replaces the configuration while headgate runs. Lives on the control thread.
 *
 *      file ──► config_load_again ──► version_new ──► listeners_plan      can fail: then nothing has changed
 *                                                        │
 *                                                        ▼
 *      log, limits, accounts, clusters, listeners, admin: at once         cannot fail
 *                                                        │
 *                                                        ▼
 *      a message visits worker 0, worker 1, …: worker_adopt in each   then the former version is freed
 *
 * One reload at a time: further requests wait in a list. */
#pragma once

#include "access/account_refresh.h"
#include "access/users.h"
#include "admin/reconfigure.h"
#include "app/config.h"
#include "app/listeners.h"
#include "console/mysql_console.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>

/* A configuration, and the data that workers use from it. Immutable once it is in effect. */
struct version {
    struct config *config; /* owns */
    struct users users;
    struct world world; /* borrows `config` and `users` */
};

/* Makes a version. `constant`: the members of struct world that a reload does not change are copied from it.
 * `before`: the version that is in effect, or NULL. Takes the configuration, also on failure. NULL: *err says
 * why. */
struct version *version_new(struct config *take_config, const struct world *constant,
                            const struct version *before, struct error *err);
void version_free(struct version **version);

struct reload {
    struct loop *loop; /* borrows, like all of these */
    struct cluster *clusters;
    size_t cluster_count;
    struct account_refresh *refreshes; /* cluster_count of them */
    struct limits *limits;
    struct listeners *listeners;
    struct admin *admin;
    struct mysql_console *mysql_console;
    struct bypass *bypass;
    int log_fd;                  /* the file that the log is written to */
    struct version *current;     /* owns */
    struct version *former;      /* owns: until every worker has adopted `current`; NULL: every worker has */
    struct list wishes;          /* requests for a reload; the first one is being carried out */
    struct loop_message message; /* visits one worker after the other */
    unsigned next_worker;
    bool is_ending;
    struct reconfigure reconfigure; /* for the admin commands */
};

/* Opens the listeners of `current`, which belongs to the reload from now on, also on failure. The borrowed
 * members must be set. False: *err says which listener failed. */
bool reload_init(struct reload *reload, struct error *err);
/* Requests a reload: SIGHUP. */
void reload_begin(struct reload *reload);
/* headgate is ending: requests that wait, and later ones, are answered with an error. */
void reload_end(struct reload *reload);
/* Frees the versions. The workers have ended, and the control loop's mailbox is closed (loop_close_mail). */
void reload_fini(struct reload *reload);
