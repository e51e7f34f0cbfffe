/* Where clients come in: the listening sockets, and the doors behind them, which outlive their listeners as
 * long as a session came in by them. Lives on the control thread.
 *
 *      doors_plan (opens what is new) ──► doors_open (closes what is old) ──► …
 *                       └──► doors_abandon: as if nothing had been
 *
 * A listener is known by its name, a socket by its address: when two listeners change places no client is
 * refused. A door never changes: where its listener's mode is another one, new clients get another door.
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
    struct doors_plan *open; /* owns: what clients meet now */
    struct list all;         /* of doors, those that are closed included */
};

struct doors_plan;

/* The callbacks are those of every listener, whose `owner` is its struct door. */
void doors_init(struct doors *doors, struct loop *loop, unsigned worker_count,
                void (*on_accept)(struct listener *, int, const struct addr *),
                void (*on_exhausted)(struct listener *, int));

/* Makes what `config` says and is not there yet. NULL: *err says which listener cannot be, and all is as
 * before. */
struct doors_plan *doors_plan(struct doors *doors, const struct config *config, struct error *err);
void doors_abandon(struct doors *doors, struct doors_plan **plan);
/* From now on it counts. Within the turn in which it was made. */
void doors_open(struct doors *doors, struct doors_plan *take_plan);

/* Those that are open, in the order of the file, until the next doors_open. */
const struct door *const *doors_list(const struct doors *doors, size_t *count_r);

/* Accepts no more. */
void doors_close(struct doors *doors);
/* When no session is left. */
void doors_fini(struct doors *doors);

#endif
