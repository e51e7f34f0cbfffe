/* A stream as the server of TLS, and another one as its client, over a pair of sockets. */
#include "net_test.h"

#include "net/stream_tls.h"
#include "net/tls_client.h"
#include "net/tls_server.h"

#include <signal.h>

#define DAY_S 86400

struct scene {
    struct loop loop;
    struct tls_certificate *certificate;
    struct tls_server *server;
    struct ssl_ctx_st *context; /* of the client */
    struct stream ends[2];      /* server, client */
};

static void ignore(struct stream *stream, int events)
{
    (void)stream;
    (void)events;
}

static void scene_open(struct scene *scene)
{
    static const struct tls_files none;
    struct error err = { 0 };
    int ends[2];
    open_loop(&scene->loop);
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes the good-bye with write() */
    scene->certificate = tls_certificate_make(&err);
    assert_non_null(scene->certificate);
    scene->server = tls_server_new(&none, scene->certificate, &err);
    scene->context = tls_client_new(&(const struct tls_client_wish){ 0 }, &err);
    assert_true(scene->server != NULL && scene->context != NULL);
    open_pair(ends);
    for (int i = 0; i < 2; i++)
        stream_open(&scene->ends[i], &scene->loop, ends[i], ignore, NULL);
}

static void scene_close(struct scene *scene)
{
    for (int i = 0; i < 2; i++)
        stream_close(&scene->ends[i]);
    tls_server_unref(&scene->server);
    assert_null(scene->server);
    tls_certificate_free(&scene->certificate);
    tls_context_free(&scene->context);
    close_loop(&scene->loop);
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, scene_open, scene_close, name)

static bool shake_hands(struct scene *scene)
{
    enum stream_result results[2] = { STREAM_BLOCKED, STREAM_BLOCKED };
    struct error err = { 0 };
    for (int turn_count = 0; turn_count < 20; turn_count++)
        for (int i = 0; i < 2; i++) {
            int want = 0;
            if (results[i] == STREAM_BLOCKED)
                results[i] = stream_handshake(&scene->ends[i], &want, &err);
            assert_int_not_equal(results[i], STREAM_FAILED);
        }
    return results[0] == STREAM_OK && results[1] == STREAM_OK;
}

static void assert_passes(struct stream *from, struct stream *to, size_t len)
{
    size_t passed = 0;
    for (size_t i = 0; i < len; i++)
        assert_true(text_append_byte(&from->out, (uint8_t)(i % 251)));
    while (passed < len) {
        (void)stream_flush(from);
        if (stream_fill(to) != STREAM_OK)
            continue;
        struct span bytes = buf_unparsed(&to->in);
        for (size_t i = 0; i < bytes.len; i++)
            assert_int_equal(bytes.data[i], (passed + i) % 251);
        passed += bytes.len;
        buf_mark_parsed(&to->in, bytes.len);
        buf_drop_parsed(&to->in);
    }
    assert_int_equal(passed, len);
    assert_int_equal(stream_flush(from), STREAM_OK);
}

/* As if the client had sent any part of its first flight together with the request for TLS. */
SCENE_TEST(bytes_that_came_early_belong_to_the_handshake)
{
    struct error err = { 0 };
    int want = 0;
    struct stream *server = &scene->ends[0], *client = &scene->ends[1];
    assert_true(stream_secure(client, scene->context, &err));
    assert_int_equal(stream_handshake(client, &want, &err), STREAM_BLOCKED);
    uint8_t early[7];
    assert_int_equal(read(server->fd, early, sizeof early), sizeof early);
    assert_true(stream_secure_client(server, scene->server->context, span_of(early, sizeof early), &err));
    assert_true(shake_hands(scene));
    assert_true(stream_is_secure(server) && !stream_is_resumed(server));
    static const size_t lengths[] = { 1, 1000, LOOP_WINDOW_BYTES, 3 * LOOP_WINDOW_BYTES + 1 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_passes(client, server, lengths[i]);
        assert_passes(server, client, lengths[i]);
    }
    assert_false(stream_has_pending(server) || stream_has_pending(client));
}

TEST(what_is_no_handshake_is_refused_before_tls_sees_it)
{
    struct scene scene;
    static const uint8_t first_bytes[] = { 0x00, 0x03, 0x15, 0x17, 'G', 0xFF };
    for (size_t i = 0; i < sizeof first_bytes; i++) {
        struct error err = { 0 };
        scene_open(&scene);
        assert_false(
            stream_secure_client(&scene.ends[0], scene.server->context, span_of(&first_bytes[i], 1), &err));
        assert_string_equal(err.text, "unencrypted bytes follow the request for TLS");
        assert_false(stream_is_secure(&scene.ends[0]));
        scene_close(&scene);
    }
}

SCENE_TEST(the_end_of_the_peers_output_is_an_end_without_error)
{
    struct error err = { 0 };
    struct stream *server = &scene->ends[0], *client = &scene->ends[1];
    assert_true(stream_secure(client, scene->context, &err));
    assert_true(stream_secure_client(server, scene->server->context, SPAN_NONE, &err));
    assert_true(shake_hands(scene));
    stream_end_output(client);
    assert_int_equal(stream_fill(server), STREAM_EOF);
    assert_true(server->is_eof);
}

/* Tickets are good, and a reload keeps the entry, exactly if the identities are equal. */
SCENE_TEST(the_identity_covers_certificate_and_settings)
{
    struct error err = { 0 };
    const struct tls_files rows[] = {
        { .minimum = TLS_VERSION_1_2 },
        { .minimum = TLS_VERSION_1_3 },
        { .ciphers = "ECDHE+AESGCM" },
        { .ciphers = "ECDHE+CHACHA20" },
    };
    struct tls_certificate *other = tls_certificate_make(&err);
    struct tls_server *servers[5] = { tls_server_new(&rows[0], other, &err) };
    for (size_t i = 0; i < 4; i++)
        servers[i + 1] = tls_server_new(&rows[i], scene->certificate, &err);
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(servers[i]);
        bool is_same = memcmp(servers[i]->identity, scene->server->identity, TLS_DIGEST_BYTES) == 0;
        assert_int_equal(is_same, i == 1);
        bool has_same_certificate =
            span_equal(tls_server_fingerprint(servers[i]), tls_server_fingerprint(scene->server));
        assert_int_equal(has_same_certificate, i > 0);
        tls_server_unref(&servers[i]);
    }
    tls_certificate_free(&other);
}

SCENE_TEST(days_are_counted_until_the_certificate_ends)
{
    static const struct {
        int64_t before_end_s, days;
    } rows[] = {
        { 30 * DAY_S, 30 }, { 30 * DAY_S - 1, 29 }, { DAY_S, 1 }, { DAY_S - 1, 0 }, { 0, 0 }, { -1, -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(
            tls_server_days_left(scene->server, scene->server->not_after_s - rows[i].before_end_s),
            rows[i].days);
    assert_true(scene->server->is_self_made && !scene->server->asks_certificate);
}

/* TLS 1.2 without forward secrecy or authenticated encryption is not accepted; names of no cipher are refused. */
TEST(ciphers_are_checked)
{
    struct error err = { 0 };
    assert_true(tls_check_ciphers(TLS_CIPHERS, &err));
    assert_true(tls_check_ciphers("TLS_AES_128_GCM_SHA256", &err));
    assert_true(tls_check_ciphers("ECDHE+AESGCM:TLS_AES_128_GCM_SHA256", &err));
    assert_false(tls_check_ciphers("ROT13", &err));
    assert_string_equal(err.text, "no cipher of OpenSSL matches \"ROT13\"");
    assert_false(tls_check_ciphers("TLS_ROT13", &err));
}

RUN_TESTS(NULL, NULL)
