#include "admin/pause.h"

#include "admin/visit_workers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "session/session.h"

#include <stddef.h>

#define BY_OPERATOR "by an operator"
#define AGAIN_US 20000 /* between two checks of what still runs */

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "state", COLUMN_TEXT, "paused or running" },
    { "after_ms", COLUMN_INTEGER, "pause: milliseconds until nothing ran; resume: duration of the pause" },
};
const struct columns pause_columns = COLUMNS_OF(columns);

static void answer(struct request *request, const struct pause *pause, const char *state)
{
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    table_row(&request->table);
    table_text(&request->table, pause->cluster->settings->name);
    table_text(&request->table, state);
    table_int(&request->table, (int64_t)((pause->cluster->env.loop->now_us - pause->began_us) / 1000));
    request->on_done(request);
}

/* Answers a waiting `pause` command with an error that says `words`. If its request is visiting the workers,
 * it is answered after its return. */
static void tell(struct pause *pause, const char *words)
{
    struct request *request = pause->request;
    loop_timer_stop(&pause->again);
    pause->verdict = words;
    if (request == NULL || pause->is_looking)
        return;
    pause->request = NULL;
    (void)error_set(&request->error, 0,
                    "cluster '%s': %s; %llu statements or transactions were still running",
                    pause->cluster->settings->name, words, (unsigned long long)pause->running);
    request->on_done(request);
}

static void end(struct pause *pause, const char *reason)
{
    loop_timer_stop(&pause->end);
    (void)cluster_set_paused(pause->cluster, false, reason);
}

static void on_end(struct loop_timer *timer)
{
    struct pause *pause = container_of(timer, struct pause, end);
    char text[32];
    log_warning(NULL, "cluster %s: the pause ends by itself after %s", pause->cluster->settings->name,
                clock_format_duration(pause->longest_us, text, sizeof text));
    end(pause, "the pause was not ended in time");
    tell(pause, "the pause ended by itself (timeouts.pause)");
}

/* ---- until nothing runs ---- */

static void count_one(struct worker *worker, struct request *request, void *context)
{
    struct pause *pause = *(struct pause **)context;
    (void)request;
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        if (session->listener->cluster == pause->cluster->index && !session_is_quiet(session))
            pause->running++;
    }
}

static void counted(struct request *request, void *context)
{
    struct pause *pause = *(struct pause **)context;
    pause->is_looking = false;
    if (pause->verdict != NULL) {
        tell(pause, pause->verdict);
        return;
    }
    if (pause->running > 0) {
        loop_timer_start(&pause->again, pause->cluster->env.loop, AGAIN_US);
        return;
    }
    pause->request = NULL;
    log_notice(NULL, "cluster %s: paused, and nothing runs any more", pause->cluster->settings->name);
    answer(request, pause, "paused");
}

static void look(struct pause *pause)
{
    struct pause **context = mem_zalloc(sizeof(struct pause *));
    if (context == NULL) {
        tell(pause, "paused, but out of memory to see what runs");
        return;
    }
    *context = pause;
    pause->running = 0;
    pause->is_looking = true;
    visit_workers_then(pause->request, count_one, counted, context);
}

static void on_again(struct loop_timer *timer)
{
    look(container_of(timer, struct pause, again));
}

/* ---- the commands ---- */

/* The pause of the cluster that the argument names. NULL: there is no such cluster, and the request was
 * refused. */
static struct pause *find(struct request *request)
{
    const struct admin *admin = request->admin;
    for (size_t i = 0; i < admin->cluster_count; i++)
        if (span_equal(request->argument, span_cstr(admin->clusters[i].settings->name)))
            return &admin->pauses[i];
    (void)error_set(&request->error, 0, "there is no cluster '%.*s'", (int)request->argument.len,
                    (const char *)request->argument.data);
    request->on_done(request);
    return NULL;
}

/* Pauses the cluster. NULL: done; otherwise the reason why not. */
static const char *begin(struct pause *pause)
{
    if (pause->request != NULL)
        return "is being paused";
    if (!cluster_set_paused(pause->cluster, true, BY_OPERATOR))
        return "is paused already";
    if (pause->cluster->view == NULL || pause->cluster->view->is_paused)
        return NULL;
    (void)cluster_set_paused(pause->cluster, false, "out of memory");
    return "was not paused: out of memory";
}

void pause_cluster(struct request *request)
{
    struct pause *pause = find(request);
    if (pause == NULL)
        return;
    struct loop *loop = pause->cluster->env.loop;
    const char *obstacle = begin(pause);
    if (obstacle != NULL) {
        (void)error_set(&request->error, 0, "cluster '%s' %s", pause->cluster->settings->name, obstacle);
        request->on_done(request);
        return;
    }
    log_notice(NULL, "cluster %s: pause: new statements wait", pause->cluster->settings->name);
    pause->request = request;
    pause->verdict = NULL;
    pause->began_us = loop->now_us;
    pause->longest_us = request->admin->world->timeouts->pause_us;
    loop_timer_start(&pause->end, loop, pause->longest_us);
    look(pause);
}

void resume_cluster(struct request *request)
{
    struct pause *pause = find(request);
    if (pause == NULL)
        return;
    if (!loop_timer_is_active(&pause->end)) {
        (void)error_set(&request->error, 0, "cluster '%s' is not paused", pause->cluster->settings->name);
        request->on_done(request);
        return;
    }
    end(pause, BY_OPERATOR);
    tell(pause, "the pause was ended by a `resume`");
    log_notice(NULL, "cluster %s: resumed", pause->cluster->settings->name);
    answer(request, pause, "running");
}

bool pause_init(struct admin *admin)
{
    admin->pauses = mem_zalloc(admin->cluster_count * sizeof *admin->pauses);
    for (size_t i = 0; admin->pauses != NULL && i < admin->cluster_count; i++) {
        struct pause *pause = &admin->pauses[i];
        pause->cluster = &admin->clusters[i];
        loop_timer_init(&pause->end, on_end);
        loop_timer_init(&pause->again, on_again);
    }
    return admin->pauses != NULL;
}

void pause_fini(struct admin *admin)
{
    for (size_t i = 0; admin->pauses != NULL && i < admin->cluster_count; i++) {
        loop_timer_stop(&admin->pauses[i].end);
        tell(&admin->pauses[i], "headgate is stopping");
    }
    mem_free(admin->pauses);
    admin->pauses = NULL;
}
