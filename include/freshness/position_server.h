/* One server of a struct positions: its connection, its polls, and its replication position.
 *
 *      position_server_schedule ──► poll ──► connect_first ──► ask ──► on_answer: `held`; positions_wake
 *              ▲                                                │          │
 *              │               fail: the position is forgotten ◄┘          │
 *              └────────────────────────┴──────────────────────────────────┘
 */
#pragma once

#include "upstream/upstream.h"
#include "freshness/positions.h"
#include "freshness/replica_delay.h"
#include "mysql/gtid.h"
#include "mysql/rows.h"
#include "net/loop.h"

struct position_server {
    struct positions *positions; /* borrows */
    int index;                   /* in the view */
    uint64_t moves;              /* view_server.moves when the connection was opened */
    struct upstream *upstream;   /* owns; NULL: not connected */
    struct rows rows;
    struct loop_background next; /* the next poll, or the end of the connection */
    struct loop_timer deadline;  /* deadline of a poll */
    bool is_asking;
    bool is_asked_as_primary;
    bool is_asked_as_node; /* of a Galera cluster */
    uint64_t begun;        /* moment of the poll that is running, or ran last */
    uint64_t begun_us;
    uint64_t next_us;     /* when `next` fires */
    uint64_t gap_us;      /* between the beginnings of two polls, while sessions wait */
    uint64_t demanded_us; /* when its position was last demanded */
    uint64_t answered;    /* moment at which the poll began that was answered last; 0: none was */
    bool is_primary;      /* that poll asked it as the primary */
    struct gtid_table held;
    struct delay delay; /* of writes on the primary until they are on this replica */
    uint64_t base;      /* positions.base_number of the base that it is known to have */
};

/* `index`: of the server in the view. NULL when memory is out. The caller owns the result. */
struct position_server *position_server_new(struct positions *positions, int index);
/* Sessions have begun to wait: the next polls follow each other with the shortest gap. */
void position_server_hurry(struct position_server *server);
/* Measures the delay of the last write on the primary, unless an earlier write is being measured. */
void position_server_measure(struct position_server *server);
/* Starts a timer for the next poll, if one is due. The poll begins at the earliest after this turn of the
 * loop, so that clients come first. Does nothing while a poll runs. */
void position_server_schedule(struct position_server *server);
/* Did a poll fail a short time ago? A timer begins the next try. */
bool position_server_is_resting(const struct position_server *server);
/* Does the server's name lead to another address now? Then the known position is that of another machine. */
bool position_server_has_moved(const struct position_server *server);
/* Forgets the position, and closes the connection. */
void position_server_forget(struct position_server *server);
/* Forgets the position, closes the connection, and stops the polls. */
void position_server_stop(struct position_server *server);
/* Frees the server, after position_server_stop(). */
void position_server_free(struct position_server *server);
