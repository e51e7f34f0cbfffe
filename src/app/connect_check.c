#include "app/connect_check.h"

#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "cluster/catalog_refresh.h"

#include <stddef.h>
#include <unistd.h>

#define LOOK_US 10000 /* between two looks whether the surveys have ended */

struct check {
    struct loop loop;
    struct loop_timer surveys;
    struct resolver resolver;
    struct cluster *clusters; /* owns */
    size_t made;
    size_t probed;
};

/* A cluster publishes its first view (epoch 1) when every server's first probe has ended. Then its primary, if
 * there is one, is asked for its stored code; a failed survey publishes nothing. */
static void on_view(struct cluster *cluster, struct view *view)
{
    struct check *check = cluster->owner;
    check->probed += view->epoch == 1;
    if (check->probed == check->made)
        loop_timer_start(&check->surveys, &check->loop, 0);
}

static void on_look(struct loop_timer *timer)
{
    struct check *check = container_of(timer, struct check, surveys);
    bool are_over = true;
    for (size_t c = 0; c < check->made; c++)
        are_over &= check->clusters[c].primary == TOPOLOGY_NO_PRIMARY ||
                    catalog_refresh_is_surveyed(&check->clusters[c]);
    if (are_over)
        loop_stop(&check->loop);
    else
        loop_timer_start(timer, &check->loop, LOOK_US);
}

static bool make_clusters(struct check *check, const struct config *config, struct error *err)
{
    const struct upstream_env env = { .loop = &check->loop,
                                      .connect_us = config->timeouts.connect_us,
                                      .login_us = config->timeouts.login_us };
    check->clusters = mem_zalloc(config->cluster_count * sizeof *check->clusters);
    if (check->clusters == NULL)
        return error_set(err, 0, "out of memory");
    for (; check->made < config->cluster_count; check->made++)
        if (!cluster_init(&check->clusters[check->made], &config->clusters[check->made],
                          (unsigned)check->made, 1, &env, &check->resolver, err))
            return false;
    return true;
}

/* Prints the line of server `i`. True: its probe has passed. */
static bool tell(const struct cluster *cluster, size_t i, FILE *out)
{
    const struct view_server *entry = &cluster->view->servers[i];
    const struct cluster_member *member = &cluster->members[i];
    bool has_passed = member->is_known && member->probe_failures == 0;
    (void)fprintf(out, "%s: server %s (%s): %s, role %s: %s%s%s\n", cluster->name, entry->server->name,
                  entry->server->address, has_passed ? "answers the monitor" : "does not answer the monitor",
                  server_role_name(entry->role), entry->reason, entry->detail[0] != '\0' ? ": " : "",
                  entry->detail);
    return has_passed;
}

static bool tell_all(const struct check *check, FILE *out)
{
    bool is_good = true;
    for (size_t c = 0; c < check->made; c++)
        for (size_t i = 0; i < check->clusters[c].count; i++)
            is_good &= tell(&check->clusters[c], i, out);
    for (size_t c = 0; c < check->made; c++)
        if (check->clusters[c].survey_error[0] != '\0')
            (void)fprintf(out, "%s: not all stored code is known: %s\n", check->clusters[c].name,
                          check->clusters[c].survey_error);
    return is_good;
}

static void finish(struct check *check)
{
    loop_timer_stop(&check->surveys);
    for (size_t i = 0; i < check->made; i++)
        cluster_stop(&check->clusters[i]);
    resolve_fini(&check->resolver);
    loop_close_mail(&check->loop);
    loop_fini(&check->loop); /* before the servers: closed connections that it frees refer to them */
    for (size_t i = 0; i < check->made; i++)
        cluster_fini(&check->clusters[i]);
    mem_free(check->clusters);
}

bool connect_check_run(const struct config *config, FILE *out, struct error *err)
{
    struct check check = { 0 };
    if (!loop_init(&check.loop, err))
        return false;
    loop_timer_init(&check.surveys, on_look);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO); /* the printed lines are the report */
    bool is_good = resolve_init(&check.resolver, &check.loop, config->resolver, err) &&
                   make_clusters(&check, config, err);
    for (size_t i = 0; is_good && i < check.made; i++)
        cluster_start(&check.clusters[i], on_view, &check);
    if (is_good) {
        loop_run(&check.loop);
        is_good = tell_all(&check, out);
    }
    finish(&check);
    return is_good;
}
