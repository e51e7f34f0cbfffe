#include "admin/tour.h"

#include "base/mem.h"

struct tour {
    struct loop_message message;
    struct request *request; /* borrows */
    void (*visit)(struct worker *worker, struct request *request, void *context);
    void *context; /* owns */
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
    struct request *request = tour->request;
    finish(tour);
    request->on_done(request);
}

static void arrive(struct loop_message *message);

/* To the next worker that still runs; home after the last. */
static void travel(struct tour *tour)
{
    const struct admin *admin = tour->request->admin;
    tour->message.run = arrive;
    while (tour->next_worker < admin->world->worker_count)
        if (worker_post(admin->world->workers[tour->next_worker], &tour->message))
            return;
        else
            tour->next_worker++;
    tour->message.run = come_home;
    if (!loop_post(admin->loop, &tour->message))
        finish(tour); /* everything is ending: nobody waits for the answer */
}

static void arrive(struct loop_message *message)
{
    struct tour *tour = (struct tour *)(void *)message;
    struct worker *worker = tour->request->admin->world->workers[tour->next_worker];
    tour->visit(worker, tour->request, tour->context);
    tour->next_worker++;
    travel(tour);
}

void tour_begin(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                void *take_context)
{
    struct tour *tour = mem_zalloc(sizeof *tour);
    if (tour == NULL) {
        mem_free(take_context);
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    *tour = (struct tour){ .request = request, .visit = visit, .context = take_context };
    travel(tour);
}
