/* The sections of all layers in one configuration, and the checks that concern several sections.
 *
 *   config_load → file_open → file_fill (rows) → check_all (names that must exist, roles that must agree) */
#include "app/config.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/addr.h"
#include "settings/address.h"
#include "settings/file.h"
#include "settings/reference.h"
#include "upstream/server_tls.h"

#include <sched.h>

#define WORKERS_MAX 256 /* more than the CPUs of any machine that headgate was tested on */

/* ---- sections ---- */

static const struct setting_word level_words[] = {
    { .name = "debug", .value = LOG_LEVEL_DEBUG },   { .name = "info", .value = LOG_LEVEL_INFO },
    { .name = "notice", .value = LOG_LEVEL_NOTICE }, { .name = "warning", .value = LOG_LEVEL_WARNING },
    { .name = "error", .value = LOG_LEVEL_ERROR },   { .name = NULL },
};

static const struct setting_word format_words[] = {
    { .name = "text", .value = LOG_FORMAT_TEXT },
    { .name = "json", .value = LOG_FORMAT_JSON },
    { .name = NULL },
};

static bool check_log_file(const char *path, struct error *err)
{
    return path[0] == '/' || error_set(err, 0, "\"%.100s\" does not begin with /", path);
}

static const struct setting log_settings[] = {
    SETTING("level", ENUM, struct config, log_level, .words = level_words, .fallback = "info",
            .effect = EFFECT_NOW,
            .doc = "The lowest level that is written: \"debug\", \"info\", \"notice\", \"warning\" or "
                   "\"error\"."),
    SETTING("format", ENUM, struct config, log_format, .words = format_words, .fallback = "text",
            .effect = EFFECT_NOW,
            .doc = "\"text\" for people, or \"json\", one object a line, for collectors."),
    SETTING("file", STRING, struct config, log_file, .check = check_log_file, .effect = EFFECT_RESTART,
            .example = "/var/log/headgate/headgate.log",
            .doc = "The file of the log, instead of stderr. SIGUSR1 opens it again, for logrotate. If it "
                   "cannot be written, lines are lost and counted in `show stats`, and stderr says so "
                   "once a minute."),
};

static const char *const log_absent[] = { "syslog", NULL };

static const struct section log_section = {
    .name = "log",
    .doc = "The main log.",
    .size_bytes = sizeof(struct config),
    SECTION_ROWS(log_settings),
    .absent = log_absent,
};

/* The resolver must be an IP address: it can be neither a name nor the path of a socket. */
static bool check_resolver(const char *address, struct error *err)
{
    struct addr addr;
    if (!addr_parse(address, &addr, err))
        return false;
    return !addr_is_local(&addr) || error_set(err, 0, "\"%.100s\" is no IP address with a port", address);
}

static const struct setting_word workers_words[] = { { .name = "auto", .value = 0 }, { .name = NULL } };

static const struct setting config_settings[] = {
    SETTING("workers", INTEGER, struct config, workers, .words = workers_words, .min = 1, .max = WORKERS_MAX,
            .fallback = "auto", .effect = EFFECT_RESTART,
            .doc = "Threads that carry sessions; \"auto\" is one per CPU that this process may use."),
    SETTING("resolver", STRING, struct config, resolver, .check = check_resolver, .effect = EFFECT_RESTART,
            .example = "127.0.0.1:53",
            .doc = "The name server that is asked for servers' addresses; without it those of "
                   "/etc/resolv.conf. /etc/hosts comes first in any case."),
    { .name = "log", .type = SETTING_GROUP, .section = &log_section },
    SETTING("admin", GROUP, struct config, admin, .section = &admin_section),
    SETTING("http", GROUP, struct config, http, .section = &http_section),
    SETTING("timeouts", GROUP, struct config, timeouts, .section = &timeout_section),
    SETTING("limits", GROUP, struct config, limits, .section = &limit_section),
    SETTING("statements", GROUP, struct config, statements, .section = &statement_section),
    SETTING(
        "listeners", LIST, struct config, listeners, .count_offset = offsetof(struct config, listener_count),
        .section = &listener_section, .is_required = true, .effect = EFFECT_NOW,
        .more =
            "{ name = \"writes\"; address = \"127.0.0.1:6034\"; cluster = \"main\"; mode = \"primary\"; }\n"
            "{ name = \"reads\"; address = \"127.0.0.1:6035\"; cluster = \"main\"; mode = \"replica\"; }\n"
            "{ name = \"local\"; address = \"/run/headgate/mysql.sock\"; cluster = \"main\"; }\n"),
    SETTING("clusters", LIST, struct config, clusters, .count_offset = offsetof(struct config, cluster_count),
            .section = &cluster_section, .is_required = true, .effect = EFFECT_RESTART),
    SETTING("users", LIST, struct config, users, .count_offset = offsetof(struct config, user_count),
            .section = &user_section, .is_shown = true, .effect = EFFECT_NOW),
};

static const char *const config_absent[] = { "rules", "pools",    "cache", "mirror", "tls",
                                             "masks", "firewall", "lease", NULL };

static const struct section config_section = {
    .name = "",
    .doc = "headgate's configuration. Every key is here; those behind a # show their defaults. Durations are "
           "written "
           "\"250ms\", \"1s\", \"5m\". `headgate -t -c FILE` checks a file. More files: @include \"name\".",
    .size_bytes = sizeof(struct config),
    SECTION_ROWS(config_settings),
    .absent = config_absent,
};

/* ---- checks across sections ---- */

struct check {
    const struct file *file;      /* borrows */
    const struct config *config;  /* borrows */
    struct report *report;        /* borrows */
    const struct config *running; /* borrows: what a reload would replace; NULL: this is no reload */
};

/* Index of the cluster of that name; cluster_count if there is none. */
static size_t find_cluster(const struct config *config, const char *name)
{
    size_t i = 0;
    while (i < config->cluster_count && strcmp(config->clusters[i].name, name) != 0)
        i++;
    return i;
}

static bool has_cluster(const struct config *config, const char *name)
{
    return find_cluster(config, name) < config->cluster_count;
}

/* The files are loaded to see that they can be: a bad certificate must not stop a running headgate. */
static void check_listener_tls(const struct check *check, size_t i)
{
    const struct listener_settings *here = &check->config->listeners[i];
    struct error err = { 0 };
    const char *key;
    if (!tls_settings_check(&here->tls, &key, &err))
        (void)report_error(check->report, file_place(check->file, "listeners.[%zu].tls.%s", i, key),
                           "listener '%s': tls: %s", here->name, err.text);
}

static void check_listener(const struct check *check, size_t i)
{
    const struct listener_settings *listeners = check->config->listeners;
    const struct listener_settings *here = &listeners[i];
    if (!has_cluster(check->config, here->cluster))
        (void)report_error(check->report, file_place(check->file, "listeners.[%zu].cluster", i),
                           "listener '%s': there is no cluster named \"%s\"", here->name, here->cluster);
    for (size_t j = 0; j < i && !address_is_any_port(here->address); j++)
        if (strcmp(listeners[j].address, here->address) == 0) {
            (void)report_error(check->report, file_place(check->file, "listeners.[%zu].address", i),
                               "listener '%s': \"%s\" is taken by listener '%s'", here->name, here->address,
                               listeners[j].name);
            break;
        }
    check_listener_tls(check, i);
    if (check->config->admin.address != NULL && !address_is_any_port(here->address) &&
        strcmp(here->address, check->config->admin.address) == 0)
        (void)report_error(check->report, file_place(check->file, "listeners.[%zu].address", i),
                           "listener '%s': \"%s\" is the admin address", here->name, here->address);
    if (strcmp(here->address, check->config->admin.socket) == 0)
        (void)report_error(check->report, file_place(check->file, "listeners.[%zu].address", i),
                           "listener '%s': \"%s\" is the admin socket", here->name, here->address);
    const char *http = check->config->http.address;
    if (http != NULL && strcmp(here->address, http) == 0 && !address_is_any_port(http))
        (void)report_error(check->report, file_place(check->file, "listeners.[%zu].address", i),
                           "listener '%s': \"%s\" is taken by http", here->name, here->address);
}

/* With a static topology each server has a role; with any other topology no server may have one. */
static void check_role(const struct check *check, size_t i, size_t j)
{
    const struct cluster_settings *cluster = &check->config->clusters[i];
    const struct server_settings *server = &cluster->servers[j];
    struct place place = file_place(check->file, "clusters.[%zu].servers.[%zu].role", i, j);
    bool is_static = cluster->topology == TOPOLOGY_STATIC;
    if (is_static && server->role == ROLE_SETTING_AUTO)
        (void)report_error(check->report, place,
                           "server '%s': topology \"static\" needs role = \"primary\" or \"replica\"",
                           server->name);
    else if (!is_static && server->role != ROLE_SETTING_AUTO)
        (void)report_error(
            check->report, place,
            "server '%s': role is for topology = \"static\"; otherwise the server itself is asked",
            server->name);
}

static void check_server_tls(const struct check *check, size_t i, size_t j)
{
    const struct server_settings *server = &check->config->clusters[i].servers[j];
    struct error err = { 0 };
    const char *key;
    if (!server_tls_check(server, &key, &err))
        (void)report_error(check->report,
                           file_place(check->file, "clusters.[%zu].servers.[%zu].%s", i, j, key),
                           "server '%s': %s", server->name, err.text);
}

static void check_server(const struct check *check, size_t i, size_t j)
{
    const struct server_settings *servers = check->config->clusters[i].servers;
    check_role(check, i, j);
    check_server_tls(check, i, j);
    for (size_t k = 0; k < j; k++)
        if (strcmp(servers[k].address, servers[j].address) == 0) {
            (void)report_error(check->report,
                               file_place(check->file, "clusters.[%zu].servers.[%zu].address", i, j),
                               "server '%s': \"%s\" is the address of server '%s' already", servers[j].name,
                               servers[j].address, servers[k].name);
            return;
        }
}

static void check_pool(const struct check *check, size_t i)
{
    const struct cluster_settings *cluster = &check->config->clusters[i];
    if (cluster->pool_idle_max != POOL_IDLE_AUTO && cluster->pool_idle_min > cluster->pool_idle_max)
        (void)report_error(check->report, file_place(check->file, "clusters.[%zu].pool_idle_min", i),
                           "cluster '%s': pool_idle_min is more than pool_idle_max", cluster->name);
}

/* A cluster whose clients have no account is of no use. */
static void check_users(const struct check *check, size_t i)
{
    const struct cluster_settings *cluster = &check->config->clusters[i];
    if (check->config->user_count == 0 && cluster->users_from != USERS_FROM_SERVERS)
        (void)report_error(check->report, file_place(check->file, "clusters.[%zu]", i),
                           "cluster '%s': no client can log in: there are no `users`, and users_from is not "
                           "\"servers\"",
                           cluster->name);
}

static void check_cluster(const struct check *check, size_t i)
{
    const struct cluster_settings *cluster = &check->config->clusters[i];
    size_t primaries = 0;
    check_pool(check, i);
    check_users(check, i);
    for (size_t j = 0; j < cluster->server_count; j++) {
        check_server(check, i, j);
        primaries += cluster->servers[j].role == ROLE_SETTING_PRIMARY;
    }
    if (cluster->topology == TOPOLOGY_STATIC && primaries != 1)
        (void)report_error(
            check->report, file_place(check->file, "clusters.[%zu].topology", i),
            "cluster '%s': topology \"static\" needs exactly one server with role = \"primary\", not %zu",
            cluster->name, primaries);
}

/* Logged statements are shown by the texts of their digests: logs of statements need digests. */
static void check_statements(const struct check *check)
{
    const struct statement_settings *statements = &check->config->statements;
    if (statements->digests > 0)
        return;
    if (statements->slow_us > 0)
        (void)report_error(check->report, file_place(check->file, "statements.slow"),
                           "slow statements are only told with digests: digests must not be \"off\"");
    if (statements->sample > 0)
        (void)report_error(check->report, file_place(check->file, "statements.sample"),
                           "statements are only told with digests: digests must not be \"off\"");
}

static void check_admin_tls(const struct check *check)
{
    struct error err = { 0 };
    const char *key;
    if (!tls_settings_check(&check->config->admin.tls, &key, &err))
        (void)report_error(check->report, file_place(check->file, "admin.tls.%s", key), "admin: tls: %s",
                           err.text);
}

/* A socket without accounts accepts no login; accounts without a socket have no effect. */
static void check_admin(const struct check *check)
{
    const struct admin_settings *admin = &check->config->admin;
    struct auth_secret secret = { 0 };
    check_admin_tls(check);
    if (admin->address != NULL && admin->user_count == 0)
        (void)report_error(check->report, file_place(check->file, "admin.address"),
                           "admin: address needs users who may log in there");
    if (admin->address == NULL && admin->user_count > 0)
        (void)report_error(check->report, file_place(check->file, "admin.users"),
                           "admin: users need an address at which they log in");
    for (size_t i = 0; i < admin->user_count; i++)
        if (!admin_user_secret(&admin->users[i], &secret))
            (void)report_error(check->report, file_place(check->file, "admin.users.[%zu].password", i),
                               "admin user '%s': the password is longer than 255 bytes",
                               admin->users[i].name);
    auth_secret_wipe(&secret);
}

/* Listeners and sessions keep indexes of clusters, so a reload can neither add nor remove clusters. */
static void check_clusters_stay(const struct check *check)
{
    const struct config *running = check->running, *config = check->config;
    for (size_t i = 0; i < config->cluster_count; i++)
        if (!has_cluster(running, config->clusters[i].name))
            (void)report_error(check->report, file_place(check->file, "clusters.[%zu]", i),
                               "cluster '%s' is new: clusters are added by a restart",
                               config->clusters[i].name);
    for (size_t i = 0; i < running->cluster_count; i++)
        if (!has_cluster(config, running->clusters[i].name))
            (void)report_error(check->report, file_place(check->file, "clusters"),
                               "cluster '%s' is missing: clusters are removed by a restart",
                               running->clusters[i].name);
}

static void check_all(const struct check *check)
{
    check_statements(check);
    check_admin(check);
    if (check->running != NULL)
        check_clusters_stay(check);
    for (size_t i = 0; i < check->config->listener_count; i++)
        check_listener(check, i);
    for (size_t i = 0; i < check->config->cluster_count; i++)
        check_cluster(check, i);
}

/* ---- load and free ---- */

static unsigned count_cpus(void)
{
    cpu_set_t cpus;
    int count = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

static struct config *create(const char *path, struct report *report)
{
    struct config *config = mem_zalloc(sizeof *config);
    if (config != NULL)
        config->path = mem_strdup(path);
    if (config == NULL || config->path == NULL) {
        config_free(&config);
        (void)report_error(report, (struct place){ path, 0 }, "out of memory");
    }
    return config;
}

/* Gives the clusters the order of `running`: their indexes must not change while the process runs. */
static void order_clusters(struct config *config, const struct config *running)
{
    for (size_t i = 0; i < running->cluster_count; i++) {
        size_t at = find_cluster(config, running->clusters[i].name);
        struct cluster_settings kept = config->clusters[i];
        config->clusters[i] = config->clusters[at];
        config->clusters[at] = kept;
    }
}

/* Consumes `file`, which may be NULL. */
static struct config *load(struct file *file, const char *path, const struct config *running,
                           struct report *report)
{
    struct config *config = file == NULL ? NULL : create(path, report);
    if (config != NULL && file_fill(file, &config_section, config, report)) {
        struct check check = { file, config, report, running };
        check_all(&check);
        config->workers_resolved = config->workers == 0 ? count_cpus() : (unsigned)config->workers;
    }
    file_close(&file);
    if (report->error_count > 0)
        config_free(&config);
    if (config != NULL && running != NULL)
        order_clusters(config, running);
    return config;
}

struct config *config_load(const char *path, struct text *errors, struct text *warnings)
{
    struct report report = { .errors = errors, .warnings = warnings };
    return load(file_open(path, &report), path, NULL, &report);
}

struct config *config_load_again(const char *path, const struct config *running, struct text *errors,
                                 struct text *warnings)
{
    struct report report = { .errors = errors, .warnings = warnings };
    return load(file_open(path, &report), path, running, &report);
}

void config_keep(struct config *running, struct config *next)
{
    schema_keep(&config_section, running, next);
    next->workers_resolved = running->workers_resolved;
}

struct config *config_parse(const char *string, const char *name, struct text *errors, struct text *warnings)
{
    struct report report = { .errors = errors, .warnings = warnings };
    return load(file_open_string(string, name, &report), name, NULL, &report);
}

void config_free(struct config **config)
{
    if (*config == NULL)
        return;
    schema_fini(&config_section, *config);
    mem_free((*config)->path);
    mem_free(*config);
    *config = NULL;
}

/* ---- differences, SHOW CONFIG and reference pages, from the setting rows ---- */

bool config_diff(const struct config *before, const struct config *after,
                 void (*visit)(void *context, const struct print_change *change), void *context)
{
    return print_changes(&config_section, before, after, visit, context);
}

bool config_each(const struct config *config, print_setting_fn each, void *context)
{
    return print_settings(&config_section, config, each, context);
}

void config_write_sample(struct text *out)
{
    reference_sample(&config_section, out);
}

void config_write_reference(struct text *out)
{
    reference_page(&config_section, out);
}

void config_write_manual(struct text *out)
{
    reference_manual(&config_section, out);
}
