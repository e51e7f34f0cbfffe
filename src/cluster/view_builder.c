#include "cluster/view_builder.h"

#include "base/log.h"
#include "base/mem.h"
#include "monitor/galera.h"
#include "cluster/catalog_refresh.h"
#include "cluster/view_changes.h"
#include "cluster/member.h"

#include <stdio.h>
#include <string.h>

/* The index of the primary, by the rules of this kind of cluster. */
static int decide(struct cluster *cluster, const struct topology_facts *facts,
                  struct topology_verdict *verdicts)
{
    bool is_static = cluster->settings->topology == TOPOLOGY_STATIC;
    if (member_is_any_galera(cluster))
        return galera_decide(facts, cluster->count, cluster->primary, verdicts);
    return topology_decide(facts, cluster->count, is_static, &cluster->history, verdicts);
}

static bool is_older(const char *a, const char *b)
{
    struct server_version x = greeting_version(span_cstr(a)), y = greeting_version(span_cstr(b));
    if (x.major != y.major)
        return x.major < y.major;
    return x.minor != y.minor ? x.minor < y.minor : x.patch < y.patch;
}

/* The greeting to clients must hold for every server that may serve them: servers of its family. */
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
            view->tracked = last->tracked;
        }
        view->caps &= last->caps;
    }
    if (view->family == FAMILY_UNKNOWN)
        view->caps = 0;
}

/* Names the servers that server `of` competes with: the present or last primary, and the other servers that
 * would take writes. */
static void name_rivals(const struct cluster *cluster, const struct topology_verdict *verdicts, size_t of,
                        char *text, size_t size)
{
    bool has_primary = cluster->primary != TOPOLOGY_NO_PRIMARY;
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < cluster->count && at < size; i++) {
        bool is_last = (int)i == (has_primary ? cluster->primary : cluster->history.place);
        if (i != of && (verdicts[i].is_contender || is_last))
            at += (size_t)snprintf(text + at, size - at, "%s%s%s", at > 0 ? ", " : "",
                                   cluster->members[i].server->name,
                                   !is_last      ? ""
                                   : has_primary ? " is the primary"
                                                 : " was the primary");
    }
}

static const char *reason_of(const struct cluster_member *member, const struct topology_verdict *verdict,
                             enum replication_fault fault)
{
    enum server_state state = member->health.state;
    if (member->is_removed)
        return "removed from the configuration";
    if (fault != REPLICATION_SOUND && (state == SERVER_UP || state == SERVER_LAGGING))
        return replication_words(fault);
    if (state == SERVER_UP)
        return verdict->reason;
    return health_reason(&member->health);
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
    entry->lost_us = member->lost_us;
    entry->role = verdict->role;
    entry->state = member->health.state;
    entry->refusal = member->refusal;
    entry->fault = replication_judge(&member->last, verdict->role);
    entry->reason = reason_of(member, verdict, entry->fault);
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
        (void)snprintf(entry->detail, sizeof entry->detail, "%s",
                       member->detail[0] == '\0' && entry->fault != REPLICATION_SOUND
                           ? member->last.link_error
                           : member->detail);
}

/* Sets the times of the last changes. since_us belongs to role and state together: a server that is promoted
 * stays up, but its role changes. */
static void date_servers(const struct view *before, struct view *now, uint64_t now_us)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct view_server *was = before != NULL && i < before->count ? &before->servers[i] : NULL;
        struct view_server *is = &now->servers[i];
        bool is_as_before = was != NULL && was->role == is->role && was->state == is->state;
        is->since_us = is_as_before ? was->since_us : now_us;
        is->changed_us = was != NULL && !view_changes_differ(was, is) ? was->changed_us : now_us;
    }
    bool has_same_primary = before != NULL && before->primary == now->primary;
    now->primary_since_us = has_same_primary ? before->primary_since_us : now_us;
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
            .is_known = member->is_known,
            .is_held = member->health.order != HEALTH_ENABLED,
            .takes_no_reads = member->health.state != SERVER_UP,
            .is_foreign = member->is_known && last->family != family,
            .is_read_only = last->is_read_only,
            .has_source = last->has_source,
            .is_link_stopped = last->is_link_stopped,
            .is_applying = last->is_applying,
            .server_id = last->server_id,
            .asked_us = last->asked_us,
            .answered_us = last->answered_us,
            .role_setting = member->server->role_setting,
            .wsrep = last->wsrep,
            .has_caught_up =
                galera_writer_has_caught_up(&cluster->galera_writer, member->server, member->moves),
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
        a->no_backslash_escapes != b->no_backslash_escapes || a->tracked.types != b->tracked.types ||
        strcmp(a->tracked.names, b->tracked.names) != 0 || a->catalog != b->catalog ||
        a->reads_functions != b->reads_functions || a->is_paused != b->is_paused ||
        a->is_galera != b->is_galera)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct view_server *x = &a->servers[i], *y = &b->servers[i];
        if (view_changes_differ(x, y) || x->lag_ms != y->lag_ms || x->is_contender != y->is_contender ||
            x->moves != y->moves || x->lost_us != y->lost_us || x->refusal != y->refusal ||
            x->is_near != y->is_near || x->is_gone != y->is_gone || x->slow_until_us != y->slow_until_us ||
            !addr_equal(&x->addr, &y->addr) || x->slow_from_us != y->slow_from_us ||
            strcmp(x->reason, y->reason) != 0 || strcmp(x->detail, y->detail) != 0)
            return false;
    }
    return true;
}

static void follow_next_writer(struct cluster *cluster, const struct topology_verdict *verdicts)
{
    struct galera_writer_choice choice = { 0 };
    for (size_t i = 0; i < cluster->count; i++)
        if (verdicts[i].is_next_writer)
            choice = (struct galera_writer_choice){ .server = cluster->members[i].server,
                                                    .addr = &cluster->members[i].name.addr,
                                                    .moves = cluster->members[i].moves };
    galera_writer_follow(&cluster->galera_writer, &choice);
}

static void change_primary(struct cluster *cluster, int primary)
{
    if (cluster->primary == primary)
        return;
    cluster->primary = primary;
    /* An ejection of the primary would leave the cluster without one: probes count for more than sessions. */
    if (primary != TOPOLOGY_NO_PRIMARY)
        member_note(&cluster->members[primary], &(struct health_event){ .kind = HEALTH_PARDONED });
    catalog_refresh_begin_anew(cluster);
}

void cluster_publish(struct cluster *cluster)
{
    if (!member_are_all_probed(cluster))
        return; /* the end of the last first probe publishes: see cluster.h */
    struct topology_facts *facts = mem_zalloc(cluster->count * sizeof *facts);
    struct topology_verdict *verdicts = mem_zalloc(cluster->count * sizeof *verdicts);
    struct view *view = view_new(cluster->count);
    if (facts == NULL || verdicts == NULL || view == NULL) {
        log_error(NULL, "cluster %s: out of memory: keeping the old view of its servers",
                  cluster->settings->name);
        goto done;
    }
    collect_facts(cluster, facts);
    change_primary(cluster, decide(cluster, facts, verdicts));
    follow_next_writer(cluster, verdicts);
    view->is_galera = member_is_any_galera(cluster);
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
    view->catalog = catalog_ref(cluster->catalog);
    view->code_changes = &cluster->code_changes;
    view->reads_functions = cluster->settings->read_functions;
    if (cluster->view != NULL && is_same(cluster->view, view))
        goto done;
    view->epoch = ++cluster->epoch;
    view_changes_report(&cluster->events, cluster->view, view, cluster->started_us,
                        cluster->env.loop->now_us);
    for (size_t i = 0; cluster->view != NULL && i < cluster->view->count; i++)
        cluster->members[i].changes += view_changes_differ(&cluster->view->servers[i], &view->servers[i]);
    view_release(&cluster->view);
    cluster->view = view_acquire(view);
    cluster->on_view(cluster, view);
done:
    view_release(&view);
    mem_free(facts);
    mem_free(verdicts);
}
