/* The state of a Galera node: reads the answers to SHOW … LIKE 'wsrep…', and decides whether and why the node
 * is not used. Pure.
 *
 *      wsrep_on ──► wsrep_reject_queries ──► the status variables ──► struct wsrep ──► wsrep_fault
 *
 * A node that refuses everything else (1047) answers these three questions. */
#pragma once

#include "mysql/rows.h"

#include <stdbool.h>
#include <stdint.h>

#define WSREP_IS_ON_SQL "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'"
#define WSREP_REJECTS_SQL "SHOW GLOBAL VARIABLES LIKE 'wsrep_reject_queries'"
#define WSREP_STATUS_SQL "SHOW GLOBAL STATUS LIKE 'wsrep_%'"
/* Answered when the node has applied all that any node had when it was asked; or with 1205, after its
 * repl.causal_read_timeout (30 s by default). The waits need no table. */
#define WSREP_WAIT_SQL "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1"

/* wsrep_local_state, as Galera numbers it. A node outside of the primary component says 0. */
enum wsrep_state { WSREP_JOINING = 1, WSREP_DONOR = 2, WSREP_JOINED = 3, WSREP_SYNCED = 4 };

/* Zeros: no Galera node. */
struct wsrep {
    bool is_node;      /* wsrep_on, and it has a provider */
    bool is_ready;     /* it takes statements */
    bool is_connected; /* to its group */
    bool is_primary;   /* its component of the group is the primary one: it has a quorum */
    bool is_rejecting; /* wsrep_reject_queries: by an operator */
    uint32_t state;    /* enum wsrep_state */
};

/* How fit a node is for statements. */
enum wsrep_fitness {
    WSREP_UNFIT,  /* takes no statements, or may lack changes that other nodes have */
    WSREP_BEHIND, /* takes statements, but does not keep up with the other nodes: a donor, or desynced */
    WSREP_FIT
};

/* Each reads the answer to its question into the facts. */
void wsrep_read_is_on(const struct rows *rows, struct wsrep *wsrep);
void wsrep_read_rejects(const struct rows *rows, struct wsrep *wsrep);
void wsrep_read_status(const struct rows *rows, struct wsrep *wsrep);

/* `*reason_r`: static text, for people. */
enum wsrep_fitness wsrep_judge(const struct wsrep *wsrep, const char **reason_r);
bool wsrep_is_same(const struct wsrep *a, const struct wsrep *b);
