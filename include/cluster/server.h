/* One backend server: who it is, and what each worker has done with it.
 *
 * Servers outlive configurations and views: they never move and are freed at the end, so that a pointer to
 * one is always good. A server that a reload removed leaves its place to one that another reload adds: to
 * whoever still looks there that is the same server, gone to another address (view_server.moves). What the
 * cluster believes about them (role, state) is not here but in the view.
 *
 * Of what the configuration says, workers read what is atomic here; the rest is the control thread's.
 */
#ifndef HEADGATE_CLUSTER_SERVER_H
#define HEADGATE_CLUSTER_SERVER_H

#include "base/counters.h"
#include "base/error.h"
#include "base/hist.h"
#include "cluster/permits.h"
#include "cluster/server_settings.h"

#include <stdbool.h>
#include <stdint.h>

#define SERVER_CACHE_LINE 64

enum server_role { SERVER_UNKNOWN_ROLE, SERVER_PRIMARY, SERVER_REPLICA };

enum server_state {
    SERVER_STARTING, /* not probed yet */
    SERVER_UP,
    SERVER_LAGGING,  /* alive, too far behind for reads */
    SERVER_EJECTED,  /* sessions had no luck with it: left alone for a while, whatever the probes say */
    SERVER_DOWN,     /* the probes fail */
    SERVER_DRAINING, /* by an operator: nothing new goes there */
    SERVER_DISABLED  /* by an operator: nothing is there */
};

/* Written by one worker, read by any; a line of its own, so that workers do not disturb each other. */
struct server_counters {
    _Alignas(SERVER_CACHE_LINE) counter connections_active; /* attached to a session */
    counter connections_idle;                               /* parked: kept for the next session */
    counter readers;    /* sessions that read there although it is the primary (primary_reads = "share") */
    counter running;    /* commands sent whose reply has not ended */
    counter latency_us; /* of harmless reads, until the first byte: an average in which the last one is an
                           eighth */
    counter connects;
    counter connect_failures; /* no answer, or none that makes sense */
    counter refusals;         /* logins answered with ERR: it is alive */
    counter queries;          /* commands whose reply came to its end */
    counter errors;           /* of them, ended by ERR */
    counter queue_timeouts;   /* statements that found no free connection in time */
    counter losses;           /* connections lost in the middle of a reply */
    counter drops;            /* connections that the server ended while they were idle */
    counter demotions;        /* statements that it refused as read-only while it counted as the primary, or
                                 as a Galera node that is not ready */
    struct hist response;     /* commands of clients, from sending to the reply's first byte */
};

struct server_totals {
    uint64_t connections_active, connections_idle, readers, running, connects, connect_failures, refusals,
        queries, errors, queue_timeouts, losses, drops, demotions;
};

struct server {
    const char *_Atomic name;  /* owns, in `names` */
    struct server_name *names; /* owns: all that it ever had, as log lines may be about to tell them */
    char *address;             /* owns; as configured: where a name is just now, is in the view */
    char *zone;                /* owns; "" when none */
    _Atomic int64_t weight;
    _Atomic int tls;         /* enum tls_setting */
    _Atomic int compression; /* enum compression_setting */
    enum role_setting role_setting;
    unsigned index;                  /* in its cluster */
    struct permits permits;          /* connections of sessions to it */
    struct quota *_Atomic quotas;    /* owns: of accounts that it limits, as far as it has said so */
    _Atomic int64_t max_connections; /* as configured; 0: "auto" */
    _Atomic uint32_t own_max;        /* its own @@max_connections, as it last said; 0: not known */
    _Atomic uint32_t patience_s; /* its shorter one of @@wait_timeout and @@interactive_timeout; 0: unknown */
    _Atomic uint64_t defaults;   /* counts what sessions have said that changes what connections begin with */
    _Atomic uint32_t opening_ahead;    /* connections that nobody needs yet: see pool/prewarm */
    _Atomic bool has_init_connect;     /* a login runs statements that a reset does not run again */
    struct server_counters *by_worker; /* owns; worker_count rows */
    unsigned worker_count;
};

struct server_name;

/* Copies what it needs. NULL: *err, memory is out. */
struct server *server_new(const struct server_settings *settings, unsigned index, unsigned worker_count,
                          struct error *err);
/* The server's quotas have been freed before (quota_free_all). */
void server_free(struct server **server);
/* The configuration says something else of it, its name included; counters and what is connected stay. False
 * when memory is out: then nothing has changed. The control thread's, like all that follow on it. */
bool server_set(struct server *server, const struct server_settings *settings, int64_t reserve);

/* The place is another server's now: what the former one has counted is reset, connections that are open
 * stay. The caller forgets the quotas as well (quota_forget_all). */
void server_forget(struct server *server);

/* A command's first byte of a reply came so long after it was sent: by the worker, into its row. */
static inline void server_note_response(struct server *server, unsigned worker, uint64_t latency_us)
{
    hist_note(&server->by_worker[worker].response, latency_us);
}
/* The same of a harmless read, for the choice of replicas. */
void server_note_latency(struct server *server, unsigned worker, uint64_t latency_us);

/* What it says of its own @@max_connections: with max_connections = "auto" all but `reserve` of them, and at
 * least half, are for sessions. */
void server_note_own_max(struct server *server, uint64_t own_max, int64_t reserve);

/* What it says that matters to connections which nobody has: after how many seconds it ends them (0: it did
 * not say), and whether it does something at a login. */
void server_note_manners(struct server *server, uint32_t patience_s, bool has_init_connect);

/* All workers' rows added up. */
struct server_totals server_sum(const struct server *server);
/* … and their histograms of responses, into *total, which begins as zeros. */
void server_sum_response(const struct server *server, struct hist_total *total);
/* The same as server_sum without one row: that of the probes. */
struct server_totals server_sum_without(const struct server *server, unsigned row);

const char *server_role_name(enum server_role role);    /* "primary", "replica", "unknown" */
const char *server_state_name(enum server_state state); /* "up", "lagging", "down", … */

#endif
