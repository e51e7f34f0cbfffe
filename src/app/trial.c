#include "app/trial.h"

#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "net/tls.h"

#include <unistd.h>

struct trial {
    struct loop loop;
    struct resolver resolver;
    struct ssl_ctx_st *tls;   /* owns */
    struct cluster *clusters; /* owns */
    size_t made;
    size_t probed;
};

/* A cluster's first view comes when every server's first probe has ended. */
static void on_view(struct cluster *cluster, struct view *view)
{
    struct trial *trial = cluster->owner;
    trial->probed += view->epoch == 1;
    if (trial->probed == trial->made)
        loop_stop(&trial->loop);
}

static bool make_clusters(struct trial *trial, const struct config *config, struct error *err)
{
    const struct upstream_env env = { .loop = &trial->loop,
                                      .tls = trial->tls,
                                      .connect_us = config->timeouts.connect_us,
                                      .login_us = config->timeouts.login_us };
    trial->clusters = mem_zalloc(config->cluster_count * sizeof *trial->clusters);
    if (trial->clusters == NULL)
        return error_set(err, 0, "out of memory");
    for (; trial->made < config->cluster_count; trial->made++)
        if (!cluster_init(&trial->clusters[trial->made], &config->clusters[trial->made],
                          (unsigned)trial->made, 1, &env, &trial->resolver, err))
            return false;
    return true;
}

/* True: its probe has passed. */
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

static bool tell_all(const struct trial *trial, FILE *out)
{
    bool is_good = true;
    for (size_t c = 0; c < trial->made; c++)
        for (size_t i = 0; i < trial->clusters[c].count; i++)
            is_good &= tell(&trial->clusters[c], i, out);
    return is_good;
}

static void finish(struct trial *trial)
{
    for (size_t i = 0; i < trial->made; i++)
        cluster_stop(&trial->clusters[i]);
    resolve_fini(&trial->resolver);
    loop_close_mail(&trial->loop);
    loop_fini(&trial->loop); /* buries what was closed, while servers are still there */
    for (size_t i = 0; i < trial->made; i++)
        cluster_fini(&trial->clusters[i]);
    mem_free(trial->clusters);
    tls_context_free(&trial->tls);
}

bool trial_run(const struct config *config, FILE *out, struct error *err)
{
    struct trial trial = { .tls = tls_client_context(err) };
    if (trial.tls == NULL || !loop_init(&trial.loop, err)) {
        tls_context_free(&trial.tls);
        return false;
    }
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO); /* the lines below say all of it */
    bool is_good = resolve_init(&trial.resolver, &trial.loop, config->resolver, err) &&
                   make_clusters(&trial, config, err);
    for (size_t i = 0; is_good && i < trial.made; i++)
        cluster_start(&trial.clusters[i], on_view, &trial);
    if (is_good) {
        loop_run(&trial.loop);
        is_good = tell_all(&trial, out);
    }
    finish(&trial);
    return is_good;
}
