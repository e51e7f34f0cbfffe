#include "route/replica_gate.h"

/* A session stays where it is if it can: another replica is a connection more, and only worth it when its own
 * is far behind. */
enum gate_verdict replica_gate_decide(const struct gate_state *state)
{
    if (!state->has_demand)
        return GATE_PASS;
    bool is_primary_s = !state->is_bound && !state->is_never_primary_s;
    if (!state->is_followed)
        return is_primary_s ? GATE_PRIMARY : GATE_WAIT;
    if (state->is_known && state->has_replica && state->replica_has)
        return GATE_PASS;
    if (state->is_bound)
        return GATE_WAIT;
    bool may_move = !state->has_replica || ((state->has_waited || !is_primary_s) && state->may_leave);
    if (state->is_known && state->another_has && may_move)
        return GATE_MOVE;
    return state->has_waited && is_primary_s ? GATE_PRIMARY : GATE_WAIT;
}
