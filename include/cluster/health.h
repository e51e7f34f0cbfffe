/* Is a server there? Rise and fall hysteresis over the results of its probes. Pure: (state, result, now) →
 * state. */
#ifndef HEADGATE_CLUSTER_HEALTH_H
#define HEADGATE_CLUSTER_HEALTH_H

#include "cluster/server.h"

#include <stdbool.h>
#include <stdint.h>

struct health {
    enum server_state state;
    uint64_t since_us; /* monotonic; of the state */
    int64_t in_a_row;  /* probes that contradict the state, one after the other */
};

void health_begin(struct health *health, uint64_t now_us);

/* One probe's outcome. The first success brings a starting server up, the first failure takes it down; later
 * changes need `rise` or `fall` results in a row. True when the state changed. */
bool health_note(struct health *health, bool has_passed, int64_t rise, int64_t fall, uint64_t now_us);

#endif
