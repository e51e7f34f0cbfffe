#include "proxy/gate.h"

/* A session stays where it is if it can: another replica is a connection more, and only worth it when its own
 * is far behind. */
enum gate_verdict gate_decide(const struct gate_state *state)
{
    if (!state->has_demand)
        return GATE_PASS;
    if (!state->is_followed && state->primary_never_reads && !state->is_bound)
        return GATE_PASS; /* nothing better can be had */
    if (!state->is_followed)
        return state->is_bound ? GATE_WAIT : GATE_PRIMARY;
    if (state->is_known && state->has_replica && state->replica_has)
        return GATE_PASS;
    if (state->is_bound)
        return GATE_WAIT;
    bool is_late = state->has_waited || state->primary_never_reads;
    bool may_move = !state->has_replica || (is_late && state->may_leave);
    if (state->is_known && state->another_has && may_move)
        return GATE_MOVE;
    return state->has_waited && !state->primary_never_reads ? GATE_PRIMARY : GATE_WAIT;
}
