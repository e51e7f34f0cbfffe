/* What is wrong with a cluster, from what its servers have said: a row for each check and server. Pure. */
#ifndef HEADGATE_ADMIN_DIAGNOSIS_H
#define HEADGATE_ADMIN_DIAGNOSIS_H

#include "access/timeout_settings.h"
#include "admin/table.h"
#include "cluster/checkup.h"
#include "cluster/cluster_settings.h"
#include "cluster/server.h"
#include "cluster/wsrep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An account of applications, as one server takes it. */
struct patient_account {
    const char *user; /* borrows */
    bool is_usable;   /* headgate has a password to log in with; else no visit was made */
    struct checkup visit;
};

/* A server. */
struct patient {
    const char *cluster, *name;              /* borrows */
    const struct cluster_settings *settings; /* borrows: its cluster's */
    bool is_primary;
    bool is_galera;                   /* its cluster's roles are those of a Galera cluster */
    struct wsrep wsrep;               /* … and what it said of itself when a probe passed last */
    size_t neighbours;                /* servers of its cluster, itself included */
    int64_t max_connections;          /* as configured; 0: the server's own less the reserve */
    struct checkup visit;             /* the monitor's */
    struct patient_account *accounts; /* owns: the first of all */
    size_t account_count;
    size_t account_total; /* how many are configured */
};

enum { DIAGNOSIS_COLUMNS = 6 };
extern const struct column diagnosis_columns[DIAGNOSIS_COLUMNS];

/* Appends the rows, check after check, to a table of these columns. */
void diagnosis_write(const struct patient *patients, size_t count, const struct timeout_settings *timeouts,
                     struct table *table);

#endif
