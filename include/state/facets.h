/* The state of a session that a server keeps for its connection: schema, role, variables, transaction,
 * answers to questions about earlier statements, and others. Each of these is a facet: a row of
 * tbl/facets.h, with a file of its own for what headgate does with it (facet.h). This header has the data of
 * all facets.
 */
#pragma once

#include "access/listener_settings.h"
#include "base/str.h"
#include "route/route.h"
#include "state/client_tracking.h"
#include "state/pins.h"
#include "state/reading.h"
#include "state/slot.h"
#include "state/user_variables.h"
#include "state/variables.h"

#include <stdbool.h>
#include <stdint.h>

enum facet_id {
#define FACET(NAME, name, told, lacked, said, pins, asked) FACET_##NAME,
#include "state/tbl/facets.h"
#undef FACET
    FACET_COUNT
};

static inline uint32_t facet_bit(enum facet_id facet)
{
    return UINT32_C(1) << facet;
}

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

struct insert_id {
    uint64_t value;    /* the last id that a reply told */
    uint64_t known_by; /* generation of the connection that may know a later id; 0: there is no later id */
    bool is_unknown;   /* there may be a later id that no reply told */
};

/* An answer that headgate knows itself. */
struct recalled {
    bool is_known;
    int64_t value;
};

/* Which connection knows the answers to questions about earlier statements. `last`, `found` and `diagnostics`
 * are slot.generation of the connection at the place in the field `…_place`. 0: no statement has left an
 * answer. */
struct answers {
    uint64_t last;                      /* ROW_COUNT() and the like */
    uint64_t found;                     /* FOUND_ROWS() */
    uint64_t diagnostics;               /* warnings and errors */
    struct recalled row_count;          /* ROW_COUNT(), as replies told it */
    struct recalled found_rows;         /* FOUND_ROWS(), asked for before the connection was given up */
    bool is_calculated;                 /* a SQL_CALC_FOUND_ROWS counted: FOUND_ROWS() is likely to follow */
    bool has_diagnostics;               /* there are some warnings, or an error */
    enum route_place last_place;        /* of the last statement */
    enum route_place found_place;       /* of the last statement that counted rows for FOUND_ROWS() */
    enum route_place diagnostics_place; /* of the last statement that set or cleared the warnings */
};

/* In struct answers: the connection that knew the answer is gone, or has run another statement since. */
#define ANSWERS_LOST UINT64_MAX

struct facets {
    uint32_t set; /* facets (facet_bit) that may not be as after a login; without a bit, the walks of
                     facet_table.h leave the facet out. Autocommit, the open transaction and pins have no
                     bit here: facets_may_keep() and facets_may_lack() look at them. */
    enum listener_mode mode; /* of the client's port */
    struct option option;
    struct text schema; /* owns; empty: none */
    struct role role;
    bool has_left_schema; /* an SQL-level prepared statement was prepared in another schema */
    struct answers answers;
    bool has_lost_draws; /* a connection is gone that has drawn from a sequence, or may have done so by a
                            column's DEFAULT */
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

/* ---- where the state is ---- */

/* The session's home: the place whose replies tell the session's state. It is the replica on a port for reads
 * and while a read-only transaction is open on the replica; otherwise the primary. */
static inline enum route_place facets_home(const struct facets *facets)
{
    bool is_replica = facets->transaction.is_away || facets->mode == LISTENER_REPLICA;
    return is_replica ? ROUTE_REPLICA : ROUTE_PRIMARY;
}

/* A transaction is open, or may be open after an error that may have ended it. */
static inline bool facets_has_transaction(const struct facets *facets)
{
    return (facets->status & STATUS_IN_TRANS) != 0 || facets->transaction.is_unknown;
}

/* A transaction is open, or the next statement begins one. */
static inline bool facets_is_in_transaction(const struct facets *facets)
{
    return (facets->status & (STATUS_IN_TRANS | STATUS_AUTOCOMMIT)) != STATUS_AUTOCOMMIT;
}

/* Are the session's pins at this place? */
static inline bool facets_has_pins_at(const struct facets *facets, enum route_place place)
{
    return place == ROUTE_PRIMARY || facets->mode == LISTENER_REPLICA;
}

/* The facet is not as after a login any more. */
static inline void facets_note(struct facets *facets, enum facet_id facet)
{
    facets->set |= facet_bit(facet);
}

/* From now on the session keeps its connection for `cause`. */
static inline void facets_pin(struct facets *facets, enum pin_cause cause, const struct pin_origin *origin)
{
    pins_add(&facets->pins, cause, (struct span){ 0 }, (struct span){ 0 }, origin);
}

/* ---- the walks of facet_table.h that a session as after a login does not need ---- */

/* False: the connection has the session's state: replay_next() would be SYNC_NOTHING. */
static inline bool facets_may_lack(const struct facets *facets, const struct slot *slot)
{
    return (facets->set | slot->set) != 0 ||
           ((facets->status ^ slot->upstream->status) & STATUS_AUTOCOMMIT) != 0;
}

/* The bits of facets whose rows have `keeps`. An open transaction has no bit in facets.set. */
#define FACETS_THAT_KEEP (1u << FACET_TRANSACTION | 1u << FACET_USER_VARIABLES | 1u << FACET_VARIABLES)

/* False: facets_all_pins() would be 0. */
static inline bool facets_may_keep(const struct facets *facets)
{
    return (facets->set & FACETS_THAT_KEEP) != 0 || facets->pins.causes != 0 ||
           facets_has_transaction(facets);
}

/* Do pins or sql_auto_is_null keep the session's reads on their connection? */
static inline bool facets_keep_reads(const struct facets *facets)
{
    return (facets->pins.causes & ~pin_bit(PIN_HELD_SET)) != 0 || facets->vars.is_auto_is_null;
}
