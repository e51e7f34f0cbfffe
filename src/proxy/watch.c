#include "proxy/watch.h"

#include "base/log.h"
#include "base/mem.h"
#include "cluster/upstream_exchange.h"
#include "cluster/wsrep.h"
#include "proxy/session.h"

#include <stddef.h>

#define GAP_FIRST_US 500u     /* the shortest between two polls: a round trip on a fast network */
#define GAP_LAST_US 16000u    /* while nobody gets what they wait for */
#define GAP_CALM_US 5000u     /* while nobody waits */
#define CALM_US 1000000u      /* so long after the last demand */
#define RETRY_US 100000u      /* after a poll that failed */
#define CLOSE_US 60000000u    /* without demand */
#define ANSWER_MAX (1u << 20) /* bytes: some twenty thousand of MySQL's sources */
#define CLUSTERS_MAX 64u
#define NODE_US 40000000u /* a Galera node gives up first: repl.causal_read_timeout is 30 s */

/* What a server is asked, by family and role. A replica's own binary log would lie: local writes are in it.
 * The primary's list of those that are being committed comes first: they may be visible already, and are in
 * one of the two whenever they move. */
static const char *const questions[][2] = {
    [FAMILY_MARIADB] = { "SELECT @@global.gtid_slave_pos AS held",
                         "SELECT @@global.gtid_binlog_pos AS said, @@global.gtid_slave_pos AS held, "
                         "@@global.log_bin AS mode" },
    [FAMILY_MYSQL] = { "SELECT @@global.gtid_executed AS held",
                       "SELECT @@global.gtid_owned AS owned, @@global.gtid_executed AS said, "
                       "@@global.gtid_mode AS mode" },
};

static const struct view *view_of(const struct watch *watch)
{
    return worker_view(watch->worker, watch->cluster);
}

static struct loop *loop_of(const struct watch *watch)
{
    return &watch->worker->loop;
}

static uint64_t now_of(const struct watch *watch)
{
    return loop_of(watch)->now_us;
}

uint64_t watch_happen(struct watch *watch)
{
    return ++watch->moment;
}

/* ---- answers ---- */

static struct span cell(const struct watched *server, const char *column)
{
    struct span value = { 0 };
    (void)rows_value(&server->rows, 0, rows_column(&server->rows, column), &value);
    return value;
}

/* Once per cluster and process, whichever worker is first. */
static void warn_unfollowed(const struct watch *watch, bool is_mysql)
{
    static _Atomic uint64_t warned; /* a bit per cluster */
    uint64_t bit = UINT64_C(1) << (watch->cluster % CLUSTERS_MAX);
    struct log_scope scope = { .key = "cluster", .text = watch->settings->name };
    if ((atomic_fetch_or(&warned, bit) & bit) == 0)
        log_warning(
            &scope,
            "the primary keeps no GTIDs, so clients that have written read on the primary: %s; or say "
            "consistency = \"eventual\"",
            is_mysql ? "set gtid_mode = ON on all servers" : "set log_bin on all servers");
}

/* A new base when what has moved since the old one cannot be said in a few marks. The first one is empty. */
static bool note_moved(struct watch *watch)
{
    watch->moved = (struct gtid_position){ 0 };
    gtid_table_diff(&watch->said, &watch->base, &watch->moved);
    if (!watch->moved.is_unknown)
        return true;
    watch->base_number++;
    watch->moved = (struct gtid_position){ 0 };
    return gtid_table_copy(&watch->base, &watch->said);
}

static bool read_primary(struct watched *server)
{
    struct watch *watch = server->watch;
    enum server_family family = server->upstream->family;
    struct span mode = cell(server, "mode");
    bool is_mysql = family == FAMILY_MYSQL;
    watch->is_unfollowed =
        is_mysql ? !span_is_nocase(mode, "ON") : !span_is(mode, "1") && !span_is_nocase(mode, "ON");
    if (watch->is_unfollowed)
        warn_unfollowed(watch, is_mysql);
    gtid_table_clear(&watch->said);
    return gtid_table_read(&watch->said, family, cell(server, "owned")) &&
           gtid_table_read(&watch->said, family, cell(server, "said")) && note_moved(watch) &&
           gtid_table_copy(&server->held, &watch->said) &&
           gtid_table_read(&server->held, family, cell(server, "held"));
}

static bool read_answer(struct watched *server)
{
    if (server->is_asked_as_node)
        return true; /* that it has come is all it says */
    if (server->rows.rows != 1)
        return false;
    if (server->is_asked_as_primary)
        return read_primary(server);
    gtid_table_clear(&server->held);
    return gtid_table_read(&server->held, server->upstream->family, cell(server, "held"));
}

/* ---- polls ---- */

static void schedule(struct watched *server);

static void forget(struct watched *server)
{
    server->is_asking = false;
    server->answered = 0;
    server->base = 0;
    gtid_table_clear(&server->held);
    loop_timer_stop(&server->deadline);
    upstream_close(&server->upstream);
    rows_fini(&server->rows);
}

/* It satisfies nobody. Who waits has a deadline of its own. */
static void fail(struct watched *server, const char *why)
{
    struct watch *watch = server->watch;
    struct log_scope scope = { .key = "cluster", .text = watch->settings->name };
    bool was_asking = server->is_asking;
    if (was_asking) {
        counter_add(&watch->counters.polls_failed, 1);
        log_limited(LOG_LEVEL_WARNING, &scope, "%s does not say how far it is: %s",
                    view_of(watch)->servers[server->index].server->name, why);
    }
    forget(server);
    server->next_us = now_of(watch) + RETRY_US;
    loop_timer_start(&server->next, loop_of(watch), RETRY_US);
}

static void ask(struct watched *server)
{
    struct watch *watch = server->watch;
    enum server_family family = server->upstream->family;
    if (family != FAMILY_MYSQL && family != FAMILY_MARIADB) {
        fail(server, "it is of an unknown family");
        return;
    }
    (void)watch_epoch(watch);
    server->is_asked_as_node = view_of(watch)->is_galera;
    server->is_asked_as_primary = !server->is_asked_as_node && server->index == view_of(watch)->primary;
    server->begun = watch_happen(watch);
    server->rows.bytes_max = ANSWER_MAX;
    counter_add(&watch->counters.polls, 1);
    const char *sql =
        server->is_asked_as_node ? WSREP_WAIT_SQL : questions[family][server->is_asked_as_primary];
    upstream_query(server->upstream, sql, &server->rows, 0);
}

/* Each may have to wait again: as many as there are now, no more. */
static size_t wake(struct watch *watch)
{
    size_t before = watch->waiting.count;
    for (size_t i = 0; i < before && watch->waiting.count > 0; i++) {
        struct session *session = list_entry(list_first(&watch->waiting), struct session, in_watch);
        watch_leave(watch, session);
        session_run(session);
    }
    return before > watch->waiting.count ? before - watch->waiting.count : 0;
}

static void on_ready(struct upstream *upstream)
{
    ask(upstream->owner);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct watched *server = upstream->owner;
    struct watch *watch = server->watch;
    loop_timer_stop(&server->deadline);
    (void)watch_epoch(watch);
    if (server->is_asked_as_primary && server->index != watch->primary) { /* not any more */
        server->is_asking = false;
        server->answered = 0;
        schedule(server);
        return;
    }
    if (answer->is_err || !read_answer(server)) {
        fail(server, answer->is_err ? answer->error.text : "its answer has an unknown form");
        return;
    }
    server->is_asking = false;
    server->answered = server->begun;
    server->is_primary = server->is_asked_as_primary;
    size_t satisfied = wake(watch);
    bool is_vain = satisfied == 0 && watch->waiting.count > 0;
    uint64_t doubled = server->gap_us * 2 < GAP_LAST_US ? server->gap_us * 2 : GAP_LAST_US;
    server->gap_us = is_vain ? doubled : GAP_FIRST_US;
    schedule(server);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    fail(upstream->owner, err->text);
}

/* Between polls: the server said good-bye, or just went. */
static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    fail(upstream->owner, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void on_deadline(struct loop_timer *timer)
{
    struct watched *server = (struct watched *)(void *)((char *)timer - offsetof(struct watched, deadline));
    fail(server, server->is_asked_as_node ? "no answer, though its own patience should have ended"
                                          : "no answer within the monitor's timeout");
}

static void connect_first(struct watched *server)
{
    struct watch *watch = server->watch;
    const struct monitor_settings *settings = &watch->settings->monitor;
    struct auth_secret secret = { 0 };
    struct error err = { 0 };
    const struct view_server *entry = &view_of(watch)->servers[server->index];
    struct upstream_wish wish = {
        .addr = &entry->addr, .user = settings->user, .secret = &secret, .collation = 33
    };
    if (auth_secret_from_password(&secret, span_cstr(settings->password)))
        server->upstream = upstream_open(&watch->worker->env, entry->server, &wish, &owner_ops, server, &err);
    else
        (void)error_set(&err, 0, "the monitor's password is too long");
    auth_secret_wipe(&secret);
    server->moves = entry->moves;
    if (server->upstream == NULL)
        fail(server, err.text);
}

/* Its name leads elsewhere now: what was told is another machine's. */
static bool has_moved(const struct watched *server)
{
    return server->moves != view_of(server->watch)->servers[server->index].moves;
}

static void poll(struct watched *server)
{
    struct watch *watch = server->watch;
    if (has_moved(server))
        forget(server);
    server->is_asking = true;
    server->begun_us = now_of(watch);
    loop_timer_start(&server->deadline, loop_of(watch),
                     view_of(watch)->is_galera ? NODE_US : watch->settings->monitor.timeout_us);
    if (server->upstream != NULL)
        ask(server);
    else
        connect_first(server);
}

/* ---- when ---- */

static bool is_worth_asking(const struct watched *server)
{
    const struct view *view = view_of(server->watch);
    const struct view_server *entry = &view->servers[server->index];
    if (view->is_galera)
        return entry->takes_reads && server->index != view->primary;
    return server->index == view->primary || entry->takes_reads;
}

/* Do sessions wait for this very server? */
static bool is_urgent(const struct watched *server)
{
    const struct watch *watch = server->watch;
    if (watch->waiting.count == 0)
        return false;
    return server->index != view_of(watch)->primary || server->answered <= watch->wanted;
}

/* The time from the beginning of the last poll to the next one; 0: none is due. */
static uint64_t gap(const struct watched *server)
{
    uint64_t since_us = now_of(server->watch) - server->demanded_us;
    if (server->demanded_us == 0 || !is_worth_asking(server))
        return 0;
    if (is_urgent(server))
        return server->gap_us;
    return since_us < CALM_US ? GAP_CALM_US : 0;
}

static void schedule(struct watched *server)
{
    uint64_t now = now_of(server->watch), gap_us = gap(server);
    uint64_t at = gap_us > 0 ? server->begun_us + gap_us : now + CLOSE_US;
    if (server->is_asking)
        return;
    if (at <= now) {
        poll(server);
    } else if (!loop_timer_is_active(&server->next) || at < server->next_us) {
        server->next_us = at;
        loop_timer_start(&server->next, loop_of(server->watch), at - now);
    }
}

static void on_next(struct loop_timer *timer)
{
    struct watched *server = (struct watched *)(void *)((char *)timer - offsetof(struct watched, next));
    uint64_t now = now_of(server->watch);
    if (server->is_asking)
        return;
    if (now - server->demanded_us >= CLOSE_US)
        forget(server);
    else
        schedule(server);
}

/* ---- what sessions say ---- */

static bool has_servers(struct watch *watch)
{
    size_t count = view_of(watch)->count;
    if (watch->count >= count)
        return true;
    struct watched **servers = mem_realloc(watch->servers, count * sizeof(struct watched *));
    if (servers == NULL)
        return false;
    watch->servers = servers;
    for (; watch->count < count; watch->count++) {
        struct watched *server = mem_zalloc(sizeof *server);
        if (server == NULL)
            return false;
        *server = (struct watched){ .watch = watch, .index = (int)watch->count, .gap_us = GAP_FIRST_US };
        loop_timer_init(&server->next, on_next);
        loop_timer_init(&server->deadline, on_deadline);
        servers[watch->count] = server;
    }
    return true;
}

/* NULL: nobody has asked for it yet. */
static struct watched *watched_at(const struct watch *watch, int index)
{
    return index != VIEW_NO_SERVER && (size_t)index < watch->count ? watch->servers[index] : NULL;
}

/* After a failure the timer says when to try again. */
static bool is_resting(const struct watched *server)
{
    return server->upstream == NULL && now_of(server->watch) - server->begun_us < RETRY_US &&
           server->begun_us != 0;
}

void watch_demand(struct watch *watch, uint64_t since)
{
    const struct view *view = view_of(watch);
    if (!has_servers(watch))
        return; /* nobody is satisfied: the primary has the reads */
    if (since > watch->wanted)
        watch->wanted = since;
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *server = watch->servers[i];
        if (((int)i == view->primary && since == 0) || view->servers[i].is_gone)
            continue;
        server->demanded_us = now_of(watch);
        if (!server->is_asking && !is_resting(server))
            schedule(server);
    }
}

void watch_wait(struct watch *watch, struct session *session)
{
    if (watch->waiting.count == 0)
        for (size_t i = 0; i < watch->count; i++)
            watch->servers[i]->gap_us = GAP_FIRST_US;
    list_link_last(&watch->waiting, &session->in_watch);
}

void watch_leave(struct watch *watch, struct session *session)
{
    if (list_is_linked(&session->in_watch))
        list_unlink(&watch->waiting, &session->in_watch);
}

void watch_set(struct watch *watch, const struct cluster_settings *settings)
{
    watch->settings = settings;
}

void watch_on_view(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (view_of(watch)->servers[i].is_gone)
            forget(watch->servers[i]);
}

uint64_t watch_epoch(struct watch *watch)
{
    const struct view *view = view_of(watch);
    int primary = view->primary;
    uint64_t moves = primary != VIEW_NO_SERVER ? view->servers[primary].moves : 0;
    if (primary != VIEW_NO_SERVER && (primary != watch->primary || moves != watch->primary_moves)) {
        watch->primary = primary;
        watch->primary_moves = moves;
        watch->epoch++;
        watch->base_number++; /* nobody is known to have the new one */
        gtid_table_clear(&watch->base);
        struct watched *server = watched_at(watch, primary);
        if (server != NULL)
            server->answered = 0; /* when it was the primary before */
        watch->is_unfollowed = false;
    }
    return watch->epoch;
}

bool watch_has_primary_since(struct watch *watch, uint64_t moment)
{
    (void)watch_epoch(watch);
    const struct watched *server = watched_at(watch, watch->primary);
    return server != NULL && server->is_primary && server->answered > moment && !has_moved(server);
}

static bool has_base(struct watch *watch, struct watched *server)
{
    if (server->base != watch->base_number && gtid_table_includes(&server->held, &watch->base))
        server->base = watch->base_number;
    return server->base == watch->base_number;
}

bool watch_has(struct watch *watch, int index, const struct gtid_position *position, bool needs_base)
{
    struct watched *server = watched_at(watch, index);
    return server != NULL && server->answered != 0 && !has_moved(server) && !server->is_primary &&
           index != view_of(watch)->primary && (!needs_base || has_base(watch, server)) &&
           gtid_table_contains(&server->held, position);
}

bool watch_has_moment(struct watch *watch, int index, uint64_t moment)
{
    const struct watched *server = watched_at(watch, index);
    return server != NULL && server->is_asked_as_node && server->answered > moment && !has_moved(server) &&
           index != view_of(watch)->primary;
}

bool watch_primary_reaches(const struct watch *watch, const struct gtid_position *position)
{
    return gtid_table_reaches(&watch->servers[watch->primary]->held, position);
}

/* ---- life ---- */

struct watch *watch_new(struct worker *worker, unsigned cluster, const struct cluster_settings *settings)
{
    struct watch *watch = mem_zalloc(sizeof *watch);
    if (watch == NULL)
        return NULL;
    watch->worker = worker;
    watch->cluster = cluster;
    watch->settings = settings;
    watch->primary = VIEW_NO_SERVER;
    list_init(&watch->waiting);
    return watch;
}

void watch_stop(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++) {
        loop_timer_stop(&watch->servers[i]->next);
        forget(watch->servers[i]);
    }
}

void watch_free(struct watch **watch_r)
{
    struct watch *watch = *watch_r;
    *watch_r = NULL;
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->count; i++) {
        gtid_table_fini(&watch->servers[i]->held);
        mem_free(watch->servers[i]);
    }
    gtid_table_fini(&watch->said);
    gtid_table_fini(&watch->base);
    mem_free(watch->servers);
    mem_free(watch);
}
