#include "upstream/upstream.h"

#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_inside.h"
#include "upstream/upstream_login.h"
#include "upstream/upstream_setup.h"
#include "mysql/command.h"
#include "net/descriptors.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *upstream_where(const struct upstream *upstream, char *buffer)
{
    char address[ADDR_TEXT_MAX];
    (void)snprintf(buffer, UPSTREAM_WHERE_MAX, "%.100s (%s)", upstream->server->name,
                   addr_format(&upstream->addr, address));
    return buffer;
}

struct server_counters *upstream_counters(struct upstream *upstream)
{
    return &upstream->server->by_worker[upstream->env->worker];
}

void upstream_fail(struct upstream *upstream, const struct error *err)
{
    if (upstream->state == UPSTREAM_DEAD)
        return;
    if (upstream->login != NULL && err->sqlstate[0] != '\0')
        counter_add(&upstream_counters(upstream)->refusals, 1);
    else if (upstream->login != NULL)
        counter_add(&upstream_counters(upstream)->connect_failures, 1);
    upstream->state = UPSTREAM_DEAD;
    loop_timer_stop(&upstream->timer);
    stream_want(&upstream->stream, 0);
    upstream->ops->on_failed(upstream, err);
}

static enum proxy_version proxy_version(const struct server *server)
{
    return (enum proxy_version)atomic_load_explicit(&server->proxy_protocol, memory_order_relaxed);
}

const char *upstream_probable_reason(const struct upstream *upstream)
{
    bool is_first = upstream->login != NULL && upstream->logged_in_us == 0;
    return is_first && proxy_version(upstream->server) != PROXY_OFF
               ? "; does the server accept the PROXY protocol from here (proxy_protocol_networks)?"
               : "";
}

void upstream_fail_lost(struct upstream *upstream, const char *during)
{
    struct error err = { 0 };
    if (upstream->stream.error != 0)
        (void)error_set(&err, upstream->stream.error, "%s: %s: %s%s", UPSTREAM_WHERE(upstream), during,
                        strerrordesc_np(upstream->stream.error), upstream_probable_reason(upstream));
    else
        (void)error_set(&err, 0, "%s: %s: the server closed the connection%s", UPSTREAM_WHERE(upstream),
                        during, upstream_probable_reason(upstream));
    upstream_fail(upstream, &err);
}

static void on_deadline(struct loop_timer *timer)
{
    static const char *const doing[] = {
        [UPSTREAM_CONNECTING] = "connecting",
        [UPSTREAM_LOGGING_IN] = "logging in",
        [UPSTREAM_SECURING] = "TLS handshake",
        [UPSTREAM_READY] = "idle",
        [UPSTREAM_EXCHANGING] = "waiting for an answer",
        [UPSTREAM_BUSY] = "busy",
        [UPSTREAM_DEAD] = "dead",
    };
    struct upstream *upstream = container_of(timer, struct upstream, timer);
    struct error err = { 0 };
    if (upstream->state == UPSTREAM_READY && upstream->ops->on_expired != NULL) {
        upstream->ops->on_expired(upstream);
        return;
    }
    (void)error_set(&err, ETIMEDOUT, "%s: %s: no answer in time", UPSTREAM_WHERE(upstream),
                    doing[upstream->state]);
    upstream_fail(upstream, &err);
}

/* Waits for input, and for room to send output that is left. In READY and BUSY the owner may change this. */
static void watch(struct upstream *upstream)
{
    if (upstream->state != UPSTREAM_DEAD)
        stream_want(&upstream->stream, EV_READ | (stream_has_output(&upstream->stream) ? EV_WRITE : 0));
}

bool upstream_push(struct upstream *upstream)
{
    enum stream_result result = stream_flush(&upstream->stream);
    if (result == STREAM_FAILED) {
        upstream_fail_lost(upstream, "writing");
        return false;
    }
    watch(upstream);
    return true;
}

/* ---- change of owner ---- */

static counter *count_of(struct upstream *upstream)
{
    return upstream->is_idle ? &upstream_counters(upstream)->connections_idle
                             : &upstream_counters(upstream)->connections_active;
}

static void count_as(struct upstream *upstream, bool is_idle)
{
    counter_sub(count_of(upstream), 1);
    upstream->is_idle = is_idle;
    counter_add(count_of(upstream), 1);
}

void upstream_hand_over(struct upstream *upstream, const struct upstream_owner_ops *ops, void *owner)
{
    assert(upstream->state == UPSTREAM_READY && upstream->is_counted);
    loop_timer_stop(&upstream->timer);
    upstream->ops = ops;
    upstream->owner = owner;
    count_as(upstream, false);
}

void upstream_expire(struct upstream *upstream, uint64_t after_us)
{
    assert(upstream->state == UPSTREAM_READY && upstream->is_counted);
    count_as(upstream, true);
    loop_timer_start(&upstream->timer, upstream->env->loop, after_us);
    watch(upstream);
}

void upstream_leave(struct upstream *upstream)
{
    assert(upstream->state == UPSTREAM_READY && upstream->is_counted && upstream->login == NULL);
    loop_timer_stop(&upstream->timer);
    loop_timer_init(&upstream->timer, on_deadline);
    buf_drop_parsed(&upstream->stream.in);
    stream_leave(&upstream->stream);
    counter_sub(count_of(upstream), 1);
    permits_carry_off(&upstream->permit, upstream->env->worker);
    permits_carry_off(&upstream->quota, upstream->env->worker);
    upstream->ops = NULL;
    upstream->owner = NULL;
}

void upstream_adopt(struct upstream *upstream, const struct upstream_env *env,
                    const struct upstream_owner_ops *ops, void *owner)
{
    upstream->env = env;
    upstream->ops = ops;
    upstream->owner = owner;
    upstream->is_idle = true;
    stream_join(&upstream->stream, env->loop);
    counter_add(count_of(upstream), 1);
    permits_carry_on(&upstream->permit, env->worker, env->loop->now_us);
    permits_carry_on(&upstream->quota, env->worker, env->loop->now_us);
}

static void go_on_connect(struct upstream *upstream)
{
    struct error err = { 0 };
    if (!dial_finish(upstream->stream.fd, &upstream->addr, &err)) {
        (void)error_wrap(&err, "%s", upstream->server->name);
        upstream_fail(upstream, &err);
        return;
    }
    upstream->state = UPSTREAM_LOGGING_IN;
    loop_timer_start(&upstream->timer, upstream->env->loop, upstream->env->login_us);
    watch(upstream);
}

static bool fill(struct upstream *upstream, const char *during)
{
    enum stream_result result = stream_fill(&upstream->stream);
    if (result == STREAM_OK || result == STREAM_BLOCKED)
        return true;
    upstream_fail_lost(upstream, during);
    return false;
}

static void on_ready(struct stream *stream, int events)
{
    struct upstream *upstream = stream->owner;
    switch (upstream->state) {
    case UPSTREAM_CONNECTING:
        go_on_connect(upstream);
        break;
    case UPSTREAM_SECURING:
        upstream_login_secure(upstream);
        break;
    case UPSTREAM_LOGGING_IN:
        if (upstream_push(upstream) && (events & EV_READ) && fill(upstream, "login"))
            upstream_login_go_on(upstream);
        break;
    case UPSTREAM_EXCHANGING:
        if (upstream_push(upstream) && (events & EV_READ) && fill(upstream, "waiting for an answer"))
            upstream_exchange_go_on(upstream);
        break;
    case UPSTREAM_READY:
    case UPSTREAM_BUSY:
        upstream->ops->on_io(upstream, events);
        break;
    case UPSTREAM_DEAD:
        break;
    }
}

/* The error is a lack of resources of this process: it does not count as a failure of the server. */
static bool is_our_own_want(int code)
{
    return code == ENOMEM || code == EMFILE || code == ENFILE || code == ENOBUFS || code == EADDRNOTAVAIL;
}

/* The socket, or -1. Connections of sessions may not use the last file descriptors, which probes and the
 * admin interface need. */
static int dial(const struct upstream_env *env, const struct server *server, const struct upstream_wish *wish,
                struct error *err)
{
    int fd = dial_start(wish->addr, &env->socket, err);
    if (fd < 0) {
        (void)error_wrap(err, "%s", server->name);
    } else if (wish->has_setup && !descriptors_may_use(fd, DESCRIPTORS_UPSTREAM)) {
        (void)close(fd);
        (void)error_set(err, EMFILE, "%s: headgate's limit of %u open files is reached", server->name,
                        descriptors_max());
        fd = -1;
    }
    return fd;
}

const struct proxy_ends *upstream_told(const struct server *server, const struct addr *addr,
                                       const struct proxy_ends *client)
{
    if (proxy_version(server) == PROXY_OFF || client == NULL || !client->is_known)
        return NULL;
    const struct proxy_ends there = proxy_ends_of(addr, addr);
    return proxy_ends_are_local(client) && !proxy_ends_are_local(&there) ? NULL : client;
}

/* The PROXY header is the first that is sent; the server reads it before the login. */
static void announce(struct upstream *upstream, const struct proxy_ends *client)
{
    enum proxy_version version = proxy_version(upstream->server);
    if (version != PROXY_OFF)
        proxy_header_append(version, upstream_told(upstream->server, &upstream->addr, client),
                            &upstream->stream.out);
}

struct upstream *upstream_open(const struct upstream_env *env, struct server *server,
                               const struct upstream_wish *wish, const struct upstream_owner_ops *ops,
                               void *owner, struct error *err)
{
    struct upstream *upstream = mem_zalloc(env->bytes > 0 ? env->bytes : sizeof *upstream);
    struct upstream_login *login = upstream_login_new();
    int fd = -1;
    assert(wish->addr != NULL);
    if (upstream == NULL || login == NULL)
        (void)error_set(err, ENOMEM, "%s: out of memory", server->name);
    else
        fd = dial(env, server, wish, err);
    if (fd < 0) {
        if (!is_our_own_want(err->code))
            counter_add(&server->by_worker[env->worker].connect_failures, 1);
        if (wish->take_permit)
            permits_give(&server->permits);
        mem_free(upstream);
        mem_free(login);
        return NULL;
    }
    stream_open(&upstream->stream, env->loop, fd, on_ready, upstream);
    upstream->env = env;
    upstream->server = server;
    upstream->addr = *wish->addr;
    upstream->ops = ops;
    upstream->owner = owner;
    upstream->login = login;
    upstream->opened_us = upstream->answered_us = env->loop->now_us;
    upstream_note_beginning(upstream);
    if (wish->take_permit)
        permits_hold(&server->permits, env->worker, env->loop->now_us, &upstream->permit);
    upstream->is_counted = wish->has_setup; /* probes are not sessions' connections */
    if (upstream->is_counted)
        counter_add(&upstream_counters(upstream)->connections_active, 1);
    loop_timer_init(&upstream->timer, on_deadline);
    announce(upstream, wish->client);
    if (!upstream_login_begin(upstream, wish)) {
        upstream_close(&upstream);
        (void)error_set(err, ENOMEM, "%s: out of memory", server->name);
        return NULL;
    }
    upstream->state = UPSTREAM_CONNECTING;
    loop_timer_start(&upstream->timer, env->loop, env->connect_us);
    stream_want(&upstream->stream, EV_WRITE);
    return upstream;
}

bool upstream_take_permit(struct upstream *upstream)
{
    bool has_permit = upstream->permit.permits != NULL;
    permits_carry_off(&upstream->permit, upstream->env->worker);
    upstream->permit.permits = NULL;
    return has_permit;
}

static void bury(struct loop_corpse *corpse)
{
    mem_free(container_of(corpse, struct upstream, corpse));
}

void upstream_close(struct upstream **upstream_r)
{
    struct upstream *upstream = *upstream_r;
    *upstream_r = NULL;
    if (upstream == NULL)
        return;
    bool was_ready = upstream->state == UPSTREAM_READY && !upstream->is_killed;
    if (was_ready) {
        static const uint8_t quit[] = { 1, 0, 0, 0, COM_QUIT };
        size_t sent;
        stream_restart(&upstream->stream);
        (void)stream_send(&upstream->stream, span_of(quit, sizeof quit), &sent);
    }
    bool was_busy = upstream->state == UPSTREAM_BUSY;
    /* A command that is given up while the network is broken must not reach the server later: the socket is
     * aborted. Then the end of the connection does not reach the server either, so an open transaction keeps its
     * locks. With may_be_late both may arrive later. */
    bool is_too_late =
        upstream->state == UPSTREAM_BUSY && !upstream->may_be_late && stream_is_unheard(&upstream->stream);
    upstream->state = UPSTREAM_DEAD;
    loop_timer_stop(&upstream->timer);
    if (is_too_late)
        stream_abort(&upstream->stream);
    else if (was_ready)
        stream_close(&upstream->stream);
    else
        stream_break(&upstream->stream); /* the server may be running a statement, which is to end */
    upstream_login_free(upstream);
    mem_free(upstream->answer);
    upstream->answer = NULL;
    text_fini(&upstream->schema);
    text_fini(&upstream->closing);
    if (upstream->env->on_close != NULL)
        upstream->env->on_close(upstream);
    if (upstream->is_counted)
        counter_sub(count_of(upstream), 1);
    if (was_busy)
        counter_sub(&upstream_counters(upstream)->running, 1);
    permits_release(&upstream->quota, upstream->env->worker); /* last: another worker may have it at once */
    permits_release(&upstream->permit, upstream->env->worker);
    loop_bury(upstream->env->loop, &upstream->corpse, bury);
}

void upstream_begin(struct upstream *upstream, enum reply_shape shape, bool has_cursor)
{
    assert(upstream->state == UPSTREAM_READY);
    upstream->state = UPSTREAM_BUSY;
    upstream->may_be_late = false;
    stream_restart(&upstream->stream);
    counter_add(&upstream_counters(upstream)->running, 1);
    tracker_begin(&upstream->tracker, shape, upstream->caps, has_cursor, UPSTREAM_WHOLE_MAX);
}

void upstream_end(struct upstream *upstream)
{
    assert(upstream->state == UPSTREAM_BUSY);
    counter_sub(&upstream_counters(upstream)->running, 1);
    upstream->state = UPSTREAM_READY;
    upstream->answered_us = upstream->env->loop->now_us;
    upstream_say_closing(upstream);
}
