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

static const char *const limit_names[] = { "max_clients", "max_clients_per_address", "open_files" };

static const char *session_state_word(const struct metric_place *place)
{
    return state_names[place->word];
}

static const char *close_word(const struct metric_place *place)
{
    return close_names[place->word];
}

static const char *limit_word(const struct metric_place *place)
{
    return limit_names[place->word];
}

static const char *server_state_word(const struct metric_place *place)
{
    return server_state_name((enum server_state)place->word);
}

static const char *server_role_word(const struct metric_place *place)
{
    return server_role_name((enum server_role)place->word);
}

static const char *connection_word(const struct metric_place *place)
{
    return place->word == 0 ? "active" : "idle";
}

static const char *version_word(const struct metric_place *place)
{
    (void)place;
    return HEADGATE_VERSION;
}

static const char *address_word(const struct metric_place *place)
{
    return place->server->address;
}

/* ---- values of metrics ---- */

static double truth(bool is_true)
{
    return is_true ? 1 : 0;
}

static double one(const struct metric_place *place)
{
    (void)place;
    return 1;
}

static double ready(const struct metric_place *place)
{
    struct table problems;
    bool is_ready = ready_judge(place->admin, &problems);
    table_fini(&problems);
    return truth(is_ready);
}

static double stopping(const struct metric_place *place)
{
    return truth(place->admin->is_ending);
}

static double sessions(const struct metric_place *place)
{
    return place->counts->is_complete ? (double)place->counts->states[place->word] : NAN;
}

static double sessions_in_transaction(const struct metric_place *place)
{
    return place->counts->is_complete ? (double)place->counts->in_transaction : NAN;
}

static double sessions_pinned(const struct metric_place *place)
{
    return place->counts->is_complete ? (double)place->counts->pinned : NAN;
}

static double sessions_closed(const struct metric_place *place)
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

static double refused_of(const struct limit *limit)
{
    return (double)atomic_load_explicit(&limit->refused, memory_order_relaxed);
}

static double clients_max(const struct metric_place *place)
{
    return max_of(&place->admin->world->limits->clients);
}

static double clients_refused(const struct metric_place *place)
{
    const struct limits *limits = place->admin->world->limits;
    const _Atomic uint64_t *const counts[] = { &limits->clients.refused, &limits->address_refused,
                                               &limits->file_refused };
    return (double)atomic_load_explicit(counts[place->word], memory_order_relaxed);
}

static double worker_cpu(const struct metric_place *place)
{
    return process_thread_cpu(place->worker->thread);
}

static double worker_sessions(const struct metric_place *place)
{
    return (double)atomic_load_explicit(&place->worker->session_count, memory_order_relaxed);
}

static double listener_sessions(const struct metric_place *place)
{
    return used_of(place->listener->clients);
}

static double listener_max(const struct metric_place *place)
{
    return max_of(place->listener->clients);
}

static double listener_refused(const struct metric_place *place)
{
    return refused_of(place->listener->clients);
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

static double listener_opened(const struct metric_place *place)
{
    return sum_of_listener(place, offsetof(struct listener_counters, sessions));
}

static double listener_errors(const struct metric_place *place)
{
    return sum_of_listener(place, offsetof(struct listener_counters, errors));
}

static double listener_packed(const struct metric_place *place)
{
    return sum_of_listener(place, offsetof(struct listener_counters, packed) + place->word * sizeof(counter));
}

static const char *packed_word(const struct metric_place *place)
{
    static const char *const words[] = { [LISTENER_IN] = "received",
                                         [LISTENER_IN_PACKED] = "received compressed",
                                         [LISTENER_OUT] = "sent",
                                         [LISTENER_OUT_PACKED] = "sent compressed" };
    return words[place->word];
}

static double listener_refusals(const struct metric_place *place)
{
    return sum_of_listener(place, offsetof(struct listener_counters, refused));
}

static void listener_commands(const struct metric_place *place, struct hist_total *total)
{
    for (unsigned i = 0; i < place->admin->world->worker_count; i++)
        hist_add(total, &place->listener->by_worker[i].commands);
}

static double user_connections(const struct metric_place *place)
{
    return used_of(place->user->connections);
}

static double user_max(const struct metric_place *place)
{
    return max_of(place->user->connections);
}

static double user_refused(const struct metric_place *place)
{
    return refused_of(place->user->connections);
}

static double cluster_has_primary(const struct metric_place *place)
{
    const struct view *view = place->cluster->view;
    return truth(view != NULL && view->primary != VIEW_NO_SERVER);
}

static double cluster_readable(const struct metric_place *place)
{
    const struct view *view = place->cluster->view;
    double count = 0;
    for (size_t i = 0; view != NULL && i < view->count; i++)
        count += truth(view->servers[i].takes_reads);
    return count;
}

static double cluster_servers(const struct metric_place *place)
{
    return (double)place->cluster->count;
}

static double cluster_paused(const struct metric_place *place)
{
    return truth(place->cluster->is_paused);
}

static double cluster_epoch(const struct metric_place *place)
{
    return (double)place->cluster->epoch;
}

static double cluster_events(const struct metric_place *place)
{
    return (double)place->cluster->events.total;
}

static double server_up(const struct metric_place *place)
{
    return truth(place->member->health.state == SERVER_UP);
}

static double server_state(const struct metric_place *place)
{
    enum server_state state = place->entry != NULL ? place->entry->state : SERVER_STARTING;
    return truth(state == (enum server_state)place->word);
}

static double server_role(const struct metric_place *place)
{
    enum server_role role = place->entry != NULL ? place->entry->role : SERVER_UNKNOWN_ROLE;
    return truth(role == (enum server_role)place->word);
}

static double server_takes_reads(const struct metric_place *place)
{
    return truth(place->entry != NULL && place->entry->takes_reads);
}

static double server_fault(const struct metric_place *place)
{
    return truth(place->entry != NULL && place->entry->fault != REPLICATION_SOUND);
}

static double server_refuses(const struct metric_place *place)
{
    return truth(place->entry != NULL && place->entry->refusal == OUTCOME_REFUSED);
}

static double server_lag(const struct metric_place *place)
{
    bool is_known = place->entry != NULL && place->entry->lag_ms >= 0;
    return is_known ? (double)place->entry->lag_ms / 1e3 : NAN;
}

static double server_weight(const struct metric_place *place)
{
    return (double)place->server->weight;
}

static double server_connections(const struct metric_place *place)
{
    return (double)(place->word == 0 ? place->totals->connections_active : place->totals->connections_idle);
}

static double server_connections_max(const struct metric_place *place)
{
    uint32_t max = permits_max(&place->server->permits);
    return max == UINT32_MAX ? (double)NAN : (double)max;
}

static double server_waiting(const struct metric_place *place)
{
    return permits_waiting(&place->server->permits);
}

#define SERVER_TOTAL(member)                                                                                 \
    static double server_##member(const struct metric_place *place)                                          \
    {                                                                                                        \
        return (double)place->totals->member;                                                                \
    }
SERVER_TOTAL(running)
SERVER_TOTAL(queries)
SERVER_TOTAL(errors)
SERVER_TOTAL(connects)
SERVER_TOTAL(connect_failures)
SERVER_TOTAL(refusals)
SERVER_TOTAL(losses)
SERVER_TOTAL(drops)
SERVER_TOTAL(demotions)
SERVER_TOTAL(queue_timeouts)

#define MEMBER_TOTAL(member_name)                                                                            \
    static double member_##member_name(const struct metric_place *place)                                     \
    {                                                                                                        \
        return (double)place->member->member_name;                                                           \
    }
MEMBER_TOTAL(changes)
MEMBER_TOTAL(ejections)
MEMBER_TOTAL(probes)
MEMBER_TOTAL(probe_failures)

static void server_response(const struct metric_place *place, struct hist_total *total)
{
    server_sum_response(place->server, total);
}

#define PROCESS_NUMBER(member)                                                                               \
    static double process_##member(const struct metric_place *place)                                         \
    {                                                                                                        \
        return place->process->member;                                                                       \
    }
PROCESS_NUMBER(cpu_seconds)
PROCESS_NUMBER(resident_bytes)
PROCESS_NUMBER(virtual_bytes)
PROCESS_NUMBER(open_fds)
PROCESS_NUMBER(max_fds)
PROCESS_NUMBER(threads)
PROCESS_NUMBER(start_seconds)

/* ---- the rows ---- */

#define COUNT_OF(names) (sizeof(names) / sizeof *(names))

const struct metric metric_rows[] = {
#define METRIC(name_, type_, scope_, value_, help_)                                                          \
    { .name = #name_,                                                                                        \
      .type = METRIC_##type_,                                                                                \
      .scope = METRIC_OF_##scope_,                                                                           \
      .value = (value_),                                                                                     \
      .help = (help_) },
#define METRIC_BY(name_, type_, scope_, value_, label_, count_, word_, help_)                                \
    { .name = #name_,                                                                                        \
      .type = METRIC_##type_,                                                                                \
      .scope = METRIC_OF_##scope_,                                                                           \
      .label = #label_,                                                                                      \
      .words = (count_),                                                                                     \
      .word = (word_),                                                                                       \
      .value = (value_),                                                                                     \
      .help = (help_) },
#define METRIC_HIST(name_, scope_, hist_, help_)                                                             \
    { .name = #name_,                                                                                        \
      .type = METRIC_HISTOGRAM,                                                                              \
      .scope = METRIC_OF_##scope_,                                                                           \
      .hist = (hist_),                                                                                       \
      .help = (help_) },
#include "http/tbl/metrics.h"
#undef METRIC
#undef METRIC_BY
#undef METRIC_HIST
};

const size_t metric_count = COUNT_OF(metric_rows);
