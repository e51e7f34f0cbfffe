/* polls_test: the positions of a cluster of one primary (server 0) and two replicas, with a clock and with
 * connections that the test simulates.
 *
 *   pass(polls, us)          time passes; the timers that are due fire, the earliest first
 *   log_in(polls, server)    the connection to a server is ready: its first poll is sent
 *   tell(polls, server, …)   a server answers its poll
 */
#pragma once

#include "../base/unit.h"

#include "cluster/view.h"
#include "freshness/position_server.h"
#include "freshness/positions.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "upstream/upstream.h"
#include "upstream/upstream_exchange.h"

#define SERVERS 3
#define START_US 1000000u
#define TIMEOUT_US 700000u
#define SINCE 1 /* a demand that includes the primary's position */

struct polls {
    struct loop loop;
    struct upstream_env env;
    struct cluster_settings settings;
    struct server_counters counters[SERVERS][2];
    struct server servers[SERVERS];
    struct upstream upstreams[SERVERS];
    const char *asked[SERVERS]; /* the query that runs; NULL: none */
    unsigned opened[SERVERS], closed[SERVERS];
    bool is_refusing; /* no connection can be opened */
    enum server_family family;
    struct view *view;
    struct positions *positions;
};

static struct polls *polls_of_test;

struct waiter {
    struct list_node in_list;
    struct polls *polls;
    struct waiter *leaves; /* a waiter that does not wait any more when this one is woken; or NULL */
    unsigned woken;
    bool waits_again;
};

static inline void on_news(struct list_node *node)
{
    struct waiter *waiter = list_entry(node, struct waiter, in_list);
    struct positions *positions = waiter->polls->positions;
    waiter->woken++;
    if (waiter->leaves != NULL)
        positions_leave(positions, &waiter->leaves->in_list);
    if (waiter->waits_again)
        positions_wait(positions, node);
}

/* ---- in place of net/loop ---- */

void loop_timer_init(struct loop_timer *timer, void (*fire)(struct loop_timer *))
{
    *timer = (struct loop_timer){ .fire = fire };
}

void loop_timer_start(struct loop_timer *timer, struct loop *loop, uint64_t after_us)
{
    timer->ev.active = 1;
    timer->ev.at = (double)(loop->now_us + after_us);
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->ev.active = 0;
}

void loop_background_init(struct loop_background *timer, void (*fire)(struct loop_background *))
{
    *timer = (struct loop_background){ .fire = fire };
}

void loop_background_start(struct loop_background *timer, struct loop *loop, uint64_t after_us)
{
    loop_background_stop(timer);
    timer->loop = loop;
    timer->at_us = loop->now_us + after_us;
    list_link_last(&loop->background, &timer->in_loop);
}

void loop_background_stop(struct loop_background *timer)
{
    if (loop_background_is_active(timer))
        list_unlink(&timer->loop->background, &timer->in_loop);
}

/* ---- in place of upstream/upstream and monitor/monitor_settings ---- */

struct upstream *monitor_open(const struct monitor_settings *settings, const struct upstream_env *env,
                              struct server *server, const struct addr *addr,
                              const struct upstream_owner_ops *ops, void *owner, struct error *err)
{
    struct polls *polls = polls_of_test;
    size_t index = (size_t)(server - polls->servers);
    assert_ptr_equal(settings, &polls->settings.monitor);
    assert_ptr_equal(env, &polls->env);
    assert_ptr_equal(addr, &polls->view->servers[index].addr);
    polls->opened[index]++;
    if (polls->is_refusing) {
        (void)error_set(err, 0, "no route");
        return NULL;
    }
    polls->upstreams[index] =
        (struct upstream){ .server = server, .ops = ops, .owner = owner, .family = polls->family };
    return &polls->upstreams[index];
}

void upstream_close(struct upstream **upstream)
{
    if (*upstream == NULL)
        return;
    size_t index = (size_t)((*upstream)->server - polls_of_test->servers);
    polls_of_test->closed[index]++;
    polls_of_test->asked[index] = NULL;
    *upstream = NULL;
}

void upstream_query(struct upstream *upstream, const char *sql, struct rows *rows, uint64_t deadline_us)
{
    size_t index = (size_t)(upstream->server - polls_of_test->servers);
    assert_int_equal(deadline_us, 0); /* the poll has its own */
    assert_null(polls_of_test->asked[index]);
    polls_of_test->asked[index] = sql;
    upstream->rows = rows;
}

/* ---- the scene ---- */

static inline void polls_open(struct polls *polls)
{
    *polls =
        (struct polls){ .loop.now_us = START_US,
                        .env = { .loop = &polls->loop, .worker = 1 },
                        .settings = { .name = (char *)(uintptr_t) "main", .monitor.timeout_us = TIMEOUT_US },
                        .family = FAMILY_MARIADB,
                        .view = view_new(SERVERS) };
    list_init(&polls->loop.background);
    static const char *const names[SERVERS] = { "db1", "db2", "db3" };
    for (int i = 0; i < SERVERS; i++) {
        polls->servers[i].name = names[i];
        polls->servers[i].by_worker = polls->counters[i];
        polls->view->servers[i].server = &polls->servers[i];
        polls->view->servers[i].takes_reads = i != 0;
    }
    polls->view->primary = 0;
    polls_of_test = polls;
    polls->positions = positions_new(&polls->env, 0, on_news);
    assert_non_null(polls->positions);
    polls->positions->settings = &polls->settings;
    positions_on_view(polls->positions, polls->view);
}

static inline void polls_close(struct polls *polls)
{
    positions_stop(polls->positions);
    for (size_t i = 0; i < polls->positions->count; i++)
        assert_false(loop_background_is_active(&polls->positions->servers[i]->next) ||
                     loop_timer_is_active(&polls->positions->servers[i]->deadline));
    for (size_t i = 0; i < SERVERS; i++)
        assert_true(polls->is_refusing || polls->closed[i] == polls->opened[i]);
    positions_free(&polls->positions);
    positions_free(&polls->positions); /* harmless */
    view_release(&polls->view);
}

static inline struct position_server *server_of(const struct polls *polls, int server)
{
    return polls->positions->servers[server];
}

/* When the server's next poll begins, or the present one ends; UINT64_MAX: never. */
static inline uint64_t next_at(const struct position_server *server)
{
    return loop_background_is_active(&server->next) ? server->next.at_us : UINT64_MAX;
}

static inline uint64_t deadline_at(struct position_server *server)
{
    return loop_timer_is_active(&server->deadline) ? (uint64_t)server->deadline.ev.at : UINT64_MAX;
}

/* Fires the earliest timer if it is due at `end_us`. */
static inline bool fire_first(struct polls *polls, uint64_t end_us)
{
    struct position_server *first = NULL;
    uint64_t at_us = UINT64_MAX;
    for (size_t i = 0; i < polls->positions->count; i++) {
        struct position_server *server = polls->positions->servers[i];
        uint64_t own_us = size_min(next_at(server), deadline_at(server));
        if (own_us < at_us) {
            at_us = own_us;
            first = server;
        }
    }
    if (first == NULL || at_us > end_us)
        return false;
    polls->loop.now_us = at_us;
    if (next_at(first) == at_us) {
        loop_background_stop(&first->next);
        first->next.fire(&first->next);
    } else {
        loop_timer_stop(&first->deadline);
        first->deadline.fire(&first->deadline);
    }
    return true;
}

static inline void pass(struct polls *polls, uint64_t us)
{
    uint64_t end_us = polls->loop.now_us + us;
    while (fire_first(polls, end_us)) {
    }
    polls->loop.now_us = end_us;
}

static inline void log_in(struct polls *polls, int server)
{
    struct upstream *upstream = &polls->upstreams[server];
    upstream->ops->on_ready(upstream);
}

static inline void give(struct polls *polls, int server, const struct upstream_answer *answer)
{
    struct upstream *upstream = &polls->upstreams[server];
    polls->asked[server] = NULL;
    upstream->ops->on_answer(upstream, answer);
}

static inline void feed(struct rows *rows, struct text *payload)
{
    struct error err = { 0 };
    assert_int_not_equal(rows_feed(rows, text_span(payload), &err), ROWS_BAD);
    text_clear(payload);
}

struct cell {
    const char *column, *value;
};
#define CELLS_MAX 3

/* Answers with `rows` equal rows of these cells. */
static inline void tell_rows(struct polls *polls, int server, const struct cell cells[CELLS_MAX],
                             unsigned rows)
{
    struct rows *result = polls->upstreams[server].rows;
    struct text out = { 0 };
    uint8_t count = 0;
    assert_non_null(polls->asked[server]);
    while (count < CELLS_MAX && cells[count].column != NULL)
        count++;
    rows_begin(result, CAP_DEPRECATE_EOF);
    wire_put_u8(&out, count);
    feed(result, &out);
    for (unsigned i = 0; i < count; i++) {
        const char *const names[] = { "def", "", "", "", cells[i].column, cells[i].column };
        for (size_t k = 0; k < COUNT_OF(names); k++)
            wire_put_lenenc_span(&out, span_cstr(names[k]));
        wire_put_u8(&out, 12);
        wire_put_zeros(&out, 12);
        feed(result, &out);
    }
    for (unsigned row = 0; row < rows; row++) {
        for (unsigned i = 0; i < count; i++)
            wire_put_lenenc_span(&out, span_cstr(cells[i].value));
        feed(result, &out);
    }
    static const uint8_t end[] = { 0xfe, 0, 0, 2, 0, 0, 0 };
    assert_true(text_append(&out, end, sizeof end));
    feed(result, &out);
    text_fini(&out);
    give(polls, server, &(const struct upstream_answer){ 0 });
}

/* A replica has this position. */
static inline void tell(struct polls *polls, int server, const char *held)
{
    tell_rows(polls, server, (const struct cell[CELLS_MAX]){ { "held", held } }, 1);
}

/* The primary, of MariaDB, has this position. */
static inline void tell_primary(struct polls *polls, const char *said)
{
    tell_rows(polls, 0, (const struct cell[CELLS_MAX]){ { "said", said }, { "held", "" }, { "mode", "1" } },
              1);
}

/* All servers are connected and asked: server 0 as the primary. */
static inline void polls_begin(struct polls *polls)
{
    positions_demand(polls->positions, SINCE);
    pass(polls, 0);
    for (int i = 0; i < SERVERS; i++)
        if (polls->opened[i] > 0)
            log_in(polls, i);
}
