#include "app/reload.h"

#include "admin/doctor.h"
#include "app/bypass.h"
#include "app/notify.h"
#include "app/status.h"
#include "base/log.h"
#include "base/mem.h"
#include "cluster/cluster_reload.h"
#include "net/reserve.h"
#include "frontend/worker_thread.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A request for a reload: by a command, or by a signal. */
struct wish {
    struct list_node in_reload;
    void (*on_change)(void *context, const struct print_change *change); /* NULL: only the log is told */
    void (*on_done)(void *context, const char *error);
    void *context;
};

static const char is_ending_words[] = "headgate is ending";

/* ---- versions ---- */

struct version *version_new(struct config *take_config, const struct world *constant,
                            const struct version *before, struct error *err)
{
    struct config *config = take_config;
    struct version *version = mem_zalloc(sizeof *version);
    if (version == NULL) {
        config_free(&config);
        (void)error_set(err, 0, "out of memory");
        return NULL;
    }
    version->config = config;
    if (!users_init(&version->users, config->users, config->user_count,
                    before != NULL ? &before->users : NULL, err)) {
        version_free(&version);
        return NULL;
    }
    version->world = *constant;
    version->world.timeouts = &config->timeouts;
    version->world.users = &version->users;
    version->world.cluster_count = (unsigned)config->cluster_count;
    version->world.clusters = config->clusters;
    return version;
}

void version_free(struct version **version)
{
    if (*version == NULL)
        return;
    users_fini(&(*version)->users);
    config_free(&(*version)->config);
    mem_free(*version);
    *version = NULL;
}

/* ---- errors of the file ---- */

/* Writes each line into the log. False: there are none. */
static bool log_lines(enum log_level level, const char *lines)
{
    bool has_any = *lines != '\0';
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        log_write(level, NULL, "reload: %.*s", (int)len, lines);
        lines += len;
        lines += strspn(lines, "\n");
    }
    return has_any;
}

/* Makes an error of the first line and of the number of further lines. */
static void first_line(const char *lines, struct error *err)
{
    size_t len = strcspn(lines, "\n"), more = 0;
    for (const char *rest = lines + len; *rest != '\0'; rest++)
        more += *rest == '\n' && rest[1] != '\0';
    if (more > 0)
        (void)error_set(err, 0, "%.*s (and %zu more, in the log)", (int)len, lines, more);
    else
        (void)error_set(err, 0, "%.*s", (int)len, lines);
}

static struct config *read_file(const struct reload *reload, struct error *err)
{
    struct text errors = { 0 }, warnings = { 0 };
    const struct config *running = reload->current->config;
    struct config *config = config_load_again(running->path, running, &errors, &warnings);
    (void)log_lines(LOG_LEVEL_WARNING, text_cstr(&warnings));
    if (log_lines(LOG_LEVEL_ERROR, text_cstr(&errors)))
        first_line(text_cstr(&errors), err);
    else if (config == NULL)
        (void)error_set(err, 0, "out of memory");
    text_fini(&errors);
    text_fini(&warnings);
    return config;
}

/* ---- applying it ---- */

static bool has_room(const struct reload *reload, const struct config *config, struct error *err)
{
    for (size_t i = 0; i < reload->cluster_count; i++)
        if (!cluster_has_room(&reload->clusters[i], &config->clusters[i], err))
            return false;
    return true;
}

struct telling {
    const struct wish *wish;
    size_t count;
    bool needs_restart;
};

static void tell_change(void *context, const struct print_change *change)
{
    struct telling *telling = context;
    struct text line = { 0 };
    print_change(change, &line);
    log_notice(NULL, "reload: %s", text_cstr(&line));
    text_fini(&line);
    telling->count++;
    telling->needs_restart |= change->effect == EFFECT_RESTART;
    if (telling->wish->on_change != NULL)
        telling->wish->on_change(telling->wish->context, change);
}

/* Puts the version into effect on the control thread. Cannot fail: steps that can fail come before. */
static void apply(struct reload *reload, struct version *take_version, struct listeners_plan *take_plan)
{
    struct version *version = take_version;
    const struct config *config = version->config;
    config_keep(reload->current->config, version->config);
    reload->former = reload->current;
    reload->current = version;
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, reload->log_fd);
    doctor_fini(reload->admin); /* before the accounts change: doctor and bypass borrow accounts */
    bypass_begin(reload->bypass, &version->users);
    struct error err = { 0 };
    if (config->limits.max_clients != reload->former->config->limits.max_clients) {
        limits_warn_of_files(&config->limits);
        if (!reserve_for((size_t)config->limits.max_clients, &err))
            log_warning(NULL, "limits.max_clients: %s; what was set aside before stays", err.text);
    }
    limits_set(reload->limits, &config->limits);
    users_succeed(&version->users, &reload->former->users);
    for (size_t i = 0; i < reload->cluster_count; i++) {
        struct upstream_env env = world_env(&version->world, reload->loop, reload->clusters[i].env.worker);
        cluster_set(&reload->clusters[i], &config->clusters[i], &env, config->timeouts.drain_us);
        account_refresh_set(&reload->refreshes[i]);
    }
    listeners_open(reload->listeners, take_plan);
    reload->admin->world = &version->world;
    reload->admin->listeners = listeners_list(reload->listeners, &reload->admin->listener_count);
}

/* ---- through the workers ---- */

static void run_next(struct reload *reload);

/* Ends the first request, with success (`error` is NULL) or not. */
static void answer(struct reload *reload, const char *error)
{
    if (!reload->is_ending)
        status_tell(reload->clusters, reload->cluster_count, notify_ready);
    struct wish *wish = list_entry(list_first(&reload->wishes), struct wish, in_reload);
    list_unlink(&reload->wishes, &wish->in_reload);
    if (wish->on_done != NULL)
        wish->on_done(wish->context, error);
    mem_free(wish);
}

static struct reload *of_message(struct loop_message *message)
{
    return container_of(message, struct reload, message);
}

static void come_home(struct loop_message *message)
{
    struct reload *reload = of_message(message);
    version_free(&reload->former);
    answer(reload, NULL);
    run_next(reload);
}

static void visit(struct loop_message *message);

/* Sends the message to the next worker that still runs; after the last worker, back to the control thread.
 * Runs on the control thread or on the thread of the last visited worker. */
static void travel(struct reload *reload)
{
    const struct world *world = &reload->current->world;
    reload->message.run = visit;
    while (reload->next_worker < world->worker_count)
        if (worker_post(world->workers[reload->next_worker], &reload->message))
            return;
        else
            reload->next_worker++;
    reload->message.run = come_home;
    (void)loop_post(reload->loop, &reload->message); /* fails when headgate ends: reload_fini frees all */
}

static void visit(struct loop_message *message)
{
    struct reload *reload = of_message(message);
    const struct world *world = &reload->current->world;
    worker_adopt(world->workers[reload->next_worker], world);
    reload->next_worker++;
    travel(reload);
}

/* ---- one after the other ---- */

static bool load_admin_tls(const struct reload *reload, const struct config *config,
                           struct tls_server **server_r, struct error *err)
{
    return tls_settings_load(&config->admin.tls, reload->listeners->self_made, reload->mysql_console->tls,
                             server_r, err) ||
           error_wrap(err, "admin: tls");
}

static bool carry_out(struct reload *reload, struct error *err)
{
    const struct wish *wish = list_entry(list_first(&reload->wishes), struct wish, in_reload);
    struct config *config = read_file(reload, err);
    if (config == NULL)
        return false;
    if (!has_room(reload, config, err)) {
        config_free(&config);
        return false;
    }
    struct version *version = version_new(config, &reload->current->world, reload->current, err);
    struct listeners_plan *plan =
        version != NULL ? listeners_plan(reload->listeners, version->config, err) : NULL;
    struct tls_server *admin_tls = NULL;
    if (plan == NULL || !load_admin_tls(reload, version->config, &admin_tls, err)) {
        listeners_abandon(reload->listeners, &plan);
        version_free(&version);
        return false;
    }
    struct telling telling = { .wish = wish };
    bool is_whole = config_diff(reload->current->config, version->config, tell_change, &telling);
    log_notice(NULL, "reloaded %s: %zu changes%s%s", version->config->path, telling.count,
               telling.needs_restart ? "; those marked (restart) wait for one" : "",
               is_whole ? "" : "; memory was out for telling all of them");
    apply(reload, version, plan);
    mysql_console_set_tls(reload->mysql_console, admin_tls, version->config->admin.tls.mode);
    reload->next_worker = 0;
    travel(reload);
    return true;
}

/* Carries out the first request, unless a reload is running. A request that fails is answered at once, and
 * the next one follows. */
static void run_next(struct reload *reload)
{
    while (reload->former == NULL && list_first(&reload->wishes) != NULL) {
        struct error err = { 0 };
        if (reload->is_ending) {
            answer(reload, is_ending_words);
            continue;
        }
        notify_reloading();
        if (!carry_out(reload, &err)) {
            log_error(NULL, "reload: nothing has changed: %s", err.text);
            answer(reload, err.text);
        }
    }
}

static bool add_wish(struct reload *reload, const struct wish *wish)
{
    struct wish *copy = mem_zalloc(sizeof *copy);
    if (copy == NULL)
        return false;
    *copy = *wish;
    list_link_last(&reload->wishes, &copy->in_reload);
    if (reload->wishes.count == 1)
        run_next(reload);
    return true;
}

void reload_begin(struct reload *reload)
{
    const struct wish wish = { 0 };
    log_notice(NULL, "SIGHUP: reloading %s", reload->current->config->path);
    if (!add_wish(reload, &wish))
        log_error(NULL, "reload: out of memory: nothing has changed");
}

/* ---- for the admin commands ---- */

static void command_reload(void *owner, void (*on_change)(void *, const struct print_change *),
                           void (*on_done)(void *, const char *), void *context)
{
    struct reload *reload = owner;
    const struct wish wish = { .on_change = on_change, .on_done = on_done, .context = context };
    log_notice(NULL, "reload: by command: %s", reload->current->config->path);
    if (!add_wish(reload, &wish))
        on_done(context, "out of memory");
}

static void command_diff(void *owner, void (*on_change)(void *, const struct print_change *),
                         void (*on_done)(void *, const char *), void *context)
{
    const struct reload *reload = owner;
    struct error err = { 0 };
    struct config *config = read_file(reload, &err);
    bool is_good = config != NULL && has_room(reload, config, &err);
    if (is_good && !config_diff(reload->current->config, config, on_change, context))
        is_good = error_set(&err, 0, "out of memory");
    config_free(&config);
    on_done(context, is_good ? NULL : err.text);
}

/* ---- life ---- */

bool reload_init(struct reload *reload, struct error *err)
{
    list_init(&reload->wishes);
    reload->reconfigure =
        (struct reconfigure){ .owner = reload, .reload = command_reload, .diff = command_diff };
    reload->admin->reconfigure = &reload->reconfigure;
    struct listeners_plan *plan = listeners_plan(reload->listeners, reload->current->config, err);
    if (plan == NULL)
        return false;
    listeners_open(reload->listeners, plan);
    reload->admin->listeners = listeners_list(reload->listeners, &reload->admin->listener_count);
    return true;
}

void reload_end(struct reload *reload)
{
    reload->is_ending = true;
}

void reload_fini(struct reload *reload)
{
    assert(reload->wishes.count == 0);
    version_free(&reload->former);
    version_free(&reload->current);
}
