#include "cluster/functions.h"

#include "base/log.h"
#include "cluster/publication.h"

#include <stddef.h>
#include <string.h>

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
    cluster_publish(cluster);
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

void functions_init(struct cluster *cluster)
{
    survey_init(&cluster->survey, &cluster->settings->monitor, &cluster->env, on_survey, cluster);
    loop_timer_init(&cluster->survey_timer, on_survey_timer);
}

void functions_stop(struct cluster *cluster)
{
    loop_timer_stop(&cluster->survey_timer);
    survey_stop(&cluster->survey);
}

static void forget(struct cluster *cluster)
{
    survey_stop(&cluster->survey);
    routines_unref(cluster->routines);
    cluster->routines = NULL;
}

void functions_begin_anew(struct cluster *cluster)
{
    forget(cluster);
    if (cluster->settings->read_functions)
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
}

void functions_set(struct cluster *cluster, uint64_t interval_us)
{
    const struct cluster_settings *settings = cluster->settings;
    if (settings->read_functions && interval_us != settings->read_functions_interval_us) {
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
    } else if (!settings->read_functions && interval_us != 0) {
        loop_timer_stop(&cluster->survey_timer);
        forget(cluster);
    }
}
