/* A worker: one thread, one loop, and everything that belongs to it. Threads share only the snapshots they
 * are sent.
 *
 * The control thread makes workers, hands them accepted sockets and views, and asks them questions; all of it
 * by mail.
 */
#ifndef HEADGATE_SESSION_WORKER_H
#define HEADGATE_SESSION_WORKER_H

#include "access/limits.h"
#include "access/listener_settings.h"
#include "access/timeout_settings.h"
#include "access/users.h"
#include "base/counters.h"
#include "base/list.h"
#include "cluster/upstream.h"
#include "cluster/view.h"
#include "freshness/positions.h"
#include "net/addr.h"
#include "net/loop.h"
#include "pool/pool.h"
#include "prepared/statement_texts.h"
#include "route/replica_failures.h"
#include "route/route.h"
#include "session/close_reason.h"
#include "session/hint_counters.h"
#include "state/pins.h"
#include "stats/digests.h"
#include "stats/listener_counters.h"
#include "stats/statement_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKER_DOUBT_US 300000 /* for a monitor to find out that the primary has been demoted */
#define WORKER_RETRY_US 100000 /* between tries to reach a server that a statement waits for */

/* Far from the servers' own ids, which count from 1: a KILL of one is never taken for the other. */
#define SESSION_ID_FIRST 0x40000000u

struct session;

/* What sessions need to know of the world. Immutable: a reload makes another one, and when every worker has
 * adopted that, this one is freed; so nobody keeps a pointer into it but the worker. `limits`, `workers`,
 * `cluster_count` and `tls` are the same in all of them. */
struct world {
    const struct timeout_settings *timeouts; /* borrows */
    const struct users *users;               /* borrows */
    struct limits *limits;                   /* borrows; NULL: clients are not counted */
    struct worker **workers;                 /* borrows: all of them, for kill */
    unsigned worker_count;
    unsigned cluster_count;
    const struct cluster_settings *clusters; /* borrows: cluster_count of them */
    struct written *written;                 /* borrows: cluster_count of them; NULL: nothing is noted */
    struct statement_log *statements;        /* borrows; NULL: statements are not counted */
    struct ssl_ctx_st *tls;
};

/* What a listener gives its sessions. It lasts as long as any of them, whatever becomes of the listener. */
struct door {
    const struct listener_settings *settings; /* owns; never change */
    unsigned cluster;                         /* index */
    struct limit *clients;                    /* borrows: how many came in here, or to doors of that name */
    struct door_counters *by_worker;          /* borrows, likewise; one row a worker */
    _Atomic unsigned sessions; /* that came in by it, those on their way to a worker included */
};

/* A worker's letter box for the views of one cluster: the newest one wins, and nothing is allocated. */
struct view_box {
    struct loop_message message;
    struct worker *worker; /* borrows */
    unsigned cluster;
    _Atomic(struct view *) next; /* one reference, on its way; NULL: none is */
    _Atomic uint64_t taken;      /* number of the last view that all its sessions go by */
    atomic_bool has_trouble;     /* a session had no luck with one of the cluster's servers */
    atomic_bool has_code_change; /* a session has changed stored code */
    int doubted;                 /* server that refused a write although it is the view's primary */
    uint64_t doubted_until_us;   /* nothing new is begun there before the monitor has had time to look */
    struct positions *positions; /* owns: how far its servers are */
    struct hint_counters hints;
    struct pin_counters pins;
    struct view *view; /* one reference, the worker's own; NULL before the first */
};

/* What the driver of sessions does for a worker and for callbacks. */
struct session_driver {
    void (*open)(struct worker *worker, int take_fd, const struct addr *peer, struct door *door);
    /* Runs steps until the session must wait. Safe from every callback: while it is active it only notes. */
    void (*run)(struct session *session);
    void (*abort)(struct session *session, enum close_reason reason);
    /* A new view: servers may have gone, a primary may have come. */
    void (*on_view)(struct session *session);
    /* Another world: the account's password may have changed, or how fresh its reads must be. */
    void (*on_world)(struct session *session);
    /* SIGTERM: close now when nothing would be lost, otherwise as soon as that holds. */
    void (*drain)(struct session *session);
    /* The connection there, no part of the present command, has failed (slot.failure): it is dropped, and if
     * the session had state there, session.lost says so from now on. */
    void (*bury_idle)(struct session *session, enum route_place place);
};

struct worker {
    const struct session_driver *driver; /* borrows */
    struct loop loop;
    pthread_t thread;
    unsigned index;
    const struct world *world; /* borrows: only for its own thread, and never for longer than a turn */
    struct upstream_env env;
    struct pool pool;
    struct list sessions;
    size_t bodies;          /* sessions that have memory: those that are over, and not buried yet, too */
    size_t most_bodies;     /* since memory was given back to the system */
    struct session *by_id;  /* uthash */
    struct view_box *boxes; /* owns; by cluster */
    unsigned box_count;
    struct replica_failures replica_failures;
    struct texts texts;                 /* of prepared statements */
    counter closes[CLOSE_REASON_COUNT]; /* sessions that have ended */
    struct digests digests;
    bool is_telling;            /* some statements are logged */
    uint64_t sampled;           /* statements since the last one that went to the query log */
    struct list killers;        /* connections that carry a KILL; see kill.h */
    struct list kill_questions; /* see kill_permission.h */
    uint64_t next_id;           /* session ids: worker index + n * worker count, so that they are unique */
    unsigned turn;              /* counts choices of a replica with a free connection */
    unsigned published;         /* cluster whose view just came */
    bool is_retrying;           /* sessions that wait for a server are to try again now */
    bool is_draining;           /* SIGTERM: sessions end as soon as they may */
    struct loop_timer drain_deadline;
    unsigned cut;                /* sessions that did not end in time; read when the thread has ended */
    unsigned cut_in_transaction; /* … of them */
    struct loop_timer retry;     /* wakes sessions that wait for a server */
    struct loop *control;        /* borrows; NULL: nobody is told anything */
    void (*on_report)(struct worker *worker);
    struct loop_message ended;
    struct loop_message report;     /* views were taken, or there was trouble */
    atomic_bool is_reporting;       /* it is on its way */
    _Atomic unsigned session_count; /* read by the control thread to find the least loaded */
};

/* What connections to servers are made with, there. `row`: of the servers' counters. */
struct upstream_env world_env(const struct world *world, struct loop *loop, unsigned row);

/* ---- from any thread ---- */

/* No session of the worker goes by a view of that cluster that is older than this number. */
bool worker_has_taken(const struct worker *worker, unsigned cluster, uint64_t number);
/* Did sessions have trouble with servers of that cluster since the last time this was asked? */
bool worker_take_trouble(struct worker *worker, unsigned cluster);
/* Have sessions changed stored code of that cluster since the last time this was asked? */
bool worker_take_code_change(struct worker *worker, unsigned cluster);
/* Run `message->run` on the worker's thread; false when it has gone. */
bool worker_post(struct worker *worker, struct loop_message *message);

/* ---- in the worker's own thread ---- */

/* The view of a cluster, or NULL. Only on the worker's own thread. */
const struct view *worker_view(const struct worker *worker, unsigned cluster);
/* The memory of a session (one of `bodies`) has been freed. When half of a crowd has gone, so may its memory:
 * to the system. */
void worker_note_freed(struct worker *worker);
/* The control thread is told that something has happened: it asks with worker_take_… */
void worker_report(struct worker *worker);
/* Sessions that wait for a server, or for a connection to one, try again after so long: WORKER_RETRY_US, or
 * timeouts.diagnostics, if connections are kept for less. */
uint64_t worker_retry_us(const struct worker *worker);
void worker_retry(struct worker *worker);
/* A server of the cluster failed a session: the monitor may want to look at once. */
void worker_note_trouble(struct worker *worker, unsigned cluster);
/* A statement that changes stored code is over. */
void worker_note_code_change(struct worker *worker, unsigned cluster);
/* The primary says that it is read-only: the monitor is asked to look, and until it has, nothing new begins
 * there (worker_doubts). */
void worker_note_demotion(struct worker *worker, unsigned cluster, int server);
bool worker_doubts(const struct worker *worker, unsigned cluster, int server);

#endif
