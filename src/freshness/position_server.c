#include "freshness/position_server.h"

#include "base/log.h"
#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "cluster/view.h"
#include "monitor/wsrep.h"

#include <stddef.h>

#define GAP_FIRST_US 500u     /* shortest gap between two polls: a round trip on a fast network */
#define GAP_LAST_US 16000u    /* longest gap, while answers bring nothing for the sessions that wait */
#define GAP_AHEAD_US 2000u    /* gap while no session waits, but a recent write should have arrived by now */
#define GAP_CALM_US 5000u     /* gap while no session waits and no write is expected */
#define CALM_US 1000000u      /* polls end this long after the last demand */
#define RETRY_US 100000u      /* next try after a poll that failed */
#define CLOSE_US 60000000u    /* the connection is closed this long after the last demand */
#define ANSWER_MAX (1u << 20) /* bytes: about twenty thousand GTID sources of MySQL */
#define CLUSTERS_MAX 64u
#define NODE_US 40000000u /* a Galera node gives up first: repl.causal_read_timeout is 30 s */

/* The questions, by family: to a replica, and to the primary. A replica's own binary log is not used, because
 * local writes are in it. On the primary gtid_owned, of transactions that are being committed, is read before
 * gtid_executed: these may be visible already. As a GTID moves from the first to the second, it is in one of
 * the two answers. */
static const char *const questions[][2] = {
    [FAMILY_MARIADB] = { "SELECT @@global.gtid_slave_pos AS held",
                         "SELECT @@global.gtid_binlog_pos AS said, @@global.gtid_slave_pos AS held, "
                         "@@global.log_bin AS mode" },
    [FAMILY_MYSQL] = { "SELECT @@global.gtid_executed AS held",
                       "SELECT @@global.gtid_owned AS owned, @@global.gtid_executed AS said, "
                       "@@global.gtid_mode AS mode" },
};

static uint64_t now_of(const struct positions *positions)
{
    return positions->env->loop->now_us;
}

/* ---- answers ---- */

static struct span cell(const struct position_server *server, const char *column)
{
    struct span value = { 0 };
    (void)rows_value(&server->rows, 0, rows_column(&server->rows, column), &value);
    return value;
}

/* Warns once per cluster and process. */
static void warn_unfollowed(const struct positions *positions, bool is_mysql)
{
    static _Atomic uint64_t warned; /* a bit per cluster */
    uint64_t bit = UINT64_C(1) << (positions->cluster % CLUSTERS_MAX);
    struct log_scope scope = { .key = "cluster", .text = positions->settings->name };
    if ((atomic_fetch_or(&warned, bit) & bit) == 0)
        log_warning(
            &scope,
            "the primary keeps no GTIDs, so clients that have written read on the primary: %s; or say "
            "consistency = \"eventual\"",
            is_mysql ? "set gtid_mode = ON on all servers" : "set log_bin on all servers");
}

/* Computes positions.moved, the primary's position since the base. If that has too many sources, the present
 * position becomes the new base. The first base is empty. */
static bool note_moved(struct positions *positions)
{
    positions->moved = (struct gtid_position){ 0 };
    gtid_table_diff(&positions->said, &positions->base, &positions->moved);
    if (!positions->moved.is_unknown)
        return true;
    positions->base_number++;
    positions->moved = (struct gtid_position){ 0 };
    return gtid_table_copy(&positions->base, &positions->said);
}

static bool read_primary(struct position_server *server)
{
    struct positions *positions = server->positions;
    enum server_family family = server->upstream->family;
    struct span mode = cell(server, "mode");
    bool is_mysql = family == FAMILY_MYSQL;
    positions->is_unfollowed =
        is_mysql ? !span_is_nocase(mode, "ON") : !span_is(mode, "1") && !span_is_nocase(mode, "ON");
    if (positions->is_unfollowed)
        warn_unfollowed(positions, is_mysql);
    gtid_table_clear(&positions->said);
    return gtid_table_read(&positions->said, family, cell(server, "owned")) &&
           gtid_table_read(&positions->said, family, cell(server, "said")) && note_moved(positions) &&
           gtid_table_copy(&server->held, &positions->said) &&
           gtid_table_read(&server->held, family, cell(server, "held"));
}

static bool read_answer(struct position_server *server)
{
    struct positions *positions = server->positions;
    if (server->is_asked_as_node) { /* the answer has no content: it came when the node had caught up */
        replica_delay_note_sample(&server->delay, now_of(positions) - server->begun_us);
        return true;
    }
    if (server->rows.rows != 1)
        return false;
    if (server->is_asked_as_primary)
        return read_primary(server);
    gtid_table_clear(&server->held);
    if (!gtid_table_read(&server->held, server->upstream->family, cell(server, "held")))
        return false;
    replica_delay_note(&server->delay, &server->held, server->begun_us, now_of(positions));
    return true;
}

void position_server_measure(struct position_server *server)
{
    const struct positions *positions = server->positions;
    struct gtid_position written = { .marks = { positions->written }, .count = 1 };
    if (positions->written_us != 0 && server->index != positions->view->primary &&
        !gtid_table_contains(&server->held, &written))
        replica_delay_mark(&server->delay, &positions->written, positions->written_us);
}

/* ---- polls ---- */

void position_server_forget(struct position_server *server)
{
    server->is_asking = false;
    server->answered = 0;
    server->base = 0;
    gtid_table_clear(&server->held);
    replica_delay_unmark(&server->delay);
    loop_timer_stop(&server->deadline);
    upstream_close(&server->upstream);
    rows_fini(&server->rows);
}

/* A poll has failed. Waiters are not run: each has a deadline of its own. */
static void fail(struct position_server *server, const char *why)
{
    struct positions *positions = server->positions;
    struct log_scope scope = { .key = "cluster", .text = positions->settings->name };
    bool was_asking = server->is_asking;
    if (was_asking) {
        counter_add(&positions->counters.polls_failed, 1);
        log_limited(LOG_LEVEL_WARNING, &scope, "%s does not say how far it is: %s",
                    positions->view->servers[server->index].server->name, why);
    }
    position_server_forget(server);
    server->next_us = now_of(positions) + RETRY_US;
    loop_background_start(&server->next, positions->env->loop, RETRY_US);
}

static void ask(struct position_server *server)
{
    struct positions *positions = server->positions;
    enum server_family family = server->upstream->family;
    if (family != FAMILY_MYSQL && family != FAMILY_MARIADB) {
        fail(server, "it is of an unknown family");
        return;
    }
    (void)positions_epoch(positions);
    server->is_asked_as_node = positions->view->is_galera;
    server->is_asked_as_primary = !server->is_asked_as_node && server->index == positions->view->primary;
    server->begun = positions_next_moment(positions);
    server->rows.bytes_max = ANSWER_MAX;
    counter_add(&positions->counters.polls, 1);
    const char *sql =
        server->is_asked_as_node ? WSREP_WAIT_SQL : questions[family][server->is_asked_as_primary];
    upstream_query(server->upstream, sql, &server->rows, 0);
}

static void on_ready(struct upstream *upstream)
{
    ask(upstream->owner);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct position_server *server = upstream->owner;
    struct positions *positions = server->positions;
    loop_timer_stop(&server->deadline);
    (void)positions_epoch(positions);
    if (server->is_asked_as_primary && server->index != positions->primary) { /* it is no primary any more */
        server->is_asking = false;
        server->answered = 0;
        position_server_schedule(server);
        return;
    }
    if (answer->is_err || !read_answer(server)) {
        fail(server, answer->is_err ? answer->error.text : "its answer has an unknown form");
        return;
    }
    server->is_asking = false;
    server->answered = server->begun;
    server->is_primary = server->is_asked_as_primary;
    /* The gap to the next poll is doubled if the answer was not enough for any waiter. */
    bool is_vain = positions_wake(positions) == 0 && server->positions->waiting.count > 0;
    uint64_t doubled = server->gap_us * 2 < GAP_LAST_US ? server->gap_us * 2 : GAP_LAST_US;
    server->gap_us = is_vain ? doubled : GAP_FIRST_US;
    position_server_measure(server);
    position_server_schedule(server);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    fail(upstream->owner, err->text);
}

/* Input between polls: the server has closed the connection. */
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
    struct position_server *server = container_of(timer, struct position_server, deadline);
    fail(server, server->is_asked_as_node ? "no answer after the end of its own wait"
                                          : "no answer within the monitor's timeout");
}

static void connect_first(struct position_server *server)
{
    struct positions *positions = server->positions;
    struct error err = { 0 };
    const struct view_server *entry = &positions->view->servers[server->index];
    server->upstream = monitor_open(&positions->settings->monitor, positions->env, entry->server,
                                    &entry->addr, &owner_ops, server, &err);
    server->moves = entry->moves;
    if (server->upstream == NULL)
        fail(server, err.text);
}

bool position_server_has_moved(const struct position_server *server)
{
    return server->moves != server->positions->view->servers[server->index].moves;
}

static void poll(struct position_server *server)
{
    struct positions *positions = server->positions;
    if (position_server_has_moved(server))
        position_server_forget(server);
    server->is_asking = true;
    server->begun_us = now_of(positions);
    loop_timer_start(&server->deadline, positions->env->loop,
                     positions->view->is_galera ? NODE_US : positions->settings->monitor.timeout_us);
    if (server->upstream != NULL)
        ask(server);
    else
        connect_first(server);
}

/* ---- when ---- */

static bool is_worth_asking(const struct position_server *server)
{
    const struct view *view = server->positions->view;
    const struct view_server *entry = &view->servers[server->index];
    if (view->is_galera)
        return entry->takes_reads && server->index != view->primary;
    return server->index == view->primary || entry->takes_reads;
}

/* Is a poll of this server urgent? For a replica: sessions wait. For the primary, and for Galera nodes: a
 * poll after the moment positions.wanted was not answered yet; sessions may wait for it, or may soon. */
static bool is_urgent(const struct position_server *server)
{
    const struct positions *positions = server->positions;
    const struct view *view = positions->view;
    if (server->index == view->primary || view->is_galera)
        return server->answered <= positions->wanted;
    return positions->waiting.count > 0;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the next poll should begin; 0: none is due. */
static uint64_t next_poll_us(const struct position_server *server)
{
    uint64_t since_us = now_of(server->positions) - server->demanded_us;
    const struct delay *delay = &server->delay;
    if (server->demanded_us == 0 || !is_worth_asking(server))
        return 0;
    if (since_us >= CALM_US && server->positions->waiting.count == 0)
        return 0;
    if (is_urgent(server))
        return server->begun_us + (server->positions->waiting.count > 0 ? server->gap_us : GAP_AHEAD_US);
    uint64_t calm_us = server->begun_us + GAP_CALM_US, soon_us = server->begun_us + GAP_AHEAD_US;
    if (delay->marked_us == 0)
        return calm_us;
    return lesser(calm_us, soon_us > replica_delay_due_us(delay) ? soon_us : replica_delay_due_us(delay));
}

void position_server_schedule(struct position_server *server)
{
    uint64_t now = now_of(server->positions), at = next_poll_us(server);
    if (at == 0)
        at = now + CLOSE_US;
    if (server->is_asking)
        return;
    if (!loop_background_is_active(&server->next) || at < server->next_us) {
        server->next_us = at;
        loop_background_start(&server->next, server->positions->env->loop, at > now ? at - now : 0);
    }
}

static void on_next(struct loop_background *timer)
{
    struct position_server *server = container_of(timer, struct position_server, next);
    uint64_t now = now_of(server->positions);
    if (server->is_asking)
        return;
    uint64_t at = next_poll_us(server);
    if (now - server->demanded_us >= CLOSE_US)
        position_server_forget(server);
    else if (at != 0 && at <= now)
        poll(server);
    else
        position_server_schedule(server);
}

bool position_server_is_resting(const struct position_server *server)
{
    return server->upstream == NULL && now_of(server->positions) - server->begun_us < RETRY_US &&
           server->begun_us != 0;
}

/* ---- life ---- */

struct position_server *position_server_new(struct positions *positions, int index)
{
    struct position_server *server = mem_zalloc(sizeof *server);
    if (server == NULL)
        return NULL;
    *server = (struct position_server){ .positions = positions, .index = index };
    position_server_hurry(server);
    loop_background_init(&server->next, on_next); /* clients' statements of the turn go first */
    loop_timer_init(&server->deadline, on_deadline);
    return server;
}

void position_server_hurry(struct position_server *server)
{
    server->gap_us = GAP_FIRST_US;
}

void position_server_stop(struct position_server *server)
{
    loop_background_stop(&server->next);
    position_server_forget(server);
}

void position_server_free(struct position_server *server)
{
    gtid_table_fini(&server->held);
    mem_free(server);
}
