/* A question that the workers must answer: the request travels from one to the next, is looked at in each
 * thread, and comes home to the control thread. */
#ifndef HEADGATE_ADMIN_TOUR_H
#define HEADGATE_ADMIN_TOUR_H

#include "admin/request.h"
#include "session/worker.h"

/* `visit` runs in every worker's thread in turn and may write to the request's table and error; then on_done
 * runs at home. `context`: owned by the tour, freed with mem_free; NULL is fine. Out of memory is answered as
 * the request's error. */
void tour_begin(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                void *take_context);

/* The same, but `home` runs at home instead of on_done, and answers the request now or later; `context` is
 * freed after it. */
void tour_begin_then(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                     void (*home)(struct request *, void *context), void *take_context);

#endif
