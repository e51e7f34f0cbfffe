/* A place where a session's statements run, the primary or its replica: the connection it has there, and what
 * is known of that one's state.
 */
#ifndef HEADGATE_POOL_SLOT_H
#define HEADGATE_POOL_SLOT_H

#include "cluster/upstream.h"
#include "route/route.h"

#include <stdbool.h>
#include <stdint.h>

struct parting;

/* What we asked of an upstream ourselves, ahead of a command. */
enum sync_task {
    SYNC_NOTHING,
    SYNC_RESET, /* the session had one */
    SYNC_RENEW, /* the connection is somebody else's still */
    SYNC_SETUP,
    SYNC_CHARSETS,
    SYNC_OPTION,
    SYNC_SCHEMA,
    SYNC_UTF8,        /* the schema's name is about to be said in utf8 … */
    SYNC_OWN_CHARSET, /* … and was: current_schema.h */
    SYNC_ROLE,
    SYNC_VARS,
    SYNC_COUNT,  /* what was counted before is nobody's business */
    SYNC_QUIET,  /* our SETs have left warnings: not the client's */
    SYNC_WAIT,   /* a Galera node has to apply what the session did on another */
    SYNC_WAITED, /* … and its next OK tells that state has changed: by that, not by the client's statement */
    SYNC_USER_VARS,
    SYNC_BEGIN,   /* the read-only transaction that was on a replica */
    SYNC_WORDING, /* texts are read there as when the statement was prepared */
    SYNC_PREPARE
};

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
    bool reads_utf8;     /* its client character set is utf8 for the schema's name: SYNC_OWN_CHARSET is due */
    bool needs_utf8;     /* it did not understand the schema's name in the session's own character set */
    bool has_own_gtid;   /* the session's statements have told of a commit there */
    bool has_own_writes; /* … or have drawn from a sequence, or may have */
    bool is_changing;    /* COM_CHANGE_USER makes it this session's: if that fails, it says nothing */
    bool is_renewing;    /* … as which it had logged in before: a refusal is the account's */
    bool has_waited;     /* SYNC_WAITED is due */
    struct parting *parting; /* owns: what it is being asked before it is given up; NULL: nothing */
    uint64_t refused_us;     /* parting: when it last would not tell; 0: it never has */
    bool has_told_held;      /* parting: what it holds is not used up, and nothing has run there since */
    bool must_wait;          /* Galera: the session was at another writer, and what it did there may lack */
    bool is_reset;           /* COM_RESET_CONNECTION was replayed on it, as the session had one */
    enum sync_task task;     /* what its running exchange is about */
    bool has_answer;         /* an exchange ended: `answer` holds it */
    struct upstream_answer answer;
    bool has_failed; /* it died: `failure` says how */
    struct error failure;
};

struct session;

/* ---- a place is filled ---- */

/* Starts to connect to this server of the view, with a permit of it that the caller has taken; a failure is
 * noted in the slot. */
void slot_open(struct session *session, int server);
/* The same with a parked connection (pool_take), which it takes. */
void slot_take(struct session *session, int server, struct upstream *take_upstream);
/* The same with one that is somebody else's yet: COM_CHANGE_USER first. If that fails it is closed, and
 * another one opened with its permit. */
void slot_change(struct session *session, int server, struct upstream *take_upstream);

/* ---- and emptied: harmless where there is nothing ---- */

void slot_drop(struct session *session, enum route_place place);
/* The same, unless the session has state there. */
void slot_drop_idle(struct session *session, enum route_place place);
void slot_drop_all(struct session *session);
/* It is handed on if that may be (pool_fit.h), and closed otherwise. `is_promised`: on behalf of somebody who
 * waits. */
void slot_leave(struct session *session, enum route_place place, bool is_promised);
void slot_leave_all(struct session *session);

/* ---- is it the right one? ---- */

/* Would the session lose state with its upstream there? */
bool slot_has_lost_state(const struct session *session, enum route_place place);
/* There is an upstream there, and its server's name has another address now: it is of another machine. */
bool slot_has_moved(const struct session *session, enum route_place place);
/* There is an upstream there, and its server is still the one for that place, or holds state. */
bool slot_is_current(const struct session *session, enum route_place place);
/* There is an idle upstream there that nobody will use: its server has another role or address now, or
 * is being drained, and nothing is lost with it. */
bool slot_is_left(const struct session *session, enum route_place place);

#endif
