#include "state/facets.h"

/* ---- where the state is ---- */

enum route_place facets_home(const struct facets *facets)
{
    bool is_replica = facets->transaction.is_away || facets->mode == LISTENER_REPLICA;
    return is_replica ? ROUTE_REPLICA : ROUTE_PRIMARY;
}

bool facets_has_transaction(const struct facets *facets)
{
    return (facets->status & STATUS_IN_TRANS) != 0 || facets->transaction.is_unknown;
}

bool facets_is_in_transaction(const struct facets *facets)
{
    return (facets->status & STATUS_IN_TRANS) != 0 || (facets->status & STATUS_AUTOCOMMIT) == 0;
}

void facets_come_home(struct facets *facets)
{
    if (facets->transaction.is_away)
        facets->status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    facets->transaction.is_away = facets->transaction.has_seen = false;
}

/* ---- what keeps a connection ---- */

uint32_t facets_pins(const struct facets *facets, enum route_place place)
{
    bool has_pins = place == ROUTE_PRIMARY || facets->mode == LISTENER_REPLICA;
    enum route_variables variables = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    bool has_transaction = facets_has_transaction(facets) && place == facets_home(facets);
    return (has_transaction ? pin_bit(PIN_TRANSACTION) : 0) |
           (facets->variables == variables ? pin_bit(PIN_USER_VARIABLES) : 0) |
           (has_pins ? facets->pins.causes : 0);
}

/* With sql_auto_is_null only the connection knows which row "IS NULL" finds. */
uint32_t facets_pins_of_ids(const struct facets *facets, enum route_place place)
{
    return facets->vars.is_auto_is_null && place == facets_home(facets) ? pin_bit(PIN_AUTO_IS_NULL) : 0;
}

void facets_pin(struct facets *facets, enum pin_cause cause, const struct pin_origin *origin)
{
    pins_add(&facets->pins, cause, (struct span){ 0 }, (struct span){ 0 }, origin);
}

/* On MySQL insert_id = 0 is an id like others, and MySQL reports 0 also if insert_id is not set. So headgate
 * cannot see when a statement has used it up. */
static bool is_without_end(struct span name, struct span literal, enum server_family family)
{
    uint64_t id;
    return family == FAMILY_MYSQL && span_is_nocase(name, "insert_id") &&
           (!span_to_u64(literal, &id) || id == 0);
}

void facets_hold(struct facets *facets, struct span name, struct span literal, enum server_family family,
                 const struct pin_origin *origin)
{
    if (is_without_end(name, literal, family))
        facets_pin(facets, PIN_UNKNOWN_SET, origin);
    else if (vars_is_default(name, literal))
        pins_release(&facets->pins, PIN_HELD_SET, name);
    else
        pins_add(&facets->pins, PIN_HELD_SET, name, (struct span){ 0 }, origin);
}

/* Causes of the third block (tbl/pin_causes.h) whose origin pins_note() keeps. Transactions begin too often
 * for that: their origin is in facets.transaction. */
static const uint32_t noted = UINT32_C(1) << PIN_USER_VARIABLES | UINT32_C(1) << PIN_AUTO_IS_NULL;

static __attribute__((noinline)) uint32_t note(struct facets *facets, const struct job *job, uint64_t now_us,
                                               uint32_t causes, struct pin_counters *counters)
{
    uint32_t fresh = causes & ~facets->pins.noted;
    struct pin_origin origin = { .since_us = now_us };
    if ((fresh & pin_bit(PIN_TRANSACTION)) != 0) {
        facets->transaction.since_us = now_us;
        facets->transaction.shape = job->facts.shape;
    }
    if ((fresh & noted) != 0)
        origin.statement = job_statement(job);
    pins_note(&facets->pins, causes, noted, &origin, counters);
    return fresh;
}

uint32_t facets_note_pins(struct facets *facets, const struct job *job, uint64_t now_us,
                          struct pin_counters *counters)
{
    uint32_t causes = facets_pins_of_ids(facets, facets_home(facets)) | facets_pins(facets, ROUTE_PRIMARY) |
                      facets_pins(facets, ROUTE_REPLICA);
    return causes != facets->pins.noted ? note(facets, job, now_us, causes, counters) : 0;
}

/* ---- reset ---- */

void facets_reset(struct facets *facets, const struct view *view, uint16_t collation,
                  const struct pin_origin *origin)
{
    bool is_schema_unknown = pins_has(&facets->pins, PIN_UNKNOWN_SCHEMA);
    vars_clear(&facets->vars);
    user_variables_clear(&facets->user_vars);
    pins_clear(&facets->pins);
    facets->variables = VARIABLES_NOWHERE;
    facets->status = STATUS_AUTOCOMMIT;
    facets->transaction = (struct open_transaction){ 0 };
    facets->insert_id = (struct insert_id){ 0 };
    facets->draws = (struct draws){ 0 };
    facets->wait_s = 0;
    facets->has_profiles = facets->has_left_schema = false;
    facets->has_replica_refused = facets->calls_in_read_only = false;
    enum route_place home = facets_home(facets);
    facets->answers = (struct answers){ .last_place = home, .found_place = home, .diagnostics_place = home };
    client_tracking_begin(&facets->tracking, view);
    reading_begin(&facets->reading, view, collation);
    if (facets->role.is_unsayable)
        facets_pin(facets, PIN_UNKNOWN_SET, origin);
    if (is_schema_unknown)
        facets_pin(facets, PIN_UNKNOWN_SCHEMA, origin);
}
