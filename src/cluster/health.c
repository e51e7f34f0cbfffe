#include "cluster/health.h"

void health_begin(struct health *health, uint64_t now_us)
{
    *health = (struct health){ .state = SERVER_STARTING, .since_us = now_us };
}

static int64_t needed(enum server_state state, int64_t rise, int64_t fall)
{
    if (state == SERVER_STARTING)
        return 1; /* nothing is known yet: believe the first answer */
    return state == SERVER_UP ? fall : rise;
}

bool health_note(struct health *health, bool has_passed, int64_t rise, int64_t fall, uint64_t now_us)
{
    enum server_state says = has_passed ? SERVER_UP : SERVER_DOWN;
    if (says == health->state) {
        health->in_a_row = 0;
        return false;
    }
    if (++health->in_a_row < needed(health->state, rise, fall))
        return false;
    *health = (struct health){ .state = says, .since_us = now_us };
    return true;
}
