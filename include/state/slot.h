/* The connection of a session at one place (the primary, or the replica that the session reads from), and
 * what the session knows of this connection. */
#pragma once

#include "upstream/upstream.h"
#include "route/route.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define SLOT_COUNT 2 /* one per enum route_place */

struct state_capture;

/* Tasks: commands that headgate itself runs on a connection before a command of the client, in this order. The
 * role comes before the schema: only the role may have rights for it. A name of a schema that is not the same
 * in all character sets comes after the variables, which set the character sets. User variables come after the
 * variables: character sets decide how the server reads their strings. SYNC_COUNT and SYNC_QUIET come after
 * the tasks whose warnings they clear. */
enum sync_task {
    SYNC_NOTHING,
    SYNC_RESET, /* COM_RESET_CONNECTION, because the client sent one */
    SYNC_RENEW, /* COM_RESET_CONNECTION, because the connection has the state of another session */
    SYNC_SETUP,
    SYNC_CHARSETS,
    SYNC_OPTION,
    SYNC_ROLE,
    SYNC_SCHEMA, /* a name that is the same in all character sets */
    SYNC_VARS,
    SYNC_UTF8,        /* SET of utf8, in which the name of the schema is said next */
    SYNC_UTF8_SCHEMA, /* any other name of a schema, in utf8 */
    SYNC_OWN_CHARSET, /* SET of the session's character set again after SYNC_UTF8: state/schema */
    SYNC_COUNT,       /* a SELECT that sets FOUND_ROWS(), so that it tells nothing of another session */
    SYNC_QUIET,       /* a SELECT without warnings, which clears those of headgate's own SET */
    SYNC_WAIT,        /* a Galera node first applies the writes that the session did on another node */
    SYNC_WAITED,      /* a SET whose OK reports the state change of SYNC_WAIT: it is not the client's */
    SYNC_USER_VARS,
    SYNC_BEGIN,   /* begins again the read-only transaction that was on a replica */
    SYNC_WORDING, /* SET of sql_mode and character sets as they were at the PREPARE: state/parse_context */
    SYNC_PREPARE
};

/* Sequences that are remembered for one connection. A question about a sequence that is not remembered is
 * refused once the session has changed its connection. */
#define DRAWS_MAX 8

/* The sequences from which a statement draws, or from which the session has drawn on a connection. */
struct draws {
    uint64_t names[DRAWS_MAX]; /* hashes of schema and name; 0: the name is not known */
    unsigned count;
    bool is_any; /* of a statement: it draws, from sequences in `names` or from others */
};

struct slot {
    struct upstream *upstream; /* owns; NULL: none */
    uint32_t set; /* facets (facet_bit) in which the connection may not be as after a login: as facets.set */
    int server;   /* index of its server in the view */
    uint64_t moves;          /* view_server.moves when the connection was opened */
    uint64_t insert_id;      /* LAST_INSERT_ID() of the connection, as far as it matters */
    uint64_t generation;     /* number of the connection: ids of prepared statements belong to one */
    uint64_t role_version;   /* role.version of the SET ROLE that was run on it */
    uint64_t option_version; /* option.version of the COM_SET_OPTION that was run on it */
    uint64_t user_version;   /* uservars.version of the user variables that were set on it */
    uint64_t writes_version; /* vars.version for VARS_APPLY_WRITES; for the others: pooled.vars_version */
    bool has_wait;           /* its wait_timeout is the client's */
    struct draws draws;
    uint64_t drawn_us;     /* when a statement last drew from a sequence; 0: none has */
    uint64_t answers_us;   /* when a statement left an answer to keep: state/diagnostics; 0: none has */
    bool has_warnings;     /* a statement left warnings or an error, at any time */
    bool has_our_warnings; /* headgate's own statements left warnings: SYNC_QUIET may be due */
    bool is_inherited;     /* it has the state of another session, and was not reset since */
    bool must_renew;       /* SYNC_RENEW is due */
    bool must_count;       /* SYNC_COUNT is due */
    bool lacks_charsets;   /* it was reset, and does not yet have the character sets of the handshake */
    bool reads_utf8;       /* SYNC_OWN_CHARSET is due */
    bool needs_utf8;       /* it did not understand the schema's name in the session's character set */
    bool has_own_gtid;     /* a statement of the session has reported a commit on it */
    bool has_own_writes;   /* a statement of the session may have written on it, or drawn from a sequence */
    bool is_changing;      /* COM_CHANGE_USER is running; if it fails another connection is opened */
    bool is_renewing;      /* the COM_CHANGE_USER is for the same account as before: a refusal is final */
    bool has_waited;       /* SYNC_WAITED is due */
    struct state_capture *capture; /* owns: the question before the connection is given up; NULL: none */
    uint64_t refused_us;           /* when the connection last refused such a question; 0: never */
    bool has_told_held;  /* it has told that its VARS_HOLD variable is not used up; nothing ran since */
    bool must_wait;      /* SYNC_WAIT is due */
    bool is_reset;       /* COM_RESET_CONNECTION of the client was run on it */
    enum sync_task task; /* of its running exchange */
    bool has_answer;     /* an exchange has ended: see `answer` */
    struct upstream_answer answer;
    bool has_failed; /* the connection is dead: see `failure` */
    struct error failure;
};

/* The place of this connection, which is in one of a session's slots. */
static inline enum route_place slot_place_of(struct slot *const slots[SLOT_COUNT],
                                             const struct upstream *upstream)
{
    enum route_place place = slots[ROUTE_PRIMARY]->upstream == upstream ? ROUTE_PRIMARY : ROUTE_REPLICA;
    assert(slots[place]->upstream == upstream);
    return place;
}
