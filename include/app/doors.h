/* The listening sockets and their doors. A door has the settings and counters of a listener for its sessions;
 * it is kept until the last session that was accepted through it has ended. Lives on the control thread.
 *
 *      doors_plan: opens new sockets ──┬──► doors_open: the plan takes effect, old sockets are closed
 *                                      └──► doors_abandon: the plan is dropped, new sockets are closed
 *
 * Listeners are matched by name, sockets by address: if a reload exchanges the addresses of two listeners,
 * the sockets stay open and no client is refused. The settings of a door never change: if a reload changes a
 * setting that sessions use, new clients get a new door.
 */
#ifndef HEADGATE_APP_DOORS_H
#define HEADGATE_APP_DOORS_H

#include "app/config.h"
#include "base/error.h"
#include "base/list.h"
#include "net/listener.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>

struct doors {
    struct loop *loop; /* borrows */
    unsigned worker_count;
    void (*on_accept)(struct listener *listener, int take_fd, const struct addr *peer);
    void (*on_exhausted)(struct listener *listener, int fd);
    struct doors_plan *open; /* owns: the listeners and doors that are in effect */
    struct list all;         /* of doors, including doors of former plans that still have sessions */
};

struct doors_plan;

/* Every listener gets these callbacks; its `owner` is its struct door. */
void doors_init(struct doors *doors, struct loop *loop, unsigned worker_count,
                void (*on_accept)(struct listener *, int, const struct addr *),
                void (*on_exhausted)(struct listener *, int));

/* Prepares the listeners of `config`: opens sockets and makes doors that do not exist yet. NULL: *err names
 * the listener that failed, and nothing has changed. */
struct doors_plan *doors_plan(struct doors *doors, const struct config *config, struct error *err);
/* Drops a plan that will not take effect; *plan becomes NULL. */
void doors_abandon(struct doors *doors, struct doors_plan **plan);
/* Puts a plan into effect, in the same turn of the loop in which it was made. */
void doors_open(struct doors *doors, struct doors_plan *take_plan);

/* The doors of the present listeners, in the order of the file. Borrowed until the next doors_open. */
const struct door *const *doors_list(const struct doors *doors, size_t *count_r);

/* Closes the sockets: no more clients are accepted. */
void doors_close(struct doors *doors);
/* Frees all doors. No session may be left. */
void doors_fini(struct doors *doors);

#endif
