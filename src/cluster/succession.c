#include "cluster/succession.h"

#include "base/log.h"
#include "cluster/cluster.h"
#include "cluster/publication.h"
#include "cluster/upstream_exchange.h"

#include <stddef.h>

#define RETRY_US 200000u /* after an answer that was an error, or did not come */

static struct cluster *of_timer(struct loop_timer *timer)
{
    return (struct cluster *)(void *)((char *)timer - offsetof(struct cluster, succession.timer));
}

static void hang_up(struct succession *succession)
{
    loop_timer_stop(&succession->timer);
    upstream_close(&succession->upstream);
    rows_fini(&succession->rows);
}

static void retry(struct cluster *cluster, const char *why)
{
    struct succession *succession = &cluster->succession;
    struct log_scope scope = { .key = "cluster", .text = cluster->name };
    log_limited(LOG_LEVEL_NOTICE, &scope, "%s is to be the writer, and is waited for: %s",
                cluster->members[succession->heir].server->name, why);
    hang_up(succession);
    loop_timer_start(&succession->timer, cluster->env.loop, RETRY_US);
}

static void on_ready(struct upstream *upstream)
{
    struct cluster *cluster = upstream->owner;
    upstream_query(upstream, WSREP_WAIT_SQL, &cluster->succession.rows, 0);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct cluster *cluster = upstream->owner;
    struct succession *succession = &cluster->succession;
    if (answer->is_err) {
        retry(cluster, answer->error.text);
        return;
    }
    hang_up(succession);
    succession->has_caught_up = true;
    cluster_publish(cluster);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct error copy = *err; /* it is the upstream's own */
    retry(upstream->owner, copy.text);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    retry(upstream->owner, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void ask(struct cluster *cluster)
{
    struct succession *succession = &cluster->succession;
    struct cluster_member *member = &cluster->members[succession->heir];
    const struct monitor_settings *settings = &cluster->settings->monitor;
    struct auth_secret secret = { 0 };
    struct error err = { 0 };
    struct upstream_wish wish = {
        .addr = &member->name.addr, .user = settings->user, .secret = &secret, .collation = 33
    };
    loop_timer_start(&succession->timer, cluster->env.loop, settings->timeout_us);
    if (auth_secret_from_password(&secret, span_cstr(settings->password)))
        succession->upstream = upstream_open(&cluster->env, member->server, &wish, &owner_ops, cluster, &err);
    else
        (void)error_set(&err, 0, "the monitor's password is too long");
    auth_secret_wipe(&secret);
    if (succession->upstream == NULL)
        retry(cluster, err.text);
}

static void on_timer(struct loop_timer *timer)
{
    struct cluster *cluster = of_timer(timer);
    if (cluster->succession.upstream == NULL)
        ask(cluster);
    else
        retry(cluster, "it has not applied all that the cluster has within the monitor's timeout");
}

void succession_init(struct cluster *cluster)
{
    cluster->succession = (struct succession){ .heir = TOPOLOGY_NO_PRIMARY };
    loop_timer_init(&cluster->succession.timer, on_timer);
}

void succession_stop(struct cluster *cluster)
{
    hang_up(&cluster->succession);
    cluster->succession.heir = TOPOLOGY_NO_PRIMARY;
    cluster->succession.has_caught_up = false;
}

bool succession_is_possible(const struct cluster *cluster)
{
    return cluster->settings->topology == TOPOLOGY_AUTO || cluster->settings->topology == TOPOLOGY_GALERA;
}

bool succession_is_galera(const struct cluster *cluster)
{
    if (cluster->settings->topology != TOPOLOGY_AUTO)
        return cluster->settings->topology == TOPOLOGY_GALERA;
    for (size_t i = 0; i < cluster->count; i++)
        if (cluster->members[i].is_known && cluster->members[i].last.wsrep.is_node)
            return true;
    return false;
}

bool succession_is_complete(const struct cluster *cluster, size_t server)
{
    const struct succession *succession = &cluster->succession;
    return succession->heir == (int)server && succession->has_caught_up &&
           succession->moves == cluster->members[server].moves;
}

void succession_follow(struct cluster *cluster, const struct topology_verdict *verdicts)
{
    struct succession *succession = &cluster->succession;
    int heir = TOPOLOGY_NO_PRIMARY;
    for (size_t i = 0; i < cluster->count; i++)
        if (verdicts[i].is_heir)
            heir = (int)i;
    if (heir == TOPOLOGY_NO_PRIMARY) {
        succession_stop(cluster);
        return;
    }
    if (heir == succession->heir && succession->moves == cluster->members[heir].moves)
        return; /* being asked, or to be asked again soon */
    succession_stop(cluster);
    succession->heir = heir;
    succession->moves = cluster->members[heir].moves;
    loop_timer_start(&succession->timer, cluster->env.loop, 0);
}
