/* May a harmless read go to a replica now, by what its session has written and seen? Pure. */
#ifndef HEADGATE_ROUTE_REPLICA_GATE_H
#define HEADGATE_ROUTE_REPLICA_GATE_H

#include <stdbool.h>

enum gate_verdict {
    GATE_PASS,   /* to the replica that the session is on, or any one if it is on none */
    GATE_MOVE,   /* to another replica: it has what the session asks for */
    GATE_WAIT,   /* until the servers have told how far they are */
    GATE_PRIMARY /* no replica can be trusted with it in time */
};

struct gate_state {
    bool has_demand;  /* the session asks for something: it has written, or seen, or wants the newest */
    bool is_known;    /* what it asks for is known as a position, not only as "what the primary has" */
    bool is_followed; /* the servers say how far they are: GTIDs are on, and the session's writes have them */
    bool has_replica; /* it is on a replica that takes reads */
    bool replica_has; /* … which is known to have what it asks for */
    bool another_has; /* another one is */
    bool may_leave;   /* nothing seen on the present replica is newer than what it asks for */
    bool has_waited;  /* it has waited for this already, in vain */
    bool is_never_primary_s; /* the primary may not have it: an error is better */
    bool is_bound; /* only the present replica can answer: it knows the session's user variables, or more */
};

enum gate_verdict replica_gate_decide(const struct gate_state *state);

#endif
