/* What a session has set and left: its schema, role, variables, transaction, answers to questions about its
 * last statement and the rest that a server keeps for a connection. Each file of this room knows one of them.
 */
#ifndef HEADGATE_STATE_FACETS_H
#define HEADGATE_STATE_FACETS_H

#include "access/listener_settings.h"
#include "base/str.h"
#include "route/route.h"
#include "state/client_tracking.h"
#include "state/diagnostics.h"
#include "state/insert_id.h"
#include "state/job.h"
#include "state/pins.h"
#include "state/reading.h"
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

/* COM_SET_OPTION: several statements in one text. */
struct option {
    bool is_multi;    /* as the last one said */
    uint64_t version; /* counts them; 0: there was none, and connections are as the session has logged in */
};

/* The last SET ROLE. */
struct role {
    struct text said;  /* owns: its argument; empty: there was none */
    uint64_t version;  /* of that SET ROLE; 0: there was none */
    bool is_unsayable; /* a later one is not: the session stays where it was said, also after a reset */
};

struct facets {
    enum listener_mode mode; /* of the port that the client has come in by */
    struct option option;
    struct text schema; /* owns; empty: none */
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

/* As after a login with this collation: COM_RESET_CONNECTION and COM_CHANGE_USER. The schema and the role
 * stay, as servers keep them at a reset. `origin`: of the pins that stay. */
void facets_reset(struct facets *facets, const struct view *view, uint16_t collation,
                  const struct pin_origin *origin);

/* ---- where the state is ---- */

/* The place whose replies tell the session's state: the primary; the replica behind a port for reads, and
 * while a read-only transaction is open there. */
enum route_place facets_home(const struct facets *facets);
/* A transaction is open, or may be: after an error that may have ended it. */
bool facets_has_transaction(const struct facets *facets);
/* A transaction is open, or the next statement begins one. */
bool facets_is_in_transaction(const struct facets *facets);
/* The transaction on the replica is forgotten: its connection is about to be dropped. */
void facets_come_home(struct facets *facets);

/* ---- what keeps a connection for the session ---- */

/* The causes (pin_bit) for which the session would lose state with its connection at that place: a
 * transaction, user variables, pins. 0: none. Costs a few comparisons. */
uint32_t facets_pins(const struct facets *facets, enum route_place place);
/* The same for causes that end with the connection, and are no loss of state. */
uint32_t facets_pins_of_ids(const struct facets *facets, enum route_place place);
/* From now on the session keeps its connection for that cause. */
void facets_pin(struct facets *facets, enum pin_cause cause, const struct pin_origin *origin);
/* A variable that no other connection may have is set there: the session keeps the connection until the
 * variable has its default again. */
void facets_hold(struct facets *facets, struct span name, struct span literal, enum server_family family,
                 const struct pin_origin *origin);
/* The job is over: counts the causes that have come since the last call, notes since when and by which
 * statement. Returns them. One comparison where the causes are as they were. */
uint32_t facets_note_pins(struct facets *facets, const struct job *job, uint64_t now_us,
                          struct pin_counters *counters);

#endif
