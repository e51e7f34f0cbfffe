/* The life of a worker's thread, and the mail it gets from the control thread: clients, views, a reload, the
 * end.
 */
#ifndef HEADGATE_SESSION_WORKER_THREAD_H
#define HEADGATE_SESSION_WORKER_THREAD_H

#include "session/worker.h"

/* `driver`: of its sessions. */
bool worker_init(struct worker *worker, unsigned index, const struct world *world,
                 const struct session_driver *driver, struct error *err);
/* Starts the thread. On the control loop run `on_ended` once it is over, and `on_report` when it has taken
 * views or had trouble with servers: several of these may come as one. */
bool worker_start(struct worker *worker, struct loop *control, void (*on_ended)(struct loop_message *),
                  void (*on_report)(struct worker *), struct error *err);

/* ---- from the control thread, by mail ---- */

/* A new client, which has entered the limits. Takes the fd, also on failure. */
void worker_accept(struct worker *worker, int take_fd, const struct addr *peer, struct door *door);
/* A new view; takes a reference of its own. One that was not taken yet is never seen. */
void worker_publish(struct worker *worker, struct view *view);
/* End: idle sessions now, others as they finish, all at the deadline. The thread then ends. */
void worker_drain(struct worker *worker, uint64_t deadline_us);

void worker_join(struct worker *worker);
void worker_fini(struct worker *worker);

/* A client that worker_accept was given has gone: the last one ends a draining worker. */
void worker_forget(struct worker *worker, struct door *door, const struct addr *peer);

/* ---- in the worker's own thread ---- */

/* A reload: from now on it goes by this world, and so do all its sessions. */
void worker_adopt(struct worker *worker, const struct world *world);

#endif
