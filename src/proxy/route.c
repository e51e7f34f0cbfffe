#include "proxy/route.h"

static const struct {
    const char *name;
    const char *words;
} reasons[] = {
#define ROUTE_REASON(name, words) { #name, words },
#include "proxy/tbl/route_reasons.h"
#undef ROUTE_REASON
};

static struct route primary(enum route_reason reason)
{
    return (struct route){ ROUTE_PRIMARY, reason };
}

struct route route_decide(const struct sql_facts *facts, const struct route_state *state)
{
    if (state->mode == LISTENER_PRIMARY)
        return primary(ROUTE_REASON_LISTENER_PRIMARY);
    if (state->mode == LISTENER_REPLICA)
        return (struct route){ ROUTE_REPLICA, ROUTE_REASON_LISTENER_REPLICA };
    if (state->is_in_transaction)
        return primary(ROUTE_REASON_TRANSACTION);
    if (facts->refers_previous)
        return (struct route){ state->previous, ROUTE_REASON_PREVIOUS };
    if (state->is_transaction_unknown)
        return primary(ROUTE_REASON_UNKNOWN_TRANSACTION);
    if (!facts->is_read)
        return primary(ROUTE_REASON_NOT_A_READ);
    if (state->is_pinned)
        return primary(ROUTE_REASON_PINNED);
    if (state->is_in_system_schema)
        return primary(ROUTE_REASON_SYSTEM_SCHEMA);
    if (!state->has_replica)
        return primary(ROUTE_REASON_NO_REPLICA);
    if (state->has_replica_refused)
        return primary(ROUTE_REASON_REPLICA_REFUSED);
    return (struct route){ ROUTE_REPLICA, ROUTE_REASON_READ };
}

const char *route_place_name(enum route_place place)
{
    return place == ROUTE_PRIMARY ? "primary" : "replica";
}

const char *route_reason_words(enum route_reason reason)
{
    return reasons[reason].words;
}

const char *route_reason_name(enum route_reason reason)
{
    return reasons[reason].name;
}
