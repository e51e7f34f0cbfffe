/* What is wrong with a cluster, judged from the answers of its servers: one row per check and server.
 * Pure. */
#pragma once

#include "access/directory.h"
#include "access/timeout_settings.h"
#include "admin/table.h"
#include "monitor/checkup.h"
#include "cluster/cluster_settings.h"
#include "upstream/server.h"
#include "monitor/wsrep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An account of applications, as tested on one server. */
struct patient_account {
    const char *user; /* borrows */
    bool is_usable;   /* headgate has a password to log in with; else no login was tried */
    struct checkup visit;
};

/* A server that is examined. */
struct patient {
    const char *cluster, *name;              /* borrows */
    const struct cluster_settings *settings; /* borrows; of its cluster */
    bool is_primary;
    bool is_galera;                       /* its cluster's roles are those of a Galera cluster */
    struct wsrep wsrep;                   /* Galera status as of the last probe that passed */
    bool is_surveyed;                     /* the primary: it was asked for its stored code at least once */
    const char *survey_error;             /* borrows; "": all stored code is known */
    struct directory_state accounts_read; /* the accounts' state of the cluster */
    size_t hidden_views;                  /* views whose bodies the monitor may not see */
    size_t neighbours;                    /* number of servers in its cluster, itself included */
    int64_t max_connections;              /* as configured; 0: the server's own limit less the reserve */
    struct checkup visit;                 /* the checkup with the monitor's account */
    struct patient_account *accounts;     /* owns; the first DOCTOR_ACCOUNTS_MAX of all accounts */
    size_t account_count;
    size_t account_total; /* number of configured accounts */
};

enum { DIAGNOSIS_COLUMNS = 6 };
extern const struct column diagnosis_columns[DIAGNOSIS_COLUMNS];

/* Runs all checks and appends their rows to a table that has diagnosis_columns. */
void diagnosis_write(const struct patient *patients, size_t count, const struct timeout_settings *timeouts,
                     struct table *table);
