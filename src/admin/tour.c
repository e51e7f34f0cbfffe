#include "admin/tour.h"

#include "base/mem.h"

struct tour {
    struct loop_message message;
    struct request *request; /* borrows */
    void (*visit)(struct worker *worker, struct request *request, void *context);
    void (*home)(struct request *request, void *context);
    void *context; /* owns */
    struct worker *const
        *workers; /* borrows: all of them; not by way of admin, which is the control thread's */
    unsigned worker_count;
    unsigned next_worker;
};

static void finish(struct tour *tour)
{
    mem_free(tour->context);
    mem_free(tour);
}

static void come_home(struct loop_message *message)
{
    struct tour *tour = (struct tour *)(void *)message;
    struct tour arrived = *tour;
    mem_free(tour);
    arrived.home(arrived.request, arrived.context);
    mem_free(arrived.context);
}

static void arrive(struct loop_message *message);

/* To the next worker that still runs; home after the last. */
static void travel(struct tour *tour)
{
    tour->message.run = arrive;
    while (tour->next_worker < tour->worker_count)
        if (worker_post(tour->workers[tour->next_worker], &tour->message))
            return;
        else
            tour->next_worker++;
    tour->message.run = come_home;
    if (!loop_post(tour->request->admin->loop, &tour->message))
        finish(tour); /* everything is ending: nobody waits for the answer */
}

static void arrive(struct loop_message *message)
{
    struct tour *tour = (struct tour *)(void *)message;
    struct worker *worker = tour->workers[tour->next_worker];
    tour->visit(worker, tour->request, tour->context);
    tour->next_worker++;
    travel(tour);
}

static void answer(struct request *request, void *context)
{
    (void)context;
    request->on_done(request);
}

void tour_begin(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                void *take_context)
{
    tour_begin_then(request, visit, answer, take_context);
}

void tour_begin_then(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                     void (*home)(struct request *, void *context), void *take_context)
{
    struct tour *tour = mem_zalloc(sizeof *tour);
    if (tour == NULL) {
        mem_free(take_context);
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    *tour = (struct tour){ .request = request,
                           .visit = visit,
                           .home = home,
                           .context = take_context,
                           .workers = request->admin->world->workers,
                           .worker_count = request->admin->world->worker_count };
    travel(tour);
}
