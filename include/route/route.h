/* Where a statement runs (primary or replica), and why. Pure: the decision depends only on the facts about
 * the statement and on the state of the session. */
#pragma once

#include "access/listener_settings.h"
#include "sql/classify.h"

#include <stdbool.h>

enum route_place { ROUTE_PRIMARY, ROUTE_REPLICA };

enum route_reason {
#define ROUTE_REASON(name, words) ROUTE_REASON_##name,
#include "route/tbl/route_reasons.h"
#undef ROUTE_REASON
    ROUTE_REASON_COUNT
};

/* The connection that has the values of the session's user variables. */
enum route_variables {
    VARIABLES_NOWHERE,
    VARIABLES_PRIMARY,
    VARIABLES_REPLICA,
    VARIABLES_MAYBE_REPLICA /* stored code that ran on the replica may have set some */
};

struct route_state {
    enum listener_mode mode;
    bool is_in_transaction;      /* a transaction is open, by the status flags */
    bool is_away;                /* a read-only transaction is open on the session's replica */
    bool has_seen;               /* that transaction may have read data: its snapshot exists */
    bool begin_stays_away;       /* in it, a BEGIN without READ WRITE begins the next one on the replica */
    bool is_autocommit_off;      /* the next statement begins a transaction */
    bool is_read_only;           /* transactions are READ ONLY by default: SET SESSION TRANSACTION */
    bool is_transaction_unknown; /* after an ERR it is unknown whether a transaction is open */
    bool is_insert_id_unknown;   /* only the primary knows LAST_INSERT_ID() */
    bool is_pinned;              /* the session has state on its connection to the primary only */
    bool is_in_system_schema;    /* the current schema is a system schema */
    bool has_replica;            /* a replica takes reads, or will be waited for */
    bool has_replica_refused;    /* the replica refused the state of this session */
    bool was_refused;            /* a read-only server refused this statement, or one like it, before */
    bool was_lacked;             /* a replica lacked a name of this shape of statement: replica_failures.h */
    bool calls_in_read_only;     /* a CALL was refused with CALL_AWAY: transactions stay on the primary */
    bool bypasses_read_only;     /* read_only does not apply to the account: it may write on replicas */
    enum route_variables variables;
    bool are_variables_known;  /* headgate knows those in the statement, and can set them on another server */
    enum route_place previous; /* where the earlier statement ran that this one asks about */
};

struct route {
    enum route_place place;
    enum route_reason reason;
    bool is_refused; /* no server can run it correctly: the client gets an error that names the reason */
    bool ends_away;  /* the transaction on the replica ends; the statement runs on the primary */
    bool moves_away; /* the transaction on the replica ends, and begins again on the primary first */
};

/* The route of one statement; hints are not considered (route_obey). */
struct route route_decide(const struct sql_facts *facts, const struct route_state *state);

/* The server that the hints of a statement ask for. */
enum route_wish_place {
    WISH_ANYWHERE,
    WISH_PRIMARY,
    WISH_REPLICA,       /* a named replica that takes reads */
    WISH_CONTRADICTORY, /* the primary, and a named server that is not the primary */
    WISH_NO_SERVER,     /* a name that no server of the cluster has */
    WISH_NOT_READING    /* a named server that is not the primary and takes no reads now */
};

struct route_wish {
    enum route_wish_place place;
    bool is_token_bad; /* the token of a hint is malformed, or of another family of servers */
    bool is_fresh;     /* a hint (level or token) asks for commits of other sessions */
    bool is_away;      /* as in route_state */
    bool is_there;     /* WISH_REPLICA: the session is connected to that replica */
    bool may_leave;    /* the session has no connection to a replica, or one without its state */
};

/* Applies hints to the decision `route`: the primary instead of a replica, or one named replica instead of
 * any replica. The route is refused if the statement may not run on the server that the hint asks for. If
 * `wish` is WISH_REPLICA and the result is ROUTE_REPLICA, the named replica must be used. */
struct route route_obey(struct route route, const struct sql_facts *facts, const struct route_wish *wish);

const char *route_place_name(enum route_place place); /* "primary", "replica" */
const char *route_reason_words(enum route_reason reason);
const char *route_reason_name(enum route_reason reason); /* "PINNED" */
