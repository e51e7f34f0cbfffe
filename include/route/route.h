/* Where a statement goes, and why. Pure: facts and state in, decision out. */
#ifndef HEADGATE_ROUTE_ROUTE_H
#define HEADGATE_ROUTE_ROUTE_H

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

/* Where the session's user variables have their values. */
enum route_variables {
    VARIABLES_NOWHERE,
    VARIABLES_PRIMARY,
    VARIABLES_REPLICA,
    VARIABLES_MAYBE_REPLICA /* stored code ran there that may have set some */
};

struct route_state {
    enum listener_mode mode;
    bool is_in_transaction;      /* one is open, by the status flags */
    bool is_away;                /* … on the session's replica: it is a read-only one */
    bool has_seen;               /* … and may have shown data as they were at one moment */
    bool begin_stays_away;       /* … and a BEGIN that does not say READ WRITE begins another such one */
    bool is_autocommit_off;      /* the next statement begins a transaction */
    bool is_read_only;           /* … and such transactions are READ ONLY: SET SESSION TRANSACTION */
    bool is_transaction_unknown; /* an ERR left it open whether one is */
    bool is_insert_id_unknown;   /* only the primary knows LAST_INSERT_ID() */
    bool is_pinned;              /* state that lives on the primary */
    bool is_in_system_schema;    /* its current schema describes the server it is on */
    bool has_replica;            /* the view knows one that takes reads */
    bool has_replica_refused;    /* it would not take this session's state */
    bool was_refused;            /* a read-only server refused this statement, or one like it, before */
    bool was_lacked;             /* a replica lacked what it names, a moment ago: see lacking.h */
    bool calls_in_read_only;     /* it runs stored code in read-only transactions: CALL_AWAY was its answer */
    bool bypasses_read_only;     /* the account may write on replicas */
    enum route_variables variables;
    bool are_variables_known;  /* what those in the statement hold can be said to another server */
    enum route_place previous; /* where the previous statement ran */
};

struct route {
    enum route_place place;
    enum route_reason reason;
    bool is_refused; /* cannot be run rightly anywhere: an error that names the reason */
    bool ends_away;  /* it ends the transaction on the replica, and runs on the primary */
    bool moves_away; /* … or takes it there: it begins anew on the primary, ahead of the statement */
};

struct route route_decide(const struct sql_facts *facts, const struct route_state *state);

/* Where a hint wants it. */
enum route_wish_place {
    WISH_ANYWHERE,
    WISH_PRIMARY,
    WISH_REPLICA,       /* one that takes reads */
    WISH_CONTRADICTORY, /* the primary and a server that is not */
    WISH_NO_SERVER,     /* of no server */
    WISH_NOT_READING    /* of one that is neither the primary nor takes reads */
};

struct route_wish {
    enum route_wish_place place;
    bool is_token_bad; /* what it must have cannot be read */
    bool is_fresh;     /* it must have what was committed elsewhere */
    bool is_away;      /* as in route_state */
    bool is_there;     /* WISH_REPLICA: the session's connection to a replica is to that one */
    bool may_leave;    /* … it has none, or one that holds nothing of it */
};

/* The decision, narrowed by a hint: the primary instead of any replica, one replica instead of any; or
 * refused, where the statement may not run there. With WISH_REPLICA and a replica, it is that one. */
struct route route_obey(struct route route, const struct sql_facts *facts, const struct route_wish *wish);

/* Do the tables of this schema tell about the server, or the connection, that is asked? */
bool route_is_system_schema(struct span schema);

const char *route_place_name(enum route_place place); /* "primary", "replica" */
const char *route_reason_words(enum route_reason reason);
const char *route_reason_name(enum route_reason reason); /* "PINNED" */

#endif
