/* `pause` and `resume`: new transactions and statements outside transactions wait; running ones continue to
 * their end. A pause ends by itself after timeouts.pause, so that a forgotten pause has a limited effect. */
#pragma once

#include "admin/request.h"

#include <stdbool.h>
#include <stdint.h>

/* The pause state of one cluster. */
struct pause {
    struct loop_timer end;   /* ends the pause */
    struct loop_timer again; /* starts the next check of what still runs */
    struct request *request; /* borrows; the `pause` command that waits until nothing runs; NULL: none */
    struct cluster *cluster; /* borrows */
    bool is_looking;         /* the request is visiting the workers: it can be answered only after its
                              * return */
    const char *verdict;     /* static text: answer after the request's return; NULL: still waiting */
    uint64_t running;        /* statements and transactions found by the last check */
    uint64_t began_us;       /* monotonic */
    uint64_t longest_us;     /* timeouts.pause at the start of the pause */
};

/* Allocates admin->pauses. False when memory is out. */
bool pause_init(struct admin *admin);
/* Ends all pauses. A `pause` command that still waits is answered with an error. */
void pause_fini(struct admin *admin);

void pause_cluster(struct request *request);
void resume_cluster(struct request *request);
extern const struct columns pause_columns; /* of both commands */
