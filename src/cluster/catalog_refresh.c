#include "cluster/catalog_refresh.h"

#include "base/log.h"
#include "cluster/member.h"

#include <stddef.h>
#include <string.h>

/* ---- in the log ---- */

struct counts {
    size_t functions; /* functions that only read */
    size_t views;
    size_t code_views;   /* views that do more than read */
    size_t hidden_views; /* views that may, as their bodies are not known */
    size_t triggers;
};

static struct counts count(const struct catalog *catalog)
{
    struct counts counts = { .hidden_views = catalog_hidden_views(catalog) };
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        struct catalog_entry entry = catalog_entry_at(catalog, i);
        counts.functions += entry.kind == CODE_FUNCTION && (entry.effects & ~CATALOG_CALLS) == 0;
        counts.views += entry.kind == CODE_TABLE;
        counts.code_views +=
            entry.kind == CODE_TABLE && entry.effects != 0 && (entry.own & CODE_UNKNOWN) == 0;
        counts.triggers += entry.kind == CODE_TRIGGER;
    }
    return counts;
}

static void log_gaps(const struct cluster *cluster, const struct survey_end *end)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    const struct catalog *catalog = end->is_same ? cluster->catalog : end->take_catalog;
    bool are_missed = cluster->settings->read_functions && !catalog_knows(catalog, CODE_FUNCTION);
    if (end->why[0] == '\0' || strcmp(end->why, cluster->survey_error) == 0)
        return;
    if (are_missed)
        log_warning(&scope, "stored functions stay on the primary: %s", end->why);
    else
        log_notice(&scope, "not all stored code is known: %s", end->why);
}

static void log_catalog(const struct cluster *cluster, const struct catalog *catalog)
{
    struct log_scope scope = { .key = "cluster", .text = cluster->settings->name };
    struct counts was = count(cluster->catalog), is = count(catalog);
    if (catalog != NULL && memcmp(&was, &is, sizeof was) != 0)
        log_notice(&scope,
                   "stored code: %zu views (%zu run code, the bodies of %zu are not visible); %zu functions "
                   "that only read; %zu triggers",
                   is.views, is.code_views, is.hidden_views, is.functions, is.triggers);
}

/* ---- surveys ---- */

/* The entries may be out of date, and count as unknown. The catalog is kept: without it views would be taken
 * for tables. */
static void doubt(struct cluster *cluster)
{
    cluster->is_catalog_doubtful = true;
    if (cluster->catalog != NULL)
        catalog_doubt(cluster->catalog);
}

static void wait_for_next(struct cluster *cluster)
{
    uint64_t us =
        cluster->is_code_changed ? CATALOG_REFRESH_PAUSE_US : cluster->settings->read_functions_interval_us;
    loop_timer_start(&cluster->survey_timer, cluster->env.loop, us);
}

static void on_survey(struct survey *survey, const struct survey_end *end)
{
    struct cluster *cluster = survey->owner;
    bool is_good = end->is_same || end->take_catalog != NULL;
    wait_for_next(cluster);
    if (is_good)
        cluster->surveyed_us = cluster->env.loop->now_us;
    log_gaps(cluster, end);
    (void)span_copy_cstr(span_cstr(end->why), cluster->survey_error, sizeof cluster->survey_error);
    cluster->is_catalog_doubtful = false;
    if (!is_good) {
        doubt(cluster);
    } else if (end->is_same) {
        catalog_cover(cluster->catalog, cluster->survey_covers);
    } else {
        log_catalog(cluster, end->take_catalog);
        catalog_follow(end->take_catalog, &cluster->code_changes, cluster->survey_covers);
        struct catalog *before = cluster->catalog;
        cluster->catalog = end->take_catalog;
        catalog_unref(before);
        cluster->on_change(cluster);
    }
}

/* While a change is running, a survey would not include it: the end of the change starts one. */
static void on_survey_timer(struct loop_timer *timer)
{
    struct cluster *cluster = container_of(timer, struct cluster, survey_timer);
    bool is_thorough = cluster->is_code_changed || cluster->is_catalog_doubtful;
    wait_for_next(cluster);
    if (cluster->primary == TOPOLOGY_NO_PRIMARY || cluster->survey.is_running ||
        !code_changes_are_over(&cluster->code_changes, &cluster->survey_covers))
        return;
    cluster->is_code_changed = false;
    survey_begin(&cluster->survey, cluster->members[cluster->primary].server,
                 &cluster->members[cluster->primary].name.addr, catalog_mark(cluster->catalog), is_thorough);
}

void catalog_refresh_init(struct cluster *cluster)
{
    code_changes_init(&cluster->code_changes);
    survey_init(&cluster->survey, &cluster->settings->monitor, &cluster->env, on_survey, cluster);
    loop_timer_init(&cluster->survey_timer, on_survey_timer);
}

bool catalog_refresh_is_surveyed(const struct cluster *cluster)
{
    return cluster->surveyed_us != 0 || cluster->survey_error[0] != '\0';
}

void catalog_refresh_stop(struct cluster *cluster)
{
    loop_timer_stop(&cluster->survey_timer);
    survey_stop(&cluster->survey);
}

void catalog_refresh_begin_anew(struct cluster *cluster)
{
    survey_stop(&cluster->survey);
    doubt(cluster);
    loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
}

void catalog_refresh_set(struct cluster *cluster, uint64_t interval_us)
{
    if (interval_us != cluster->settings->read_functions_interval_us)
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, 0);
}

void catalog_refresh_note_change(struct cluster *cluster)
{
    cluster->is_code_changed = true;
    if (!cluster->survey.is_running)
        loop_timer_start(&cluster->survey_timer, cluster->env.loop, CATALOG_REFRESH_PAUSE_US);
}
