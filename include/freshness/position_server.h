/* One of the servers of a positions: its connection, its polls, and how far it is.
 *
 *      position_server_schedule ──► poll ──► connect_first ──► ask ──► on_answer: `held`; positions_wake
 *              ▲              │                                   │
 *              │              └──► fail: nothing is known of it   │
 *              └──────────────────────────────────────────────────┘
 */
#ifndef HEADGATE_FRESHNESS_POSITION_SERVER_H
#define HEADGATE_FRESHNESS_POSITION_SERVER_H

#include "cluster/upstream.h"
#include "freshness/positions.h"
#include "freshness/replica_delay.h"
#include "mysql/gtid.h"
#include "mysql/rows.h"
#include "net/loop.h"

struct position_server {
    struct positions *positions; /* borrows */
    int index;                   /* in the view */
    uint64_t moves;              /* of that server, when it was connected to: see view_server */
    struct upstream *upstream;   /* owns; NULL: not connected */
    struct rows rows;
    struct loop_timer next;     /* the next poll, or the end of the connection */
    struct loop_timer deadline; /* of a poll */
    bool is_asking;
    bool is_asked_as_primary;
    bool is_asked_as_node; /* of a Galera cluster */
    uint64_t begun;        /* moment of the poll that is running, or ran last */
    uint64_t begun_us;
    uint64_t next_us;     /* when `next` fires */
    uint64_t gap_us;      /* between the beginnings of two polls, while sessions wait */
    uint64_t demanded_us; /* when it was last asked for */
    uint64_t answered;    /* moment at which the poll began that was answered last; 0: none was */
    bool is_primary;      /* … as which it was asked */
    struct gtid_table held;
    struct delay delay; /* of what is written at the primary */
    uint64_t base;      /* number of the base it is known to have */
};

/* NULL when memory is out. */
struct position_server *position_server_new(struct positions *positions, int index);
/* Sessions have begun to wait: the next polls follow each other as fast as may be. */
void position_server_hurry(struct position_server *server);
/* What was written last at the primary is measured at this replica, unless an earlier write still is. */
void position_server_measure(struct position_server *server);
/* A timer begins the next poll when it is due, at the earliest behind what this turn of the loop has to do
 * for clients; or there is none. Not while one runs. */
void position_server_schedule(struct position_server *server);
/* After a failure a timer says when to try again. */
bool position_server_is_resting(const struct position_server *server);
/* Its name leads elsewhere now: what was told is another machine's. */
bool position_server_has_moved(const struct position_server *server);
/* What it told counts no more; its connection is closed. */
void position_server_forget(struct position_server *server);
/* The same, and no poll follows. */
void position_server_stop(struct position_server *server);
/* Once it is stopped. */
void position_server_free(struct position_server *server);

#endif
