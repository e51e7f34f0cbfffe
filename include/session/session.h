/* A session: one client, from accept to close. This header has the session's data and what its steps may do.
 * The driver (frontend/driver.c) calls the step of the present state (tbl/session_states.h) until the session has to
 * wait.
 *
 *      [PROXY_HEADER] ─► GREETING ─► LOGIN ─► IDLE ◄─────────────────────── answered ◄────────────────────────────────┐
 *                            │ a command                                                         │
 *                            ▼                                                                   │
 *                         READING ─► ACQUIRING ─► ATTACHING ─► SYNCING ─► PREPARING ─► SENDING ─► REPLYING
 *                                       │ ▲
 *                                       ▼ │
 *                              WAITING, QUEUED, CATCHING_UP
 *
 *   session/    the session and its connections
 *     slot                       a connection is opened, taken from the pool, dropped
 *     yield, state_capture       the session gives a connection up
 *     reuse                      what is known of a connection that other sessions have used
 *     command_text               the present command's text, and how it is read
 *     compression                the compressed protocol with the client
 *     worker                     the thread that sessions belong to
 *   command/    the steps of a command
 *     command, command_execute   IDLE, READING: which command it is
 *     command_route, hints       where the command goes, and why
 *     pending_effects            what the command is about to change
 *     acquire, pick_server       the session gets a connection to a server
 *     wait_connection, _replica  the session waits: for a connection, for a replica's data
 *     apply_state                the connection gets the state of the session
 *     transfer                   the bytes of the command and of the reply
 *     retry                      a server is lost, or refuses to run the command
 *     command_end                what the reply has changed
 *     local_answers, gtid_token  what headgate answers itself
 *     command_answer             how a command ends, and what it has cost
 *     kill_statement             the statement KILL in all its forms
 *   frontend/   the driver, the table of steps; login (GREETING, LOGIN, COM_CHANGE_USER); kill; worker_thread
 *
 * A step returns STEP_MORE (the state may have changed: the driver goes on), STEP_WAIT (nothing can be done
 * before the next event) or STEP_GONE (the session is closed and must not be touched any more).
 */
#pragma once

#include "access/users.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "upstream/upstream.h"
#include "freshness/consistency.h"
#include "mysql/client_login.h"
#include "mysql/attributes.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "net/proxy_header.h"
#include "net/stream.h"
#include "pool/login_age.h"
#include "pool/waiters.h"
#include "state/slot.h"
#include "prepared/client_statements.h"
#include "session/worker.h"
#include "state/facets.h"
#include "state/job.h"

#include <stdbool.h>
#include <stdint.h>

enum session_state {
#define SESSION_STATE(NAME, words, stage, step, on_deadline, next, leaves, late) SESSION_##NAME,
#include "session/tbl/session_states.h"
#undef SESSION_STATE
    SESSION_STATE_COUNT
};

/* How far the present command has come; see tbl/session_states.h. */
enum session_stage { STAGE_NONE, STAGE_ON_ITS_WAY, STAGE_RELAYED };

enum step { STEP_MORE, STEP_WAIT, STEP_GONE };

/* Status flags that describe the session, not a statement. */
#define STATUS_OF_SESSION                                                                                    \
    (STATUS_IN_TRANS | STATUS_AUTOCOMMIT | STATUS_NO_BACKSLASH_ESCAPES | STATUS_IN_TRANS_READONLY |          \
     STATUS_ANSI_QUOTES)

struct hints;
struct hints_beside;

struct permits_ticket;
struct quota;

/* QUEUED: the session waits for a connection, or for the permits to open one (command/wait_connection). */
struct queue {
    struct permits_ticket *ticket; /* borrows: no permit has come yet; the ticket frees itself */
    struct upstream *offer;        /* borrows: a connection given to this session, until it is taken */
    struct pool_waiter waiter;     /* for a connection, and for questions to other workers */
    uint64_t moves;                /* view_server.moves of the server when the wait began */
    struct server *at;             /* borrows */
    bool has_permit;               /* a permit of that server has come */
    struct permits *permits;       /* borrows: permits that `ticket` is for, or was for; or NULL */
    struct quota *quota; /* borrows: quota of the account whose permit the session holds; NULL: none */
};

/* What a load balancer has told of a client: frontend/client_address. */
struct proxied {
    struct proxy_header header;
    char via[ADDR_PLAIN_MAX]; /* addr_format_host of the load balancer */
};

struct session {
    struct loop_corpse corpse;
    struct list_node in_worker;  /* in list worker->sessions */
    struct list_node in_waiting; /* in list positions->waiting */
    UT_hash_handle hh;           /* in worker->by_id */
    struct worker *worker;       /* borrows */
    struct listener *listener;   /* borrows */
    uint64_t id;                 /* what the client sees as its connection id (low 32 bits) */
    struct log_scope scope;
    enum session_state state;
    bool is_running; /* the driver is active: callbacks only note what has happened */
    bool is_gone;
    bool must_close;     /* state of the session was lost: close after the answer to the present command */
    bool has_last_words; /* CLOSING: the client should be able to read the reason */
    bool is_client_eof;
    bool is_local;      /* the client came over a unix socket */
    bool is_new;        /* has not logged in yet */
    bool comes_proxied; /* from a network that may send a PROXY header */
    bool has_begun;     /* the client's first bytes after the greeting are no PROXY header, or it is read */
    bool is_counted;    /* `host` counts in the limits */

    struct stream client;
    struct client_login *login;     /* owns; only during a login */
    const struct user *user;        /* borrows; held if it was read from servers: access/directory.h */
    struct login_account *entering; /* owns; only during a login: frontend/login_account.h */
    struct limit *user_limit;       /* borrows: limit of the user that the session counts for; NULL: none */
    struct auth_secret *seen; /* owns: the proved password, if the configuration has only a hash; or NULL */
    uint64_t caps;            /* agreed with the client */
    uint64_t upstream_caps;   /* capabilities that connections to servers get */
    uint16_t collation;
    uint8_t nonce[NONCE_BYTES]; /* of headgate's greeting; also used for COM_CHANGE_USER */
    struct text attributes;     /* owns */
    struct proxy_ends ends;     /* ends of the client's connection, told by a load balancer or seen */
    struct proxied *proxied;    /* owns; NULL: no PROXY header, or one without an address */

    struct facets facets;                /* what the client has set, and what its statements have left */
    struct slot *slots[PREPARED_PLACES]; /* own; by enum route_place; slot_none(): there is no connection */
    struct text lost; /* owns: an idle connection that held state was lost: the ERR for the next command */
    struct server *shared;  /* borrows: the primary, if it takes this session's reads; or NULL */
    uint64_t balance_at_us; /* next check whether the session's reads are on the right server */
    uint64_t generations;
    struct queue queue;
    struct rights rights;
    struct consistency consistency;
    struct job *job; /* owns, from worker->jobs; job_idle() between commands */
    struct prepared_table prepared;
    enum close_reason close_reason;

    struct loop_timer timer;
    uint64_t timer_at_us; /* when `timer` fires; 0: it does not run */
    uint64_t deadline_us; /* of the present wait; 0: none */
    uint64_t last_active_us;
    counter commands;
    uint64_t who;     /* digests_who() of its cluster and user */
    struct text said; /* owns: text of the present statement with literals, if the logs show literals */
    char host[];      /* client address: addr_format_host; room for ADDR_PLAIN_MAX bytes if comes_proxied */
};

/* What an idle client costs, beside its schema, its connect attributes and the state that it has set. */
_Static_assert(sizeof(struct session) <= 1536, "a session without work is small");

/* The worker's session with this id, or NULL. */
struct session *session_find(const struct worker *worker, uint64_t id);

/* ---- what steps and callbacks may do ---- */

/* Runs steps until the session must wait. Safe in every callback: while the driver is active this call
 * only notes the event. */
void session_run(struct session *session);
/* Closes the session at once, from outside its steps. */
void session_abort(struct session *session, enum close_reason reason);
/* By state: 1 << each state that may follow it. */
extern const uint32_t session_next[];
/* The rare part of session_enter: writes the debug log, and aborts the program if the new state must not
 * follow. */
void session_tell_enter(const struct session *session, enum session_state state);
/* Changes the session's state. Returns STEP_MORE. */
static inline enum step session_enter(struct session *session, enum session_state state)
{
    if ((session_next[session->state] & 1u << state) == 0 || log_is_on(LOG_LEVEL_DEBUG))
        session_tell_enter(session, state);
    session->state = state;
    return STEP_MORE;
}
struct close_reason_row {
    const char *words;
    bool is_error;    /* logged as a warning; the client may get the reason */
    bool may_hand_on; /* the session's connections to servers may go to the pool */
};

/* By enum close_reason: the rows of tbl/close_reasons.h. */
extern const struct close_reason_row close_reasons[];
/* Closes the session for this reason. client.out is flushed first, as far as the client reads it.
 * `detail`: for the log, or NULL. */
enum step session_close(struct session *session, enum close_reason reason, const char *detail);
/* Sets the deadline of the present wait, `after_us` microseconds from now (0: no deadline). */
void session_set_deadline(struct session *session, uint64_t after_us);
/* The stage of the session's state. */
enum session_stage session_stage(const struct session *session);
/* No command of the session runs and no transaction is open: the session may wait for a paused cluster. */
bool session_is_quiet(const struct session *session);
/* Keeps a copy of the password that the client has proved. False: memory is out. */
bool session_keep_secret(struct session *session, const struct auth_secret *secret);
/* A command or a login begins: the session gets a job, unless it has one already. False: memory is out. */
bool session_begin_job(struct session *session);
/* True if the present command uses the connection at this place. */
bool session_is_of_job(const struct session *session, enum route_place place);
/* How long a server may take to answer the present command, in microseconds: timeouts.query, or less by a
 * hint. 0: no limit. */
uint64_t session_query_us(const struct session *session);
/* The view of the session's cluster. Borrows, for the present turn. */
static inline const struct view *session_view(const struct session *session)
{
    return session->worker->boxes[session->listener->cluster].view;
}
/* The loop's time of the present turn, in microseconds. */
static inline uint64_t session_now(const struct session *session)
{
    return session->worker->loop.now_us;
}
const char *session_state_words(enum session_state state);
/* True: nobody between the client and headgate can read or change what they say (TLS, or a unix socket): the
 * client may send its password in clear text. */
static inline bool session_is_safe(const struct session *session)
{
    return session->is_local || session->client.ssl != NULL;
}
/* ---- the rights of the session's account, as its connections have them: pool/login_age ---- */

/* The client's login or COM_CHANGE_USER was accepted. While replicas may lack the last change of accounts,
 * the session's reads wait for a replica that has it, as with consistency "global". To be called after
 * consistency_begin. */
void session_begin_rights(struct session *session);
/* The client's USE has succeeded. If accounts have changed since the login, USE is sent again on the
 * session's other connection, so that the server reads the rights on that schema again. */
void session_note_use(struct session *session);

/* Writes the page docs/architecture/states.md. */
void session_write_states(struct text *out);
