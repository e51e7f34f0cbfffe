/* The state of a cluster as an immutable snapshot: published whole, replaced whole, read without locks. A
 * worker holds one reference; sessions ask their worker and keep no pointer. */
#pragma once

#include "cluster/cluster_settings.h"
#include "monitor/outcome.h"
#include "monitor/replication.h"
#include "upstream/server.h"
#include "mysql/handshake.h"
#include "mysql/track_defaults.h"
#include "net/addr.h"
#include "stored_code/catalog.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_NO_SERVER (-1)

struct view_server {
    struct server *server; /* borrows: servers outlive views */
    struct addr addr;      /* the server's address; empty while its name was never resolved */
    uint64_t moves;   /* how often the address has changed: earlier connections lead to another machine */
    uint64_t lost_us; /* monotonic; connections that logged in before this are lost: the server restarted */
    enum server_role role;
    enum server_state state;
    const char *reason;  /* static text */
    char detail[256];    /* the last probe's error, or which other servers are writable, or "" */
    uint64_t since_us;   /* monotonic; last change of role or state */
    uint64_t changed_us; /* monotonic; last change that view_changes_differ finds */
    uint64_t
        slow_from_us; /* monotonic; between these two times the server's share of reads grows to the whole */
    uint64_t slow_until_us;
    bool is_near; /* in the cluster's zone, or the cluster has none */
    enum replication_fault fault;
    enum outcome refusal; /* of its probes: see incidents.h; PASSED: none */
    int64_t lag_ms;       /* -1: unknown */
    bool takes_reads;
    bool is_gone;      /* the server was removed: its place is kept */
    bool is_contender; /* the server would take writes, but is not the primary */
};

struct view {
    atomic_uint references;
    uint64_t epoch;           /* increases with each change */
    uint64_t number;          /* increases with each publication to the workers: see app/barrier */
    const char *cluster_name; /* borrows: the cluster's */
    unsigned cluster_index;
    enum server_family family; /* FAMILY_UNKNOWN until a server has answered */
    char version[64];          /* shown to clients: the lowest of all servers */
    uint64_t caps;             /* capabilities that all servers that have answered have in common */
    uint8_t collation;         /* the primary's default, for greetings */
    bool ansi_quotes;          /* the servers' global sql_mode */
    bool oracle;
    bool no_backslash_escapes;
    struct track_defaults tracked; /* session tracking of the primary, by default */
    struct catalog *catalog;       /* one reference: the stored code; NULL: it is not known */
    struct code_changes
        *code_changes;    /* borrows the cluster's: changes that pass through headgate are noted there */
    bool reads_functions; /* stored code that only reads may run on replicas */
    enum balance_setting balance;
    enum primary_reads_setting primary_reads;
    bool is_galera;            /* positions are numbers of write sets: see monitor/wsrep.h */
    bool is_paused;            /* an operator holds new statements back, until `resume` */
    int primary;               /* index, or VIEW_NO_SERVER */
    uint64_t primary_since_us; /* monotonic; since when there is this primary, or none */
    size_t count;
    struct view_server servers[];
};

/* An empty view of `count` servers, which the publisher fills in. NULL when memory is out. */
struct view *view_new(size_t count);
struct view *view_acquire(struct view *view);
/* A copy without a primary: workers use it until all of them have dropped the old view. NULL when memory is
 * out. */
struct view *view_without_primary(const struct view *view);
/* Drops one reference; the last one frees the view. *view becomes NULL. */
void view_release(struct view **view);
