/* Who may be the next primary: what is remembered of servers from one decision about roles to the next, since
 * what they say at one moment does not tell a replica that was promoted from a server that has been astray.
 *
 *      topology_history_note ──► topology chooses: topology_history_primary, _is_chosen, _may_succeed … ──►
 * topology_history_settle
 *
 * Remembered is, by server id, so that it goes with the machine when addresses are swapped: whom it followed
 * last; whom it has turned to in the present primary's reign, which is what makes that one chosen; and
 * whether it was writable while the primary was, and answered: then it is a stray. A stray stays one until
 * somebody turns to it, until it is closed for writes, or until an operator elects it. Pure.
 */
#ifndef HEADGATE_CLUSTER_TOPOLOGY_HISTORY_H
#define HEADGATE_CLUSTER_TOPOLOGY_HISTORY_H

#include "cluster/topology_facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topology_history_machine {
    uint32_t server_id; /* 0: this place is free */
    uint32_t
        origins[TOPOLOGY_SOURCES_MAX]; /* ids of those whom it followed last, even if long ago; 0: none */
    uint32_t turned_to;                /* whom it follows, and did not at first in this reign; 0: nobody */
    uint64_t open_us;                  /* monotonic; since when it is known to be writable; 0: it is not */
    bool has_origins; /* it follows them still, or its links are stopped; false: its links were removed */
    bool was_replica; /* at some time */
    bool is_stray;
    bool is_elected; /* by an operator, while there was no primary */
};

struct topology_history {
    bool has_reigned;    /* there was a primary */
    int place;           /* the index of the last one, or TOPOLOGY_NO_PRIMARY: its place was given away */
    uint32_t primary_id; /* its server id; 0: unknown */
    struct topology_history_machine *machines; /* owns */
    size_t capacity;
};

/* For at most so many servers at a time. False: memory is out. */
bool topology_history_init(struct topology_history *history, size_t capacity);
void topology_history_fini(struct topology_history *history);

/* Before a decision: what the servers say now. */
void topology_history_note(struct topology_history *history, const struct topology_facts *facts,
                           size_t count);
/* After it: `primary` is one's index or TOPOLOGY_NO_PRIMARY. */
void topology_history_settle(struct topology_history *history, const struct topology_facts *facts,
                             size_t count, int primary);

/* Where the last primary is now, or was last; TOPOLOGY_NO_PRIMARY: there was none, or its address leads to
 * another machine. */
int topology_history_primary(const struct topology_history *history, const struct topology_facts *facts,
                             size_t count);
/* Somebody has turned to it in this reign, and follows it. */
bool topology_history_is_chosen(const struct topology_history *history, const struct topology_facts *facts,
                                size_t count, size_t i);
bool topology_history_is_stray(const struct topology_history *history, const struct topology_facts *it);
bool topology_history_is_elected(const struct topology_history *history, const struct topology_facts *it);
/* It was seen to follow somebody, at some time. */
bool topology_history_was_replica(const struct topology_history *history, const struct topology_facts *it);
/* It may become primary after the last one, which is not there or takes no writes: chosen; or no stray, and
 * it followed that one, if by others between, or has come to be where that one was. */
bool topology_history_may_succeed(const struct topology_history *history, const struct topology_facts *facts,
                                  size_t count, size_t i);

/* An operator says, while there is no primary, that this server is to be it; nobody else is elected any more.
 * Nothing for a server whose id is 0. */
void topology_history_elect(struct topology_history *history, uint32_t server_id);
/* Another server comes to be at this index. */
void topology_history_give_away(struct topology_history *history, size_t i);

#endif
