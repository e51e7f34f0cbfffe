/* A session: one client, from accept to close, and the state machine that ties everything together.
 *
 *      GREETING ─► LOGIN ─► [attach] ─► IDLE ◄──────────────────────────────────────────┐
 *                                        │ a command                                    │
 *                                        ▼                                              │
 *      READING ─► (decide) ─► WAITING ─► ATTACHING ─► SYNCING ─► PREPARING ─► SENDING ─► REPLYING ◄─► INFILE
 *
 *   session.c             birth, death, the driver, readiness and timers
 *   frontend.c            GREETING, LOGIN, COM_CHANGE_USER: who is it?
 *   dispatch.c            IDLE, READING: which command?
 *   dispatch_statement.c  … one with a text
 *   dispatch_prepared.c   … one on a prepared statement
 *   dispatch_go.c         … off to where it is to run
 *   dispatch_end.c        DRAINING: answers of our own, and that it is over
 *   decide.c              where to, and why
 *   hints.c               what its comments and attributes ask for
 *   intent.c              what it is about to change
 *   share.c               QUEUED: connections when they are scarce
 *   pinned.c              why one may not be given up
 *   parting.c             what only a connection knows, asked before it is given up
 *   draws.c               what was drawn from sequences
 *   recall.c              ROW_COUNT() and FOUND_ROWS(), as replies told
 *   pool.c, pool_….c      connections that no session has
 *   lifetime.c, retire.c  how long all of them last
 *   asleft.c              … and that need not be made new
 *   attach.c              WAITING, ATTACHING: a connection to a server
 *   choice.c              which server that is
 *   sync.c                SYNCING, PREPARING: it becomes equal to the session
 *   consistency.c         CATCHING_UP: a replica that has what the session has written and seen
 *   relay_send.c          SENDING: the bytes there
 *   relay.c               REPLYING: the bytes back
 *   relay_packet.c        … but for packets that the client would not have seen like that
 *   relay_file.c          INFILE: a client's file
 *   loss.c                what becomes of a command whose server is lost
 *   tracking.c            session tracking as the client would have seen it
 *   effects.c             what a reply says about the session's state
 *   effects_tracked.c     … by session tracking
 *   effects_reading.c     … about how its texts are to be read
 *   effects_done.c        … when it is over
 *   memory.c              … about user variables
 *   readback.c            … which are asked for when their connection is needed
 *   carry.c               SHOW HEADGATE TOKEN
 *   kill.c                KILLING
 *   account.c             what a statement has cost
 *
 * A step returns MORE (the state may have changed: go on), WAIT (nothing to do until something happens) or
 * GONE (closed: touch nothing). All changes of state go through session_enter.
 */
#ifndef HEADGATE_PROXY_SESSION_H
#define HEADGATE_PROXY_SESSION_H

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "cluster/upstream.h"
#include "mysql/admit.h"
#include "mysql/attributes.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "net/stream.h"
#include "proxy/consistency.h"
#include "proxy/draws.h"
#include "proxy/pins.h"
#include "proxy/prepared.h"
#include "proxy/route.h"
#include "proxy/users.h"
#include "proxy/uservars.h"
#include "proxy/vars.h"
#include "proxy/worker.h"

#include <stdbool.h>
#include <stdint.h>

enum session_state {
#define SESSION_STATE(NAME, words) SESSION_##NAME,
#include "proxy/tbl/session_states.h"
#undef SESSION_STATE
    SESSION_STATE_COUNT
};

enum step { STEP_MORE, STEP_WAIT, STEP_GONE };

#define ATTEMPTS_MAX 3 /* servers tried for one harmless read before the client hears of it */

/* What we asked of an upstream ourselves, ahead of a command. */
enum sync_task {
    SYNC_NOTHING,
    SYNC_RESET, /* the session had one */
    SYNC_RENEW, /* the connection is somebody else's still */
    SYNC_SETUP,
    SYNC_CHARSETS,
    SYNC_OPTION,
    SYNC_SCHEMA,
    SYNC_ROLE,
    SYNC_VARS,
    SYNC_COUNT,  /* what was counted before is nobody's business */
    SYNC_QUIET,  /* our SETs have left warnings: not the client's */
    SYNC_WAIT,   /* a Galera node has to apply what the session did on another */
    SYNC_WAITED, /* … and its next OK tells that state has changed: by that, not by the client's statement */
    SYNC_USER_VARS,
    SYNC_PREPARE,
    SYNC_READ_BACK /* while the session is idle: readback.h */
};

/* Flags that describe the session rather than a statement. */
#define STATUS_OF_SESSION                                                                                    \
    (STATUS_IN_TRANS | STATUS_AUTOCOMMIT | STATUS_NO_BACKSLASH_ESCAPES | STATUS_IN_TRANS_READONLY |          \
     STATUS_ANSI_QUOTES)

struct changes;
struct handover;
struct hints;
struct hints_beside;
struct claims;
struct readback;

struct recalled {
    bool is_known;
    int64_t value;
};

/* Who knows the answers to questions about earlier statements: a connection's generation each, of the place
 * that is remembered beside it; 0: nothing has been left to be asked about. */
struct answers {
    uint64_t last;              /* ROW_COUNT() and the like */
    uint64_t found;             /* FOUND_ROWS() */
    uint64_t diagnostics;       /* the warnings … */
    struct recalled row_count;  /* what it is, whoever else knows: recall.h */
    struct recalled found_rows; /* likewise */
    bool is_calculated;         /* FOUND_ROWS() is of SQL_CALC_FOUND_ROWS: likely to be asked for */
    bool has_diagnostics;       /* … of which there are some, or an error */
};

/* In struct answers: nobody does any more. */
#define ANSWERS_LOST UINT64_MAX

/* A place where statements run: the primary, or this session's replica. */
struct slot {
    struct upstream *upstream; /* owns; NULL: none */
    int server;                /* its index in the view */
    uint64_t moves;            /* of that server, when it was opened: see view_server */
    uint64_t insert_id;        /* LAST_INSERT_ID() there, as far as it matters */
    uint64_t generation;       /* which upstream this is: prepared ids belong to one */
    uint64_t role_version;     /* of the SET ROLE it has seen */
    uint64_t option_version;   /* of the COM_SET_OPTION it has seen */
    uint64_t user_version;     /* of the user variables it has been told */
    uint64_t writes_version;   /* of variables that concern writes only; the others': upstream.vars_version */
    bool has_wait;             /* its wait_timeout is the client's */
    uint64_t drawn_us;         /* when a statement drew from a sequence; 0: none has */
    uint64_t answers_us;       /* when a statement left something here to be asked about; 0: nothing */
    bool has_warnings;         /* … warnings or an error, whenever that was */
    bool has_our_warnings;     /* SYNC_QUIET is due */
    bool is_inherited;         /* it was taken as another session had left it, and not made new since */
    bool must_renew;           /* … and is to be, before anything else */
    bool must_count;           /* FOUND_ROWS() would tell what somebody else counted */
    bool lacks_charsets;       /* made new, and not yet as the handshake had them */
    bool has_own_gtid;         /* the session's statements have told of a commit there */
    bool has_own_writes;       /* … or have drawn from a sequence, or may have */
    bool is_changing;          /* COM_CHANGE_USER makes it this session's: if that fails, it says nothing */
    bool has_waited;           /* SYNC_WAITED is due */
    struct rows *parting;      /* owns: the answer to what it is asked before it is given up; NULL: nothing */
    unsigned asked;            /* parting: what, as a set */
    struct permits *promised_to; /* borrows: parting: counted in their `promised`; NULL: in none */
    bool must_wait;            /* Galera: the session was at another writer, and what it did there may lack */
    bool is_reset;             /* COM_RESET_CONNECTION was replayed on it, as the session had one */
    enum sync_task task;       /* what its running exchange is about */
    struct readback *readback; /* owns: SYNC_READ_BACK */
    bool has_answer;           /* an exchange ended: `answer` holds it */
    struct upstream_answer answer;
    bool has_failed; /* it died: `failure` says how */
    struct error failure;
};

/* The command being run. */
struct job {
    const struct command *command; /* NULL: none */
    struct sql_facts facts;        /* STATEMENT and PREPARED */
    struct packet_run run;         /* through the client's bytes */
    struct prepared *prepared;     /* borrows from the session's table */
    size_t text_offset;            /* COM_QUERY: of its text, behind the command byte and its attributes */
    enum route_place place;
    enum route_reason reason;
    struct changes *changes;    /* owns: what a SET is about to change */
    struct claims *claims;      /* owns: what it is about to take or give back */
    struct text inner;          /* owns: the text that an EXECUTE runs */
    struct text named;          /* owns: the user variables in its text, a NUL behind each … */
    unsigned named_count;       /* … each as often as it is named */
    bool has_odd_names;         /* … and there are, or may be, others that cannot be named */
    uint64_t vars_before;       /* version when it was sent */
    uint64_t wait_until_us;     /* deadline of WAITING, kept over several tries; 0: not waiting yet */
    uint64_t queue_until_us;    /* the same of QUEUED */
    uint64_t catch_up_until_us; /* … and of CATCHING_UP */
    struct text rewritten;      /* owns: sent instead of the window's first bytes, when not empty */
    size_t rewritten_sent;
    uint64_t started_us;
    uint64_t sent_us;            /* when its first bytes went to a server */
    uint64_t over_us;            /* when all of the reply was there; 0: not yet */
    struct digest_row *digest;   /* borrows from the worker's table: where it counts; NULL: nowhere */
    const struct server *server; /* borrows: that it was sent to last; NULL: to none */
    uint64_t rows;               /* of its reply, once that is over */
    uint64_t affected;           /* rows, says its reply */
    uint64_t bytes_out;          /* of its reply, as the server sent it */
    uint64_t file_bytes;         /* is_file: of the command, and of the file so far */
    uint16_t told_error;         /* headgate's own answer, or what it made of the server's; 0: none */
    uint32_t kill_id;            /* KILL's target; COM_SET_OPTION's argument */
    bool has_kill_verdict;
    uint8_t kill_verdict; /* see kill.c */
    uint8_t attempts;     /* servers tried */
    bool has_no_schema;   /* its schema is gone, dropped by somebody else: it runs in none */
    bool is_inner_set;    /* the EXECUTE runs a SET */
    bool is_home;         /* it runs where the session's own state is: the reply tells about that */
    bool is_aside; /* a question in a transaction that is elsewhere: the reply's flags are not its own */
    bool is_interrupted; /* by KILL QUERY, while no server had it */
    bool is_cut;         /* larger than the window: it streams */
    bool is_login;       /* not a command of the client: the upstream that must accept its schema */
    bool is_change_user; /* is_login, for COM_CHANGE_USER */
    bool has_reply;      /* a byte of the reply has been passed on */
    bool has_no_memory;  /* a packet of the reply found none */
    bool is_reply_over;  /* everything parsed; may still have to be sent */
    bool has_cursor;
    bool is_retriable;       /* a harmless read, whole in the window */
    bool is_refused;         /* by a read-only server, which has not run it */
    bool is_unready;         /* … or by a Galera node that takes no statements just now */
    bool is_unread;          /* the server had ended the connection before it read anything of it */
    bool is_timed_out;       /* the query timeout ended it */
    bool is_kept;            /* its bytes stay in the window until the reply begins: it could be sent again */
    bool is_file;            /* LOAD DATA LOCAL: `run` goes through the client's file, to its empty packet */
    bool is_file_unanswered; /* the server has sent nothing since it asked for the file */
    bool has_rows;           /* its reply had a result set */
    bool has_gtid;           /* … or told of a commit */
    bool has_changed;        /* … or of rows that it changed, or (FOUND_ROWS) found */
    bool asks_token;         /* SHOW HEADGATE TOKEN: no server sees it */
    uint64_t token_since; /* … it tells what the primary had after this moment; 0: what the session knows */
    bool has_asked_newest;  /* consistency "strong": what is the newest was asked for */
    bool has_waited;        /* … in vain */
    bool goes_first; /* its login met the account's limit: ahead of those who wait for that */
    bool has_asked_others;  /* other workers, for a connection that they have parked */
    bool is_held_back;      /* it waits, or has waited, for a replica to catch up */
    bool has_insert_id;     /* … or told of a generated id */
    bool has_warnings;      /* its reply told of some */
    bool has_error;         /* its reply was, or ended in, ERR … */
    uint16_t error_code;    /* … with this number */
    bool is_unbegun;        /* … which says that nothing was run */
    bool has_multi;         /* MORE_RESULTS was seen */
    bool has_state_change;  /* the server reported a change of session state */
    bool has_untold;        /* … of a variable that is not followed */
    bool has_last_gtid;     /* … of MariaDB's last_gtid */
    bool has_told_wait;     /* … of wait_timeout */
    bool is_wait_rewritten; /* a SET of wait_timeout was sent without its number: patience.h */
    bool has_only;          /* a hint: no other replica than `only` */
    int only;
    uint64_t timeout_us;             /* … no longer than this; 0: no such hint */
    enum consistency_need freshness; /* … how new its read must be */
    int avoid;                       /* server that failed it; VIEW_NO_SERVER: none */
    uint16_t error;                  /* what to answer after DRAINING; 0: nothing pending */
    struct error error_text;
    uint8_t seq; /* for what we answer ourselves */
};

struct session {
    struct loop_corpse corpse;
    struct list_node in_worker; /* in list worker->sessions */
    struct list_node in_watch;  /* in list watch->waiting */
    UT_hash_handle hh;          /* in worker->by_id */
    struct worker *worker;      /* borrows */
    struct door *door;          /* borrows */
    uint64_t id;                /* what the client sees as its connection id (low 32 bits) */
    struct log_scope scope;
    enum session_state state;
    bool is_running; /* the driver is active: callbacks only note what happened */
    bool is_gone;
    bool must_close;     /* once the client has heard of the present command: state of its was lost */
    bool has_last_words; /* CLOSING: the client should be able to read why */
    bool is_client_eof;
    bool is_new; /* has not logged in yet */

    struct stream client;
    struct addr peer;
    char host[64];            /* of the peer, for 1045 */
    struct admit *admit;      /* owns; only while somebody logs in */
    const struct user *user;  /* borrows */
    struct limit *user_limit; /* borrows: of the user it is counted as; NULL: of none */
    struct auth_secret *seen; /* owns: what the login proved, where the configuration has only a hash */
    uint64_t caps;            /* agreed with the client */
    uint64_t upstream_caps;   /* end-to-end bits for upstreams */
    uint64_t option_version;  /* counts COM_SET_OPTION, which changes one of them; 0: there was none */
    uint16_t collation;
    uint8_t nonce[NONCE_BYTES]; /* of our greeting: COM_CHANGE_USER proves with it again */
    struct text attributes;     /* owns */
    struct text schema;         /* owns; empty: none */
    struct text role;           /* owns: the last SET ROLE's argument; empty: there was none */
    uint64_t role_version;      /* of that SET ROLE; 0: there was none */
    bool has_left_schema;       /* it was another one when some SQL-level prepared statement was prepared */

    struct slot slots[PREPARED_PLACES]; /* by enum route_place */
    struct text lost; /* owns: an idle connection that held state was lost: what the next command hears */
    struct server *shared; /* borrows: the primary, whose share of the reads its reads are; or NULL */
    uint64_t balanced_us;  /* when it was last asked whether its reads are in the right place */
    uint64_t generations;
    struct permits_ticket *ticket; /* borrows: QUEUED, and no permit has come; it frees itself */
    struct upstream *offer;        /* borrows: a connection that has come for it, while it is run for that */
    struct handover *handover;     /* borrows: QUEUED, and other workers are asked; it frees itself */
    uint64_t queued_moves;         /* of its address then */
    struct server *queued_at;      /* borrows: QUEUED */
    bool has_permit;               /* QUEUED: one of that server has come */
    struct permits *queue;         /* borrows: in which `ticket` is, or was until on_connection; or NULL */
    struct quota *quota;           /* borrows: the account's, of which a permit is in hand; NULL: of none */
    struct answers answers;
    struct draws draws;
    struct consistency consistency;
    struct job job;
    struct vars vars;
    struct prepared_table prepared;
    uint16_t status;           /* last flags of the primary, or of the replica in replica mode */
    uint32_t wait_s;           /* what the client set wait_timeout to; 0: nothing */
    uint64_t insert_id;        /* the last one generated for this session, as far as replies told */
    uint64_t id_known_by;      /* generation of the connection that knows whether it is; 0: it is */
    bool is_insert_id_unknown; /* there was another since, and no reply told which */
    bool is_waiting_for_id;    /* WAITING: its connection to the primary is asked for it */
    bool has_next_id;          /* SET insert_id, and no INSERT has taken it */
    bool is_transaction_unknown;
    bool is_away; /* the open transaction is a read-only one, on the replica */
    enum route_variables variables;
    struct uservars user_vars;
    uint64_t user_vars_base; /* vars.version when they were set: strings depend on character sets */
    bool was_reset;
    bool has_replica_refused;
    uint8_t sees_tracking; /* types of entries that the client asked for: 1 << enum sesstrack_type */
    bool no_backslash_escapes;
    bool ansi_quotes;
    bool oracle;
    bool unsafe_charset; /* as tracking says */
    bool is_utf8;
    bool collation_is_unsafe;           /* the charset of the login, until tracking says another */
    struct pins pins;                   /* owns */
    uint64_t transaction_us;            /* when the open transaction began … */
    uint64_t transaction_shape;         /* … and with which statement (sql_facts.shape) */
    enum route_place last_place;        /* of the last statement */
    enum route_place found_place;       /* of the last one that counted rows for FOUND_ROWS() */
    enum route_place diagnostics_place; /* of the last one that set or cleared the warnings */
    enum close_reason close_reason;

    struct loop_timer timer;
    uint64_t timer_at_us; /* when it fires */
    uint64_t deadline_us; /* of the present wait; 0: none */
    uint64_t last_active_us;
    counter commands;
    uint64_t who;     /* digests_who() of its cluster and user */
    struct text said; /* owns: the present statement with its literals, where logs show them */
};

/* Takes the fd. */
void session_open(struct worker *worker, int take_fd, const struct addr *peer, struct door *door);

/* Run steps until it must wait. Safe from every callback: while the driver is active it only notes. */
void session_run(struct session *session);

/* A new view: servers may have gone, a primary may have come. */
void session_on_view(struct session *session);
/* Another world: the account's password may have changed, or how fresh its reads must be. */
void session_on_world(struct session *session);
/* Nothing of it runs and no transaction is open; it may wait for a paused cluster. */
bool session_is_quiet(const struct session *session);
/* SIGTERM: close now when nothing would be lost, otherwise as soon as that holds. */
void session_drain(struct session *session);
/* Close from outside the driver, at once. */
void session_abort(struct session *session, enum close_reason reason);

/* ---- for the files of this state machine ---- */

enum step session_enter(struct session *session, enum session_state state);
/* Close with a reason; what is in client.out is flushed first, as far as the client takes it. */
enum step session_close(struct session *session, enum close_reason reason, const char *detail);
/* The present wait ends at the latest in `after_us` (0: no deadline). */
void session_set_deadline(struct session *session, uint64_t after_us);
/* Where this upstream of the session's is. */
enum route_place session_place_of(const struct session *session, const struct upstream *upstream);
/* Is the connection at this place in use by the present command? */
bool session_is_of_job(const struct session *session, enum route_place place);
/* The connection there, no part of the present command, has failed (slot.failure): it is dropped, and if the
 * session had state there, session.lost says so from now on. */
void session_bury_idle(struct session *session, enum route_place place);
/* How long a server may think about the present command: timeouts.query, or less by a hint. 0: no limit. */
uint64_t session_query_us(const struct session *session);
const struct view *session_view(const struct session *session);
uint64_t session_now(const struct session *session);

enum step frontend_greeting(struct session *session);
enum step frontend_login(struct session *session);
enum step frontend_change_user(struct session *session);
enum step frontend_accepted(struct session *session);

enum step dispatch_idle(struct session *session);
enum step dispatch_reading(struct session *session);
enum step dispatch_draining(struct session *session);
/* Answer the present command with ERR; the rest of a long command is discarded first. */
enum step dispatch_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                          ...) __attribute__((format(printf, 4, 5)));
enum step dispatch_done(struct session *session);
/* The session's state went with a connection that was idle (session.lost): the present command, of which
 * nothing has been sent, hears of it. */
enum step dispatch_tell_lost(struct session *session);
/* The present execution's long data was lost, or the present fetch's cursor; a further piece of data waits
 * for no answer. */
enum step dispatch_refuse_pieces(struct session *session);
/* The client has been idle for too long: because of its open transaction, or altogether. */
enum step dispatch_idle_time_out(struct session *session);
/* Answer the present command with OK. */
enum step dispatch_answer_ok(struct session *session);

/* The text of COM_QUERY or COM_STMT_PREPARE that is being dispatched, as far as the SQL reader looks.
 * Borrows. */
struct span dispatch_text(const struct session *session);
/* What came with the present COM_QUERY or COM_STMT_EXECUTE, from the first attribute on. Borrows. False:
 * there is nothing. */
bool dispatch_attributes(const struct session *session, struct attributes *attributes_r);

/* Where a statement goes in the state that the session is in. `sql`: its text; no data where it is an
 * execution of the present job's prepared statement. */
struct route decide_route(const struct session *session, const struct sql_facts *facts, struct span sql);
/* Do its tables tell about the server, or the connection, that is asked? */
bool decide_is_system_schema(struct span schema);
/* Where would this text go, were it the session's next, with these attributes beside it? Facts and hints
 * borrow from both. */
struct route decide_explain(const struct session *session, struct span sql, const struct hints_beside *beside,
                            struct sql_facts *facts_r, struct hints *hints_r);
/* A read-only server would not run the present statement, whose bytes are in the window: remember that. */
void decide_note_refusal(struct session *session);

/* Note in the job what the text is about to change; an EXECUTE's facts become those of what it runs, as far
 * as that is known. False when memory is out. */
bool intent_note(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The same for the present execution of a statement prepared earlier; one too long to be kept may change
 * anything. */
bool intent_note_prepared(struct session *session);

enum step attach_begin(struct session *session);
/* Starts to connect to this server of the view, with a permit of it that the caller has taken; a failure is
 * noted in the slot. */
void attach_open(struct session *session, int server);
/* The same with a parked connection (pool_take), which it takes. */
void attach_take(struct session *session, int server, struct upstream *take_upstream);
/* The same with one that is somebody else's yet: COM_CHANGE_USER first. If that fails it is closed, and
 * another one opened with its permit. */
void attach_change(struct session *session, int server, struct upstream *take_upstream);
/* Try again in a moment, until the time to wait for a server is over. */
enum step attach_wait(struct session *session);
enum step attach_waiting(struct session *session);
enum step attach_attaching(struct session *session);
/* The upstream of the present job could not be had: another one, more patience, or an error. */
enum step attach_failed(struct session *session);
/* Send what waits for an idle upstream; a failure is noted in its slot. */
void attach_flush(struct slot *slot);
void attach_drop(struct session *session, enum route_place place);
/* The same, unless the session has state there. */
void attach_drop_idle(struct session *session, enum route_place place);
void attach_drop_all(struct session *session);
/* It is handed on if that may be (pool_fit.h), and closed otherwise. `is_promised`: on behalf of somebody who
 * waits. */
void attach_leave(struct session *session, enum route_place place, bool is_promised);
void attach_leave_all(struct session *session);
/* Would the session lose state with its upstream there? */
bool attach_has_lost_state(const struct session *session, enum route_place place);
/* There is an upstream there, and its server's name has another address now: it is of another machine. */
bool attach_has_moved(const struct session *session, enum route_place place);
/* There is an upstream there, and its server is still the one for that place, or holds state. */
bool attach_is_current(const struct session *session, enum route_place place);
/* There is an idle upstream there that nobody will use: its server has another role or address now, or
 * is being drained, and nothing is lost with it. */
bool attach_is_left(const struct session *session, enum route_place place);
/* The present command, of which nothing has been sent, looks for a server once more. */
void attach_again(struct session *session);

/* A server for the present job's place, or VIEW_NO_SERVER; a read that finds no replica becomes the
 * primary's. */
int choice_server(struct session *session);
/* A replica by the balancer's rules, or with primary_reads = "share" the primary; VIEW_NO_SERVER: none. */
int choice_pick_replica(struct session *session);
/* May a read that finds no replica go to the primary? Only where statements are told apart. */
bool choice_may_fall_back(const struct session *session);
/* The present read is the primary's, for that reason. */
void choice_become_primary_s(struct session *session, enum route_reason reason);
/* The present read was to be the primary's for want of a better place, and now there is none: perhaps a
 * replica will do. */
void choice_look_again(struct session *session);
/* A session's reads stay where they are, until that is clearly a bad place. */
void choice_settle(struct session *session);
/* From now on its reads are this primary's share of them (NULL: no primary's). */
void choice_share(struct session *session, struct server *primary);

enum step sync_syncing(struct session *session);
enum step sync_preparing(struct session *session);
/* The connection there has all that the session has set: what the present command set, it set there. */
void sync_note_vars(const struct session *session, struct slot *slot);
/* The connection there has had a COM_RESET_CONNECTION, of its session: nothing in it is anybody's any more,
 * and its character sets are those that such a reset leaves, not the handshake's. */
void sync_note_reset(struct session *session, struct slot *slot);

enum step relay_sending(struct session *session);
enum step relay_replying(struct session *session);
enum step relay_infile(struct session *session);
/* Back to the command's bytes, which the window still has. */
void relay_take_back(struct session *session);
/* What has been looked at of the reply may go; then our own words follow it. */
void relay_keep_passed(struct session *session, struct upstream *upstream);
/* The number that the client expects of the next packet. */
uint8_t relay_next_seq(const struct session *session, const struct upstream *upstream);

/* The upstream of the present job died: `err` says how. */
enum step loss_of_upstream(struct session *session, const struct error *err);
/* The same, by what its stream says. `during`: what was being done, for people. */
enum step loss_by_stream(struct session *session, const char *during);
/* Instead of a reply came what its server had said before, as it ended the connection: an ERR of that number.
 */
enum step loss_unread(struct session *session, uint16_t code);

void effects_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info);
void effects_done(struct session *session, struct upstream *upstream);
void effects_reset(struct session *session);
/* A transaction is open, or may be: after an error nobody knows yet. */
bool effects_has_transaction(const struct session *session);
/* A transaction is open, or the next statement begins one. */
bool effects_is_in_transaction(const struct session *session);
/* The session may forget that a transaction is open on its replica: it is about to be dropped there. */
void effects_come_home(struct session *session);
/* The place whose replies tell the session's state: the primary; the replica behind a reading port, and while
 * a read-only transaction is open there. */
enum route_place effects_home(const struct session *session);
struct sql_dialect effects_dialect(const struct session *session);

/* Note in the job which user variables the text names. False when memory is out. */
bool memory_note_names(struct session *session, struct span sql, const struct sql_dialect *dialect);
/* The present statement, or what an execution has run, is over: what it did to user variables. */
void memory_note_done(struct session *session);
/* The present command's reply will not come: may variables that were known hold something else now? */
bool memory_may_be_lost(const struct session *session);

/* A statement (job.facts) is about to be run; `sql`: its text. From here on it counts. */
void account_begin(struct session *session, struct span sql);
/* The same of what is done with the job's prepared statement. */
void account_begin_prepared(struct session *session);
/* The present statement, if it counts, is over. `end`: NULL, or why it was not answered. */
void account_end(struct session *session, const char *end);
/* What the present command is, without literals: its digest's text, or where it has none only its kind.
 * Borrows until it is over. */
struct span account_statement(const struct session *session);

enum step kill_begin(struct session *session, uint64_t id, bool is_query);
enum step kill_waiting(struct session *session);
/* KILL QUERY found the present command waiting for a server: its client hears that it was interrupted. */
enum step kill_interrupted(struct session *session);

const char *session_state_words(enum session_state state);

#endif
