#include "app/control.h"

#include "console/console.h"
#include "http/http.h"
#include "console/mysql_console.h"
#include "access/account_refresh.h"
#include "app/barrier.h"
#include "app/bypass.h"
#include "app/listeners.h"
#include "app/notify.h"
#include "app/reload.h"
#include "app/status.h"
#include "app/watchdog.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sink.h"
#include "cluster/catalog_refresh.h"
#include "freshness/written.h"
#include "mysql/reply.h"
#include "net/reserve.h"
#include "net/resolve.h"
#include "frontend/driver.h"
#include "frontend/worker_thread.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

struct control {
    struct loop loop;
    struct limits limits;
    struct sink log; /* log.file, if there is one */
    struct statement_log statements;
    struct admin_settings admin_settings;         /* owns: a copy of the settings at the start */
    struct statement_settings statement_settings; /* owns: a copy of the settings at the start */
    struct world constant;                        /* the members that a reload does not change */
    struct reload reload;                         /* has the configuration that is in effect */
    struct tls_certificate *self_made;            /* owns: for listeners and the admin address */
    struct listeners listeners;
    struct written *written; /* owns: one per cluster */
    size_t written_count;
    struct directory *directories;     /* owns: one per cluster */
    struct account_refresh *refreshes; /* owns: one per cluster */
    size_t directory_count;
    struct worker *workers;      /* owns */
    struct worker **worker_list; /* owns: pointers to `workers`, for struct world */
    struct resolver resolver;
    struct cluster *clusters; /* owns */
    struct barrier *barriers; /* owns; one per cluster */
    size_t cluster_count;
    unsigned workers_made;
    unsigned workers_started;
    unsigned workers_ended;
    struct admin admin;
    struct console console;
    struct mysql_console mysql_console;
    struct watchdog watchdog;
    struct bypass bypass;
    struct http http;
    ev_signal terminate;
    ev_signal interrupt;
    ev_signal hangup;
    ev_signal user1;
    ev_signal user2;
    bool is_ending;
};

static const struct config *config_of(const struct control *control)
{
    return control->reload.current->config;
}

/* ---- clients ---- */

/* Client connections are few and live long: the worker with the fewest sessions gets the next one. */
static struct worker *least_loaded(struct control *control)
{
    struct worker *best = &control->workers[0];
    unsigned best_count = UINT32_MAX;
    for (unsigned i = 0; i < control->constant.worker_count; i++) {
        unsigned count = atomic_load_explicit(&control->workers[i].session_count, memory_order_relaxed);
        if (count < best_count) {
            best = &control->workers[i];
            best_count = count;
        }
    }
    return best;
}

static void on_accept(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct control *control = acceptor->loop->context;
    struct listener *listener = acceptor->owner;
    struct error err = { 0 };
    char host[ADDR_PLAIN_MAX];
    bool is_known = !networks_contain(&listener->proxies, peer);
    if (limits_enter(&control->limits, listener->clients, listener->settings->name,
                     is_known ? addr_format_host(peer, host) : NULL, take_fd, &err)) {
        worker_accept(least_loaded(control), take_fd, peer, listener);
        return;
    }
    char text[ADDR_TEXT_MAX];
    log_limited(LOG_LEVEL_WARNING, NULL, "client %s was turned away: %s", addr_format(peer, text), err.text);
    limits_turn_away(take_fd, err.code == ENOMEM ? ERR_OUT_OF_RESOURCES : ERR_CON_COUNT, err.text);
    (void)close(take_fd);
}

static void on_exhausted(struct acceptor *acceptor, int fd)
{
    struct control *control = acceptor->loop->context;
    (void)atomic_fetch_add_explicit(&control->limits.file_refused, 1, memory_order_relaxed);
    limits_turn_away(fd, ERR_CON_COUNT, "headgate: it can open no more files");
}

/* ---- views ---- */

static void publish(void *owner, struct view *view)
{
    struct control *control = owner;
    for (unsigned i = 0; i < control->constant.worker_count; i++)
        worker_publish(&control->workers[i], view);
}

static int find_late(void *owner, unsigned cluster, uint64_t number)
{
    const struct control *control = owner;
    for (unsigned i = 0; i < control->constant.worker_count; i++)
        if (!worker_has_taken(&control->workers[i], cluster, number))
            return (int)i;
    return -1;
}

static void on_view(struct cluster *cluster, struct view *view)
{
    struct control *control = cluster->owner;
    barrier_pass(&control->barriers[cluster->index], view);
    account_refresh_note_view(&control->refreshes[cluster->index]);
    bypass_wake(&control->bypass);
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
        if (worker_take_code_change(worker, i))
            catalog_refresh_note_change(&control->clusters[i]);
        if (worker_take_account_change(worker, i))
            account_refresh_note_change(&control->refreshes[i]);
        if (worker_take_account_doubt(worker, i))
            account_refresh_note_doubt(&control->refreshes[i]);
    }
}

/* ---- the end ---- */

static void on_worker_ended(struct loop_message *message)
{
    struct worker *worker = container_of(message, struct worker, ended);
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
    reload_end(&control->reload);
    listeners_close(&control->listeners);
    for (unsigned i = 0; i < control->workers_started; i++)
        worker_drain(&control->workers[i], deadline_us);
}

static void use_log(const struct control *control, const struct config *config)
{
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, control->log.fd);
}

/* SIGUSR1: log files that were moved away are opened again. */
static void reopen_logs(struct control *control)
{
    struct error err = { 0 };
    if (sink_is_open(&control->log) && !sink_reopen(&control->log, &err))
        log_warning(NULL, "lines go on to the former file: %s", err.text);
    else if (sink_is_open(&control->log))
        use_log(control, config_of(control));
    statement_log_reopen(&control->statements);
    log_notice(NULL, "SIGUSR1: log files were opened again");
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
        reload_begin(&control->reload);
    else if (watcher->signum == SIGTERM && !control->is_ending)
        begin_end(control, config_of(control)->timeouts.shutdown_us, "SIGTERM");
    else
        begin_end(control, 0, watcher->signum == SIGTERM ? "SIGTERM again" : "SIGINT");
}

/* ---- start, and the end in reverse ---- */

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
    const struct config *config = config_of(control);
    /* Probes have a row of counters of their own, after the workers' rows: each row has one writer. */
    struct upstream_env env =
        world_env(&control->reload.current->world, &control->loop, config->workers_resolved);
    control->clusters = mem_zalloc(config->cluster_count * sizeof *control->clusters);
    control->barriers = mem_zalloc(config->cluster_count * sizeof *control->barriers);
    if (control->clusters == NULL || control->barriers == NULL)
        return error_set(err, 0, "out of memory");
    for (size_t i = 0; i < config->cluster_count; i++) {
        if (!cluster_init(&control->clusters[i], &config->clusters[i], (unsigned)i,
                          config->workers_resolved + 1, &env, &control->resolver, err))
            return false;
        control->clusters[i].drain_us = config->timeouts.drain_us;
        barrier_init(&control->barriers[i], &control->loop, publish, find_late, control);
        control->cluster_count++;
    }
    return true;
}

static bool make_workers(struct control *control, struct error *err)
{
    unsigned count = config_of(control)->workers_resolved;
    control->workers = mem_zalloc(count * sizeof *control->workers);
    if (control->workers == NULL)
        return error_set(err, 0, "out of memory");
    for (unsigned i = 0; i < count; i++) {
        if (!worker_init(&control->workers[i], i, &control->reload.current->world, &session_driver, err))
            return false;
        control->worker_list[i] = &control->workers[i];
        control->workers_made++;
    }
    for (unsigned i = 0; i < count; i++) {
        if (!worker_start(&control->workers[i], &control->loop, on_worker_ended, on_report, err))
            return false;
        control->workers_started++;
    }
    return true;
}

static void each_setting(const struct admin *admin, print_setting_fn each, void *context)
{
    const struct control *control = admin->loop->context;
    (void)config_each(config_of(control), each, context);
}

static bool open_admin(struct control *control, struct error *err)
{
    control->admin = (struct admin){ .loop = &control->loop,
                                     .clusters = control->clusters,
                                     .cluster_count = control->cluster_count,
                                     .world = &control->reload.current->world,
                                     .reconfigure = &control->reload.reconfigure,
                                     .started_us = control->loop.now_us,
                                     .each_setting = each_setting };
    return console_open(&control->console, &control->admin, &control->admin_settings, err) &&
           mysql_console_open(&control->mysql_console, &control->admin, &control->admin_settings,
                              control->self_made, err);
}

static bool open_http(struct control *control, struct error *err)
{
    const struct http_settings *settings = &config_of(control)->http;
    return settings->address == NULL || http_open(&control->http, &control->admin, settings, err);
}

/* Opens the listeners. From here on the configuration can be reloaded. */
static bool open_reload(struct control *control, struct error *err)
{
    struct reload *reload = &control->reload;
    reload->loop = &control->loop;
    reload->clusters = control->clusters;
    reload->refreshes = control->refreshes;
    reload->cluster_count = control->cluster_count;
    reload->limits = &control->limits;
    reload->listeners = &control->listeners;
    reload->admin = &control->admin;
    reload->mysql_console = &control->mysql_console;
    reload->bypass = &control->bypass;
    reload->log_fd = sink_is_open(&control->log) ? control->log.fd : STDERR_FILENO;
    return reload_init(reload, err);
}

/* Copies settings that only a restart changes, because the admin sockets and the statement log keep pointers
 * to them. */
static bool keep_settings(struct control *control, struct error *err)
{
    const struct config *config = config_of(control);
    if (!schema_copy(&admin_section, &config->admin, &control->admin_settings) ||
        !schema_copy(&statement_section, &config->statements, &control->statement_settings))
        return error_set(err, 0, "out of memory");
    return statement_log_open(&control->statements, &control->statement_settings, err);
}

/* Makes the record of written positions of each cluster, for consistency "global". */
static bool make_written(struct control *control, size_t count)
{
    control->written = mem_zalloc(count * sizeof *control->written);
    for (; control->written != NULL && control->written_count < count; control->written_count++)
        written_init(&control->written[control->written_count]);
    control->constant.written = control->written;
    return control->written != NULL;
}

/* Makes the directory of accounts of each cluster, for users_from = "servers". */
static bool make_directories(struct control *control, size_t count)
{
    control->directories = mem_zalloc(count * sizeof *control->directories);
    control->refreshes = mem_zalloc(count * sizeof *control->refreshes);
    if (control->directories == NULL || control->refreshes == NULL)
        return false;
    for (; control->directory_count < count; control->directory_count++)
        directory_init(&control->directories[control->directory_count]);
    control->constant.directories = control->directories;
    return true;
}

/* Makes the first version; takes the configuration. make_workers fills in the list of workers later. */
static bool make_version(struct control *control, struct config *take_config, struct error *err)
{
    unsigned count = take_config->workers_resolved;
    control->worker_list = mem_zalloc(count * sizeof(struct worker *));
    control->constant.workers = control->worker_list;
    control->constant.worker_count = count;
    control->constant.limits = &control->limits;
    control->constant.statements = &control->statements;
    if (control->worker_list == NULL || !make_written(control, take_config->cluster_count) ||
        !make_directories(control, take_config->cluster_count)) {
        config_free(&take_config);
        return error_set(err, 0, "out of memory");
    }
    control->reload.current = version_new(take_config, &control->constant, NULL, err);
    return control->reload.current != NULL && keep_settings(control, err);
}

static bool start(struct control *control, struct config *take_config, struct error *err)
{
    if (!make_version(control, take_config, err) ||
        !resolve_init(&control->resolver, &control->loop, config_of(control)->resolver, err) ||
        !make_clusters(control, err) || !make_workers(control, err) || !open_admin(control, err) ||
        !open_reload(control, err) || !open_http(control, err) ||
        !watchdog_start(&control->watchdog, &control->loop, control->worker_list,
                        control->constant.worker_count, notify_watchdog_us(), err))
        return false;
    watch_signals(control);
    bypass_init(&control->bypass, &control->loop, control->clusters, control->cluster_count);
    bypass_begin(&control->bypass, &control->reload.current->users);
    for (size_t i = 0; i < control->cluster_count; i++)
        account_refresh_init(&control->refreshes[i], &control->clusters[i], &control->directories[i]);
    for (size_t i = 0; i < control->cluster_count; i++) {
        account_refresh_set(&control->refreshes[i]);
        cluster_start(&control->clusters[i], on_view, control);
    }
    return true;
}

/* Ends the workers' threads that were started, before the data that they use is freed. */
static void end_workers(struct control *control)
{
    if (control->workers_ended < control->workers_started) {
        for (unsigned i = 0; i < control->workers_started; i++)
            worker_drain(&control->workers[i], 0);
        loop_run(&control->loop);
    }
    for (unsigned i = 0; i < control->workers_started; i++)
        worker_join(&control->workers[i]);
    for (unsigned i = 0; i < control->workers_made; i++)
        worker_fini(&control->workers[i]);
}

static void finish(struct control *control)
{
    listeners_close(&control->listeners);
    watchdog_stop(&control->watchdog);
    bypass_stop(&control->bypass);
    for (size_t i = 0; i < control->cluster_count; i++)
        cluster_stop(&control->clusters[i]);
    for (size_t i = 0; i < control->directory_count; i++)
        account_refresh_fini(&control->refreshes[i]);
    resolve_fini(&control->resolver);
    end_workers(control);
    loop_close_mail(&control->loop); /* runs messages that came back from workers: answers, a reload */
    http_close(&control->http);
    if (control->admin.loop != NULL) {
        mysql_console_close(&control->mysql_console);
        console_close(&control->console);
    }
    for (size_t i = 0; i < control->cluster_count; i++)
        barrier_fini(&control->barriers[i]);
    loop_fini(&control->loop); /* before servers and workers: what it frees refers to them */
    watchdog_fini(&control->watchdog);
    for (size_t i = 0; i < control->cluster_count; i++)
        cluster_fini(&control->clusters[i]);
    listeners_fini(&control->listeners);
    reload_fini(&control->reload);
    tls_certificate_free(&control->self_made);
    mem_free(control->clusters);
    mem_free(control->barriers);
    mem_free(control->worker_list);
    for (size_t i = 0; i < control->written_count; i++)
        written_fini(&control->written[i]);
    mem_free(control->written);
    for (size_t i = 0; i < control->directory_count; i++)
        directory_fini(&control->directories[i]);
    mem_free(control->directories);
    mem_free(control->refreshes);
    limits_fini(&control->limits);
    statement_log_close(&control->statements);
    schema_fini(&statement_section, &control->statement_settings);
    schema_fini(&admin_section, &control->admin_settings);
}

/* Opens log.file. Before this, and after close_log, the log goes to stderr. */
static bool open_log(struct control *control, const struct config *config, struct error *err)
{
    if (config->log_file == NULL)
        return true;
    if (!sink_open(&control->log, config->log_file, err))
        return error_wrap(err, "the log");
    use_log(control, config);
    return true;
}

static void close_log(struct control *control, enum log_level level, enum log_format format)
{
    log_configure(level, format, STDERR_FILENO);
    sink_close(&control->log);
}

/* Writes the last line of the log. True: sessions were cut, which the exit status tells. */
static bool tell_end(const struct control *control)
{
    unsigned cut = 0, in_transaction = 0;
    for (unsigned i = 0; i < control->workers_started; i++) {
        cut += control->workers[i].cut;
        in_transaction += control->workers[i].cut_in_transaction;
    }
    log_write(cut > 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, NULL,
              "headgate has ended: %u sessions were cut, %u of them in a transaction", cut, in_transaction);
    return cut > 0;
}

enum control_end control_run(struct config *take_config, struct error *err)
{
    struct control *control = mem_zalloc(sizeof *control);
    if (control == NULL) {
        (void)error_set(err, 0, "out of memory");
        config_free(&take_config);
        return CONTROL_NOT_STARTED;
    }
    enum log_level level = (enum log_level)take_config->log_level;
    enum log_format format = (enum log_format)take_config->log_format;
    if (!open_log(control, take_config, err) || !reserve_for((size_t)take_config->limits.max_clients, err) ||
        !loop_init(&control->loop, err)) {
        close_log(control, level, format);
        mem_free(control);
        config_free(&take_config);
        return CONTROL_NOT_STARTED;
    }
    control->loop.context = control;
    limits_init(&control->limits, &take_config->limits);
    limits_warn_of_files(&take_config->limits);
    unsigned workers = take_config->workers_resolved;
    control->self_made = tls_certificate_make(err);
    listeners_init(&control->listeners, &control->loop, workers, control->self_made, on_accept, on_exhausted);
    if (control->self_made == NULL)
        config_free(&take_config);
    bool is_started = control->self_made != NULL && start(control, take_config, err);
    if (is_started) {
        log_notice(NULL, "headgate %s is running with %u workers", HEADGATE_VERSION, workers);
        status_tell(control->clusters, control->cluster_count, notify_ready);
        loop_run(&control->loop);
    }
    finish(control);
    enum control_end end = CONTROL_NOT_STARTED;
    if (is_started)
        end = tell_end(control) ? CONTROL_CUT : CONTROL_ENDED;
    close_log(control, level, format);
    mem_free(control->workers);
    mem_free(control);
    return end;
}
