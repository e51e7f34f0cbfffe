/* Start and end of a worker's thread, and the messages that it gets from the control thread: clients, views,
 * reloads, shutdown. */
#pragma once

#include "session/worker.h"

/* `driver`: the driver of the worker's sessions. */
bool worker_init(struct worker *worker, unsigned index, const struct world *world,
                 const struct session_driver *driver, struct error *err);
/* Starts the thread. On the control loop, `on_ended` runs when the thread is over, and `on_report` when
 * the worker has taken views or had trouble with servers; several reports may be merged into one. */
bool worker_start(struct worker *worker, struct loop *control, void (*on_ended)(struct loop_message *),
                  void (*on_report)(struct worker *), struct error *err);

/* ---- from the control thread, by message ---- */

/* Gives the worker a new client, which has entered the limits. Takes the fd, also on failure. */
void worker_accept(struct worker *worker, int take_fd, const struct addr *peer, struct listener *listener);
/* Publishes a new view; takes a reference of its own. A view that was not taken before the next one comes
 * is never used. */
void worker_publish(struct worker *worker, struct view *view);
/* Ends the worker: idle sessions end now, others when they are finished, all at the deadline. The thread
 * ends afterwards. */
void worker_drain(struct worker *worker, uint64_t deadline_us);

void worker_join(struct worker *worker);
void worker_fini(struct worker *worker);

/* A client that was given to worker_accept is gone. The last one ends a worker that is draining. `host`: as
 * the limits have counted it; NULL: not counted. */
void worker_forget(struct worker *worker, struct listener *listener, const char *host);

/* ---- in the worker's own thread ---- */

/* Reload: from now on the worker and all its sessions use this world. */
void worker_adopt(struct worker *worker, const struct world *world);
