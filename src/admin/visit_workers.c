#include "admin/visit_workers.h"

#include "base/mem.h"

struct visits {
    struct loop_message message;
    struct request *request; /* borrows */
    void (*visit)(struct worker *worker, struct request *request, void *context);
    void (*home)(struct request *request, void *context);
    void *context;                 /* owns */
    struct worker *const *workers; /* borrows; copied from admin, which only the control thread may read */
    unsigned worker_count;
    unsigned next_worker;
};

static void finish(struct visits *visits)
{
    mem_free(visits->context);
    mem_free(visits);
}

static void return_home(struct loop_message *message)
{
    struct visits *visits = (struct visits *)(void *)message;
    struct visits arrived = *visits;
    mem_free(visits);
    arrived.home(arrived.request, arrived.context);
    mem_free(arrived.context);
}

static void arrive(struct loop_message *message);

/* Posts the message to the next worker that still runs; after the last one, back to the control thread. */
static void travel(struct visits *visits)
{
    visits->message.run = arrive;
    while (visits->next_worker < visits->worker_count)
        if (worker_post(visits->workers[visits->next_worker], &visits->message))
            return;
        else
            visits->next_worker++;
    visits->message.run = return_home;
    if (!loop_post(visits->request->admin->loop, &visits->message))
        finish(visits); /* headgate is stopping: no answer is expected */
}

static void arrive(struct loop_message *message)
{
    struct visits *visits = (struct visits *)(void *)message;
    struct worker *worker = visits->workers[visits->next_worker];
    visits->visit(worker, visits->request, visits->context);
    visits->next_worker++;
    travel(visits);
}

static void answer(struct request *request, void *context)
{
    (void)context;
    request->on_done(request);
}

void visit_workers(struct request *request, void (*visit)(struct worker *, struct request *, void *context),
                   void *take_context)
{
    visit_workers_then(request, visit, answer, take_context);
}

void visit_workers_then(struct request *request,
                        void (*visit)(struct worker *, struct request *, void *context),
                        void (*home)(struct request *, void *context), void *take_context)
{
    struct visits *visits = mem_zalloc(sizeof *visits);
    if (visits == NULL) {
        mem_free(take_context);
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    *visits = (struct visits){ .request = request,
                               .visit = visit,
                               .home = home,
                               .context = take_context,
                               .workers = request->admin->world->workers,
                               .worker_count = request->admin->world->worker_count };
    travel(visits);
}
