/* The state of a session that a server keeps for its connection: schema, role, variables, transaction,
 * answers to questions about the last statement, and others. Each of these is a facet; each file of this room
 * knows one facet.
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

/* The open transaction, if there is one. */
struct open_transaction {
    bool is_unknown;   /* an error may have ended it */
    bool is_away;      /* it is a read-only transaction on the replica */
    bool has_seen;     /* is_away: the client may have read data in it */
    bool must_begin;   /* it was on the replica: it begins again on the primary before the next command */
    uint64_t since_us; /* when it began */
    uint64_t shape;    /* sql_facts.shape of the statement that began it */
};

/* COM_SET_OPTION: whether one text may have several statements. */
struct option {
    bool is_multi;    /* value of the last COM_SET_OPTION */
    uint64_t version; /* number of COM_SET_OPTIONs; 0: none, connections have the option of the login */
};

/* The last SET ROLE. */
struct role {
    struct text said;  /* owns: its argument; empty: there was no SET ROLE */
    uint64_t version;  /* number of that SET ROLE; 0: there was none */
    bool is_unsayable; /* a later SET ROLE cannot be repeated: the session keeps its connection, also after a
                          reset */
};

struct facets {
    enum listener_mode mode; /* of the client's port */
    struct option option;
    struct text schema; /* owns; empty: none */
    struct role role;
    bool has_left_schema; /* an SQL-level prepared statement was prepared in another schema */
    struct answers answers;
    struct draws draws;
    struct vars vars;
    uint16_t status;   /* last flags of the primary, or of the replica in replica mode */
    uint32_t wait_s;   /* the client's wait_timeout; 0: the client has not set it */
    bool has_profiles; /* the client has set `profiling` */
    struct insert_id insert_id;
    struct open_transaction transaction;
    enum route_variables variables;
    struct uservars user_vars;
    uint64_t user_vars_base; /* vars.version when user_vars were set: strings depend on character sets */
    bool was_reset;
    bool keeps_schema; /* no schema was chosen since the reset: the old one is still current, but not its
                          character set (seen on both families) */
    bool has_replica_refused;
    bool calls_in_read_only; /* a CALL was refused because a replica had the read-only transaction */
    struct tracking tracking;
    struct reading reading;
    struct pins pins; /* owns */
};

/* Sets the state after a login with this collation, for COM_RESET_CONNECTION and COM_CHANGE_USER. The schema
 * and the role stay, because servers keep them at a reset. `origin`: of the pins that stay. */
void facets_reset(struct facets *facets, const struct view *view, uint16_t collation,
                  const struct pin_origin *origin);

/* ---- where the state is ---- */

/* The session's home: the place whose replies tell the session's state. It is the replica on a port for reads
 * and while a read-only transaction is open on the replica; otherwise the primary. */
enum route_place facets_home(const struct facets *facets);
/* A transaction is open, or may be open after an error that may have ended it. */
bool facets_has_transaction(const struct facets *facets);
/* A transaction is open, or the next statement begins one. */
bool facets_is_in_transaction(const struct facets *facets);
/* Forgets the transaction on the replica. The caller is about to drop its connection. */
void facets_come_home(struct facets *facets);

/* ---- what keeps a connection for the session ---- */

/* The causes (pin_bit) for which the session would lose state with its connection at `place`: a transaction,
 * user variables, pins. 0: none. Costs a few comparisons. */
uint32_t facets_pins(const struct facets *facets, enum route_place place);
/* The causes (pin_bit) that keep the connection at `place`, and whose loss with the connection is no loss of
 * state: PIN_AUTO_IS_NULL. */
uint32_t facets_pins_of_ids(const struct facets *facets, enum route_place place);
/* From now on the session keeps its connection for `cause`. */
void facets_pin(struct facets *facets, enum pin_cause cause, const struct pin_origin *origin);
/* The session has set a VARS_HOLD variable on its connection. The session keeps the connection until the
 * variable has its default again. */
void facets_hold(struct facets *facets, struct span name, struct span literal, enum server_family family,
                 const struct pin_origin *origin);
/* The job is over. Counts the causes that are new since the last call, and notes their time and statement.
 * Returns the new causes (pin_bit). Costs one comparison if the causes have not changed. */
uint32_t facets_note_pins(struct facets *facets, const struct job *job, uint64_t now_us,
                          struct pin_counters *counters);

#endif
