#include "http/metric.h"

#include "http/ready.h"

#include <math.h>

/* ---- values of labels ---- */

static const char *const state_names[] = {
#define SESSION_STATE(NAME, words, stage, step, on_deadline, next, leaves, late) #NAME,
#include "session/tbl/session_states.h"
#undef SESSION_STATE
};

static const char *const close_names[] = {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) #NAME,
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
};

static const char *const packed_names[] = { [LISTENER_IN] = "received",
                                            [LISTENER_IN_PACKED] = "received compressed",
                                            [LISTENER_OUT] = "sent",
                                            [LISTENER_OUT_PACKED] = "sent compressed" };
static const char *const tls_names[] = {
    [LISTENER_TLS_FULL] = "full", [LISTENER_TLS_RESUMED] = "resumed", [LISTENER_TLS_FAILED] = "failed"
};
static const char *const limit_names[] = { "max_clients", "max_clients_per_address", "open_files" };

/* ---- values of metrics ---- */

static bool is_ready(const struct metric_place *place)
{
    struct table problems;
    bool is_ready = ready_judge(place->admin, &problems);
    table_fini(&problems);
    return is_ready;
}

static double if_counted(const struct metric_place *place, uint64_t sessions)
{
    return place->counts->is_complete ? (double)sessions : NAN;
}

static double sum_of_closes(const struct metric_place *place)
{
    const struct world *world = place->admin->world;
    uint64_t sum = 0;
    for (unsigned i = 0; i < world->worker_count; i++)
        sum += counter_read(&world->workers[i]->closes[place->word]);
    return (double)sum;
}

static double used_of(const struct limit *limit)
{
    return (double)atomic_load_explicit(&limit->used, memory_order_relaxed);
}

static double max_of(const struct limit *limit)
{
    return limit->max > 0 ? (double)limit->max : NAN;
}

static double certificate_end(const struct tls_server *tls)
{
    return tls != NULL ? (double)tls->not_after_s : NAN;
}

static double refused_of(const struct limit *limit)
{
    return (double)atomic_load_explicit(&limit->refused, memory_order_relaxed);
}

static double clients_refused(const struct metric_place *place)
{
    const struct limits *limits = place->admin->world->limits;
    const _Atomic uint64_t *const counts[] = { &limits->clients.refused, &limits->address_refused,
                                               &limits->file_refused };
    return (double)atomic_load_explicit(counts[place->word], memory_order_relaxed);
}

static double sum_of_listener(const struct metric_place *place, size_t at)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < place->admin->world->worker_count; i++) {
        const char *row = (const char *)&place->listener->by_worker[i];
        sum += counter_read((const counter *)(const void *)(row + at));
    }
    return (double)sum;
}

static void listener_commands(const struct metric_place *place, struct hist_total *total)
{
    for (unsigned i = 0; i < place->admin->world->worker_count; i++)
        hist_add(total, &place->listener->by_worker[i].commands);
}

static size_t count_readable(const struct view *view)
{
    size_t count = 0;
    for (size_t i = 0; view != NULL && i < view->count; i++)
        count += view->servers[i].takes_reads;
    return count;
}

static double max_connections(const struct server *server)
{
    uint32_t max = permits_max(&server->permits);
    return max == UINT32_MAX ? (double)NAN : (double)max;
}

static void server_response(const struct metric_place *place, struct hist_total *total)
{
    server_sum_response(place->server, total);
}

/* ---- the rows ---- */

#define COUNT_OF(names) (sizeof(names) / sizeof *(names))

/* Two functions for each row, of the expressions in it. */
#define METRIC(name, type, scope, value, help)                                                               \
    static double value_of_##name(const struct metric_place *place)                                          \
    {                                                                                                        \
        (void)place;                                                                                         \
        return (double)(value);                                                                              \
    }
#define METRIC_BY(name, type, scope, value, label, count, word, help)                                        \
    METRIC(name, type, scope, value, help)                                                                   \
    static const char *word_of_##name(const struct metric_place *place)                                      \
    {                                                                                                        \
        (void)place;                                                                                         \
        return word;                                                                                         \
    }
#define METRIC_HIST(name, scope, hist, help)
#include "http/tbl/metrics.h"
#undef METRIC
#undef METRIC_BY
#undef METRIC_HIST

const struct metric metric_rows[] = {
#define METRIC(name_, type_, scope_, value_, help_)                                                          \
    { #name_, METRIC_##type_, METRIC_OF_##scope_, .value = value_of_##name_, .help = (help_) },
#define METRIC_BY(name_, type_, scope_, value_, label_, count_, word_, help_)                                \
    { #name_,   METRIC_##type_,  METRIC_OF_##scope_, #label_,                                                \
      (count_), word_of_##name_, value_of_##name_,   .help = (help_) },
#define METRIC_HIST(name_, scope_, hist_, help_)                                                             \
    { #name_, METRIC_HISTOGRAM, METRIC_OF_##scope_, .hist = (hist_), .help = (help_) },
#include "http/tbl/metrics.h"
#undef METRIC
#undef METRIC_BY
#undef METRIC_HIST
};

const size_t metric_count = COUNT_OF(metric_rows);
