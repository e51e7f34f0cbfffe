/* A question that only the workers can answer: each worker is visited in turn, in its own thread; then the
 * answer is given in the control thread. */
#ifndef HEADGATE_ADMIN_VISIT_WORKERS_H
#define HEADGATE_ADMIN_VISIT_WORKERS_H

#include "admin/request.h"
#include "session/worker.h"

/* `visit` runs in the thread of each worker, one after the other, and may write to the request's table and
 * error; then request->on_done runs in the control thread. `take_context` is freed with mem_free at the end;
 * NULL is fine. Out of memory is answered as the request's error. */
void visit_workers(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                   void *take_context);

/* The same, but `home` runs in the control thread instead of on_done, and answers the request now or later.
 * The context is freed after `home`. */
void visit_workers_then(struct request *request,
                        void (*visit)(struct worker *, struct request *, void *context),
                        void (*home)(struct request *, void *context), void *take_context);

#endif
