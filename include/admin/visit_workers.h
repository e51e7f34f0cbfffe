/* Visits the workers for a command whose answer only they know: a function runs in each worker's thread, one
 * worker after the other; then the command is answered in the control thread. */
#pragma once

#include "admin/request.h"
#include "session/worker.h"

/* Runs `visit` in the thread of each worker, one after the other; it may write to the request's table and
 * error. Then request->on_done runs in the control thread. `take_context` is freed with mem_free at the end;
 * may be NULL. Out of memory is answered as the request's error. */
void visit_workers(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                   void *take_context);

/* Like visit_workers, but `home` runs in the control thread instead of on_done, and answers the request
 * before or after it returns. The context is freed after `home`. */
void visit_workers_then(struct request *request,
                        void (*visit)(struct worker *, struct request *, void *context),
                        void (*home)(struct request *, void *context), void *take_context);
