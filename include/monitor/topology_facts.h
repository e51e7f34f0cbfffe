/* The results of the servers' probes that roles depend on, and conclusions from them: which servers follow a
 * server, whether it would take writes. Pure. */
#pragma once

#include "upstream/server.h"
#include "monitor/wsrep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_NO_PRIMARY (-1) /* instead of a server's index */
#define TOPOLOGY_SOURCES_MAX 8   /* links of one server that are looked at */

/* The result of one server's last probe that passed, and its present state. */
struct topology_facts {
    bool is_up;          /* its probes pass */
    bool is_known;       /* a probe has passed, ever */
    bool is_held;        /* an operator has drained or disabled it: neither primary nor for reads */
    bool takes_no_reads; /* lagging or ejected; it may still be the primary */
    bool is_foreign;     /* of another family than the first server: it cannot serve the same sessions */
    bool is_read_only;
    bool has_source;                        /* a replication link is configured */
    bool is_link_stopped;                   /* both threads of all its links are stopped */
    bool is_applying;                       /* its SQL thread runs */
    uint32_t server_id;                     /* 0: unknown */
    uint32_t sources[TOPOLOGY_SOURCES_MAX]; /* server ids, of links that run or try to; 0: none */
    uint64_t asked_us, answered_us; /* monotonic; when the last probe that passed asked, and was over */
    enum role_setting role_setting;
    struct wsrep wsrep;
    bool has_caught_up; /* Galera: it has applied all that the cluster had when it was chosen as writer */
};

/* In the functions below, `facts` has one element for each of the `count` servers of the cluster. */

/* Why a server is left out of every decision, as static text; NULL: it is not left out. */
const char *topology_facts_left_out(const struct topology_facts *it);
/* The server is up, and has a link that runs, or tries to, from the server of that id. False for id 0. */
bool topology_facts_follows(const struct topology_facts *it, uint32_t server_id);
/* How many servers follow server `of`. */
size_t topology_facts_followers(const struct topology_facts *facts, size_t count, size_t of);
/* The server is up and not read_only, and no replication link of it runs. */
bool topology_facts_is_open(const struct topology_facts *it);
/* The server is open, and may be the primary: it has no link; or its links are stopped, and another server
 * follows it, or no other server could be the primary (each one answers and is read_only). Held servers count
 * as well. The only server of a cluster may also be read_only: no other server could be the primary. */
bool topology_facts_is_writable(const struct topology_facts *facts, size_t count, size_t i);
