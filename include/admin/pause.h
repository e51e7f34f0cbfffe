/* `pause` and `resume`: what is new waits at the boundaries of transactions, what runs goes on to its end. A
 * pause ends by itself after timeouts.pause, so that a forgotten one costs a minute and no night.
 */
#ifndef HEADGATE_ADMIN_PAUSE_H
#define HEADGATE_ADMIN_PAUSE_H

#include "admin/request.h"

#include <stdbool.h>
#include <stdint.h>

/* One per cluster. */
struct pause {
    struct loop_timer end;   /* of the pause */
    struct loop_timer again; /* until the next look at what still runs */
    struct request *request; /* borrows: the `pause` that waits for quiet; NULL: none does */
    struct cluster *cluster; /* borrows */
    bool is_looking;         /* the request travels through the workers: it must come home first */
    const char *verdict;     /* static text: what to tell it then; NULL: nothing ended its wait */
    uint64_t running;        /* statements and transactions that the last look found */
    uint64_t began_us;       /* monotonic */
    uint64_t longest_us;     /* timeouts.pause, when it began */
};

/* Makes admin->pauses. False when memory is out. */
bool pause_init(struct admin *admin);
/* Forgets all pauses; who waits for quiet hears nothing more. */
void pause_fini(struct admin *admin);

void pause_cluster(struct request *request);
void resume_cluster(struct request *request);
extern const struct columns pause_columns; /* of both */

#endif
