/* A worker: one thread, one event loop, and all that belongs to them. Threads share only the immutable
 * snapshots that are sent to them.
 *
 * The control thread creates workers, gives them accepted sockets and views, and asks them questions, all by
 * messages to their loops. */
#pragma once

#include "access/limits.h"
#include "access/listener_settings.h"
#include "access/timeout_settings.h"
#include "access/users.h"
#include "base/counters.h"
#include "base/list.h"
#include "base/mem.h"
#include "upstream/upstream.h"
#include "cluster/view.h"
#include "freshness/positions.h"
#include "net/addr.h"
#include "net/loop.h"
#include "net/networks.h"
#include "pool/pool.h"
#include "prepared/statement_texts.h"
#include "route/replica_failures.h"
#include "route/route.h"
#include "state/pins.h"
#include "stats/digests.h"
#include "stats/listener_counters.h"
#include "stats/statement_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKER_DOUBT_US 300000 /* time for a monitor to find out that the primary was demoted */
#define WORKER_RETRY_US 100000 /* between tries to reach a server that a statement needs */

/* Far from the servers' connection ids, which count from 1: a KILL of one kind of id never hits the other
 * kind. */
#define SESSION_ID_FIRST 0x40000000u

enum close_reason {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) CLOSE_##NAME,
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
    CLOSE_REASON_COUNT
};

struct hint_counters {
#define HINT_COUNTER(name, words) counter name;
#include "session/tbl/hint_counters.h"
#undef HINT_COUNTER
};

struct session;

/* The configuration that sessions use. Immutable: a reload makes a new world, and the old one is freed
 * when all workers have adopted the new one. Only a worker keeps a pointer to it. `limits`, `workers`,
 * and `cluster_count` are the same in all worlds. */
struct world {
    const struct timeout_settings *timeouts; /* borrows */
    const struct users *users;               /* borrows */
    struct limits *limits;                   /* borrows; NULL: clients are not counted */
    struct worker **workers;                 /* borrows: all workers, for KILL */
    unsigned worker_count;
    unsigned cluster_count;
    const struct cluster_settings *clusters; /* borrows: cluster_count of them */
    struct directory *directories;    /* borrows: cluster_count of them; NULL: all accounts are in `users` */
    struct written *written;          /* borrows: cluster_count of them; NULL: writes are not noted */
    struct statement_log *statements; /* borrows; NULL: statements are not counted */
};

/* A listener as its sessions see it. It lives as long as any of its sessions, even if the listener is
 * removed. */
struct listener {
    const struct listener_settings *settings; /* owns; never change */
    unsigned cluster;                         /* index of its cluster */
    const struct tls_server *tls;             /* borrows; NULL: TLS is off */
    struct limit *clients;                    /* borrows: clients of this listener and others of its name */
    struct listener_counters *by_worker;      /* borrows; shared in the same way; one row per worker */
    struct networks proxies; /* owns: settings->proxy_protocol_from; from here the address of the peer is not
                              * counted before the client's address is known */
    _Atomic unsigned sessions; /* sessions of this listener, including those on their way to a worker */
};

/* A worker's mailbox for the views of one cluster. The newest view replaces one that was not taken;
 * nothing is allocated. */
struct view_box {
    struct loop_message message;
    struct worker *worker; /* borrows */
    unsigned cluster;
    _Atomic(struct view *) next;    /* one reference, on its way; NULL: none */
    _Atomic uint64_t taken;         /* number of the last view that all the worker's sessions use */
    atomic_bool has_trouble;        /* a session had trouble with a server of the cluster */
    atomic_bool has_code_change;    /* a session has changed stored code */
    atomic_bool has_account_change; /* a session may have changed accounts */
    atomic_bool has_account_doubt;  /* a login has failed that might succeed with accounts read anew */
    int doubted;                    /* the view's primary, if it refused a write as read-only */
    uint64_t doubted_until_us;      /* until then nothing new starts there: the monitor needs time to look */
    struct positions *positions;    /* owns: replication positions of the servers */
    struct hint_counters hints;
    struct pin_counters pins;
    struct view *view; /* one reference, owned by the worker; NULL before the first view */
};

/* The functions of the session driver, for workers and callbacks. */
struct session_driver {
    void (*open)(struct worker *worker, int take_fd, const struct addr *peer, struct listener *listener);
    /* Runs steps until the session must wait. Safe in every callback: while the driver is active this call
     * only notes the event. */
    void (*run)(struct session *session);
    void (*abort)(struct session *session, enum close_reason reason);
    /* A new view has come: servers may be gone, or there may be a new primary. */
    void (*on_view)(struct session *session);
    /* A new world has come: the account's password or the required freshness of its reads may have
     * changed. */
    void (*on_world)(struct session *session);
    /* SIGTERM: closes the session now if nothing is lost, otherwise as soon as that is so. */
    void (*drain)(struct session *session);
    /* The connection at this place, which the present command does not use, has failed (slot.failure).
     * Drops the connection. If the session had state there, session.lost gets the message. */
    void (*bury_idle)(struct session *session, enum route_place place);
};

struct worker {
    const struct session_driver *driver; /* borrows */
    struct loop loop;
    pthread_t thread;
    unsigned index;
    const struct world *world; /* borrows; for the worker's thread, for at most one turn */
    struct upstream_env env;
    struct pool pool;
    struct list sessions;
    struct mem_slab jobs;   /* of the sessions that run a command */
    struct mem_slab slots;  /* of the sessions' connections */
    size_t bodies;          /* sessions whose memory is not freed yet, closed ones included */
    size_t most_bodies;     /* maximum of `bodies` since memory was last given back to the system */
    struct session *by_id;  /* uthash, by session id */
    struct view_box *boxes; /* owns; by cluster */
    unsigned box_count;
    struct replica_failures replica_failures;
    struct texts texts;                 /* texts of prepared statements */
    counter closes[CLOSE_REASON_COUNT]; /* number of closed sessions, by reason */
    struct digests digests;
    bool is_telling;            /* some statements are logged */
    uint64_t sampled;           /* statements since the last one in the query log */
    struct list killers;        /* connections that carry a KILL; see kill.h */
    struct list kill_questions; /* open questions about permissions; see kill.h */
    uint64_t next_id;           /* session ids: worker index + n * worker count, so that they are unique */
    unsigned turn;              /* counts choices among replicas with a free connection */
    unsigned published;         /* cluster whose view just came */
    bool is_retrying;           /* waiting sessions are trying again now */
    bool is_draining;           /* SIGTERM: sessions end as soon as possible */
    struct loop_timer drain_deadline;
    unsigned cut;                /* sessions that did not end in time; read when the thread has ended */
    unsigned cut_in_transaction; /* those of them with an open transaction */
    struct loop_timer retry;     /* wakes sessions that wait for a server */
    struct loop *control;        /* borrows; NULL: no reports are sent */
    void (*on_report)(struct worker *worker);
    struct loop_message ended;
    struct loop_message report;     /* to the control thread: views were taken, or there was trouble */
    atomic_bool is_reporting;       /* `report` is on its way */
    _Atomic unsigned session_count; /* read by the control thread to find the least loaded */
};

/* The environment for connections to servers in this world. `row`: of the servers' counters. */
struct upstream_env world_env(const struct world *world, struct loop *loop, unsigned row);

/* ---- from any thread ---- */

/* True if no session of the worker uses a view of that cluster older than this number. */
bool worker_has_taken(const struct worker *worker, unsigned cluster, uint64_t number);
/* True if sessions had trouble with servers of that cluster since the last call. */
bool worker_take_trouble(struct worker *worker, unsigned cluster);
/* True if sessions have changed stored code of that cluster since the last call. */
bool worker_take_code_change(struct worker *worker, unsigned cluster);
/* True if sessions may have changed accounts of that cluster since the last call. */
bool worker_take_account_change(struct worker *worker, unsigned cluster);
/* True if logins have failed, since the last call, that might succeed with accounts read anew. */
bool worker_take_account_doubt(struct worker *worker, unsigned cluster);
/* Runs `message->run` on the worker's thread. False: the thread has ended. */
bool worker_post(struct worker *worker, struct loop_message *message);

/* ---- in the worker's own thread ---- */

/* The memory of a session (one of `bodies`) was freed. When half of the sessions at the peak are gone,
 * free memory is given back to the system. */
void worker_note_freed(struct worker *worker);
/* Tells the control thread that something has happened; the control thread then calls worker_take_…. */
void worker_report(struct worker *worker);
/* The time after which sessions that wait for a server or a connection try again: WORKER_RETRY_US, or
 * timeouts.diagnostics if that is shorter. */
uint64_t worker_retry_us(const struct worker *worker);
/* Starts the timer after which waiting sessions try again. */
void worker_retry(struct worker *worker);
/* A session had trouble with a server of the cluster: the monitor should check the servers at once. */
void worker_note_trouble(struct worker *worker, unsigned cluster);
/* A statement that changes stored code is over. */
void worker_note_code_change(struct worker *worker, unsigned cluster);
/* A statement that may change accounts has been answered. */
void worker_note_account_change(struct worker *worker, unsigned cluster);
/* A login has failed that might succeed with accounts read anew. */
void worker_note_account_doubt(struct worker *worker, unsigned cluster);
/* The primary has answered that it is read-only. The monitor is asked to check, and until then nothing new
 * starts on that server (worker_doubts). */
void worker_note_demotion(struct worker *worker, unsigned cluster, int server);
/* True after worker_note_demotion for this server, until the monitor has had time to look. */
bool worker_doubts(const struct worker *worker, unsigned cluster, int server);
