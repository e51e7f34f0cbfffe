/* The history of the servers, kept from one decision about roles to the next: by their present answers alone,
 * a replica that was promoted looks like a server that was writable by mistake.
 *
 *      _note ──► topology.c decides, by _primary, _is_chosen, _is_stray, _may_succeed … ──► _settle
 *
 * Kept by server id, so that it stays with a machine when addresses are swapped: the sources that the server
 * followed last; the source that it has turned to since the present primary is primary, which makes that
 * source *chosen*; and whether the server was writable while the primary was writable and answered, which
 * makes it a *stray*. A stray stays a stray until a server turns to it, until it is closed for writes, or
 * until an operator elects it. Pure. */
#pragma once

#include "monitor/topology_facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topology_history_machine {
    uint32_t server_id;                     /* 0: this place is free */
    uint32_t origins[TOPOLOGY_SOURCES_MAX]; /* ids of the sources that it followed last, even if long ago; 0:
                                               none */
    uint32_t turned_to; /* id of a source that it follows now and did not follow when the primary became
                           primary; 0: none */
    uint64_t open_us;   /* monotonic; since when it is known to be writable; 0: it is not */
    bool has_origins;   /* its links to `origins` exist, possibly stopped; false: the links were removed */
    bool was_replica;   /* a probe has found a replication link, ever */
    bool is_stray;
    bool is_elected; /* elected by an operator, while there was no primary */
};

struct topology_history {
    bool has_reigned;    /* there was a primary */
    int place;           /* index of the last primary, or TOPOLOGY_NO_PRIMARY: another server has its place */
    uint32_t primary_id; /* server id of the last primary; 0: unknown */
    struct topology_history_machine *machines; /* owns */
    size_t capacity;
};

/* For at most so many servers at a time. False: memory is out. */
bool topology_history_init(struct topology_history *history, size_t capacity);
void topology_history_fini(struct topology_history *history);

/* Before a decision: notes what the servers say now. */
void topology_history_note(struct topology_history *history, const struct topology_facts *facts,
                           size_t count);
/* After a decision: `primary` is an index or TOPOLOGY_NO_PRIMARY. */
void topology_history_settle(struct topology_history *history, const struct topology_facts *facts,
                             size_t count, int primary);

/* The index of the last primary, or where it was last; TOPOLOGY_NO_PRIMARY: there was none, or its address
 * leads to another machine. */
int topology_history_primary(const struct topology_history *history, const struct topology_facts *facts,
                             size_t count);
/* A server has turned to server `i` since the present primary is primary, and follows it. */
bool topology_history_is_chosen(const struct topology_history *history, const struct topology_facts *facts,
                                size_t count, size_t i);
bool topology_history_is_stray(const struct topology_history *history, const struct topology_facts *it);
bool topology_history_is_elected(const struct topology_history *history, const struct topology_facts *it);
/* The server was seen to follow a source, at some time. */
bool topology_history_was_replica(const struct topology_history *history, const struct topology_facts *it);
/* Server `i` may become primary after the last one, which is down or takes no writes: it is chosen; or it is
 * no stray, and followed the last primary, directly or through other servers, or is now at the last primary's
 * address. */
bool topology_history_may_succeed(const struct topology_history *history, const struct topology_facts *facts,
                                  size_t count, size_t i);

/* While there is no primary, an operator elects this server; earlier elections end. Does nothing for server
 * id 0. */
void topology_history_elect(struct topology_history *history, uint32_t server_id);
/* Another server is at this index from now on. */
void topology_history_give_away(struct topology_history *history, size_t i);
