/* Where a statement goes, and why. Pure: facts and state in, decision out. */
#ifndef HEADGATE_PROXY_ROUTE_H
#define HEADGATE_PROXY_ROUTE_H

#include "proxy/listener_settings.h"
#include "sql/classify.h"

#include <stdbool.h>

enum route_place { ROUTE_PRIMARY, ROUTE_REPLICA };

enum route_reason {
#define ROUTE_REASON(name, words) ROUTE_REASON_##name,
#include "proxy/tbl/route_reasons.h"
#undef ROUTE_REASON
    ROUTE_REASON_COUNT
};

struct route_state {
    enum listener_mode mode;
    bool is_in_transaction;      /* status flags: a transaction is open, or autocommit is off */
    bool is_transaction_unknown; /* an ERR left it open whether one is */
    bool is_pinned;              /* state that lives on the primary */
    bool is_in_system_schema;    /* its current schema describes the server it is on */
    bool has_replica;            /* the view knows one that takes reads */
    bool has_replica_refused;    /* it would not take this session's state */
    enum route_place previous;   /* where the previous statement ran */
};

struct route {
    enum route_place place;
    enum route_reason reason;
};

struct route route_decide(const struct sql_facts *facts, const struct route_state *state);

const char *route_place_name(enum route_place place); /* "primary", "replica" */
const char *route_reason_words(enum route_reason reason);
const char *route_reason_name(enum route_reason reason); /* "PINNED" */

#endif
