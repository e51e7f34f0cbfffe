/* The listeners of the configuration: their sockets, and what their sessions see of them. A struct listener
 * has the settings and counters for its sessions; it is kept until the last session that was accepted through
 * it has ended. Lives on the control thread.
 *
 *      listeners_plan: opens new sockets ──┬──► listeners_open: the plan takes effect, old sockets are closed
 *                                          └──► listeners_abandon: the plan is dropped, new ones are closed
 *
 * Sockets are matched by address: if a reload exchanges the addresses of two listeners, the sockets stay open
 * and no client is refused. The settings of a struct listener never change: if a reload changes a setting that
 * sessions use, new clients get a new struct listener of the same name. */
#pragma once

#include "app/config.h"
#include "base/error.h"
#include "base/list.h"
#include "net/acceptor.h"
#include "session/worker.h"

#include <stdbool.h>
#include <stddef.h>

struct listeners {
    struct loop *loop; /* borrows */
    unsigned worker_count;
    const struct tls_certificate *self_made; /* borrows: for listeners without a certificate */
    void (*on_accept)(struct acceptor *acceptor, int take_fd, const struct addr *peer);
    void (*on_exhausted)(struct acceptor *acceptor, int fd);
    struct loop_background certificates; /* the next look at their ends */
    struct listeners_plan *open;         /* owns: the plan that is in effect */
    struct list all; /* of struct listener, including those of former plans that still have sessions */
};

struct listeners_plan;

/* Every acceptor gets these callbacks; its `owner` is its struct listener. */
void listeners_init(struct listeners *listeners, struct loop *loop, unsigned worker_count,
                    const struct tls_certificate *self_made,
                    void (*on_accept)(struct acceptor *, int, const struct addr *),
                    void (*on_exhausted)(struct acceptor *, int));

/* Prepares the listeners of `config`: opens the sockets that are not open yet. NULL: *err names the listener
 * that failed, and nothing has changed. */
struct listeners_plan *listeners_plan(struct listeners *listeners, const struct config *config,
                                      struct error *err);
/* Drops a plan that will not take effect; *plan becomes NULL. */
void listeners_abandon(struct listeners *listeners, struct listeners_plan **plan);
/* Puts a plan into effect, in the same turn of the loop in which it was made. */
void listeners_open(struct listeners *listeners, struct listeners_plan *take_plan);

/* The listeners in effect, in the order of the file. Borrowed until the next listeners_open. */
const struct listener *const *listeners_list(const struct listeners *listeners, size_t *count_r);

/* Closes the sockets: no more clients are accepted. */
void listeners_close(struct listeners *listeners);
/* Frees all listeners. No session may be left. */
void listeners_fini(struct listeners *listeners);
