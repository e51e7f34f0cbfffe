#include "cluster/cluster.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/news.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So often a server that was removed is looked at, at least: is anything left there? */
#define GONE_US 1000000

static bool is_static(const struct cluster *cluster)
{
    return cluster->settings->topology == TOPOLOGY_STATIC;
}

static struct health_rules rules_of(const struct cluster *cluster)
{
    const struct cluster_settings *settings = cluster->settings;
    return (struct health_rules){ .rise = settings->monitor.rise,
                                  .fall = settings->monitor.fall,
                                  .interval_us = settings->monitor.interval_us,
                                  .ejection_failures = settings->ejection.failures,
                                  .ejection_base_us = settings->ejection.base_us,
                                  .ejection_max_us = settings->ejection.max_us,
                                  .max_lag_us = settings->max_lag_us };
}

static void note_health(struct cluster_member *member, const struct health_event *event)
{
    struct health_rules rules = rules_of(member->cluster);
    bool was_ejected = member->health.is_ejected;
    (void)health_note(&member->health, &rules, event, member->cluster->env.loop->now_us);
    member->ejections += member->health.is_ejected && !was_ejected;
}

/* ---- the view ---- */

static bool is_older(const char *a, const char *b)
{
    struct server_version x = greeting_version(span_cstr(a)), y = greeting_version(span_cstr(b));
    if (x.major != y.major)
        return x.major < y.major;
    return x.minor != y.minor ? x.minor < y.minor : x.patch < y.patch;
}

/* What clients are greeted with must hold for every server they may meet: not for one of another family. */
static void describe_greeting(const struct cluster *cluster, struct view *view)
{
    view->caps = UINT64_MAX;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        const struct probe_result *last = &member->last;
        bool is_first = view->family == FAMILY_UNKNOWN;
        if (!member->is_known || (!is_first && last->family != view->family))
            continue;
        if (is_first || is_older(last->version, view->version))
            memcpy(view->version, last->version, sizeof view->version);
        if (is_first)
            view->family = last->family;
        if (is_first || (int)i == cluster->primary) {
            view->collation = last->collation;
            view->ansi_quotes = last->ansi_quotes;
            view->oracle = last->oracle;
            view->no_backslash_escapes = last->no_backslash_escapes;
        }
        view->caps &= last->caps;
    }
    if (view->family == FAMILY_UNKNOWN)
        view->caps = 0;
}

/* Whom it stands beside: the primary, or the others that are writable. */
static void name_rivals(const struct cluster *cluster, const struct topology_verdict *verdicts, size_t of,
                        char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < cluster->count && at < size; i++)
        if (i != of && (verdicts[i].is_contender || (int)i == cluster->primary))
            at += (size_t)snprintf(text + at, size - at, "%s%s%s", at > 0 ? ", " : "",
                                   cluster->members[i].server->name,
                                   (int)i == cluster->primary ? " is the primary" : "");
}

static void describe_server(const struct cluster *cluster, const struct topology_verdict *verdicts, size_t i,
                            struct view_server *entry)
{
    const struct cluster_member *member = &cluster->members[i];
    const struct topology_verdict *verdict = &verdicts[i];
    uint64_t back_us = member->health.back_us;
    entry->server = member->server;
    entry->addr = member->name.addr;
    entry->moves = member->moves;
    entry->role = verdict->role;
    entry->state = member->health.state;
    entry->reason = member->is_removed          ? "removed from the configuration"
                    : entry->state == SERVER_UP ? verdict->reason
                                                : health_reason(&member->health);
    entry->is_gone = member->is_gone;
    entry->lag_ms = member->last.lag_ms;
    entry->takes_reads = verdict->takes_reads;
    entry->is_contender = verdict->is_contender;
    entry->is_near =
        cluster->settings->zone == NULL || strcmp(cluster->settings->zone, member->server->zone) == 0;
    entry->slow_from_us = back_us;
    entry->slow_until_us = back_us != 0 ? back_us + cluster->settings->slow_start_us : 0;
    if (member->detail[0] == '\0' && entry->state == SERVER_UP && verdict->is_contender)
        name_rivals(cluster, verdicts, i, entry->detail, sizeof entry->detail);
    else
        (void)snprintf(entry->detail, sizeof entry->detail, "%s", member->detail);
}

/* A server that is promoted stays up: since when it is what it is now, role and state together. */
static void date_servers(const struct view *before, struct view *now, uint64_t now_us)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct view_server *was = before != NULL && i < before->count ? &before->servers[i] : NULL;
        struct view_server *is = &now->servers[i];
        bool is_as_before = was != NULL && was->role == is->role && was->state == is->state;
        is->since_us = is_as_before ? was->since_us : now_us;
        is->changed_us = was != NULL && !news_is_change(was, is) ? was->changed_us : now_us;
    }
    bool has_same_primary = before != NULL && before->primary == now->primary;
    now->primary_since_us = has_same_primary ? before->primary_since_us : now_us;
}

static void count_changes(struct cluster *cluster, const struct view *before, const struct view *now)
{
    for (size_t i = 0; before != NULL && i < before->count; i++)
        cluster->members[i].changes += news_is_change(&before->servers[i], &now->servers[i]);
}

static void collect_facts(const struct cluster *cluster, struct topology_facts *facts)
{
    enum server_family family = FAMILY_UNKNOWN;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        const struct probe_result *last = &member->last;
        if (family == FAMILY_UNKNOWN && member->is_known)
            family = last->family;
        facts[i] = (struct topology_facts){
            .is_up = member->health.probed == SERVER_UP,
            .is_held = member->health.order != HEALTH_ENABLED,
            .takes_no_reads = member->health.state != SERVER_UP,
            .is_foreign = member->is_known && last->family != family,
            .is_read_only = last->is_read_only,
            .has_source = last->has_source,
            .is_link_stopped = last->is_link_stopped,
            .is_applying = last->is_applying,
            .server_id = last->server_id,
            .role_setting = member->server->role_setting,
        };
        memcpy(facts[i].sources, last->sources, sizeof facts[i].sources);
    }
}

static bool is_same(const struct view *a, const struct view *b)
{
    if (a->count != b->count || a->balance != b->balance || a->primary_reads != b->primary_reads ||
        a->primary != b->primary || a->family != b->family || a->caps != b->caps ||
        strcmp(a->version, b->version) != 0 || a->collation != b->collation ||
        a->ansi_quotes != b->ansi_quotes || a->oracle != b->oracle ||
        a->no_backslash_escapes != b->no_backslash_escapes || a->routines != b->routines ||
        a->is_paused != b->is_paused)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct view_server *x = &a->servers[i], *y = &b->servers[i];
        if (news_is_change(x, y) || x->lag_ms != y->lag_ms || x->is_contender != y->is_contender ||
            x->moves != y->moves || x->is_near != y->is_near || x->is_gone != y->is_gone ||
            x->slow_until_us != y->slow_until_us || !addr_equal(&x->addr, &y->addr) ||
            x->slow_from_us != y->slow_from_us || strcmp(x->reason, y->reason) != 0 ||
            strcmp(x->detail, y->detail) != 0)
            return false;
    }
    return true;
}

/* The probes say that it is the primary: that sessions had no luck with it is no reason to have none. */
static void pardon(struct cluster_member *member)
{
    const struct health_event event = { .kind = HEALTH_PARDONED };
    note_health(member, &event);
}

/* What the old primary said holds no longer, and the new one is asked. Not from here: a survey that fails at
 * once would publish amid a publication. */
static void change_primary(struct cluster *cluster, int primary)
{
    if (cluster->primary == primary)
        return;
    cluster->primary = primary;
    if (primary != TOPOLOGY_NO_PRIMARY)
        pardon(&cluster->members[primary]);
    routines_unref(cluster->routines);
    cluster->routines = NULL;
    survey_stop(&cluster->survey);
    if (cluster->settings->read_functions)
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
}

static void publish(struct cluster *cluster)
{
    if (!cluster_is_probed(cluster))
        return; /* the last first probe publishes: see cluster.h */
    struct topology_facts *facts = mem_zalloc(cluster->count * sizeof *facts);
    struct topology_verdict *verdicts = mem_zalloc(cluster->count * sizeof *verdicts);
    struct view *view = view_new(cluster->count);
    if (facts == NULL || verdicts == NULL || view == NULL) {
        log_error(NULL, "cluster %s: out of memory: keeping the old view of its servers",
                  cluster->settings->name);
        goto done;
    }
    collect_facts(cluster, facts);
    change_primary(cluster,
                   topology_decide(facts, cluster->count, is_static(cluster), cluster->primary, verdicts));
    view->cluster_name = cluster->name;
    view->cluster_index = cluster->index;
    view->primary = cluster->primary;
    view->is_paused = cluster->is_paused;
    view->balance = (enum balance_setting)cluster->settings->balance;
    view->primary_reads = (enum primary_reads_setting)cluster->settings->primary_reads;
    for (size_t i = 0; i < cluster->count; i++)
        describe_server(cluster, verdicts, i, &view->servers[i]);
    date_servers(cluster->view, view, cluster->env.loop->now_us);
    describe_greeting(cluster, view);
    view->routines = routines_ref(cluster->routines);
    if (cluster->view != NULL && is_same(cluster->view, view))
        goto done;
    view->epoch = ++cluster->epoch;
    news_tell(&cluster->events, cluster->view, view, cluster->started_us, cluster->env.loop->now_us);
    count_changes(cluster, cluster->view, view);
    view_release(&cluster->view);
    cluster->view = view_acquire(view);
    cluster->on_view(cluster, view);
done:
    view_release(&view);
    mem_free(facts);
    mem_free(verdicts);
}

/* ---- which stored functions only read ---- */

static void log_survey(const struct cluster *cluster, const struct routines *now, const char *why)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    if (now == NULL && strcmp(why, cluster->survey_error) != 0)
        log_warning(&scope, "stored functions stay on the primary: %s", why);
    else if (now != NULL && (cluster->routines == NULL || !routines_equal(now, cluster->routines)))
        log_notice(&scope, "stored functions that only read, and may run on replicas: %zu",
                   routines_count(now));
}

static void on_survey(struct survey *survey, struct routines *take_routines, const char *why)
{
    struct cluster *cluster = survey->owner;
    log_survey(cluster, take_routines, why);
    (void)span_copy_cstr(span_cstr(why), cluster->survey_error, sizeof cluster->survey_error);
    if (routines_equal(cluster->routines, take_routines)) {
        routines_unref(take_routines);
        return;
    }
    routines_unref(cluster->routines);
    cluster->routines = take_routines;
    publish(cluster);
}

static void on_survey_timer(struct loop_timer *timer)
{
    struct cluster *cluster =
        (struct cluster *)(void *)((char *)timer - offsetof(struct cluster, survey_timer));
    loop_timer_start(timer, cluster->env.loop, cluster->settings->read_functions_interval_us);
    if (cluster->primary != TOPOLOGY_NO_PRIMARY)
        survey_begin(&cluster->survey, cluster->members[cluster->primary].server,
                     &cluster->members[cluster->primary].name.addr);
}

/* ---- probing ---- */

/* Numbers that nobody can foresee are not needed: only that two proxies do not have the same. */
static uint32_t next_random(struct cluster *cluster)
{
    cluster->seed = cluster->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(cluster->seed >> 32);
}

static bool may_eject(const struct cluster *cluster, const struct cluster_member *member)
{
    size_t replicas = 0, ejected = 0, count = 0;
    for (size_t i = 0; i < cluster->count; i++) {
        count += !cluster->members[i].is_removed;
        replicas += cluster->view != NULL && i < cluster->view->count &&
                    cluster->view->servers[i].role == SERVER_REPLICA;
        ejected += cluster->members[i].health.is_ejected;
    }
    return cluster->primary != (int)member->server->index &&
           health_may_eject(count, replicas, ejected, cluster->settings->ejection.max_share);
}

/* What sessions have met with there since the last look; true when some of it was trouble. Connections that
 * the server ended while they were idle, and writes that it refused as read-only, are a reason to ask it, and
 * no failure. */
static bool look_at_traffic(struct cluster_member *member)
{
    struct server_totals sum = server_sum_without(member->server, member->cluster->env.worker);
    const struct server_totals *seen = &member->seen;
    struct health_event event = {
        .kind = HEALTH_TRAFFIC,
        .successes = sum.queries + sum.connects - seen->queries - seen->connects,
        .failures = sum.connect_failures + sum.losses - seen->connect_failures - seen->losses,
        .may_eject = may_eject(member->cluster, member),
        .random = next_random(member->cluster),
    };
    bool has_news = sum.drops != seen->drops || sum.demotions != seen->demotions;
    member->seen = sum;
    if (event.successes > 0 || event.failures > 0)
        note_health(member, &event);
    return event.failures > 0 || has_news;
}

/* Has what decides about roles changed since this server was last asked? */
static bool has_moved(const struct cluster_member *member, const struct probe_result *result)
{
    const struct probe_result *last = &member->last;
    if (!result->has_passed) /* the first failure of a primary: another one may have taken over */
        return member->cluster->primary == (int)member->server->index && !result->is_overloaded &&
               member->health.probed == SERVER_UP && member->health.in_a_row == 0;
    return member->is_known &&
           (last->is_read_only != result->is_read_only || last->has_source != result->has_source ||
            last->is_link_stopped != result->is_link_stopped || last->server_id != result->server_id ||
            memcmp(last->sources, result->sources, sizeof last->sources) != 0);
}

static void probe_soon(struct cluster_member *member)
{
    if (member->is_gone)
        return;
    if (member->probe.is_running)
        member->must_repeat = true; /* what it hears may be older than what has just been heard elsewhere */
    else
        loop_timer_start(&member->timer, member->cluster->env.loop, 0);
}

static void probe_others_soon(const struct cluster_member *member)
{
    struct cluster *cluster = member->cluster;
    for (size_t i = 0; i < cluster->count; i++)
        if (&cluster->members[i] != member)
            probe_soon(&cluster->members[i]);
}

/* A doubt is resolved before the interval is over. */
static void schedule_sooner(struct cluster_member *member)
{
    struct health_rules rules = rules_of(member->cluster);
    struct loop *loop = member->cluster->env.loop;
    uint64_t after_us = member->must_repeat ? 0 : health_probe_after(&member->health, &rules, loop->now_us);
    member->must_repeat = false;
    if (after_us < rules.interval_us)
        loop_timer_start(&member->timer, loop, after_us);
}

static void tell_machine(struct cluster_member *member, struct event *event, const char *reason)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    char address[ADDR_TEXT_MAX];
    event->server = (int)member->server->index;
    event->server_name = member->server->name;
    event->after_ms = EVENT_UNKNOWN_TIME;
    (void)snprintf(event->reason, sizeof event->reason, "%s", reason);
    events_add(&member->cluster->events, event);
    log_warning(&scope, "server %s (%s): %s: %s -> %s", member->server->name,
                addr_format(&member->name.addr, address), reason, event->was, event->is);
}

/* A server with another id is another machine, or one that was set up anew: what was there may be gone. */
static void compare_machine(struct cluster_member *member, const struct probe_result *result)
{
    const struct probe_result *last = &member->last;
    struct event event = { 0 };
    if (last->server_id != result->server_id) {
        (void)snprintf(event.was, sizeof event.was, "server_id %u", last->server_id);
        (void)snprintf(event.is, sizeof event.is, "server_id %u", result->server_id);
        tell_machine(member, &event, "another machine answers at this address");
    }
    if (strcmp(last->version, result->version) != 0) {
        (void)snprintf(event.was, sizeof event.was, "%.47s", last->version);
        (void)snprintf(event.is, sizeof event.is, "%.47s", result->version);
        tell_machine(member, &event,
                     last->family != result->family ? "a server of another family answers at this address"
                                                    : "another version answers at this address");
    }
}

static void note_probe(struct cluster_member *member, const struct probe_result *result)
{
    struct health_event event = { .kind = result->has_passed      ? HEALTH_PASSED
                                          : result->is_overloaded ? HEALTH_OVERLOADED
                                                                  : HEALTH_FAILED,
                                  .lag_ms = result->has_source ? result->lag_ms : 0 };
    note_health(member, &event);
    member->was_probed = true;
    member->probes++;
    member->probe_failures += !result->has_passed;
    if (result->has_passed) {
        if (member->is_known)
            compare_machine(member, result);
        member->is_known = true;
        member->last = *result;
        server_note_own_max(member->server, result->max_connections,
                            member->cluster->settings->connection_reserve);
        server_note_manners(member->server, result->patience_s, result->has_init_connect);
    }
    memcpy(member->detail, result->error, sizeof member->detail);
}

static void on_probe(struct probe *probe, const struct probe_result *result)
{
    struct cluster_member *member = probe->owner;
    (void)look_at_traffic(member);
    if (has_moved(member, result))
        probe_others_soon(member);
    note_probe(member, result);
    schedule_sooner(member);
    publish(member->cluster);
}

/* Nothing of any session is there. */
static bool is_empty(const struct cluster_member *member)
{
    const struct permits *permits = &member->server->permits;
    return permits_used(permits) == 0 && permits_waiting(permits) == 0;
}

/* A server that was removed from the configuration, and that nobody has a connection to any more. What had no
 * time to see that it is drained finds another machine there, should its place be taken. */
static void retire(struct cluster_member *member)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->name };
    log_notice(&scope, "server %s (%s) is removed: nothing is connected to it any more", member->server->name,
               member->server->address);
    member->is_gone = true;
    loop_timer_stop(&member->timer);
    loop_timer_stop(&member->drained);
    probe_fini(&member->probe);
    resolve_forget(&member->name);
    health_begin(&member->health, member->cluster->env.loop->now_us);
    note_health(member, &(struct health_event){ .kind = HEALTH_ORDERED, .order = HEALTH_DISABLED });
    member->is_known = false;
    member->detail[0] = '\0';
    member->last = (struct probe_result){ .lag_ms = -1 };
    publish(member->cluster);
}

static void on_interval(struct loop_timer *timer)
{
    struct cluster_member *member =
        (struct cluster_member *)(void *)((char *)timer - offsetof(struct cluster_member, timer));
    if (member->is_removed && is_empty(member)) {
        retire(member);
        return;
    }
    uint64_t interval_us = member->cluster->settings->monitor.interval_us;
    if (member->is_removed && interval_us > GONE_US)
        interval_us = GONE_US;
    loop_timer_start(timer, member->cluster->env.loop, interval_us);
    probe_run(&member->probe);
}

/* ---- where the servers are ---- */

static void tell_move(struct cluster_member *member, const struct addr *was)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    const struct server *server = member->server;
    uint64_t now_us = member->cluster->env.loop->now_us;
    struct event event = { .server = (int)server->index,
                           .server_name = server->name,
                           .after_ms = (int64_t)((now_us - member->moved_us) / 1000) };
    char before[ADDR_TEXT_MAX], now[ADDR_TEXT_MAX], after[32];
    (void)snprintf(event.was, sizeof event.was, "%s", addr_format(was, before));
    (void)snprintf(event.is, sizeof event.is, "%s", addr_format(&member->name.addr, now));
    (void)snprintf(event.reason, sizeof event.reason, "address was %s, is %s: %.100s", event.was, event.is,
                   server->address);
    events_add(&member->cluster->events, &event);
    log_notice(&scope, "server %s (%s): address was %s, is %s, after %s", server->name, server->address,
               before, now, clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after));
}

/* Once when a name's answers stop, and once when they come again. */
static void tell_name(struct cluster_member *member, const struct addr *was)
{
    struct log_scope scope = { .key = "cluster", .text = member->cluster->settings->name };
    const struct server *server = member->server;
    const struct resolve_name *name = &member->name;
    bool is_lost = name->error[0] != '\0';
    char text[ADDR_TEXT_MAX];
    if (is_lost && !member->is_lost)
        log_warning(&scope, "server %s (%s): its name cannot be resolved: %s; it %s%s", server->name,
                    server->address, name->error, name->addr.len != 0 ? "is looked for at " : "is down",
                    name->addr.len != 0 ? addr_format(&name->addr, text) : "");
    else if (!is_lost && (member->is_lost || was->len == 0))
        log_notice(&scope, "server %s (%s): its name is resolved: %s", server->name, server->address,
                   addr_format(&name->addr, text));
    member->is_lost = is_lost;
}

/* What was known is not known of this machine; until its first probe has passed it has no part in anything.
 */
static void begin_anew(struct cluster_member *member)
{
    member->moves++;
    member->detail[0] = '\0';
    note_health(member, &(struct health_event){ .kind = HEALTH_REPLACED });
    probe_drop(&member->probe);
    probe_soon(member);
}

static void on_name(struct resolve_name *name, const struct addr *was)
{
    struct cluster_member *member = name->owner;
    bool has_moved = was->len != 0 && !addr_equal(was, &name->addr);
    tell_name(member, was);
    if (has_moved) {
        tell_move(member, was);
        begin_anew(member);
    }
    if (!addr_equal(was, &name->addr))
        member->moved_us = member->cluster->env.loop->now_us;
    if (was->len == 0 && name->addr.len != 0 && !member->probe.is_running)
        probe_soon(member);
    probe_go_on(&member->probe);
    publish(member->cluster);
}

static void on_drained(struct loop_timer *timer);

/* In a place that is zeroed, or whose server is gone. */
static bool member_init(struct cluster *cluster, size_t i, const struct server_settings *settings,
                        struct error *err)
{
    struct cluster_member *member = &cluster->members[i];
    struct resolve_name name;
    if (!resolve_name_init(&name, cluster->resolver, settings->address, on_name, member, err))
        return false;
    bool is_set =
        member->server != NULL && server_set(member->server, settings, cluster->settings->connection_reserve);
    struct server *server = member->server != NULL
                                ? member->server
                                : server_new(settings, (unsigned)i, cluster->worker_count, err);
    if (server == NULL || (member->server != NULL && !is_set)) {
        resolve_forget(&name);
        return error_set(err, 0, "server '%s': out of memory", settings->name);
    }
    *member = (struct cluster_member){ .cluster = cluster,
                                       .server = server,
                                       .name = name,
                                       .moves = member->moves,
                                       .last = { .lag_ms = -1 },
                                       .moved_us = cluster->env.loop->now_us };
    probe_init(&member->probe, server, &member->name, &cluster->settings->monitor, &cluster->env, on_probe,
               member);
    health_begin(&member->health, cluster->env.loop->now_us);
    loop_timer_init(&member->timer, on_interval);
    loop_timer_init(&member->drained, on_drained);
    return true;
}

bool cluster_init(struct cluster *cluster, const struct cluster_settings *settings, unsigned index,
                  unsigned worker_count, const struct upstream_env *env, struct resolver *resolver,
                  struct error *err)
{
    *cluster = (struct cluster){ .settings = settings,
                                 .index = index,
                                 .worker_count = worker_count,
                                 .resolver = resolver,
                                 .env = *env,
                                 .primary = TOPOLOGY_NO_PRIMARY };
    cluster->started_us = cluster->paused_since_us = env->loop->now_us;
    cluster->seed = clock_wall_us();
    survey_init(&cluster->survey, &settings->monitor, &cluster->env, on_survey, cluster);
    loop_timer_init(&cluster->survey_timer, on_survey_timer);
    cluster->capacity = settings->server_count + CLUSTER_SPARE;
    cluster->members = mem_zalloc(cluster->capacity * sizeof *cluster->members);
    cluster->name = mem_strdup(settings->name);
    if (cluster->members == NULL || cluster->name == NULL) {
        cluster_fini(cluster);
        return error_set(err, 0, "cluster '%s': out of memory", settings->name);
    }
    for (size_t i = 0; i < settings->server_count; i++, cluster->count++)
        if (!member_init(cluster, i, &settings->servers[i], err)) {
            cluster_fini(cluster);
            return error_wrap(err, "cluster '%s'", settings->name);
        }
    return true;
}

void cluster_start(struct cluster *cluster, void (*on_view)(struct cluster *, struct view *), void *owner)
{
    cluster->on_view = on_view;
    cluster->owner = owner;
    for (size_t i = 0; i < cluster->count; i++)
        resolve_start(&cluster->members[i].name);
    for (size_t i = 0; i < cluster->count; i++)
        loop_timer_start(&cluster->members[i].timer, cluster->env.loop, 0);
}

void cluster_stop(struct cluster *cluster)
{
    loop_timer_stop(&cluster->survey_timer);
    survey_stop(&cluster->survey);
    for (size_t i = 0; i < cluster->count; i++) {
        resolve_forget(&cluster->members[i].name);
        loop_timer_stop(&cluster->members[i].timer);
        loop_timer_stop(&cluster->members[i].drained);
        probe_fini(&cluster->members[i].probe);
    }
}

void cluster_fini(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++) {
        resolve_forget(&cluster->members[i].name);
        server_free(&cluster->members[i].server);
    }
    mem_free(cluster->members);
    mem_free(cluster->name);
    cluster->members = NULL;
    cluster->name = NULL;
    cluster->count = 0;
    routines_unref(cluster->routines);
    cluster->routines = NULL;
    view_release(&cluster->view);
}

void cluster_note_trouble(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && look_at_traffic(&cluster->members[i]))
            probe_soon(&cluster->members[i]);
    publish(cluster);
}

/* ---- operators ---- */

struct cluster_member *cluster_find(struct cluster *cluster, const char *server)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && strcmp(cluster->members[i].server->name, server) == 0)
            return &cluster->members[i];
    return NULL;
}

static void order(struct cluster_member *member, enum health_order order)
{
    const struct cluster *cluster = member->cluster;
    note_health(member, &(struct health_event){ .kind = HEALTH_ORDERED, .order = order });
    if (order == HEALTH_DRAINED && cluster->drain_us > 0)
        loop_timer_start(&member->drained, cluster->env.loop, cluster->drain_us);
    else
        loop_timer_stop(&member->drained);
}

/* What a drain leaves is cut some time. */
static void on_drained(struct loop_timer *timer)
{
    struct cluster_member *member =
        (struct cluster_member *)(void *)((char *)timer - offsetof(struct cluster_member, drained));
    struct log_scope scope = { .key = "cluster", .text = member->cluster->name };
    char text[32];
    log_warning(&scope, "server %s has been drained for %s: what is left there is cut", member->server->name,
                clock_format_duration(member->cluster->drain_us, text, sizeof text));
    order(member, HEALTH_DISABLED);
    publish(member->cluster);
}

bool cluster_operate(struct cluster *cluster, const char *server, enum cluster_verb verb, struct error *err)
{
    static const enum health_order orders[] = { HEALTH_ENABLED, HEALTH_DRAINED, HEALTH_DISABLED };
    struct cluster_member *member = cluster_find(cluster, server);
    if (member == NULL)
        return error_set(err, 0, "cluster %s has no server %s", cluster->name, server);
    if (member->is_removed && verb == CLUSTER_ENABLE)
        return error_set(err, 0, "server %s was removed from the configuration: it is drained", server);
    order(member, orders[verb]);
    publish(cluster);
    return true;
}

/* ---- a reload ---- */

static const struct server_settings *find_settings(const struct cluster_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->server_count; i++)
        if (strcmp(settings->servers[i].name, name) == 0)
            return &settings->servers[i];
    return NULL;
}

/* Where a server can come to be: a place never used, or one that its server has left. */
static bool is_free(const struct cluster *cluster, size_t i)
{
    const struct cluster_member *member = &cluster->members[i];
    return i >= cluster->count || member->is_gone || (member->is_removed && is_empty(member));
}

bool cluster_has_room(const struct cluster *cluster, const struct cluster_settings *settings,
                      struct error *err)
{
    size_t used = settings->server_count;
    for (size_t i = 0; i < cluster->count; i++)
        used += !is_free(cluster, i) && find_settings(settings, cluster->members[i].server->name) == NULL;
    return used <= cluster->capacity ||
           error_set(
               err, 0,
               "cluster '%s': %zu servers, those that are still drained included, are more than there is "
               "room for without a restart: %zu",
               cluster->name, used, cluster->capacity);
}

static void complain(const struct cluster *cluster, const char *server, const char *what)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->name };
    log_error(&scope, "server %s: %s: %s", server, what, "out of memory");
}

/* Another address: also if it is a name, which may lead to the same machine. */
static void move_member(struct cluster_member *member, const char *address)
{
    struct resolve_name name;
    struct error err = { 0 };
    struct addr was = member->name.addr;
    if (!resolve_name_init(&name, member->cluster->resolver, address, on_name, member, &err)) {
        complain(member->cluster, member->server->name, "its new address is not used");
        return;
    }
    resolve_forget(&member->name);
    member->name = name;
    if (name.addr.len == 0 || !addr_equal(&was, &name.addr)) {
        member->moved_us = member->cluster->env.loop->now_us;
        begin_anew(member);
    }
    resolve_start(&member->name);
}

static void set_member(struct cluster_member *member, const struct server_settings *settings)
{
    struct cluster *cluster = member->cluster;
    bool has_moved = strcmp(member->server->address, settings->address) != 0;
    if (!server_set(member->server, settings, cluster->settings->connection_reserve)) {
        complain(cluster, settings->name, "it is as before");
        return;
    }
    if (has_moved)
        move_member(member, settings->address);
    if (member->is_removed) {
        member->is_removed = false;
        order(member, HEALTH_ENABLED);
    }
}

static void add_member(struct cluster *cluster, const struct server_settings *settings)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->name };
    struct error err = { 0 };
    size_t i = 0;
    while (!is_free(cluster, i))
        i++; /* cluster_has_room */
    struct cluster_member *member = &cluster->members[i];
    if (i < cluster->count && !member->is_gone)
        retire(member);
    if (!member_init(cluster, i, settings, &err)) {
        complain(cluster, settings->name, "it is not used");
        return;
    }
    if (i < cluster->count)
        server_forget(member->server);
    cluster->count += i == cluster->count;
    member->moves++; /* another machine than whoever was in this place */
    member->was_probed = true;
    log_notice(&scope, "server %s (%s) is added", settings->name, settings->address);
    resolve_start(&member->name);
    loop_timer_start(&member->timer, cluster->env.loop, 0);
}

static void remove_member(struct cluster_member *member)
{
    if (member->is_removed)
        return;
    member->is_removed = true;
    order(member, HEALTH_DRAINED);
    probe_soon(member);
}

/* `interval_us`: between two surveys before; 0: there were none. */
static void set_read_functions(struct cluster *cluster, uint64_t interval_us)
{
    const struct cluster_settings *settings = cluster->settings;
    if (settings->read_functions && interval_us != settings->read_functions_interval_us) {
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
    } else if (!settings->read_functions && interval_us != 0) {
        loop_timer_stop(&cluster->survey_timer);
        survey_stop(&cluster->survey);
        routines_unref(cluster->routines);
        cluster->routines = NULL;
    }
}

static void use_settings(struct cluster *cluster, const struct cluster_settings *settings,
                         const struct upstream_env *env)
{
    cluster->settings = settings;
    cluster->env.socket = env->socket;
    cluster->env.connect_us = env->connect_us;
    cluster->env.login_us = env->login_us;
    cluster->survey.settings = &settings->monitor;
    for (size_t i = 0; i < cluster->count; i++)
        cluster->members[i].probe.settings = &settings->monitor;
}

void cluster_set(struct cluster *cluster, const struct cluster_settings *settings,
                 const struct upstream_env *env, uint64_t drain_us)
{
    const struct cluster_settings *former = cluster->settings;
    uint64_t survey_us = former->read_functions ? former->read_functions_interval_us : 0;
    bool has_interval = former->monitor.interval_us == settings->monitor.interval_us;
    cluster->drain_us = drain_us;
    use_settings(cluster, settings, env);
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].is_gone && find_settings(settings, cluster->members[i].server->name) == NULL)
            remove_member(&cluster->members[i]);
    for (size_t i = 0; i < settings->server_count; i++) {
        struct cluster_member *member = cluster_find(cluster, settings->servers[i].name);
        if (member != NULL)
            set_member(member, &settings->servers[i]);
        else
            add_member(cluster, &settings->servers[i]);
    }
    for (size_t i = 0; !has_interval && i < cluster->count; i++)
        probe_soon(&cluster->members[i]);
    set_read_functions(cluster, survey_us);
    publish(cluster);
}

bool cluster_set_paused(struct cluster *cluster, bool is_paused, const char *reason)
{
    static const char *const words[] = { "running", "paused" };
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    struct event event = { .server = EVENT_CLUSTER };
    uint64_t now_us = cluster->env.loop->now_us;
    char after[32];
    if (cluster->is_paused == is_paused)
        return false;
    event.after_ms = (int64_t)((now_us - cluster->paused_since_us) / 1000);
    (void)snprintf(event.reason, sizeof event.reason, "%s", reason);
    (void)snprintf(event.was, sizeof event.was, "%s", words[!is_paused]);
    (void)snprintf(event.is, sizeof event.is, "%s", words[is_paused]);
    events_add(&cluster->events, &event);
    log_notice(&scope, "%s -> %s, after %s: %s", event.was, event.is,
               clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after), event.reason);
    cluster->is_paused = is_paused;
    cluster->paused_since_us = now_us;
    publish(cluster);
    return true;
}

bool cluster_is_probed(const struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->count; i++)
        if (!cluster->members[i].was_probed && !cluster->members[i].is_gone)
            return false;
    return true;
}
