#include "app/control.h"

#include "admin/console.h"
#include "admin/http.h"
#include "admin/mysql_console.h"
#include "app/barrier.h"
#include "app/notify.h"
#include "app/status.h"
#include "app/watchdog.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sink.h"
#include "net/listener.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "proxy/worker.h"

#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define LISTENER_MODE 0777 /* of unix sockets: who may log in is the accounts' business */

struct control {
    struct loop loop;
    const struct config *config; /* borrows */
    struct users users;
    struct limits limits;
    struct sink log; /* log.file, if there is one */
    struct statement_log statements;
    struct limit *door_limits; /* owns; one per listener */
    struct world world;
    struct worker *workers;      /* owns */
    struct worker **worker_list; /* owns: for the world */
    struct resolver resolver;
    struct cluster *clusters; /* owns */
    struct barrier *barriers; /* owns; one per cluster */
    size_t cluster_count;
    struct door *doors;         /* owns; one per listener */
    struct listener *listeners; /* owns */
    size_t listener_count;
    unsigned workers_started;
    unsigned workers_ended;
    struct admin admin;
    struct console console;
    struct mysql_console mysql_console;
    struct watchdog watchdog;
    struct http http;
    ev_signal terminate;
    ev_signal interrupt;
    ev_signal hangup;
    ev_signal user1;
    ev_signal user2;
    bool is_ending;
};

/* ---- clients ---- */

/* Connections are few and live long: the emptiest worker gets the next one. */
static struct worker *least_loaded(struct control *control)
{
    struct worker *best = &control->workers[0];
    unsigned best_count = UINT32_MAX;
    for (unsigned i = 0; i < control->world.worker_count; i++) {
        unsigned count = atomic_load_explicit(&control->workers[i].session_count, memory_order_relaxed);
        if (count < best_count) {
            best = &control->workers[i];
            best_count = count;
        }
    }
    return best;
}

static void on_accept(struct listener *listener, int take_fd, const struct addr *peer)
{
    struct control *control = listener->loop->context;
    const struct door *door = listener->owner;
    struct error err = { 0 };
    if (limits_enter(&control->limits, door->clients, door->settings->name, peer, take_fd, &err)) {
        worker_accept(least_loaded(control), take_fd, peer, door);
        return;
    }
    char text[ADDR_TEXT_MAX];
    log_limited(LOG_LEVEL_WARNING, NULL, "client %s was turned away: %s", addr_format(peer, text), err.text);
    limits_turn_away(take_fd, err.text);
    (void)close(take_fd);
}

static void on_exhausted(struct listener *listener, int fd)
{
    struct control *control = listener->loop->context;
    (void)atomic_fetch_add_explicit(&control->limits.file_refused, 1, memory_order_relaxed);
    limits_turn_away(fd, "headgate: it can open no more files");
}

/* ---- views ---- */

static void publish(void *owner, struct view *view)
{
    struct control *control = owner;
    for (unsigned i = 0; i < control->world.worker_count; i++)
        worker_publish(&control->workers[i], view);
}

static bool have_taken(void *owner, unsigned cluster, uint64_t number)
{
    const struct control *control = owner;
    for (unsigned i = 0; i < control->world.worker_count; i++)
        if (!worker_has_taken(&control->workers[i], cluster, number))
            return false;
    return true;
}

static void on_view(struct cluster *cluster, struct view *view)
{
    struct control *control = cluster->owner;
    barrier_pass(&control->barriers[cluster->index], view);
    if (!control->is_ending)
        status_tell(control->clusters, control->cluster_count, notify_status);
}

static void on_report(struct worker *worker)
{
    struct control *control = worker->control->context;
    for (unsigned i = 0; i < control->cluster_count; i++) {
        barrier_go_on(&control->barriers[i]);
        if (worker_take_trouble(worker, i))
            cluster_note_trouble(&control->clusters[i]);
    }
}

/* ---- the end ---- */

static void close_doors(struct control *control)
{
    for (size_t i = 0; i < control->listener_count; i++)
        listener_close(&control->listeners[i]);
}

static void on_worker_ended(struct loop_message *message)
{
    struct worker *worker = (struct worker *)(void *)((char *)message - offsetof(struct worker, ended));
    struct control *control = worker->control->context;
    if (++control->workers_ended == control->workers_started)
        loop_stop(&control->loop);
}

static void begin_end(struct control *control, uint64_t deadline_us, const char *why)
{
    char text[32];
    log_notice(NULL, "%s: stopping; sessions have %s to finish", why,
               clock_format_duration(deadline_us, text, sizeof text));
    notify_stopping(deadline_us, "no new clients; those that are there may finish");
    control->is_ending = control->admin.is_ending = true;
    close_doors(control);
    for (unsigned i = 0; i < control->workers_started; i++)
        worker_drain(&control->workers[i], deadline_us);
}

/* SIGUSR1: whoever moved the files away finds the next line in new ones. */
static void reopen_logs(struct control *control)
{
    struct error err = { 0 };
    if (sink_is_open(&control->log) && !sink_reopen(&control->log, &err))
        log_warning(NULL, "lines go on to the former file: %s", err.text);
    statement_log_reopen(&control->statements);
    log_notice(NULL, "SIGUSR1: log files were opened again");
}

static void reload(struct control *control)
{
    if (control->is_ending)
        return;
    notify_reloading();
    log_warning(NULL, "SIGHUP: reload is not in this version; restart to apply a changed configuration");
    status_tell(control->clusters, control->cluster_count, notify_ready);
}

static void on_signal(struct ev_loop *ev, ev_signal *watcher, int events)
{
    (void)events;
    struct control *control = ev_userdata(ev);
    if (watcher->signum == SIGUSR1)
        reopen_logs(control);
    else if (watcher->signum == SIGUSR2)
        log_warning(NULL, "SIGUSR2: upgrading is not in this version");
    else if (watcher->signum == SIGHUP)
        reload(control);
    else if (watcher->signum == SIGTERM && !control->is_ending)
        begin_end(control, control->config->timeouts.shutdown_us, "SIGTERM");
    else
        begin_end(control, 0, watcher->signum == SIGTERM ? "SIGTERM again" : "SIGINT");
}

/* ---- birth, in order; death undoes what was done ---- */

static void watch_signals(struct control *control)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };
    ev_signal *const watchers[] = { &control->terminate, &control->interrupt, &control->hangup,
                                    &control->user1, &control->user2 };
    ev_set_userdata(control->loop.ev, control);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ev_signal_init(watchers[i], on_signal, numbers[i]);
        ev_signal_start(control->loop.ev, watchers[i]);
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool make_clusters(struct control *control, struct error *err)
{
    const struct config *config = control->config;
    const struct timeout_settings *timeouts = &config->timeouts;
    struct upstream_env env = {
        .loop = &control->loop,
        .tls = control->world.tls,
        .socket = { timeouts->tcp_keepalive_us, timeouts->tcp_user_timeout_us },
        .connect_us = timeouts->connect_us,
        .login_us = timeouts->login_us,
        .worker = 0,
    };
    control->clusters = mem_zalloc(config->cluster_count * sizeof *control->clusters);
    control->barriers = mem_zalloc(config->cluster_count * sizeof *control->barriers);
    if (control->clusters == NULL || control->barriers == NULL)
        return error_set(err, 0, "out of memory");
    for (size_t i = 0; i < config->cluster_count; i++) {
        /* Probes count in a row of their own, after the workers': a row has one writer. */
        env.worker = config->workers_resolved;
        if (!cluster_init(&control->clusters[i], &config->clusters[i], (unsigned)i,
                          config->workers_resolved + 1, &env, &control->resolver, err))
            return false;
        barrier_init(&control->barriers[i], publish, have_taken, control);
        control->cluster_count++;
    }
    return true;
}

static bool make_workers(struct control *control, struct error *err)
{
    unsigned count = control->config->workers_resolved;
    control->workers = mem_zalloc(count * sizeof *control->workers);
    control->worker_list = mem_zalloc(count * sizeof(struct worker *));
    if (control->workers == NULL || control->worker_list == NULL)
        return error_set(err, 0, "out of memory");
    control->world.workers = control->worker_list;
    for (unsigned i = 0; i < count; i++) {
        if (!worker_init(&control->workers[i], i, &control->world, err))
            return false;
        control->worker_list[i] = &control->workers[i];
        control->world.worker_count++;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!worker_start(&control->workers[i], &control->loop, on_worker_ended, on_report, err))
            return false;
        control->workers_started++;
    }
    return true;
}

static unsigned cluster_index(const struct config *config, const char *name)
{
    unsigned i = 0;
    while (strcmp(config->clusters[i].name, name) != 0)
        i++; /* the configuration was checked: it is there */
    return i;
}

static bool open_doors(struct control *control, struct error *err)
{
    const struct config *config = control->config;
    control->doors = mem_zalloc(config->listener_count * sizeof *control->doors);
    control->door_limits = mem_zalloc(config->listener_count * sizeof *control->door_limits);
    control->listeners = mem_zalloc(config->listener_count * sizeof *control->listeners);
    if (control->doors == NULL || control->door_limits == NULL || control->listeners == NULL)
        return error_set(err, 0, "out of memory");
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct listener_settings *settings = &config->listeners[i];
        struct addr addr;
        char text[ADDR_TEXT_MAX];
        control->door_limits[i].max = settings->max_clients;
        control->doors[i] =
            (struct door){ settings, cluster_index(config, settings->cluster), &control->door_limits[i],
                           door_counters_new(control->world.worker_count) };
        if (control->doors[i].by_worker == NULL)
            return error_set(err, 0, "listener '%s': out of memory", settings->name);
        if (!addr_parse_listen(settings->address, &addr, err) ||
            !listener_open(&control->listeners[i], &control->loop, &addr, LISTENER_MODE, on_accept,
                           &control->doors[i], err))
            return error_wrap(err, "listener '%s'", settings->name);
        control->listeners[i].on_exhausted = on_exhausted;
        control->admin.doors = control->doors;
        control->admin.door_count = ++control->listener_count;
        log_info(NULL, "listener '%s' is ready at %s", settings->name,
                 addr_format(&control->listeners[i].addr, text));
    }
    return true;
}

static void each_setting(const struct admin *admin, print_setting_fn each, void *context)
{
    const struct control *control = admin->loop->context;
    (void)config_each(control->config, each, context);
}

static bool open_admin(struct control *control, struct error *err)
{
    control->admin = (struct admin){ .loop = &control->loop,
                                     .clusters = control->clusters,
                                     .cluster_count = control->cluster_count,
                                     .world = &control->world,
                                     .started_us = control->loop.now_us,
                                     .each_setting = each_setting };
    return console_open(&control->console, &control->admin, &control->config->admin, err) &&
           mysql_console_open(&control->mysql_console, &control->admin, &control->config->admin, err);
}

static bool open_http(struct control *control, struct error *err)
{
    const char *address = control->config->http.address;
    return address == NULL || http_open(&control->http, &control->admin, address, err);
}

static bool start(struct control *control, struct error *err)
{
    const struct config *config = control->config;
    control->world.timeouts = &config->timeouts;
    control->world.users = &control->users;
    control->world.limits = &control->limits;
    control->world.cluster_count = (unsigned)config->cluster_count;
    control->world.clusters = config->clusters;
    control->world.statements = &control->statements;
    control->world.tls = tls_client_context(err);
    if (!statement_log_open(&control->statements, &config->statements, err))
        return false;
    if (control->world.tls == NULL || !users_init(&control->users, config->users, config->user_count, err) ||
        !resolve_init(&control->resolver, &control->loop, config->resolver, err) ||
        !make_clusters(control, err) || !make_workers(control, err) || !open_admin(control, err) ||
        !open_doors(control, err) || !open_http(control, err) ||
        !watchdog_start(&control->watchdog, &control->loop, control->worker_list, control->world.worker_count,
                        notify_watchdog_us(), err))
        return false;
    watch_signals(control);
    for (size_t i = 0; i < control->cluster_count; i++)
        cluster_start(&control->clusters[i], on_view, control);
    return true;
}

/* Threads that did start must end before anything they use goes away. */
static void end_workers(struct control *control)
{
    if (control->workers_ended < control->workers_started) {
        for (unsigned i = 0; i < control->workers_started; i++)
            worker_drain(&control->workers[i], 0);
        loop_run(&control->loop);
    }
    for (unsigned i = 0; i < control->workers_started; i++)
        worker_join(&control->workers[i]);
    for (unsigned i = 0; i < control->world.worker_count; i++)
        worker_fini(&control->workers[i]);
}

static void finish(struct control *control)
{
    close_doors(control);
    watchdog_stop(&control->watchdog);
    for (size_t i = 0; i < control->cluster_count; i++)
        cluster_stop(&control->clusters[i]);
    resolve_fini(&control->resolver);
    end_workers(control);
    loop_close_mail(&control->loop); /* questions to the workers come home */
    http_close(&control->http);
    if (control->admin.loop != NULL) {
        mysql_console_close(&control->mysql_console);
        console_close(&control->console);
    }
    for (size_t i = 0; i < control->cluster_count; i++)
        barrier_fini(&control->barriers[i]);
    loop_fini(&control->loop); /* buries what was closed, while servers and workers are still there */
    watchdog_fini(&control->watchdog);
    for (size_t i = 0; i < control->cluster_count; i++)
        cluster_fini(&control->clusters[i]);
    users_fini(&control->users);
    tls_context_free(&control->world.tls);
    mem_free(control->clusters);
    mem_free(control->barriers);
    mem_free(control->workers);
    mem_free(control->worker_list);
    limits_fini(&control->limits);
    for (size_t i = 0; control->doors != NULL && i < control->config->listener_count; i++)
        door_counters_free(&control->doors[i].by_worker);
    mem_free(control->doors);
    mem_free(control->door_limits);
    mem_free(control->listeners);
    statement_log_close(&control->statements);
}

/* What is said before this, and after close_log, is said on stderr. */
static bool open_log(struct control *control, struct error *err)
{
    const struct config *config = control->config;
    if (config->log_file == NULL)
        return true;
    if (!sink_open(&control->log, config->log_file, err))
        return error_wrap(err, "the log");
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, control->log.fd);
    return true;
}

static void close_log(struct control *control)
{
    const struct config *config = control->config;
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, STDERR_FILENO);
    sink_close(&control->log);
}

bool control_run(const struct config *config, struct error *err)
{
    struct control *control = mem_zalloc(sizeof *control);
    if (control == NULL)
        return error_set(err, 0, "out of memory");
    control->config = config;
    limits_init(&control->limits, &config->limits);
    if (!open_log(control, err) || !loop_init(&control->loop, err)) {
        close_log(control);
        mem_free(control);
        return false;
    }
    control->loop.context = control;
    limits_warn_of_files(&config->limits);
    bool is_started = start(control, err);
    if (is_started) {
        log_notice(NULL, "headgate %s is running with %u workers", HEADGATE_VERSION,
                   config->workers_resolved);
        status_tell(control->clusters, control->cluster_count, notify_ready);
        loop_run(&control->loop);
    }
    finish(control);
    close_log(control);
    mem_free(control);
    return is_started;
}
