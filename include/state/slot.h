/* What a session knows of its connection at a place where statements run: the primary, or the replica that
 * the session reads from.
 */
#ifndef HEADGATE_STATE_SLOT_H
#define HEADGATE_STATE_SLOT_H

#include "cluster/upstream.h"
#include "route/route.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define SLOT_COUNT 2 /* one per enum route_place */

struct parting;

/* What headgate asks of a connection by itself, before a command of the client. */
enum sync_task {
    SYNC_NOTHING,
    SYNC_RESET, /* COM_RESET_CONNECTION, because the client sent one */
    SYNC_RENEW, /* COM_RESET_CONNECTION, because the connection has the state of another session */
    SYNC_SETUP,
    SYNC_CHARSETS,
    SYNC_OPTION,
    SYNC_SCHEMA,
    SYNC_UTF8,        /* SET of utf8, in which the name of the schema is said next */
    SYNC_OWN_CHARSET, /* SET of the session's character set after that: state/schema */
    SYNC_ROLE,
    SYNC_VARS,
    SYNC_COUNT,  /* a question with one row, so that FOUND_ROWS() tells nothing of another session */
    SYNC_QUIET,  /* a statement without warnings, as headgate's own SET left some */
    SYNC_WAIT,   /* a Galera node applies first what the session did on another node */
    SYNC_WAITED, /* takes the state change that the next OK tells: SYNC_WAIT caused that, not the client */
    SYNC_USER_VARS,
    SYNC_BEGIN,   /* the read-only transaction that was on a replica */
    SYNC_WORDING, /* texts are read there as when the statement was prepared */
    SYNC_PREPARE
};

struct slot {
    struct upstream *upstream; /* owns; NULL: none */
    int server;                /* index of its server in the view */
    uint64_t moves;            /* view_server.moves when the connection was opened */
    uint64_t insert_id;        /* LAST_INSERT_ID() there, as far as it matters */
    uint64_t generation;       /* number of the connection: ids of prepared statements belong to one */
    uint64_t role_version;     /* of the SET ROLE that was run there */
    uint64_t option_version;   /* of the COM_SET_OPTION that was run there */
    uint64_t user_version;     /* of the user variables that were set there */
    uint64_t writes_version;   /* of variables that concern writes only; of the others: vars_version */
    bool has_wait;             /* its wait_timeout is the client's */
    uint64_t drawn_us;         /* when a statement drew from a sequence; 0: none has */
    uint64_t answers_us;       /* when a statement left something there to be asked about; 0: none has */
    bool has_warnings;         /* a statement left warnings or an error, at any time */
    bool has_our_warnings;     /* SYNC_QUIET is due */
    bool is_inherited;         /* it has the state of another session, and was not reset since */
    bool must_renew;           /* SYNC_RENEW is due */
    bool must_count;           /* SYNC_COUNT is due */
    bool lacks_charsets;       /* it was reset, and does not yet have the character sets of the handshake */
    bool reads_utf8;           /* SYNC_OWN_CHARSET is due */
    bool needs_utf8;           /* it did not understand the schema's name in the session's character set */
    bool has_own_gtid;         /* the session's statements have told of a commit there */
    bool has_own_writes; /* the session's statements have written or drawn from a sequence there, or may have
                          */
    bool is_changing;    /* COM_CHANGE_USER is running; if it fails another connection is opened */
    bool is_renewing;    /* that COM_CHANGE_USER is for the account that it had before: a refusal is final */
    bool has_waited;     /* SYNC_WAITED is due */
    struct parting *parting; /* owns: the question that is asked before it is given up; NULL: none */
    uint64_t refused_us;     /* when the connection last refused such a question; 0: never */
    bool has_told_held;      /* its held SETs (insert_id …) are not used up, and nothing has run since */
    bool must_wait;          /* SYNC_WAIT is due */
    bool is_reset;           /* COM_RESET_CONNECTION of the client was run on it */
    enum sync_task task;     /* of its running exchange */
    bool has_answer;         /* an exchange has ended: `answer` */
    struct upstream_answer answer;
    bool has_failed; /* the connection is dead: `failure` */
    struct error failure;
};

/* The place of this connection, which is in one of a session's slots. */
static inline enum route_place slot_place_of(const struct slot slots[SLOT_COUNT],
                                             const struct upstream *upstream)
{
    enum route_place place = slots[ROUTE_PRIMARY].upstream == upstream ? ROUTE_PRIMARY : ROUTE_REPLICA;
    assert(slots[place].upstream == upstream);
    return place;
}

#endif
