/* One backend server: its identity, and the counters of each worker.
 *
 * Servers outlive configurations and views: they never move and are freed at the end, so a pointer to a
 * server is always valid. A server that a reload removed leaves its place to a server that another reload
 * adds: a worker that still uses the place sees the same server with another address (view_server.moves).
 * Role and state are not here but in the view.
 *
 * Of the settings, workers read the atomic fields; the others belong to the control thread. */
#pragma once

#include "base/counters.h"
#include "base/error.h"
#include "base/hist.h"
#include "upstream/permits.h"
#include "upstream/server_settings.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define SERVER_CACHE_LINE 64

enum server_role { SERVER_UNKNOWN_ROLE, SERVER_PRIMARY, SERVER_REPLICA };

enum server_state {
    SERVER_STARTING, /* not probed yet */
    SERVER_UP,
    SERVER_LAGGING,  /* alive, replication lag too long for reads */
    SERVER_EJECTED,  /* sessions failed with it: not used for a while, whatever the probes say */
    SERVER_DOWN,     /* the probes fail */
    SERVER_DRAINING, /* by an operator: no new work goes there */
    SERVER_DISABLED  /* by an operator: no session uses the server */
};

/* Counters of one worker, readable by any thread; on cache lines of their own, so that workers do not slow
 * each other down. */
struct server_counters {
    _Alignas(SERVER_CACHE_LINE) counter connections_active; /* attached to a session */
    counter connections_idle;                               /* parked, kept for the next session */
    counter
        readers; /* sessions that read there although the server is the primary (primary_reads = "share") */
    counter running;    /* commands sent whose reply has not ended */
    counter latency_us; /* of harmless reads, until the first byte: an average in which the last read counts
                           an eighth */
    counter connects;
    counter connect_failures; /* no connection, no answer, or a protocol error */
    counter refusals;         /* logins answered with ERR: the server is alive */
    counter queries;          /* commands whose reply was complete */
    counter errors;           /* of `queries`, ended by ERR */
    counter queue_timeouts;   /* statements that found no free connection in time */
    counter losses;           /* connections lost in the middle of a reply */
    counter drops;            /* connections that the server ended while they were idle */
    counter demotions;    /* statements refused as read-only while the server counted as the primary, or by a
                             Galera node that is not ready */
    struct hist response; /* commands of clients, from sending to the reply's first byte */
};

struct server_totals {
    uint64_t connections_active, connections_idle, readers, running, connects, connect_failures, refusals,
        queries, errors, queue_timeouts, losses, drops, demotions;
};

struct server {
    const char *_Atomic name;  /* owns, in `names` */
    struct server_name *names; /* owns: all names that the server ever had, as log lines may still use them */
    char *address;             /* owns; as configured: the resolved address is in the view */
    char *zone;                /* owns; "" when none */
    _Atomic int64_t weight;
    _Atomic int tls; /* enum tls_setting */
    pthread_mutex_t tls_mutex;
    struct ssl_ctx_st *tls_context; /* owns; guarded by tls_mutex; NULL: tls is off */
    _Atomic int compression;        /* enum compression_setting */
    _Atomic int proxy_protocol;     /* enum proxy_version */
    enum role_setting role_setting;
    unsigned index;                  /* in its cluster */
    struct permits permits;          /* for connections of sessions to the server */
    struct quota *_Atomic quotas;    /* owns: limits of accounts, as far as known */
    _Atomic int64_t max_connections; /* as configured; 0: "auto" */
    _Atomic uint32_t own_max;        /* its @@max_connections; 0: not known */
    _Atomic uint32_t wait_timeout_s; /* or its @@interactive_timeout, if that is shorter; 0: unknown */
    _Atomic uint64_t defaults; /* counts statements of sessions that change the defaults of new connections */
    _Atomic uint32_t opening_ahead;    /* connections being opened ahead of need: see pool/prewarm */
    _Atomic bool has_init_connect;     /* a login runs statements that a reset does not repeat */
    struct server_counters *by_worker; /* owns; worker_count rows */
    unsigned worker_count;
};

struct server_name;
struct ssl_ctx_st;

/* Makes a server; the settings are copied. NULL: memory is out, or a file of its TLS settings cannot be used; *err
 * says which. */
struct server *server_new(const struct server_settings *settings, unsigned index, unsigned worker_count,
                          struct error *err);
/* The server's quotas have been freed before (quota_free_all). */
void server_free(struct server **server);
/* Takes other settings, the name included; counters and connections stay, and the files of TLS are read
 * again. False, with *err, when memory is out or a file cannot be used: then nothing has changed. On the control
 * thread. */
bool server_set(struct server *server, const struct server_settings *settings, int64_t reserve,
                struct error *err);
/* The context of its TLS connections, with one reference for the caller; NULL: tls is off. Any thread. */
struct ssl_ctx_st *server_tls_context(struct server *server);

/* Another server takes this place: resets the former server's counters; open connections stay. The caller
 * also calls quota_forget_all. */
void server_forget(struct server *server);

/* Counts the time from sending a command to the first byte of its reply. On the worker's thread. */
static inline void server_note_response(struct server *server, unsigned worker, uint64_t latency_us)
{
    hist_note(&server->by_worker[worker].response, latency_us);
}
/* Counts the response time of a harmless read, for the choice among replicas (cluster/balance.h). */
void server_note_latency(struct server *server, unsigned worker, uint64_t latency_us);

/* Notes the server's @@max_connections: with max_connections = "auto" all but `reserve` of them, and at least
 * half, are for sessions. */
void server_note_own_max(struct server *server, uint64_t own_max, int64_t reserve);

/* Notes settings of the server that matter to idle connections: after how many seconds the server ends them
 * (0: unknown), and whether it has an init_connect. */
void server_note_session_defaults(struct server *server, uint32_t wait_timeout_s, bool has_init_connect);

/* The sum of all rows. */
struct server_totals server_sum(const struct server *server);
/* Adds all workers' histograms of responses to *total, which begins as zeros. */
void server_sum_response(const struct server *server, struct hist_total *total);
/* The sum of all rows but `row`, which is the row of the probes. */
struct server_totals server_sum_without(const struct server *server, unsigned row);

const char *server_role_name(enum server_role role);    /* "primary", "replica", "unknown" */
const char *server_state_name(enum server_state state); /* "up", "lagging", "down", … */
