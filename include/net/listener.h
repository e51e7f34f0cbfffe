/* A listening socket: bind, accept in bounded batches, pause when the process is out of file descriptors. */
#ifndef HEADGATE_NET_LISTENER_H
#define HEADGATE_NET_LISTENER_H

#include "base/error.h"
#include "net/addr.h"
#include "net/loop.h"

#include <ev.h>
#include <stdbool.h>

struct listener {
    struct loop *loop; /* borrows; NULL: not open */
    struct addr addr;  /* as bound: the port is the real one */
    int fd;            /* owns */
    int spare_fd;      /* owns: given up at EMFILE, to accept and close one more client instead of leaving it
                          hanging */
    ev_io io;
    struct loop_timer pause;
    /* Takes the non-blocking fd. May close the listener, but its memory must last until the turn is over
     * (loop_bury). */
    void (*on_accept)(struct listener *listener, int take_fd, const struct addr *peer);
    /* Out of descriptors, and this client is closed when the call returns: a last word to it. NULL: none. */
    void (*on_exhausted)(struct listener *listener, int fd);
    void *owner; /* borrows */
};

/* Binds and listens. A stale unix socket file, on which no process listens, is replaced; `mode` is its
 * permission bits (ignored for TCP). */
bool listener_open(struct listener *listener, struct loop *loop, const struct addr *addr, unsigned mode,
                   void (*on_accept)(struct listener *, int, const struct addr *), void *owner,
                   struct error *err);
/* Closes and removes a unix socket's file; those who wait to be accepted are cut. Also from within on_accept.
 * Harmless when not open. */
void listener_close(struct listener *listener);

#endif
