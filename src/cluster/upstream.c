#include "cluster/upstream.h"

#include "base/mem.h"
#include "mysql/command.h"
#include "mysql/login.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "net/descriptors.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The largest packet of a login: MySQL's public key and MariaDB's session tracking fit many times over. */
#define LOGIN_PACKET_MAX (LOOP_WINDOW_BYTES - PACKET_HEADER_BYTES)

/* MariaDB keeps a role at COM_CHANGE_USER, the default role of an account, too: the next one would have its
 * rights. Who has a default role gets that one again. MySQL changes roles with the account. */
static const char leave_role[] = "\x03SET ROLE NONE";

/* The dialogue's own memory: gone, and wiped, once the login is over. */
struct upstream_login {
    struct login machine;
    struct login_wish wish;
    struct auth_secret secret;
    struct text user;
    struct text schema;
    struct text attributes;
    bool has_setup;
    bool is_change; /* COM_CHANGE_USER, not the first one on its connection */
};

/* What headgate must hear about to keep sessions' state. MySQL's '*' would put statement_id on every reply
 * (protocol.md §5), so the variables are named there. */
static const char setup_mariadb[] = "\x03SET SESSION session_track_system_variables='*', "
                                    "session_track_schema=1, session_track_state_change=1, "
                                    "session_track_transaction_info='CHARACTERISTICS'";
#define SETUP_MYSQL_BEGINS "\x03SET SESSION session_track_system_variables='autocommit"
#define SETUP_MYSQL_ENDS                                                                                     \
    "', session_track_schema=1, session_track_state_change=1, "                                              \
    "session_track_transaction_info='CHARACTERISTICS', session_track_gtids='OWN_GTID'"
#define SESSION_VARIABLE(name) "," #name
#define SESSION_VARIABLE_OLD(name) "," #name
static const char setup_mysql_old[] = SETUP_MYSQL_BEGINS
#include "cluster/tbl/mysql_session_variables.h"
    SETUP_MYSQL_ENDS;
#undef SESSION_VARIABLE_OLD
#define SESSION_VARIABLE_OLD(name)
static const char setup_mysql[] = SETUP_MYSQL_BEGINS
#include "cluster/tbl/mysql_session_variables.h"
    SETUP_MYSQL_ENDS;
#undef SESSION_VARIABLE_OLD
#undef SESSION_VARIABLE

static struct upstream *of_timer(struct loop_timer *timer)
{
    return (struct upstream *)(void *)((char *)timer - offsetof(struct upstream, timer));
}

static void free_login(struct upstream *upstream)
{
    struct upstream_login *login = upstream->login;
    if (login == NULL)
        return;
    auth_secret_wipe(&login->secret);
    text_fini(&login->user);
    text_fini(&login->schema);
    text_fini(&login->attributes);
    mem_free_secret(login, sizeof *login);
    upstream->login = NULL;
}

/* "db1 (127.0.0.1:3306)", for messages; lives as long as the block it is in. */
#define WHERE_MAX 256
#define WHERE(upstream) where(upstream, (char[WHERE_MAX]){ 0 })
static const char *where(const struct upstream *upstream, char *buffer)
{
    char address[ADDR_TEXT_MAX];
    (void)snprintf(buffer, WHERE_MAX, "%.100s (%s)", upstream->server->name,
                   addr_format(&upstream->addr, address));
    return buffer;
}

static struct server_counters *counters(struct upstream *upstream)
{
    return &upstream->server->by_worker[upstream->env->worker];
}

/* Everything that goes wrong goes through here: once. */
static void fail(struct upstream *upstream, const struct error *err)
{
    if (upstream->state == UPSTREAM_DEAD)
        return;
    if (upstream->login != NULL && err->sqlstate[0] != '\0')
        counter_add(&counters(upstream)->refusals, 1);
    else if (upstream->login != NULL)
        counter_add(&counters(upstream)->connect_failures, 1);
    upstream->state = UPSTREAM_DEAD;
    loop_timer_stop(&upstream->timer);
    stream_want(&upstream->stream, 0);
    upstream->ops->on_failed(upstream, err);
}

static void fail_lost(struct upstream *upstream, const char *during)
{
    struct error err = { 0 };
    if (upstream->stream.error != 0)
        (void)error_errno(&err, upstream->stream.error, "%s: %s", WHERE(upstream), during);
    else
        (void)error_set(&err, 0, "%s: %s: the server closed the connection", WHERE(upstream), during);
    fail(upstream, &err);
}

/* What came back to a command of our own is not its answer: nothing that follows can be trusted. */
static void fail_answer(struct upstream *upstream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fail_answer(struct upstream *upstream, const char *format, ...)
{
    struct error err = { 0 };
    char came[128];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(came, sizeof came, format, args);
    va_end(args);
    (void)error_set(&err, 0, "%s: %s of our own: %s", WHERE(upstream), command_find(upstream->asked)->name,
                    came);
    fail(upstream, &err);
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
    struct upstream *upstream = of_timer(timer);
    struct error err = { 0 };
    if (upstream->state == UPSTREAM_READY && upstream->ops->on_expired != NULL) {
        upstream->ops->on_expired(upstream);
        return;
    }
    (void)error_set(&err, ETIMEDOUT, "%s: %s: no answer in time", WHERE(upstream), doing[upstream->state]);
    fail(upstream, &err);
}

/* While READY or BUSY the owner decides what readiness matters; otherwise this does. */
static void watch(struct upstream *upstream)
{
    if (upstream->state != UPSTREAM_DEAD)
        stream_want(&upstream->stream, EV_READ | (stream_has_output(&upstream->stream) ? EV_WRITE : 0));
}

static bool flush(struct upstream *upstream)
{
    enum stream_result result = stream_flush(&upstream->stream);
    if (result == STREAM_FAILED) {
        fail_lost(upstream, "writing");
        return false;
    }
    watch(upstream);
    return true;
}

/* ---- exchanges ---- */

static void say_closing(struct upstream *upstream);
static void begin_change(struct upstream *upstream);

static void finish_exchange(struct upstream *upstream)
{
    struct upstream_answer answer = *upstream->answer;
    loop_timer_stop(&upstream->timer);
    mem_free(upstream->answer);
    upstream->answer = NULL;
    upstream->rows = NULL;
    upstream->state = UPSTREAM_READY;
    buf_drop_parsed(&upstream->stream.in);
    size_t unasked = buf_unparsed(&upstream->stream.in).len;
    if (unasked > 0) {
        fail_answer(upstream, "%zu bytes came after the answer's end, unasked", unasked);
        return;
    }
    stream_trim(&upstream->stream);
    if (answer.status != 0)
        upstream->status = answer.status;
    if (upstream->asked == COM_RESET_CONNECTION)
        upstream->new_status = upstream->status;
    say_closing(upstream);
    if (upstream->login != NULL && !answer.is_err) {
        begin_change(upstream);
    } else if (upstream->has_been_ready) {
        upstream->ops->on_answer(upstream, &answer);
    } else if (answer.is_err) {
        const char *what = upstream->login != NULL ? "leaving the role" : "turning session tracking on";
        (void)error_wrap(&answer.error, "%s: %s", WHERE(upstream), what);
        fail(upstream, &answer.error);
    } else {
        upstream->has_been_ready = true;
        upstream->ops->on_ready(upstream);
    }
}

static void note_packet(struct upstream_answer *answer, const struct tracker_info *info)
{
    struct reply_err said;
    if (info->kind == TRACKER_ERR) {
        answer->is_err = true;
        bool is_clear = reply_parse_err(info->payload, &said);
        answer->error.code = info->error;
        memcpy(answer->error.sqlstate, is_clear ? said.sqlstate : "HY000", 6);
        if (is_clear)
            (void)span_copy_cstr(said.text, answer->error.text, sizeof answer->error.text);
    } else if (info->kind == TRACKER_PREPARED) {
        answer->stmt_id = info->stmt_id;
        answer->params = info->params;
        answer->columns = info->columns;
    } else {
        answer->status = info->status;
        answer->warnings = info->warnings;
    }
}

/* True when the reply is over. */
static bool swallow(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    for (;;) {
        struct tracker_info info = { 0 };
        size_t pass = 0;
        enum tracker_verdict verdict = tracker_feed(&upstream->tracker, buf_unparsed(in), &pass, &info);
        buf_mark_parsed(in, pass + (verdict == TRACKER_PACKET ? info.len : 0));
        if (verdict == TRACKER_PACKET)
            note_packet(upstream->answer, &info);
        buf_drop_parsed(in);
        if (verdict == TRACKER_DONE || (verdict == TRACKER_PACKET && info.is_last))
            return true;
        if (verdict == TRACKER_BAD || (verdict == TRACKER_PACKET && info.kind == TRACKER_INFILE)) {
            fail_answer(upstream, "what came is not a reply to it");
            return false;
        }
        if (verdict == TRACKER_MORE)
            return false;
    }
}

/* Rows wanted: feed whole packets to the collector. True when the reply is over. */
static bool collect(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    struct packet_header header;
    while (packet_peek(buf_unparsed(in), &header) &&
           in->filled - in->parsed >= PACKET_HEADER_BYTES + header.len) {
        struct span payload = span_of(in->data + in->parsed + PACKET_HEADER_BYTES, header.len);
        enum rows_verdict verdict = rows_feed(upstream->rows, payload, &upstream->answer->error);
        buf_mark_parsed(in, PACKET_HEADER_BYTES + header.len);
        buf_drop_parsed(in);
        upstream->answer->is_err = verdict == ROWS_ERR;
        if (verdict == ROWS_DONE || verdict == ROWS_ERR)
            return true;
        if (verdict == ROWS_BAD) {
            fail_answer(upstream, "an unreadable result set came");
            return false;
        }
    }
    return false;
}

/* Rows that are wanted may be longer than the window: as long as their reader takes. */
static bool may_grow(const struct upstream *upstream)
{
    const struct buf *in = &upstream->stream.in;
    return upstream->rows != NULL && in->data != NULL && buf_room(in) == 0 &&
           in->cap < upstream->rows->bytes_max;
}

static void go_on_exchange(struct upstream *upstream)
{
    bool is_over = upstream->rows != NULL ? collect(upstream) : swallow(upstream);
    if (upstream->state != UPSTREAM_EXCHANGING)
        return;
    if (is_over)
        finish_exchange(upstream);
    else if (may_grow(upstream))
        (void)stream_grow(&upstream->stream, upstream->stream.in.cap * 2);
    else if (buf_room(&upstream->stream.in) == 0 && upstream->stream.in.data != NULL)
        fail_answer(upstream, "a packet too long for the window of %u bytes came", upstream->stream.in.cap);
}

/* Where a client may send attributes with its queries, its servers look for them in ours as well: none. */
static void put_command(struct upstream *upstream, struct span payload)
{
    struct text *out = &upstream->stream.out;
    static const uint8_t no_attributes[] = { 0, 1 }; /* how many of them, in how many sets */
    bool has_count = payload.len > 0 && payload.data[0] == COM_QUERY;
    if (!has_count || (upstream->caps & CAP_QUERY_ATTRIBUTES) == 0) {
        (void)packet_put(out, 0, payload);
        return;
    }
    size_t at = packet_begin(out);
    wire_put_u8(out, COM_QUERY);
    (void)text_append(out, no_attributes, sizeof no_attributes);
    (void)text_append(out, payload.data + 1, payload.len - 1);
    packet_end(out, at, 0);
}

static void begin_exchange(struct upstream *upstream, enum reply_shape shape, struct span payload,
                           uint64_t deadline_us)
{
    assert(upstream->state == UPSTREAM_READY);
    upstream->state = UPSTREAM_EXCHANGING;
    upstream->asked = payload.len > 0 ? payload.data[0] : 0; /* empty: memory is out */
    upstream->answer = mem_zalloc(sizeof *upstream->answer);
    put_command(upstream, payload);
    if (upstream->answer == NULL || upstream->stream.out.is_oom) {
        upstream->stream.error = ENOMEM;
        fail_lost(upstream, "preparing a command");
        return;
    }
    tracker_begin(&upstream->tracker, shape, upstream->caps, false, LOOP_WINDOW_BYTES);
    if (deadline_us > 0)
        loop_timer_start(&upstream->timer, upstream->env->loop, deadline_us);
    (void)flush(upstream);
}

void upstream_exchange(struct upstream *upstream, enum reply_shape shape, struct span payload,
                       uint64_t deadline_us)
{
    begin_exchange(upstream, shape, payload, deadline_us);
}

void upstream_query(struct upstream *upstream, const char *sql, struct rows *rows, uint64_t deadline_us)
{
    struct text command = { 0 };
    (void)text_append_byte(&command, COM_QUERY);
    (void)text_append_cstr(&command, sql);
    rows_begin(rows, upstream->caps);
    upstream->rows = rows;
    begin_exchange(upstream, REPLY_GENERIC, text_span(&command), deadline_us);
    text_fini(&command);
}

/* Before 8.4. */
static bool is_old_mysql(const char *version)
{
    unsigned major = 0, minor = 0;
    return sscanf(version, "%u.%u", &major, &minor) == 2 && (major < 8 || (major == 8 && minor < 4));
}

void upstream_set_up(struct upstream *upstream)
{
    bool is_old = is_old_mysql(upstream->version);
    struct span mysql = is_old ? SPAN_LITERAL(setup_mysql_old) : SPAN_LITERAL(setup_mysql);
    struct span sql = upstream->family == FAMILY_MYSQL ? mysql : SPAN_LITERAL(setup_mariadb);
    upstream->is_set_up = true;
    begin_exchange(upstream, REPLY_GENERIC, sql, upstream->env->login_us);
}

static void note_beginning(struct upstream *upstream)
{
    upstream->renewed_us = upstream->env->loop->now_us;
    upstream->defaults = atomic_load_explicit(&upstream->server->defaults, memory_order_relaxed);
}

void upstream_reset(struct upstream *upstream)
{
    static const uint8_t command[] = { COM_RESET_CONNECTION };
    note_beginning(upstream);
    text_clear(&upstream->closing); /* ids begin anew */
    upstream->is_touched = upstream->has_told_gtid = upstream->is_set_up = upstream->legacy.is_there = false;
    begin_exchange(upstream, REPLY_GENERIC, span_of(command, sizeof command), upstream->env->login_us);
}

/* By number: that is how the handshake said it, and a server's list of names is its own. */
void upstream_restore_charsets(struct upstream *upstream)
{
    struct text sql = { 0 };
    unsigned id = upstream->key.collation;
    (void)text_append_byte(&sql, COM_QUERY);
    (void)text_appendf(&sql, "SET character_set_client=%u,character_set_results=%u,collation_connection=%u",
                       id, id, id);
    begin_exchange(upstream, REPLY_GENERIC, text_span(&sql), upstream->env->login_us);
    text_fini(&sql);
}

/* Only looked at where a reply has ended: never in the middle of a command. */
static void say_closing(struct upstream *upstream)
{
    struct text *out = &upstream->stream.out;
    if (upstream->closing.len == 0)
        return;
    for (size_t i = 0; i < upstream->closing.len; i += 4) {
        size_t at = packet_begin(out);
        wire_put_u8(out, COM_STMT_CLOSE);
        (void)text_append(out, upstream->closing.data + i, 4);
        packet_end(out, at, 0);
    }
    text_fini(&upstream->closing);
    upstream_flush(upstream);
}

void upstream_flush(struct upstream *upstream)
{
    (void)stream_flush(&upstream->stream); /* a failure is heard of by reading */
    if (stream_has_output(&upstream->stream))
        stream_want(&upstream->stream, upstream->stream.interest | EV_WRITE);
}

void upstream_close_statement(struct upstream *upstream, uint32_t id)
{
    wire_put_u32(&upstream->closing, id);
    if (upstream->state == UPSTREAM_READY)
        say_closing(upstream);
}

/* ---- from owner to owner ---- */

static counter *count_of(struct upstream *upstream)
{
    return upstream->is_idle ? &counters(upstream)->connections_idle
                             : &counters(upstream)->connections_active;
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
}

/* ---- login ---- */

/* What the greeting said, and was agreed. */
static void note_server(struct upstream *upstream, const struct login *login)
{
    upstream->caps = login->caps;
    upstream->server_caps = login->server_caps;
    upstream->family = login->family;
    upstream->connection_id = login->connection_id;
    upstream->server_collation = login->server_collation;
    memcpy(upstream->version, login->version, sizeof upstream->version);
    memcpy(upstream->nonce, login->nonce, sizeof upstream->nonce);
    counter_add(&counters(upstream)->connects, 1);
}

static void logged_in(struct upstream *upstream)
{
    const struct login *login = &upstream->login->machine;
    if (!upstream->login->is_change)
        note_server(upstream, login);
    upstream->status = upstream->new_status = login->ok.status;
    (void)text_append_span(&upstream->schema, text_span(&upstream->login->schema));
    bool has_setup = upstream->login->has_setup;
    free_login(upstream);
    upstream->state = UPSTREAM_READY;
    if (has_setup) {
        upstream_set_up(upstream); /* the login's deadline goes on */
        return;
    }
    loop_timer_stop(&upstream->timer);
    upstream->has_been_ready = true;
    upstream->ops->on_ready(upstream);
}

static void secure(struct upstream *upstream)
{
    struct error err = { 0 };
    int want = EV_READ;
    enum stream_result result = stream_handshake(&upstream->stream, &want, &err);
    if (result == STREAM_FAILED) {
        (void)error_wrap(&err, "%s", WHERE(upstream));
        fail(upstream, &err);
    } else if (result == STREAM_BLOCKED) {
        stream_want(&upstream->stream, want);
    } else {
        upstream->state = UPSTREAM_LOGGING_IN;
        login_secured(&upstream->login->machine, &upstream->stream.out);
        (void)flush(upstream);
    }
}

static void start_tls(struct upstream *upstream)
{
    struct error err = { 0 };
    if (buf_unparsed(&upstream->stream.in).len > 0)
        (void)error_set(&err, 0, "%s: the server spoke before TLS was up", WHERE(upstream));
    else if (stream_flush(&upstream->stream) != STREAM_OK)
        (void)error_set(&err, 0, "%s: sending the TLS request", WHERE(upstream));
    else if (stream_secure(&upstream->stream, upstream->env->tls, &err)) {
        upstream->state = UPSTREAM_SECURING;
        secure(upstream);
        return;
    }
    fail(upstream, &err);
}

/* What one packet of the dialogue led to. False when there is nothing more to do here. */
static bool obey(struct upstream *upstream, enum login_verdict verdict, struct error *err)
{
    switch (verdict) {
    case LOGIN_MORE:
        return flush(upstream);
    case LOGIN_TLS_GO:
        start_tls(upstream);
        return false;
    case LOGIN_DONE:
        logged_in(upstream);
        return false;
    case LOGIN_REFUSED:
        fail(upstream, err); /* in the server's own words, for whoever is to hear them */
        return false;
    case LOGIN_FAILED:
        err->sqlstate[0] = '\0'; /* our own finding, not the server's word */
        break;
    }
    (void)error_wrap(err, "login to %s as '%s'", WHERE(upstream), upstream->login->wish.user);
    fail(upstream, err);
    return false;
}

static void go_on_login(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    struct packet_header header;
    while (upstream->state == UPSTREAM_LOGGING_IN && packet_peek(buf_unparsed(in), &header)) {
        struct error err = { 0 };
        if (header.len > LOGIN_PACKET_MAX) {
            (void)error_set(&err, 0, "%s: a packet of %u bytes during login", WHERE(upstream), header.len);
            fail(upstream, &err);
            return;
        }
        if (in->filled - in->parsed < PACKET_HEADER_BYTES + header.len)
            return;
        struct span payload = span_of(in->data + in->parsed + PACKET_HEADER_BYTES, header.len);
        enum login_verdict verdict =
            login_feed(&upstream->login->machine, payload, header.seq, &upstream->stream.out, &err);
        buf_mark_parsed(in, PACKET_HEADER_BYTES + header.len);
        buf_drop_parsed(in);
        if (!obey(upstream, verdict, &err))
            return;
    }
}

static void go_on_connect(struct upstream *upstream)
{
    struct error err = { 0 };
    if (!dial_finish(upstream->stream.fd, &upstream->addr, &err)) {
        (void)error_wrap(&err, "%s", upstream->server->name);
        fail(upstream, &err);
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
    fail_lost(upstream, during);
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
        secure(upstream);
        break;
    case UPSTREAM_LOGGING_IN:
        if (flush(upstream) && (events & EV_READ) && fill(upstream, "login"))
            go_on_login(upstream);
        break;
    case UPSTREAM_EXCHANGING:
        if (flush(upstream) && (events & EV_READ) && fill(upstream, "waiting for an answer"))
            go_on_exchange(upstream);
        break;
    case UPSTREAM_READY:
    case UPSTREAM_BUSY:
        upstream->ops->on_io(upstream, events);
        break;
    case UPSTREAM_DEAD:
        break;
    }
}

/* ---- birth and death ---- */

static bool copy_wish(struct upstream_login *login, const struct upstream_wish *wish,
                      const struct server *server)
{
    login->secret = *wish->secret;
    login->has_setup = wish->has_setup;
    (void)text_append_cstr(&login->user, wish->user);
    (void)text_append_span(&login->schema, wish->schema);
    (void)text_append_span(&login->attributes, wish->attributes);
    login->wish = (struct login_wish){
        .user = text_cstr(&login->user),
        .secret = &login->secret,
        .schema = text_cstr(&login->schema),
        .attributes = text_span(&login->attributes),
        .caps = wish->caps,
        .collation = wish->collation,
        .tls = server->tls == TLS_SETTING_OFF        ? LOGIN_TLS_OFF
               : server->tls == TLS_SETTING_REQUIRED ? LOGIN_TLS_REQUIRED
                                                     : LOGIN_TLS_PREFERRED,
        .is_local = addr_is_local(wish->addr),
    };
    /* A unix socket is as good as TLS: do not pay for both unless told to. */
    if (login->wish.is_local && login->wish.tls == LOGIN_TLS_PREFERRED)
        login->wish.tls = LOGIN_TLS_OFF;
    return !login->user.is_oom && !login->schema.is_oom && !login->attributes.is_oom;
}

/* What this process lacks says nothing about the server. */
static bool is_our_own_want(int code)
{
    return code == ENOMEM || code == EMFILE || code == ENFILE || code == ENOBUFS || code == EADDRNOTAVAIL;
}

/* The socket, or -1. Sessions leave the last descriptors to what must always work. */
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

struct upstream *upstream_open(const struct upstream_env *env, struct server *server,
                               const struct upstream_wish *wish, const struct upstream_owner_ops *ops,
                               void *owner, struct error *err)
{
    struct upstream *upstream = mem_zalloc(sizeof *upstream);
    struct upstream_login *login = mem_zalloc(sizeof *login);
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
    upstream->opened_us = env->loop->now_us;
    note_beginning(upstream);
    if (wish->take_permit)
        permits_hold(&server->permits, env->worker, env->loop->now_us, &upstream->permit);
    upstream->is_counted = wish->has_setup; /* probes are not sessions' connections */
    if (upstream->is_counted)
        counter_add(&counters(upstream)->connections_active, 1);
    loop_timer_init(&upstream->timer, on_deadline);
    if (!copy_wish(login, wish, server)) {
        upstream_close(&upstream);
        (void)error_set(err, ENOMEM, "%s: out of memory", server->name);
        return NULL;
    }
    login_begin(&login->machine, &login->wish);
    upstream->state = UPSTREAM_CONNECTING;
    loop_timer_start(&upstream->timer, env->loop, env->connect_us);
    stream_want(&upstream->stream, EV_WRITE);
    return upstream;
}

/* ---- as somebody else ---- */

static void begin_change(struct upstream *upstream)
{
    struct login *machine = &upstream->login->machine;
    struct error err = { 0 };
    upstream->state = UPSTREAM_LOGGING_IN;
    loop_timer_start(&upstream->timer, upstream->env->loop, upstream->env->login_us);
    enum login_verdict verdict = login_change(machine, &upstream->login->wish, upstream->caps,
                                              upstream->nonce, upstream->family, &upstream->stream.out, &err);
    (void)obey(upstream, verdict, &err);
}

void upstream_change_user(struct upstream *upstream, const struct upstream_wish *wish)
{
    struct error err = { 0 };
    assert(upstream->state == UPSTREAM_READY && upstream->login == NULL);
    upstream->login = mem_zalloc(sizeof *upstream->login);
    if (upstream->login == NULL || !copy_wish(upstream->login, wish, upstream->server)) {
        (void)error_set(&err, ENOMEM, "%s: out of memory", WHERE(upstream));
        fail(upstream, &err);
        return;
    }
    upstream->login->is_change = true;
    upstream->login->wish.is_local |= upstream->stream.ssl != NULL;
    upstream->has_been_ready = upstream->is_set_up = false;
    upstream->is_touched = upstream->has_told_gtid = false;
    note_beginning(upstream);
    upstream->vars_version = 0;
    text_clear(&upstream->schema);
    if (upstream->family == FAMILY_MARIADB)
        begin_exchange(upstream, REPLY_GENERIC, SPAN_LITERAL(leave_role), upstream->env->login_us);
    else
        begin_change(upstream);
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
    mem_free((char *)corpse - offsetof(struct upstream, corpse));
}

void upstream_close(struct upstream **upstream_r)
{
    struct upstream *upstream = *upstream_r;
    *upstream_r = NULL;
    if (upstream == NULL)
        return;
    if (upstream->state == UPSTREAM_READY) {
        static const uint8_t quit[] = { 1, 0, 0, 0, COM_QUIT };
        size_t sent;
        (void)stream_send(&upstream->stream, span_of(quit, sizeof quit), &sent);
    }
    bool was_busy = upstream->state == UPSTREAM_BUSY;
    /* A command that is given up while the network is cut must not arrive, and run, when that heals. Nor does
     * the end of its connection then, which is what takes back an open transaction, and its locks: there both
     * may arrive. */
    bool is_too_late = upstream->state != UPSTREAM_READY && !upstream->is_undone_by_end &&
                       stream_is_unheard(&upstream->stream);
    upstream->state = UPSTREAM_DEAD;
    loop_timer_stop(&upstream->timer);
    if (is_too_late)
        stream_abort(&upstream->stream);
    else
        stream_close(&upstream->stream);
    free_login(upstream);
    mem_free(upstream->answer);
    upstream->answer = NULL;
    text_fini(&upstream->schema);
    text_fini(&upstream->legacy.said);
    text_fini(&upstream->closing);
    if (upstream->on_closed != NULL)
        upstream->on_closed(upstream);
    if (upstream->is_counted)
        counter_sub(count_of(upstream), 1);
    if (was_busy)
        counter_sub(&counters(upstream)->running, 1);
    permits_release(&upstream->permit, upstream->env->worker); /* last: another worker may have it at once */
    loop_bury(upstream->env->loop, &upstream->corpse, bury);
}

void upstream_begin(struct upstream *upstream, enum reply_shape shape, bool has_cursor)
{
    assert(upstream->state == UPSTREAM_READY);
    upstream->state = UPSTREAM_BUSY;
    upstream->is_undone_by_end = false;
    counter_add(&counters(upstream)->running, 1);
    tracker_begin(&upstream->tracker, shape, upstream->caps, has_cursor, UPSTREAM_WHOLE_MAX);
}

void upstream_end(struct upstream *upstream)
{
    assert(upstream->state == UPSTREAM_BUSY);
    counter_sub(&counters(upstream)->running, 1);
    upstream->state = UPSTREAM_READY;
    say_closing(upstream);
}
