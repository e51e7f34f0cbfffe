/* One connection to a server that the test simulates: on the same thread, packet by packet, over loopback.
 *
 *   say(…)   sends bytes of the server
 *   hear(…)  turns the loop until a whole packet of headgate has arrived
 */
#include "upstream_test.h"

#include "../net/net_test.h"

#include "upstream/upstream.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_login.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

#include <netinet/tcp.h>

#define NONCE "abcdefghijklmnopqrst"
#define MYSQL_CAPS                                                                                           \
    (CAPS_PER_HOP | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS | CAP_DEPRECATE_EOF | CAP_CLIENT_MYSQL)
#define MARIADB_CAPS (CAPS_PER_HOP | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS | CAP_DEPRECATE_EOF)
#define WISHED_CAPS (CAP_MULTI_RESULTS | CAP_DEPRECATE_EOF)

struct scene {
    struct loop loop;
    struct upstream_env env;
    struct server *server;
    struct addr addr; /* the server's */
    struct upstream *upstream;
    int listening, peer;
    struct text heard; /* received from headgate, not yet read */
    unsigned ready, answers, failures, ios;
    struct upstream_answer answer;
    struct error err;
    bool closes_at_once; /* closes the connection in the first callback that comes */
};

static struct scene *of(struct upstream *upstream)
{
    return upstream->owner;
}

static void maybe_close(struct scene *scene)
{
    if (scene->closes_at_once)
        upstream_close(&scene->upstream);
}

static void on_ready(struct upstream *upstream)
{
    of(upstream)->ready++;
    assert_int_equal(upstream->state, UPSTREAM_READY);
    maybe_close(of(upstream));
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    of(upstream)->answers++;
    of(upstream)->answer = *answer;
    assert_int_equal(upstream->state, UPSTREAM_READY);
    maybe_close(of(upstream));
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    of(upstream)->failures++;
    of(upstream)->err = *err;
    assert_int_equal(upstream->state, UPSTREAM_DEAD);
    assert_true(err->text[0] != '\0');
    maybe_close(of(upstream));
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    of(upstream)->ios++;
    stream_want(&upstream->stream, 0);
}

static const struct upstream_owner_ops ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void open_scene(struct scene *scene)
{
    struct addr addr;
    struct error err = { 0 };
    char address[ADDR_TEXT_MAX];
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->env = (struct upstream_env){ .loop = &scene->loop, .connect_us = 20000000, .login_us = 20000000 };
    scene->peer = -1;
    scene->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(addr_parse_listen("127.0.0.1:0", &addr, &err));
    assert_int_equal(bind(scene->listening, &addr.u.any, addr.len), 0);
    assert_int_equal(getsockname(scene->listening, &addr.u.any, &addr.len), 0);
    assert_int_equal(listen(scene->listening, 8), 0);
    scene->server = make_server("db1", addr_format(&addr, address), 1, 2);
    scene->addr = addr;
}

static uint64_t count_of(const counter *which)
{
    return counter_read(which);
}

static void close_scene(struct scene *scene)
{
    upstream_close(&scene->upstream);
    upstream_close(&scene->upstream); /* harmless */
    struct server_totals sum = server_sum(scene->server);
    assert_true(sum.connections_active == 0 && sum.connections_idle == 0);
    assert_true(permits_used(&scene->server->permits) == 0); /* whatever the connection's end */
    if (scene->peer >= 0)
        (void)close(scene->peer);
    (void)close(scene->listening);
    turn_without_waiting(&scene->loop);
    assert_int_equal(scene->loop.windows.lent, 0);
    close_loop(&scene->loop);
    server_free(&scene->server);
    text_fini(&scene->heard);
}

/* Starts the connect and accepts the connection on the server's side. */
static void call(struct scene *scene, bool has_setup)
{
    struct auth_secret secret = { 0 };
    struct error err = { 0 };
    assert_true(auth_secret_from_password(&secret, SPAN_LITERAL("secret")));
    struct upstream_wish wish = { .addr = &scene->addr,
                                  .user = "app",
                                  .secret = &secret,
                                  .schema = SPAN_LITERAL("shop"),
                                  .caps = WISHED_CAPS,
                                  .collation = 45,
                                  .has_setup = has_setup,
                                  .take_permit = permits_try(&scene->server->permits) };
    scene->upstream = upstream_open(&scene->env, scene->server, &wish, &ops, scene, &err);
    assert_row(scene->upstream != NULL, "%s", err.text);
    auth_secret_wipe(&secret); /* upstream_open has copied everything */
    scene->peer = accept4(scene->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(scene->peer >= 0);
    int on = 1;
    (void)setsockopt(scene->peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void say(struct scene *scene, struct span bytes)
{
    assert_int_equal(send(scene->peer, bytes.data, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}

/* Returns the payload of headgate's next packet, valid until the next call. */
static struct span hear(struct scene *scene, uint8_t *seq_r)
{
    static uint8_t payload[65536];
    struct packet_header header;
    while (!packet_peek(text_span(&scene->heard), &header) ||
           scene->heard.len < PACKET_HEADER_BYTES + header.len) {
        turn_without_waiting(&scene->loop);
        uint8_t bytes[4096];
        ssize_t n = recv(scene->peer, bytes, sizeof bytes, 0);
        assert_true(n > 0 || (n < 0 && errno == EAGAIN));
        if (n > 0)
            assert_true(text_append(&scene->heard, bytes, (size_t)n));
    }
    assert_true(header.len <= sizeof payload);
    memcpy(payload, scene->heard.data + PACKET_HEADER_BYTES, header.len);
    text_consume(&scene->heard, PACKET_HEADER_BYTES + header.len);
    *seq_r = header.seq;
    return span_of(payload, header.len);
}

/* ---- packets of the server ---- */

static void put_greeting(struct text *out, bool is_mysql)
{
    struct greeting greeting = { .version = is_mysql ? SPAN_LITERAL("8.0.36")
                                                     : SPAN_LITERAL("5.5.5-10.11.6-MariaDB"),
                                 .connection_id = 77,
                                 .caps = is_mysql ? MYSQL_CAPS : MARIADB_CAPS,
                                 .collation = 8,
                                 .status = STATUS_AUTOCOMMIT,
                                 .plugin = SPAN_LITERAL("mysql_native_password") };
    memcpy(greeting.nonce, NONCE, NONCE_BYTES);
    greeting_put(out, &greeting);
}

static void put_ok(struct text *out, uint8_t seq)
{
    struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
    reply_put_ok(out, seq, CAPS_PER_HOP | WISHED_CAPS, &ok, false);
}

static void put_error(struct text *out, uint8_t seq)
{
    reply_put_err(out, seq, ERR_ACCESS_DENIED, "28000", "Access denied for user 'app'");
}

/* One column `v`, one row with `value`. */
static void put_rows(struct text *out, struct span value)
{
    size_t at = packet_begin(out);
    wire_put_u8(out, 1);
    packet_end(out, at, 1);
    at = packet_begin(out);
    static const char *const names[] = { "def", "", "", "", "v", "v" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        wire_put_lenenc_span(out, span_cstr(names[i]));
    wire_put_u8(out, 12);
    wire_put_zeros(out, 12);
    packet_end(out, at, 2);
    at = packet_begin(out);
    wire_put_lenenc_span(out, value);
    packet_end(out, at, 3);
    struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
    reply_put_ok(out, 4, CAPS_PER_HOP | WISHED_CAPS, &ok, true);
}

static void say_with(struct scene *scene, void (*put)(struct text *, uint8_t), uint8_t seq)
{
    struct text out = { 0 };
    put(&out, seq);
    say(scene, text_span(&out));
    text_fini(&out);
}

static void greet_as(struct scene *scene, bool is_mysql)
{
    struct text out = { 0 };
    put_greeting(&out, is_mysql);
    say(scene, text_span(&out));
    text_fini(&out);
}

static void greet(struct scene *scene)
{
    greet_as(scene, true);
}

static void turn_until(struct scene *scene, const unsigned *count)
{
    while (*count == 0)
        turn(&scene->loop);
}

/* Logs in without set-up, until the connection is ready. */
static void log_in(struct scene *scene)
{
    uint8_t seq;
    call(scene, false);
    greet(scene);
    (void)hear(scene, &seq);
    say_with(scene, put_ok, 2);
    turn_until(scene, &scene->ready);
}

/* ---- login ---- */

TEST(a_login_ends_ready_and_knows_its_server)
{
    struct scene scene;
    struct handshake_response response;
    uint8_t seq;
    open_scene(&scene);
    call(&scene, false);
    assert_int_equal(scene.upstream->state, UPSTREAM_CONNECTING);
    greet(&scene);
    struct span payload = hear(&scene, &seq);
    assert_int_equal(seq, 1);
    assert_int_equal(handshake_parse(payload, MYSQL_CAPS, &response), HANDSHAKE_RESPONSE);
    assert_span(response.user, "app");
    assert_span(response.schema, "shop");
    assert_int_equal(response.collation, 45);
    assert_true((response.caps & CAPS_END_TO_END) == WISHED_CAPS);
    assert_int_equal(scene.ready, 0);
    say_with(&scene, put_ok, 2);
    turn_until(&scene, &scene.ready);
    const struct upstream *upstream = scene.upstream;
    assert_string_equal(upstream->version, "8.0.36");
    assert_int_equal(upstream->connection_id, 77);
    assert_int_equal(upstream->family, FAMILY_MYSQL);
    assert_int_equal(upstream->server_collation, 8);
    assert_span(text_span(&upstream->schema), "shop");
    assert_null(upstream->login);
    assert_false(loop_timer_is_active(&scene.upstream->timer));
    assert_true(count_of(&scene.server->by_worker[0].connects) == 1);
    /* a probe's connection is not counted as a session's */
    assert_true(count_of(&scene.server->by_worker[0].connections_active) == 0);
    close_scene(&scene);
    assert_int_equal(scene.failures, 0);
}

TEST(a_session_s_upstream_turns_tracking_on_before_it_is_ready)
{
    for (unsigned is_mysql = 0; is_mysql < 2; is_mysql++) {
        struct scene scene;
        struct text out = { 0 };
        uint8_t seq;
        open_scene(&scene);
        call(&scene, true);
        assert_true(count_of(&scene.server->by_worker[0].connections_active) == 1);
        put_greeting(&out, is_mysql);
        say(&scene, text_span(&out));
        (void)hear(&scene, &seq);
        say_with(&scene, put_ok, 2);
        struct span setup = hear(&scene, &seq);
        assert_int_equal(seq, 0);
        assert_true(setup.len > 4 && memcmp(setup.data, "\3SET SESSION session_track_", 27) == 0);
        assert_int_equal(memmem(setup.data, setup.len, "OWN_GTID", 8) != NULL, is_mysql);
        assert_null(memmem(setup.data, setup.len, "statement_id", 12));
        assert_int_equal(scene.ready, 0);
        say_with(&scene, put_ok, 1);
        turn_until(&scene, &scene.ready);
        assert_int_equal(scene.answers, 0); /* the answer to the set-up is not passed on */
        assert_true(scene.upstream->is_set_up);
        assert_false(loop_timer_is_active(&scene.upstream->timer));
        text_fini(&out);
        close_scene(&scene);
    }
}

TEST(a_server_that_cannot_track_is_not_used)
{
    struct scene scene;
    uint8_t seq;
    open_scene(&scene);
    call(&scene, true);
    greet(&scene);
    (void)hear(&scene, &seq);
    say_with(&scene, put_ok, 2);
    (void)hear(&scene, &seq);
    say_with(&scene, put_error, 1);
    turn_until(&scene, &scene.failures);
    assert_non_null(strstr(scene.err.text, "turning session tracking on: Access denied"));
    close_scene(&scene);
    assert_true(scene.ready == 0 && scene.answers == 0 && scene.failures == 1);
}

TEST(a_refusal_is_in_the_server_s_words_and_anything_else_in_ours)
{
    static const struct {
        bool greets_first;
        const char *packet; /* "" stands for ERR 1045 */
        size_t len;
        const char *words;
        int code;
        const char *sqlstate;
    } rows[] = {
        { false, "\x0c\0\0\0\xff\x10\x04Too many!", 16, "Too many!", 1040, "HY000" },
        { true, "", 0, "Access denied for user 'app'", 1045, "28000" },
        { false, "\5\0\0\0\x09xxxx", 9, "login to db1 (", 0, "" }, /* protocol 9 */
        { false, "\0\0\0\0", 4, "login to db1 (", 0, "" },
        { true, "\4\0\0\2\x7fxxx", 8, "login to db1 (", 0, "" },
        /* the plugin is the account's own */
        { true, "\x0a\0\0\2\xfemadeup_p\0", 14, "login to db1 (", 1251, "08004" },
        { false, "\xff\xff\xff\0", 4, "a packet of 16777215 bytes during login", 0, "" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        uint8_t seq;
        open_scene(&scene);
        call(&scene, true);
        if (rows[i].greets_first) {
            greet(&scene);
            (void)hear(&scene, &seq);
        }
        if (rows[i].len == 0)
            say_with(&scene, put_error, 2);
        else
            say(&scene, span_of(rows[i].packet, rows[i].len));
        turn_until(&scene, &scene.failures);
        assert_row(strstr(scene.err.text, rows[i].words) != NULL, "row %zu: %s", i, scene.err.text);
        assert_row(strcmp(scene.err.sqlstate, rows[i].sqlstate) == 0, "row %zu: %s", i, scene.err.sqlstate);
        if (rows[i].code != 0)
            assert_int_equal(scene.err.code, rows[i].code);
        const struct server_counters *counted = &scene.server->by_worker[0];
        bool was_refused = rows[i].sqlstate[0] != '\0'; /* a server that refuses is up */
        assert_true(count_of(&counted->refusals) == (was_refused ? 1 : 0));
        assert_true(count_of(&counted->connect_failures) == (was_refused ? 0 : 1));
        close_scene(&scene);
        assert_true(scene.ready == 0 && scene.failures == 1);
    }
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, open_scene, close_scene, name)

SCENE_TEST(nobody_there_is_told_once)
{
    struct auth_secret secret = { 0 };
    struct error err = { 0 };
    struct upstream_wish wish = { .addr = &scene->addr, .user = "app", .secret = &secret };
    (void)close(scene->listening);
    scene->listening = -1;
    scene->upstream = upstream_open(&scene->env, scene->server, &wish, &ops, scene, &err);
    if (scene->upstream != NULL) { /* otherwise the failure was reported at once */
        turn_until(scene, &scene->failures);
        err = scene->err;
    }
    assert_non_null(strstr(err.text, "db1: connecting to 127.0.0.1:"));
    assert_non_null(strstr(err.text, "Connection refused"));
    assert_string_equal(err.sqlstate, "");
    assert_true(count_of(&scene->server->by_worker[0].connect_failures) == 1);
}

TEST(a_silent_server_is_given_up_in_time)
{
    static const struct {
        /* the server stops before: 0: the greeting, 1: the login's result, 2: the answer to the set-up */
        unsigned stage;
        const char *words;
    } rows[] = { { 0, "logging in" }, { 1, "logging in" }, { 2, "waiting for an answer" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        uint8_t seq;
        open_scene(&scene);
        scene.env.login_us = 50000;
        call(&scene, true);
        if (rows[i].stage > 0) {
            greet(&scene);
            (void)hear(&scene, &seq);
        }
        if (rows[i].stage > 1) {
            say_with(&scene, put_ok, 2);
            (void)hear(&scene, &seq);
        }
        turn_until(&scene, &scene.failures);
        assert_int_equal(scene.err.code, ETIMEDOUT);
        assert_row(strstr(scene.err.text, rows[i].words) != NULL, "%s", scene.err.text);
        close_scene(&scene);
        assert_true(scene.ready == 0 && scene.failures == 1);
    }
}

/* A host that is down answers nothing. Here a listener's full queue has the same effect: the kernel drops the
 * packets. */
SCENE_TEST(a_connection_that_nobody_answers_is_given_up_in_time)
{
    enum { FILLERS = 4 };
    struct error err = { 0 };
    struct auth_secret secret = { 0 };
    int fillers[FILLERS];
    assert_int_equal(listen(scene->listening, 0), 0);
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], &scene->addr.u.any, scene->addr.len);
    }
    scene->env.connect_us = 50000;
    struct upstream_wish wish = { .addr = &scene->addr,
                                  .user = "app",
                                  .secret = &secret,
                                  .take_permit = permits_try(&scene->server->permits) };
    scene->upstream = upstream_open(&scene->env, scene->server, &wish, &ops, scene, &err);
    assert_non_null(scene->upstream);
    turn_until(scene, &scene->failures);
    assert_int_equal(scene->err.code, ETIMEDOUT);
    assert_row(strstr(scene->err.text, "connecting") != NULL, "%s", scene->err.text);
    for (int i = 0; i < FILLERS; i++)
        (void)close(fillers[i]);
}

/* ---- exchanges ---- */

TEST(an_answer_is_told_however_its_bytes_come)
{
    static const struct {
        const char *reply;
        size_t len;
        enum reply_shape shape;
        bool is_err;
        int code;
        uint32_t stmt_id;
        uint16_t params, status;
    } rows[] = {
        { "\7\0\0\1\0\0\0\2\0\0\0", 11, REPLY_GENERIC, false, 0, 0, 0, 2 },
        { "\x0a\0\0\1\xff\x15\x04#28000x", 14, REPLY_GENERIC, true, 1045, 0, 0, 0 },
        /* OK with more results, then ERR */
        { "\7\0\0\1\0\0\0\x0a\0\0\0\x0a\0\0\2\xff\x15\x04#28000x", 25, REPLY_GENERIC, true, 1045, 0, 0, 10 },
        { "\x0c\0\0\1\0\5\0\0\0\0\0\0\0\0\0\0", 16, REPLY_PREPARE, false, 0, 5, 0, 0 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t step = 1; step <= rows[i].len; step = step == 1 ? rows[i].len : step + 1) {
            struct scene scene;
            uint8_t seq;
            open_scene(&scene);
            log_in(&scene);
            upstream_exchange(scene.upstream, rows[i].shape, SPAN_LITERAL("\3SET x=1"), 20000000);
            assert_span(hear(&scene, &seq), "\3SET x=1");
            assert_int_equal(seq, 0);
            for (size_t at = 0; at < rows[i].len; at += step) {
                assert_int_equal(scene.answers, 0);
                say(&scene, span_of(rows[i].reply + at, step));
                turn(&scene.loop);
            }
            turn_until(&scene, &scene.answers);
            assert_row(scene.answer.is_err == rows[i].is_err, "row %zu", i);
            assert_int_equal(scene.answer.error.code, rows[i].code);
            assert_string_equal(scene.answer.error.sqlstate, rows[i].is_err ? "28000" : "");
            assert_int_equal(scene.answer.stmt_id, rows[i].stmt_id);
            assert_int_equal(scene.answer.status, rows[i].status);
            assert_false(loop_timer_is_active(&scene.upstream->timer));
            assert_int_equal(scene.loop.windows.lent, 0);
            close_scene(&scene);
            assert_true(scene.answers == 1 && scene.failures == 0);
        }
}

TEST(rows_are_collected_and_an_error_leaves_the_upstream_ready)
{
    struct scene scene;
    struct text out = { 0 };
    static struct rows rows;
    struct span value;
    uint8_t seq;
    open_scene(&scene);
    log_in(&scene);
    upstream_query(scene.upstream, "SELECT v", &rows, 0);
    assert_span(hear(&scene, &seq), "\3SELECT v");
    put_rows(&out, SPAN_LITERAL("yes"));
    say(&scene, text_span(&out));
    turn_until(&scene, &scene.answers);
    assert_false(scene.answer.is_err);
    assert_true(rows_value(&rows, 0, rows_column(&rows, "v"), &value));
    assert_span(value, "yes");
    upstream_query(scene.upstream, "SELECT w", &rows, 0);
    (void)hear(&scene, &seq);
    say_with(&scene, put_error, 1);
    scene.answers = 0;
    turn_until(&scene, &scene.answers);
    assert_true(scene.answer.is_err && scene.answer.error.code == ERR_ACCESS_DENIED);
    text_fini(&out);
    rows_fini(&rows);
    close_scene(&scene);
    assert_int_equal(scene.failures, 0);
}

TEST(an_answer_that_is_none_ends_the_connection)
{
    static const struct {
        const char *reply;
        size_t len;
        const char *words;
    } rows[] = {
        /* a request for LOCAL INFILE, which headgate never serves on such a connection */
        { "\1\0\0\1\xfb", 5, "what came is not a reply to it" },
        /* a column definition without a byte */
        { "\3\0\0\1\xfc\1\1\0\0\0\2", 11, "what came is not a reply to it" },
        { "\7\0\0\1\0\0\0\2\0\0\0\7\0\0\1\0\0\0\2\0\0\0", 22,
          "11 bytes came after the answer's end, unasked" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        uint8_t seq;
        open_scene(&scene);
        log_in(&scene);
        upstream_exchange(scene.upstream, REPLY_GENERIC, SPAN_LITERAL("\3x"), 0);
        (void)hear(&scene, &seq);
        say(&scene, span_of(rows[i].reply, rows[i].len));
        turn_until(&scene, &scene.failures);
        char want[256]; /* what was attempted, on which server, what came back */
        (void)snprintf(want, sizeof want, "db1 (%s): COM_QUERY of our own: %s", scene.server->address,
                       rows[i].words);
        assert_string_equal(scene.err.text, want);
        assert_string_equal(scene.err.sqlstate, "");
        close_scene(&scene);
        assert_true(scene.answers == 0 && scene.failures == 1);
    }
}

/* A packet that is read as a whole must fit into the window. */
TEST(an_answer_too_long_for_the_window_says_so)
{
    struct scene scene;
    static struct rows rows;
    static uint8_t packet[LOOP_WINDOW_BYTES] = { 0, 0, 1, 1 }; /* the header announces 64 KiB */
    uint8_t seq;
    char want[256];
    open_scene(&scene);
    log_in(&scene);
    upstream_query(scene.upstream, "SELECT v", &rows, 0);
    (void)hear(&scene, &seq);
    say(&scene, span_of(packet, sizeof packet));
    turn_until(&scene, &scene.failures);
    (void)snprintf(want, sizeof want,
                   "db1 (%s): COM_QUERY of our own: a packet too long for the window of %u bytes came",
                   scene.server->address, (unsigned)LOOP_WINDOW_BYTES);
    assert_string_equal(scene.err.text, want);
    rows_fini(&rows);
    close_scene(&scene);
    assert_true(scene.answers == 0 && scene.failures == 1);
}

TEST(an_exchange_has_its_own_deadline)
{
    struct scene scene;
    open_scene(&scene);
    log_in(&scene);
    upstream_exchange(scene.upstream, REPLY_GENERIC, SPAN_LITERAL("\3x"), 20000);
    turn_until(&scene, &scene.failures);
    assert_int_equal(scene.err.code, ETIMEDOUT);
    close_scene(&scene);
    assert_true(scene.answers == 0 && scene.failures == 1);
}

/* ---- change of the account ---- */

/* A session's connection: counted and set up. */
static void log_in_and_set_up(struct scene *scene, bool is_mysql)
{
    uint8_t seq;
    call(scene, true);
    greet_as(scene, is_mysql);
    (void)hear(scene, &seq);
    say_with(scene, put_ok, 2);
    (void)hear(scene, &seq);
    say_with(scene, put_ok, 1);
    turn_until(scene, &scene->ready);
}

/* On MariaDB the role is reset first. */
static struct handshake_response begin_change(struct scene *scene)
{
    struct handshake_response read;
    struct auth_secret secret = { 0 };
    uint8_t seq;
    assert_true(auth_secret_from_password(&secret, SPAN_LITERAL("other_secret")));
    struct upstream_wish wish = { .addr = &scene->addr,
                                  .user = "other",
                                  .secret = &secret,
                                  .caps = WISHED_CAPS,
                                  .collation = 8,
                                  .has_setup = true };
    scene->ready = 0;
    upstream_change_user(scene->upstream, &wish);
    auth_secret_wipe(&secret);
    if (scene->upstream->family == FAMILY_MARIADB) {
        assert_span(hear(scene, &seq), "\3SET ROLE NONE");
        say_with(scene, put_ok, 1);
    }
    assert_true(change_user_parse(hear(scene, &seq), scene->upstream->caps, &read));
    assert_int_equal(seq, 0);
    return read;
}

TEST(it_becomes_somebody_else_s_and_is_set_up_again)
{
    for (int is_mysql = 0; is_mysql < 2; is_mysql++) {
        struct scene scene;
        uint8_t seq;
        open_scene(&scene);
        log_in_and_set_up(&scene, is_mysql);
        struct handshake_response sent = begin_change(&scene);
        assert_span(sent.user, "other");
        assert_int_equal(sent.schema.len, 0);
        assert_int_equal(sent.collation, 8);
        assert_int_equal(sent.auth.len, is_mysql ? 32 : 20);
        say_with(&scene, put_ok, 1);
        struct span setup = hear(&scene, &seq);
        assert_true(setup.len > 12 && memcmp(setup.data, "\3SET SESSION", 12) == 0);
        assert_int_equal(scene.ready, 0);
        say_with(&scene, put_ok, 1);
        turn_until(&scene, &scene.ready);
        assert_int_equal(scene.upstream->schema.len, 0);
        assert_true(scene.answers == 0 && scene.failures == 0);
        assert_true(permits_used(&scene.server->permits) == 1);
        close_scene(&scene);
    }
}

TEST(what_it_could_not_become_is_told_once_and_its_permit_can_be_had)
{
    struct scene scene;
    open_scene(&scene);
    log_in_and_set_up(&scene, false);
    (void)begin_change(&scene);
    say_with(&scene, put_error, 1);
    turn_until(&scene, &scene.failures);
    assert_int_equal(scene.err.code, ERR_ACCESS_DENIED);
    assert_string_equal(scene.err.sqlstate, "28000");
    assert_true(upstream_take_permit(scene.upstream));
    assert_false(upstream_take_permit(scene.upstream));
    upstream_close(&scene.upstream);
    assert_true(permits_used(&scene.server->permits) == 1);
    permits_give(&scene.server->permits);
    close_scene(&scene);
    assert_int_equal(scene.failures, 1);
}

/* ---- from one worker to another ---- */

static void on_expired(struct upstream *upstream)
{
    of(upstream)->ready = 1;
}

static const struct upstream_owner_ops other_ops = {
    .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io, .on_expired = on_expired
};

/* Moves the idle connection to the loop of another worker; nothing of it remains in the old loop. */
static void move(struct scene *scene, struct loop *loop, struct upstream_env *env)
{
    struct server_counters *rows = scene->server->by_worker;
    open_loop(loop);
    *env = scene->env;
    env->loop = loop;
    env->worker = 1;
    upstream_hand_over(scene->upstream, &other_ops, scene);
    upstream_expire(scene->upstream, 20000);
    assert_true(count_of(&rows[0].connections_idle) == 1);
    upstream_leave(scene->upstream);
    assert_true(count_of(&rows[0].connections_idle) == 0 && count_of(&rows[0].connections_active) == 0);
    assert_int_equal(scene->loop.windows.lent, 0);
    assert_null(list_first(&scene->server->permits.holders[0].list));
    scene->ready = scene->ios = 0;
    upstream_adopt(scene->upstream, env, &other_ops, scene);
    assert_true(count_of(&rows[1].connections_idle) == 1);
    assert_int_equal(scene->server->permits.holders[1].list.count, 1);
}

SCENE_TEST(it_moves_to_another_loop_and_goes_on_there)
{
    struct loop loop;
    struct upstream_env env;
    uint8_t seq;
    log_in_and_set_up(scene, false);
    move(scene, &loop, &env);
    upstream_hand_over(scene->upstream, &other_ops, scene);
    assert_true(count_of(&scene->server->by_worker[1].connections_active) == 1);
    upstream_exchange(scene->upstream, REPLY_GENERIC, SPAN_LITERAL("\3DO 1"), 0);
    (void)hear(scene, &seq);
    say_with(scene, put_ok, 1);
    while (scene->answers == 0)
        turn(&loop);
    turn_without_waiting(&scene->loop);
    assert_int_equal(scene->ios, 0);
    upstream_close(&scene->upstream);
    turn_without_waiting(&loop);
    assert_int_equal(loop.windows.lent, 0);
    close_loop(&loop);
}

SCENE_TEST(what_its_server_says_and_its_time_are_the_new_loop_s)
{
    struct loop loop;
    struct upstream_env env;
    log_in_and_set_up(scene, false);
    move(scene, &loop, &env);
    say_with(scene, put_ok, 0);
    for (int i = 0; i < 3; i++)
        turn_without_waiting(&scene->loop); /* epoll wakes the old loop once; the old loop must ignore it */
    assert_int_equal(scene->ios + scene->ready, 0);
    upstream_expire(scene->upstream, 1000);
    while (scene->ios == 0 || scene->ready == 0)
        turn(&loop);
    upstream_close(&scene->upstream);
    turn_without_waiting(&loop);
    assert_int_equal(loop.windows.lent, 0);
    close_loop(&loop);
}

/* ---- ends of a connection ---- */

/* The server's side of a whole dialogue: greeting, OK, OK to the set-up, OK to one exchange. */
struct script {
    struct text bytes;
    size_t ends[4];
};

static void write_script(struct script *script)
{
    *script = (struct script){ .bytes = { 0 } };
    put_greeting(&script->bytes, true);
    script->ends[0] = script->bytes.len;
    put_ok(&script->bytes, 2);
    script->ends[1] = script->bytes.len;
    put_ok(&script->bytes, 1);
    script->ends[2] = script->bytes.len;
    put_ok(&script->bytes, 1);
    script->ends[3] = script->bytes.len;
}

static void hang_up(struct scene *scene, bool is_rude)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    if (is_rude)
        (void)setsockopt(scene->peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(scene->peer);
    scene->peer = -1;
}

/* Plays the first `cut` bytes of the script. Each part is sent after headgate has asked for it. */
static void play(struct scene *scene, const struct script *script, size_t cut)
{
    uint8_t seq;
    for (size_t part = 0, begin = 0; part < 4; begin = script->ends[part++]) {
        size_t end = script->ends[part] < cut ? script->ends[part] : cut;
        if (end > begin)
            say(scene, span_of(script->bytes.data + begin, end - begin));
        if (cut <= script->ends[part])
            return;
        if (part == 2) {
            turn_until(scene, &scene->ready);
            upstream_exchange(scene->upstream, REPLY_GENERIC, SPAN_LITERAL("\3x"), 0);
        }
        (void)hear(scene, &seq);
    }
}

TEST(a_server_that_dies_is_told_exactly_once_wherever_it_dies)
{
    struct script script;
    write_script(&script);
    for (unsigned variant = 0; variant < 4; variant++)
        for (size_t cut = 0; cut < script.ends[3]; cut++) {
            if (cut == script.ends[2])
                continue; /* the connection is ready: tested separately below */
            struct scene scene;
            open_scene(&scene);
            call(&scene, true);
            play(&scene, &script, cut);
            hang_up(&scene, variant & 1);
            scene.closes_at_once = variant & 2;
            turn_until(&scene, &scene.failures);
            for (unsigned i = 0; i < 3; i++)
                turn_without_waiting(&scene.loop);
            assert_row(scene.failures == 1, "cut at %zu: %u", cut, scene.failures);
            assert_row(scene.ready == (cut > script.ends[2]) && scene.answers == 0, "cut at %zu", cut);
            assert_row(strncmp(scene.err.text, "db1", 3) == 0, "cut at %zu: %s", cut, scene.err.text);
            assert_string_equal(scene.err.sqlstate, "");
            assert_int_equal(scene.upstream == NULL, scene.closes_at_once);
            close_scene(&scene);
        }
    text_fini(&script.bytes);
}

TEST(in_ready_and_busy_the_owner_sees_for_himself)
{
    for (unsigned is_busy = 0; is_busy < 2; is_busy++) {
        struct scene scene;
        open_scene(&scene);
        log_in(&scene);
        if (is_busy)
            upstream_begin(scene.upstream, REPLY_GENERIC, false);
        stream_want(&scene.upstream->stream, EV_READ);
        hang_up(&scene, false);
        turn_until(&scene, &scene.ios);
        assert_int_equal(stream_fill(&scene.upstream->stream), STREAM_EOF);
        if (is_busy)
            upstream_end(scene.upstream);
        close_scene(&scene);
        assert_int_equal(scene.failures, 0);
    }
}

/* The owner may close in any callback and between any two bytes. No callback follows. */
TEST(after_close_there_are_no_callbacks)
{
    struct script script;
    write_script(&script);
    for (size_t cut = 0; cut <= script.ends[3]; cut++) {
        struct scene scene;
        open_scene(&scene);
        call(&scene, true);
        play(&scene, &script, cut);
        upstream_close(&scene.upstream);
        assert_null(scene.upstream);
        unsigned before = scene.ready + scene.answers + scene.failures + scene.ios;
        hang_up(&scene, true);
        for (unsigned i = 0; i < 3; i++)
            turn_without_waiting(&scene.loop);
        assert_int_equal(scene.ready + scene.answers + scene.failures + scene.ios, before);
        close_scene(&scene);
    }
    text_fini(&script.bytes);
}

SCENE_TEST(the_owner_may_close_in_on_ready)
{
    uint8_t seq;
    scene->closes_at_once = true;
    log_in(scene);
    assert_null(scene->upstream);
    assert_span(hear(scene, &seq), "\1"); /* COM_QUIT */
}

SCENE_TEST(the_owner_may_close_in_on_answer)
{
    uint8_t seq;
    log_in(scene);
    upstream_exchange(scene->upstream, REPLY_GENERIC, SPAN_LITERAL("\3x"), 0);
    (void)hear(scene, &seq);
    scene->closes_at_once = true;
    say_with(scene, put_ok, 1);
    turn_until(scene, &scene->answers);
    assert_null(scene->upstream);
    assert_span(hear(scene, &seq), "\1");
}

TEST(without_memory_there_is_no_upstream_and_nothing_is_left)
{
    struct scene scene;
    struct auth_secret secret = { 0 };
    struct upstream_wish wish = { .addr = &scene.addr,
                                  .user = "app",
                                  .secret = &secret,
                                  .schema = SPAN_LITERAL("shop"),
                                  .attributes = SPAN_LITERAL("\1a\1b"),
                                  .has_setup = true };
    open_scene(&scene);
    unsigned descriptors = open_descriptors(), refused = 0;
    for (long fail_at = 0; scene.upstream == NULL; fail_at++) {
        struct error err = { 0 };
        mem_fail_after(fail_at);
        scene.upstream = upstream_open(&scene.env, scene.server, &wish, &ops, &scene, &err);
        mem_fail_after(-1);
        if (scene.upstream != NULL)
            break;
        refused++;
        assert_string_equal(err.text, "db1: out of memory");
        assert_int_equal(open_descriptors(), descriptors);
        assert_true(count_of(&scene.server->by_worker[0].connections_active) == 0);
        turn_without_waiting(&scene.loop);
    }
    assert_true(refused >= 2);
    close_scene(&scene);
    assert_int_equal(scene.failures, 0);
}

RUN_TESTS(NULL, NULL)
