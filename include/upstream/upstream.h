/* One connection to a server: dial, TLS, login, set-up, then commands of headgate (exchanges) or of a
 * session.
 *
 *      CONNECTING ──► LOGGING_IN ◄──► SECURING          any state ──► DEAD, then on_failed
 *                          │
 *                          ▼
 *                       READY ◄──► EXCHANGING   (one command of headgate; its reply is not forwarded)
 *                          ▲ │        └──► LOGGING_IN: COM_CHANGE_USER
 *                          │ ▼
 *                         BUSY                  (a command of a session: the owner reads and writes)
 *
 *   upstream.c           opening and closing, readiness, deadlines, change of owner
 *   upstream_login.c     SECURING, LOGGING_IN, COM_CHANGE_USER
 *   upstream_exchange.c  EXCHANGING, and closing statements
 *   upstream_setup.c     set-up, COM_RESET_CONNECTION, character sets
 *
 * Belongs to one loop at a time. In READY and BUSY the owner is told of readiness (on_io), and reads and
 * writes `stream` itself.
 */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "upstream/server.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"
#include "mysql/rows.h"
#include "mysql/tracker.h"
#include "net/dial.h"
#include "net/proxy_header.h"
#include "net/stream.h"

#include <stdbool.h>
#include <stdint.h>

/* Packets that carry session state are read whole up to this size in bytes; the window grows for them. */
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

/* Data that all upstreams of a thread share. */
struct upstream_env {
    struct loop *loop;
    struct socket_options socket;
    uint64_t connect_us;
    uint64_t login_us;
    unsigned worker; /* row of the servers' counters */
    size_t bytes;    /* size of the owner's struct, which begins with struct upstream; 0: no larger struct */
    void (*on_close)(struct upstream *upstream); /* frees the rest of the owner's struct; or NULL */
};

/* How to log in. All data is copied, and wiped when the login is over. */
struct upstream_wish {
    const struct addr *addr; /* where the server is */
    const char *user;
    const struct auth_secret *secret;
    struct span schema;     /* empty: none */
    struct span attributes; /* encoded pairs */
    uint64_t caps;          /* end-to-end capabilities, exactly as they must be agreed */
    uint16_t collation;
    const struct proxy_ends *client; /* whose connection it is, if the server asks for that (proxy_protocol);
                                        NULL: headgate's own */
    bool has_setup;                  /* run the set-up statement: session tracking for sessions */
    bool take_permit;                /* a permit of the server was taken, and belongs to the upstream */
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
    uint64_t caps;  /* end-to-end capabilities, as in the wish */
    uint64_t moves; /* view_server.moves at the time of the login */
    unsigned cluster;  /* of the owner; not compared, as a server belongs to one cluster */
    uint8_t collation; /* as sent to the server */
    uint8_t hop;       /* the server's tls, compression and proxy_protocol at the time of the login */
    uint8_t client[PROXY_ADDRESS_BYTES]; /* the address that the server was told; zero: none */
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

    /* The following are called for connections that hold a permit (pool). */

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
    const struct upstream_env *env; /* borrows; until upstream_adopt that of the former thread */
    struct server *server;          /* borrows */
    struct addr addr;               /* of this connection; the server may have moved since */
    const struct upstream_owner_ops *ops;
    void *owner;                    /* borrows */
    struct loop_timer timer;        /* deadline of connect, login or exchange */
    struct upstream_login *login;   /* owns; NULL when the login is over */
    struct tracker tracker;         /* of an exchange; used by the owner while BUSY */
    struct upstream_answer *answer; /* owns while EXCHANGING */
    struct rows *rows;              /* borrows: collects the rows of an exchange; or NULL */
    struct permit permit;           /* held until the connection is closed; probes and KILL have none */
    struct permit quota;            /* a permit of the account, if it has a quota; held as long */
    struct upstream_key key;        /* filled in by the owner */
    enum upstream_state state;
    uint8_t asked;       /* EXCHANGING: the command byte */
    bool is_counted;     /* in server->connections_active */
    bool is_set_up;      /* the set-up statement was sent since login or reset */
    bool has_been_ready; /* on_ready was called */
    bool is_idle;        /* counted in server->connections_idle, not connections_active */
    bool is_soiled;      /* may hold state that a reset does not undo: never shared again */
    uint64_t caps;       /* capabilities agreed with the server */
    enum server_family family;
    uint32_t connection_id; /* the server's id of the connection */
    uint8_t server_collation;
    uint64_t server_caps; /* capabilities in the server's greeting */
    char version[64];
    uint8_t nonce[NONCE_BYTES]; /* of the greeting: COM_CHANGE_USER uses it again */
    uint16_t status;            /* last status flags seen */
    struct text schema;         /* owns: current schema, as far as known */
    uint64_t opened_us;         /* monotonic */
    uint64_t logged_in_us;      /* monotonic; 0: not yet */
    uint64_t answered_us;       /* monotonic; when it became READY: nothing was sent since */
    uint64_t renewed_us;        /* monotonic; its last login or reset */
    uint64_t defaults;          /* the server's `defaults` at its last login or reset */
    uint32_t wait_timeout_s;    /* the likely wait_timeout of this connection; 0: unknown */
    uint16_t new_status;        /* status flags after its last login or reset */
    bool may_be_late;    /* set by the owner: the running command does no harm if the server runs it after
                         headgate has given it up */
    bool is_killed;      /* set by the owner: closed without COM_QUIT, so that the server counts it in
                         Aborted_clients */
    struct text closing; /* owns: ids, each of 4 bytes, of statements to be closed when it is READY */
};

/* Starts to connect. NULL: the attempt could not begin, and *err says why. A permit (wish->take_permit) is
 * given back when the connection is closed, or at once on failure. */
struct upstream *upstream_open(const struct upstream_env *env, struct server *server,
                               const struct upstream_wish *wish, const struct upstream_owner_ops *ops,
                               void *owner, struct error *err);

/* The ends that a connection to the server at `addr` is announced with: `client`, or NULL. NULL also for a server
 * without proxy_protocol, and for a client of this machine if the server is on another one: there the loopback
 * address, "localhost", would be another machine. */
const struct proxy_ends *upstream_told(const struct server *server, const struct addr *addr,
                                       const struct proxy_ends *client);

/* Closes the connection, with COM_QUIT when READY, and frees the upstream after the loop's turn. Bytes of a
 * running command that have not reached the server are dropped, unless may_be_late is set. *upstream becomes
 * NULL; no callback follows. */
void upstream_close(struct upstream **upstream);

/* READY only: gives the connection to another owner, which uses it from now on. Stops its deadline. */
void upstream_hand_over(struct upstream *upstream, const struct upstream_owner_ops *ops, void *owner);
/* READY only: the connection counts as idle until it is handed over. on_expired follows after `after_us` in
 * READY. Input from the server is reported by on_io. */
void upstream_expire(struct upstream *upstream, uint64_t after_us);

/* The connection has logged in before that moment (monotonic). */
static inline bool upstream_is_before(const struct upstream *upstream, uint64_t us)
{
    return upstream->logged_in_us != 0 && upstream->logged_in_us < us;
}

/* The connection whose permit is this node of a worker's list of holders. `permits` are a server's, or those
 * of an account at a server. */
static inline struct upstream *upstream_of_permit(const struct permits *permits, struct list_node *node)
{
    return permits->quota != NULL ? list_entry(node, struct upstream, quota.in_list)
                                  : list_entry(node, struct upstream, permit.in_list);
}
/* The permits of this connection that have a waiter for which no connection is being prepared: the server's,
 * or else the account's. NULL: there is no such waiter. */
static inline struct permits *upstream_wanted(const struct upstream *upstream)
{
    struct permits *permits = upstream->permit.permits, *quota = upstream->quota.permits;
    if (permits != NULL && permits_is_short(permits))
        return permits;
    return quota != NULL && permits_is_short(quota) ? quota : NULL;
}

/* Takes the server's permit from the connection: it belongs to the caller from now on. False: the connection
 * holds none. */
bool upstream_take_permit(struct upstream *upstream);

/* Move a connection to another thread: upstream_leave on the old thread, then upstream_adopt on the new one.
 * The connection must be READY and idle, with no bytes unread or unsent. It keeps its permits, has no owner
 * in between, and is idle afterwards. */
void upstream_leave(struct upstream *upstream);
void upstream_adopt(struct upstream *upstream, const struct upstream_env *env,
                    const struct upstream_owner_ops *ops, void *owner);

/* READY → BUSY: the owner begins a command of a session, whose reply has that shape. BUSY → READY: the reply
 * has ended. */
void upstream_begin(struct upstream *upstream, enum reply_shape shape, bool has_cursor);
void upstream_end(struct upstream *upstream);
