/* What the cluster believes, as an immutable snapshot: published whole, replaced whole, read without locks.
 * A worker holds one reference; sessions ask their worker and keep no pointer.
 */
#ifndef HEADGATE_CLUSTER_VIEW_H
#define HEADGATE_CLUSTER_VIEW_H

#include "cluster/cluster_settings.h"
#include "cluster/outcome.h"
#include "cluster/replication.h"
#include "cluster/server.h"
#include "mysql/handshake.h"
#include "mysql/tracked.h"
#include "net/addr.h"
#include "sql/catalog.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_NO_SERVER (-1)

struct view_server {
    struct server *server; /* borrows: servers outlive views */
    struct addr addr;      /* where it is; empty while its name was never resolved */
    uint64_t moves;        /* how often that has changed: what was connected before is another machine */
    uint64_t
        lost_us; /* monotonic: a connection that had logged in before is lost: the server has restarted */
    enum server_role role;
    enum server_state state;
    const char *reason;    /* static text */
    char detail[160];      /* the last probe's error, or which others are writable, or "" */
    uint64_t since_us;     /* monotonic; of role and state together */
    uint64_t changed_us;   /* the same of role, state and takes_reads */
    uint64_t slow_from_us; /* monotonic; between these two its share of reads grows to the whole */
    uint64_t slow_until_us;
    bool is_near; /* of the cluster's own zone, or the cluster has none */
    enum replication_fault fault;
    enum outcome trouble; /* of its probes: see trouble.h; PASSED: none */
    int64_t lag_ms;       /* -1: unknown */
    bool takes_reads;
    bool is_gone;      /* there is no such server any more: its place is kept */
    bool is_contender; /* writes would be taken there, but it is not the primary */
};

struct view {
    atomic_uint references;
    uint64_t epoch;           /* counts up with each change */
    uint64_t number;          /* counts up with each publication to the workers: see app/barrier */
    const char *cluster_name; /* borrows: the cluster's */
    unsigned cluster_index;
    enum server_family family; /* FAMILY_UNKNOWN until a server has answered */
    char version[64];          /* shown to clients: the lowest of all servers */
    uint64_t caps;             /* what all servers that have answered have in common */
    uint8_t collation;         /* the primary's default, for greetings */
    bool ansi_quotes;          /* the servers' global sql_mode */
    bool oracle;
    bool no_backslash_escapes;
    struct tracked tracked;            /* what the primary tells clients by session tracking, by default */
    struct catalog *catalog;           /* one reference: the stored code; NULL: it is not known */
    struct code_changes *code_changes; /* borrows the cluster's: changes that pass are noted there */
    bool reads_functions;              /* stored code that only reads may run on replicas */
    enum balance_setting balance;
    enum primary_reads_setting primary_reads;
    bool is_galera;            /* positions are numbers of write sets: see cluster/wsrep.h */
    bool is_paused;            /* an operator holds what is new, until `resume` */
    int primary;               /* index, or VIEW_NO_SERVER */
    uint64_t primary_since_us; /* monotonic; of this primary, or of there being none */
    size_t count;
    struct view_server servers[];
};

/* Of no server and no functions; the publisher fills it in. NULL when memory is out. */
struct view *view_new(size_t count);
struct view *view_acquire(struct view *view);
/* The same, but nobody is primary: what workers go by until all of them have let go of the old one. NULL when
 * memory is out. */
struct view *view_without_primary(const struct view *view);
/* Frees with the last reference, and drops what it refers to; *view becomes NULL. */
void view_release(struct view **view);

#endif
