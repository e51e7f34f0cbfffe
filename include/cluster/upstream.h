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

struct upstream;

/* What all upstreams of a thread share. */
struct upstream_env {
    struct loop *loop;
    struct ssl_ctx_st *tls; /* borrows */
    struct socket_options socket;
    uint64_t connect_us;
    uint64_t login_us;
    unsigned worker; /* row of the servers' counters */
    size_t bytes;    /* of the memory of an upstream, which begins with struct upstream; 0: that is all */
    void (*on_close)(
        struct upstream *upstream); /* told when an upstream is closed, to free the rest; or NULL */
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
    bool take_permit; /* a permit of the server was taken, and belongs to the upstream */
};

struct upstream_answer {
    bool is_err;
    struct error error; /* is_err: code, sqlstate and text of the server */
    uint32_t stmt_id;   /* of COM_STMT_PREPARE */
    uint16_t params;
    uint16_t columns;
    uint16_t status;   /* last status flags seen; 0 when none */
    uint16_t warnings; /* number of warnings in the last OK or EOF */
};

/* How the connection logged in, as far as a reset does not undo it: a session for which all of this would be
 * equal may use the connection. */
struct upstream_key {
    uint64_t
        account;    /* account and password: user.account; never changes. 0: the connection is never shared */
    uint64_t caps;  /* end-to-end bits, as wished */
    uint64_t moves; /* of the server at that time: see view_server */
    unsigned cluster;  /* of the owner; not compared, as a server belongs to one cluster */
    uint8_t collation; /* as sent to the server */
    uint8_t hop;     /* enum tls_setting and enum compression_setting of the server at that time: pool_hop */
    bool has_schema; /* the connection has, or had, a default schema: only another login removes it */
};

struct upstream_owner_ops {
    /* Logged in and set up. */
    void (*on_ready)(struct upstream *upstream);
    /* An exchange is over; the upstream is READY again. */
    void (*on_answer)(struct upstream *upstream, const struct upstream_answer *answer);
    /* The upstream is DEAD: refused, lost or out of time. err->sqlstate is set when the server has sent the
     * error (ERR). The owner closes the upstream. */
    void (*on_failed)(struct upstream *upstream, const struct error *err);
    /* READY or BUSY, and the socket is ready: the owner fills and sends. */
    void (*on_io)(struct upstream *upstream, int events);
    /* The time given to upstream_expire has passed. NULL: the owner does not use upstream_expire. */
    void (*on_expired)(struct upstream *upstream);

    /* The following are asked of connections that hold a permit (pool). */

    /* A session waits for a connection: the owner gives this one up if possible. NULL: never. */
    void (*on_wanted)(struct upstream *upstream);
    /* The connection has reached its maximum age, or was idle for too long: the owner closes it if possible.
     * NULL: never. */
    void (*on_aged)(struct upstream *upstream);
    /* The owner's use of the connection: a number of pool/usage. NULL: being prepared. */
    unsigned (*use)(const struct upstream *upstream);
};

struct upstream {
    struct loop_corpse corpse;
    struct stream stream;
    const struct upstream_env *env; /* borrows; after upstream_leave that of the thread it left */
    struct server *server;          /* borrows */
    struct addr addr;               /* of this connection: the server may have another address by now */
    const struct upstream_owner_ops *ops;
    void *owner;                    /* borrows */
    struct loop_timer timer;        /* deadline of connect, login or exchange */
    struct upstream_login *login;   /* owns; NULL once over */
    struct tracker tracker;         /* of an exchange; used by the owner while BUSY */
    struct upstream_answer *answer; /* owns while EXCHANGING */
    struct rows *rows;              /* borrows: collects the rows of an exchange; or NULL */
    struct permit permit;           /* held until the connection is closed; probes and KILL have none */
    struct permit quota;            /* likewise: a permit of the account, if the server limits it */
    struct upstream_key key;        /* the owner's */
    enum upstream_state state;
    uint8_t asked;       /* EXCHANGING: the command byte */
    bool is_counted;     /* in server->connections_active */
    bool is_set_up;      /* the set-up statement was sent since login or reset */
    bool has_been_ready; /* on_ready was called */
    bool is_idle;        /* counted in server->connections_idle, not connections_active */
    bool is_soiled;      /* may hold state that a reset does not undo: never shared again */
    uint64_t caps;       /* agreed */
    enum server_family family;
    uint32_t connection_id; /* the server's */
    uint8_t server_collation;
    uint64_t server_caps;
    char version[64];
    uint8_t nonce[NONCE_BYTES]; /* of the greeting: COM_CHANGE_USER uses it again */
    uint16_t status;            /* last seen */
    struct text schema;         /* owns: current schema, as far as known */
    uint64_t opened_us;         /* monotonic */
    uint64_t logged_in_us;      /* monotonic; 0: not yet */
    uint64_t answered_us;       /* monotonic; when it became READY: nothing was sent since */
    uint64_t renewed_us;        /* monotonic; its last login or reset */
    uint64_t defaults;          /* the server's `defaults` at its last login or reset */
    uint32_t patience_s;        /* the likely wait_timeout of this connection; 0: unknown */
    uint16_t new_status;        /* status flags after its last login or reset */
    bool may_be_late; /* set by the owner: the running command does no harm when it is run after it was given
                         up */
    bool is_killed;   /* set by the owner: closed without COM_QUIT, so that the server counts it in
                         Aborted_clients */
    struct text closing; /* owns: ids, each of 4 bytes, of statements to be closed when it is READY */
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
