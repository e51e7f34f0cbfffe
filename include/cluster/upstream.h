/* One connection to a server: dial, TLS, login, set-up, then exchanges of our own or a session's commands.
 *
 *      CONNECTING ──► LOGGING_IN ◄──► SECURING          any state ──► DEAD, then on_failed
 *                          │
 *                          ▼
 *                       READY ◄──► EXCHANGING   (one command of ours, its reply swallowed)
 *                          ▲ │        └──► LOGGING_IN: COM_CHANGE_USER
 *                          │ ▼
 *                         BUSY                  (the owner moves bytes itself)
 *
 *   upstream.c           birth and death, readiness, deadlines; from owner to owner
 *   upstream_login.c     SECURING, LOGGING_IN, COM_CHANGE_USER
 *   upstream_exchange.c  EXCHANGING, and closing statements
 *   upstream_setup.c     set-up, COM_RESET_CONNECTION, character sets
 *
 * Belongs to one loop at a time. In READY and BUSY readiness goes straight to the owner, who reads and writes
 * `stream`.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_H
#define HEADGATE_CLUSTER_UPSTREAM_H

#include "base/error.h"
#include "base/list.h"
#include "cluster/server.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"
#include "mysql/rows.h"
#include "mysql/tracker.h"
#include "net/dial.h"
#include "net/stream.h"

#include <stdbool.h>
#include <stdint.h>

/* Packets that carry session state are seen whole up to this size; the window grows for them. */
#define UPSTREAM_WHOLE_MAX (1024u * 1024u)

enum upstream_state {
    UPSTREAM_CONNECTING,
    UPSTREAM_LOGGING_IN,
    UPSTREAM_SECURING,
    UPSTREAM_READY,
    UPSTREAM_EXCHANGING,
    UPSTREAM_BUSY,
    UPSTREAM_DEAD
};

/* What all upstreams of a thread share. */
struct upstream_env {
    struct loop *loop;
    struct ssl_ctx_st *tls; /* borrows */
    struct socket_options socket;
    uint64_t connect_us;
    uint64_t login_us;
    unsigned worker; /* row of the servers' counters */
};

/* How to log in; everything is copied, and wiped once the login is over. */
struct upstream_wish {
    const struct addr *addr; /* where the server is */
    const char *user;
    const struct auth_secret *secret;
    struct span schema;     /* empty: none */
    struct span attributes; /* encoded pairs */
    uint64_t caps;          /* end-to-end bits, exactly */
    uint16_t collation;
    bool has_setup;   /* run the set-up statement: session tracking for sessions */
    bool take_permit; /* one of the server's permits was taken for it, and goes with it */
};

struct upstream_answer {
    bool is_err;
    struct error error; /* is_err: code, sqlstate and text of the server */
    uint32_t stmt_id;   /* of COM_STMT_PREPARE */
    uint16_t params;
    uint16_t columns;
    uint16_t status;   /* last status flags seen; 0 when none */
    uint16_t warnings; /* how many the last OK or EOF told of */
};

/* How it logged in, as far as that can be told apart after a reset: a session for which all of it would be
 * the same may go on with it. */
struct upstream_key {
    uint64_t account;  /* who, with what password: user.account; never changes. 0: it is never handed on */
    uint64_t caps;     /* end-to-end bits, as wished */
    uint64_t moves;    /* of the server then: see view_server */
    unsigned cluster;  /* of its owner; not compared: its server is in one only */
    uint8_t collation; /* as it was said to the server */
    uint8_t hop;       /* enum tls_setting and enum compression_setting of the server then: pool_hop */
    bool has_schema;   /* it is, or was, in a schema, and nothing but another login leaves them all */
};

/* What a session has left in it that is parked as it is: the owner's, see session/reuse. */
struct upstream_legacy {
    bool is_there;
    struct text said;   /* owns: the variables that it has set … */
    uint64_t hash;      /* … in short */
    uint64_t insert_id; /* LAST_INSERT_ID(), as far as it is known */
};

struct upstream;

struct upstream_owner_ops {
    /* Logged in and set up. */
    void (*on_ready)(struct upstream *upstream);
    /* An exchange is over; the upstream is READY again. */
    void (*on_answer)(struct upstream *upstream, const struct upstream_answer *answer);
    /* It is DEAD: refused, lost or out of time. err->sqlstate is set when the server itself said so (ERR).
     * The owner closes it. */
    void (*on_failed)(struct upstream *upstream, const struct error *err);
    /* READY or BUSY, and the socket is ready: the owner fills and sends. */
    void (*on_io)(struct upstream *upstream, int events);
    /* It was READY until the time given to upstream_expire. NULL: it never is given one. */
    void (*on_expired)(struct upstream *upstream);

    /* The following are asked of connections that hold a permit (pool). */

    /* A session waits for a connection: the owner gives this one up if it may. NULL: it never does. */
    void (*on_wanted)(struct upstream *upstream);
    /* It is as old as connections should become, or was silent for too long: the owner closes it if it may.
     * NULL: it never does. */
    void (*on_aged)(struct upstream *upstream);
    /* What the owner uses it for: a number of pool/usage. NULL: it is being made ready. */
    unsigned (*use)(const struct upstream *upstream);
};

struct upstream {
    struct loop_corpse corpse;
    struct stream stream;
    const struct upstream_env *env; /* borrows; after upstream_leave that of the thread it left */
    struct server *server;          /* borrows */
    struct addr addr;               /* of this connection: the server may be elsewhere by now */
    const struct upstream_owner_ops *ops;
    void *owner;                    /* borrows */
    struct loop_timer timer;        /* deadline of connect, login or exchange */
    struct upstream_login *login;   /* owns; NULL once over */
    struct tracker tracker;         /* of an exchange; the owner's while BUSY */
    struct upstream_answer *answer; /* owns while EXCHANGING */
    struct rows *rows;              /* borrows: an exchange whose rows are wanted */
    struct permit permit;           /* held until it is closed; probes and KILL have none */
    struct permit quota;            /* likewise: one of its account's, if that has a limit there */
    struct list_node in_pool;       /* in list permits_holders.parked */
    struct upstream_key key;        /* the owner's */
    struct permits *promised_to;    /* borrows: counted in their `promised`; NULL: in none */
    enum upstream_state state;
    uint8_t asked;       /* EXCHANGING: which command */
    bool is_counted;     /* in server->connections_active */
    bool is_set_up;      /* the set-up statement was sent since login or reset */
    bool has_been_ready; /* on_ready was called */
    bool is_idle;        /* counted in server->connections_idle, not connections_active */
    bool is_soiled;      /* it may hold what a reset does not undo: never handed on */
    bool is_id_told;     /* its client has asked for connection_id: that of nobody else from now on */
    bool is_second_hand; /* somebody else had it before its present owner */
    bool has_told_gtid;  /* somebody has committed something there since it was made new */
    bool is_touched;     /* it may hold what only a reset undoes: not handed on as it is */
    bool is_unclean;     /* as its session left it: nobody has it before a reset or COM_CHANGE_USER */
    bool is_ahead;       /* counted in server->opening_ahead */
    uint8_t cleaning;    /* the pool's: what its running exchange is about */
    uint64_t caps;       /* agreed */
    enum server_family family;
    uint32_t connection_id; /* the server's */
    uint8_t server_collation;
    uint64_t server_caps;
    char version[64];
    uint8_t nonce[NONCE_BYTES]; /* of its greeting: COM_CHANGE_USER proves with it again */
    uint16_t status;            /* last seen */
    uint64_t vars_version;      /* the owner's fingerprint of its session state: see state/variables */
    struct text schema;         /* owns: current, as far as we know */
    uint64_t opened_us;         /* monotonic */
    uint64_t logged_in_us;      /* monotonic; 0: not yet */
    uint64_t answered_us;       /* likewise: when it became READY: the server hears nothing since */
    uint64_t renewed_us;        /* likewise: when it last began anew, by its login or a reset */
    uint64_t proved_us;         /* the owner's: when its last login began, see pool/login_age */
    uint64_t defaults;          /* of its server then: see there */
    uint32_t patience_s;        /* likewise: what its own wait_timeout is, most likely; 0: unknown */
    uint16_t new_status;        /* the flags that this began with */
    bool may_be_late;           /* the owner's word: what runs does no harm after it was given up */
    bool is_killed; /* the owner's word: closed without COM_QUIT, for Aborted_clients of the server */
    struct upstream_legacy legacy;
    struct text closing;    /* owns: ids, each of 4 bytes, of statements to be closed when it is READY */
    struct list statements; /* the owner's: what is prepared there, if on_closed is set */
    void (*on_closed)(struct upstream *upstream); /* … which is told when it goes; or NULL */
    uint64_t idle_us;                             /* the same: since when it is parked */
};

/* Starts to connect. NULL when not even that was possible: err. A permit (wish) is given back when the
 * connection is closed, or at once on failure. */
struct upstream *upstream_open(const struct upstream_env *env, struct server *server,
                               const struct upstream_wish *wish, const struct upstream_owner_ops *ops,
                               void *owner, struct error *err);

/* Says COM_QUIT when READY, closes, and frees after the turn. What has not arrived of a command that is
 * running is not sent any more, unless it may be late (may_be_late). *upstream becomes NULL; no
 * callback follows. */
void upstream_close(struct upstream **upstream);

/* READY: from now on it is somebody else's, and in use. No deadline is left running. */
void upstream_hand_over(struct upstream *upstream, const struct upstream_owner_ops *ops, void *owner);
/* READY, and idle from now on, until it is handed over: on_expired is called when it was READY for so long;
 * and it is read from, which is reported by on_io. */
void upstream_expire(struct upstream *upstream, uint64_t after_us);

/* It has logged in, and did so before then. */
static inline bool upstream_is_before(const struct upstream *upstream, uint64_t us)
{
    return upstream->logged_in_us != 0 && upstream->logged_in_us < us;
}

/* Whose permit is in that list of a worker's: these are of a server, or of an account there. */
static inline struct upstream *upstream_of_permit(const struct permits *permits, struct list_node *node)
{
    return permits->quota != NULL ? list_entry(node, struct upstream, quota.in_list)
                                  : list_entry(node, struct upstream, permit.in_list);
}
/* Those of which somebody waits for one that it holds, and for whom none is made ready: the server's, or its
 * account's; NULL: nobody. */
static inline struct permits *upstream_wanted(const struct upstream *upstream)
{
    struct permits *permits = upstream->permit.permits, *quota = upstream->quota.permits;
    if (permits != NULL && permits_is_short(permits))
        return permits;
    return quota != NULL && permits_is_short(quota) ? quota : NULL;
}

/* The permit that it holds is the caller's from now on. False: it holds none. */
bool upstream_take_permit(struct upstream *upstream);

/* READY and idle, with nothing unread or unsent: it leaves this thread, and is nobody's until upstream_adopt,
 * on the thread that it goes to, makes it the new owner's, idle still. Its permit goes with it. */
void upstream_leave(struct upstream *upstream);
void upstream_adopt(struct upstream *upstream, const struct upstream_env *env,
                    const struct upstream_owner_ops *ops, void *owner);

/* READY ↔ BUSY: the owner begins, or has ended, a command of its own. */
void upstream_begin(struct upstream *upstream, enum reply_shape shape, bool has_cursor);
void upstream_end(struct upstream *upstream);

#endif
