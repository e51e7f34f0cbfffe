/* What a session has set and left: its schema, role, variables, transaction, answers to questions about its
 * last statement and the rest that a server keeps for a connection. Each file of this room knows one of them.
 */
#ifndef HEADGATE_STATE_FACETS_H
#define HEADGATE_STATE_FACETS_H

#include "base/str.h"
#include "route/route.h"
#include "state/diagnostics.h"
#include "state/insert_id.h"
#include "state/pins.h"
#include "state/sequences.h"
#include "state/user_variables.h"
#include "state/variables.h"

#include <stdbool.h>
#include <stdint.h>

/* The transaction that is open, if one is. */
struct open_transaction {
    bool is_unknown;   /* an error may have ended it */
    bool is_away;      /* it is a read-only one, on the replica */
    bool has_seen;     /* … which may have shown data there */
    bool must_begin;   /* … it was: on the primary it begins anew, ahead of what comes next */
    uint64_t since_us; /* when it began … */
    uint64_t shape;    /* … and with which statement (sql_facts.shape) */
};

/* The last SET ROLE. */
struct role {
    struct text said;  /* owns: its argument; empty: there was none */
    uint64_t version;  /* of that SET ROLE; 0: there was none */
    bool is_unsayable; /* a later one is not: the session stays where it was said, also after a reset */
};

/* How the server reads this session's texts. */
struct reading {
    bool no_backslash_escapes;
    bool ansi_quotes;
    bool oracle;
    bool is_utf8;
    bool has_unsafe_charset;   /* as tracking says */
    bool has_unsafe_collation; /* the charset of the login, until tracking says another */
};

/* What the client is told by session tracking. */
struct tracking {
    uint8_t types;     /* by the server's defaults: 1 << enum sesstrack_type, but for variables */
    uint8_t asked;     /* … as the client has asked for itself */
    bool has_names;    /* of variables others than tracked_usual's by default … */
    struct text names; /* owns: … these */
};

struct facets {
    uint64_t option_version; /* counts COM_SET_OPTION, which changes one of them; 0: there was none */
    struct text schema;      /* owns; empty: none */
    struct role role;
    bool has_left_schema; /* it was another one when some SQL-level prepared statement was prepared */
    struct answers answers;
    struct draws draws;
    struct vars vars;
    uint16_t status;   /* last flags of the primary, or of the replica in replica mode */
    uint32_t wait_s;   /* what the client set wait_timeout to; 0: nothing */
    bool has_profiles; /* it has set `profiling` */
    struct insert_id insert_id;
    struct open_transaction transaction;
    enum route_variables variables;
    struct uservars user_vars;
    uint64_t user_vars_base; /* vars.version when they were set: strings depend on character sets */
    bool was_reset;
    bool keeps_schema; /* … and in no schema since: that one is current still, its character set is not (seen
                          on both families) */
    bool has_replica_refused;
    bool calls_in_read_only; /* a CALL was refused because a replica had the read-only transaction */
    struct tracking tracking;
    struct reading reading;
    struct pins pins; /* owns */
};

#endif
