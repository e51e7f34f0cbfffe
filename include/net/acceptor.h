/* A listening socket: bind, accept in batches of limited size, pause when the process has no file descriptors
 * left. */
#pragma once

#include "base/error.h"
#include "net/addr.h"
#include "net/loop.h"

#include <ev.h>
#include <stdbool.h>

struct acceptor {
    struct loop *loop; /* borrows; NULL: not open */
    struct addr addr;  /* the bound address, with the port that the kernel chose */
    int fd;            /* owns */
    int spare_fd;      /* owns; closed at EMFILE, so that one more client can be accepted and refused at
                        * once */
    ev_io io;
    struct loop_timer pause;
    /* Takes the non-blocking fd. It may close the acceptor, but the acceptor's memory must last until the end
     * of the turn (loop_bury). */
    void (*on_accept)(struct acceptor *acceptor, int take_fd, const struct addr *peer);
    /* No descriptors are left: sends a last packet to this client, which is closed after the call. NULL:
     * none. */
    void (*on_exhausted)(struct acceptor *acceptor, int fd);
    void *owner; /* borrows */
};

/* Binds and listens. A stale unix socket file, on which no process listens, is replaced. `mode`: permission
 * bits of the unix socket file; ignored for TCP. */
bool acceptor_open(struct acceptor *acceptor, struct loop *loop, const struct addr *addr, unsigned mode,
                   void (*on_accept)(struct acceptor *, int, const struct addr *), void *owner,
                   struct error *err);
/* Closes the acceptor and removes a unix socket's file. Connections that were not accepted yet are reset. May
 * be called from within on_accept. Harmless when not open. */
void acceptor_close(struct acceptor *acceptor);
