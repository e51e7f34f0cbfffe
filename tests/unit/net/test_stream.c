#include "net_test.h"

#include "base/mem.h"
#include "net/stream.h"

#include <sys/ioctl.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/stream_tls.h"
#include "net/tls_client.h"

struct end {
    struct loop loop;
    struct stream stream;
    int peer;
    int events;
    unsigned calls;
};

static void note_ready(struct stream *stream, int events)
{
    struct end *end = stream->owner;
    end->events |= events;
    end->calls++;
}

static void open_end(struct end *end)
{
    int ends[2];
    memset(end, 0, sizeof *end);
    open_loop(&end->loop);
    open_pair(ends);
    stream_open(&end->stream, &end->loop, ends[0], note_ready, end);
    end->peer = ends[1];
}

static void close_end(struct end *end)
{
    stream_close(&end->stream);
    stream_close(&end->stream); /* harmless */
    assert_false(stream_is_open(&end->stream));
    if (end->peer >= 0)
        (void)close(end->peer);
    assert_int_equal(end->loop.windows.lent, 0);
    close_loop(&end->loop);
}

static void say(struct end *end, const void *bytes, size_t len)
{
    assert_int_equal(write(end->peer, bytes, len), (ssize_t)len);
}

#define END_TEST(name) TEST_OF(struct end, end, open_end, close_end, name)

/* ---- reading ---- */

END_TEST(bytes_arrive_one_at_a_time_or_together)
{
    static const char words[] = "all that was said";
    for (size_t i = 0; i < strlen(words); i++) {
        say(end, words + i, 1);
        assert_int_equal(stream_fill(&end->stream), STREAM_OK);
        assert_int_equal(stream_fill(&end->stream), STREAM_BLOCKED);
    }
    say(end, words, strlen(words));
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_span(buf_unparsed(&end->stream.in), "all that was saidall that was said");
    assert_true(end->stream.bytes_in == 2 * strlen(words));
}

END_TEST(a_window_is_lent_only_while_it_holds_something)
{
    assert_int_equal(end->loop.windows.lent, 0);
    assert_int_equal(stream_fill(&end->stream), STREAM_BLOCKED);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 0);
    say(end, "abc", 3);
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 1);
    buf_mark_parsed(&end->stream.in, 3);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 1); /* the bytes are not sent yet */
    buf_mark_sent(&end->stream.in, 3);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 1); /* sent bytes are kept: they may be needed again */
    buf_release_sent(&end->stream.in);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 0);
    assert_null(end->stream.in.data);
    stream_trim(&end->stream);
}

END_TEST(a_full_window_reads_no_more_until_there_is_room)
{
    static char bytes[2 * LOOP_WINDOW_BYTES];
    say(end, bytes, sizeof bytes);
    while (stream_fill(&end->stream) == STREAM_OK)
        continue;
    assert_int_equal(buf_room(&end->stream.in), 0);
    assert_int_equal(stream_fill(&end->stream), STREAM_BLOCKED);
    assert_true(end->stream.bytes_in == LOOP_WINDOW_BYTES);
    buf_mark_parsed(&end->stream.in, 100);
    buf_drop_parsed(&end->stream.in);
    assert_int_equal(stream_fill(&end->stream), STREAM_OK); /* the remaining bytes move to the front */
    assert_true(end->stream.bytes_in == LOOP_WINDOW_BYTES + 100);
}

TEST(growing_keeps_bytes_and_cursors)
{
    uint64_t seed = 71;
    for (unsigned round = 0; round < 50; round++) {
        struct end end;
        char bytes[1000];
        uint32_t cap = 1 + next_random(&seed) % (4 * LOOP_WINDOW_BYTES);
        size_t len = 1 + next_random(&seed) % sizeof bytes;
        open_end(&end);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)next_random(&seed);
        say(&end, bytes, len);
        assert_int_equal(stream_fill(&end.stream), STREAM_OK);
        size_t parsed = next_random(&seed) % (len + 1), sent = next_random(&seed) % (parsed + 1);
        buf_mark_parsed(&end.stream.in, parsed);
        buf_mark_sent(&end.stream.in, sent);
        assert_true(stream_grow(&end.stream, cap));
        buf_check(&end.stream.in);
        assert_true(end.stream.in.cap >= cap && end.stream.in.cap >= LOOP_WINDOW_BYTES);
        assert_memory_equal(end.stream.in.data + end.stream.in.kept, bytes, len);
        assert_int_equal(buf_unsent(&end.stream.in).len, parsed - sent);
        assert_int_equal(buf_unparsed(&end.stream.in).len, len - parsed);
        assert_int_equal(end.loop.windows.lent, end.stream.in.cap == LOOP_WINDOW_BYTES);
        buf_mark_parsed(&end.stream.in, len - parsed);
        buf_drop_parsed(&end.stream.in);
        stream_trim(&end.stream); /* a window that has grown is returned as well */
        assert_null(end.stream.in.data);
        close_end(&end);
    }
}

END_TEST(without_memory_nothing_is_lost)
{
    say(end, "abc", 3);
    mem_fail_after(0);
    assert_int_equal(stream_fill(&end->stream), STREAM_FAILED);
    mem_fail_after(-1);
    assert_int_equal(end->stream.error, ENOMEM);
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    mem_fail_after(0);
    assert_false(stream_grow(&end->stream, 2 * LOOP_WINDOW_BYTES));
    mem_fail_after(-1);
    assert_span(buf_unparsed(&end->stream.in), "abc");
}

END_TEST(the_end_comes_after_the_last_byte)
{
    say(end, "last", 4);
    (void)close(end->peer);
    end->peer = -1;
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_false(end->stream.is_eof);
    assert_span(buf_unparsed(&end->stream.in), "last");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(stream_fill(&end->stream), STREAM_EOF);
        assert_true(end->stream.is_eof);
    }
    assert_span(buf_unparsed(&end->stream.in), "last");
}

/* ---- writing ---- */

END_TEST(a_slow_peer_makes_a_write_partial_then_blocked)
{
    static char bytes[1 << 20];
    size_t sent = 0, total = 0;
    enum stream_result result;
    while ((result = stream_send(&end->stream, span_of(bytes, sizeof bytes), &sent)) == STREAM_OK)
        total += sent;
    assert_int_equal(result, STREAM_BLOCKED);
    assert_int_equal(sent, 0);
    assert_true(total > 0 && end->stream.bytes_out == total);
    stream_want(&end->stream, EV_WRITE);
    turn_without_waiting(&end->loop);
    assert_int_equal(end->calls, 0);
    while (read(end->peer, bytes, sizeof bytes) > 0)
        continue;
    turn(&end->loop);
    assert_int_equal(end->events, EV_WRITE);
}

/* Borrowed and owned bytes in any order; the peer reads at random times. */
TEST(what_is_written_arrives_in_order)
{
    static uint8_t heard[1 << 16];
    uint64_t seed = 72;
    uint32_t next_out = 0, next_in = 0; /* the bytes of the stream are a counter */
    struct end end;
    int small = 4096;
    open_end(&end);
    assert_int_equal(setsockopt(end.stream.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (unsigned step = 0; step < 5000; step++) {
        uint8_t bytes[3000];
        size_t len = next_random(&seed) % sizeof bytes, sent = 0;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)((next_out + i) % 251);
        switch (next_random(&seed) % 4) {
        case 0:
            if (end.stream.out.len > 100000)
                break;
            assert_true(text_append(&end.stream.out, bytes, len));
            next_out += (uint32_t)len;
            break;
        case 1: {
            bool had_output = stream_has_output(&end.stream);
            enum stream_result result = stream_send(&end.stream, span_of(bytes, len), &sent);
            assert_true(result == STREAM_OK || (result == STREAM_BLOCKED && sent == 0));
            assert_true(sent <= len && !(had_output && stream_has_output(&end.stream) && sent > 0));
            next_out += (uint32_t)sent;
            break;
        }
        case 2: {
            enum stream_result result = stream_flush(&end.stream);
            assert_int_equal(result == STREAM_OK, !stream_has_output(&end.stream));
            break;
        }
        default: {
            ssize_t n = read(end.peer, heard, 1 + next_random(&seed) % sizeof heard);
            for (ssize_t i = 0; i < n; i++)
                assert_int_equal(heard[i], next_in++ % 251);
            break;
        }
        }
    }
    while (stream_flush(&end.stream) == STREAM_BLOCKED || next_in < next_out) {
        ssize_t n = read(end.peer, heard, sizeof heard);
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(heard[i], next_in++ % 251);
    }
    assert_int_equal(next_in, next_out);
    assert_true(end.stream.bytes_out == next_out);
    close_end(&end);
}

END_TEST(a_long_answer_does_not_stay_in_memory)
{
    static char bytes[10000];
    assert_true(text_append(&end->stream.out, bytes, sizeof bytes));
    assert_int_equal(stream_flush(&end->stream), STREAM_OK);
    assert_null(end->stream.out.data);
    assert_true(text_append_cstr(&end->stream.out, "short"));
    assert_int_equal(stream_flush(&end->stream), STREAM_OK);
    assert_non_null(end->stream.out.data);
    stream_trim(&end->stream);
    assert_null(end->stream.out.data);
}

/* After half a packet the peer would read the next packet as its rest. */
TEST(what_found_no_memory_is_never_sent_in_part)
{
    static const char *const before[] = { "", "half an answer" };
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        struct end end;
        char long_rest[1000], byte;
        size_t sent = 77;
        open_end(&end);
        memset(long_rest, 'x', sizeof long_rest);
        assert_true(text_append(&end.stream.out, before[i], strlen(before[i])));
        mem_fail_after(0);
        assert_false(text_append(&end.stream.out, long_rest, sizeof long_rest));
        mem_fail_after(-1);
        for (unsigned again = 0; again < 2; again++) { /* a second attempt fails as well */
            assert_int_equal(stream_flush(&end.stream), STREAM_FAILED);
            assert_int_equal(end.stream.error, ENOMEM);
            assert_int_equal(stream_send(&end.stream, SPAN_LITERAL("another's"), &sent), STREAM_FAILED);
            assert_int_equal(sent, 0);
        }
        assert_true(end.stream.out.is_oom);
        assert_int_equal(recv(end.peer, &byte, 1, 0), -1);
        assert_true(end.stream.bytes_out == 0);
        close_end(&end);
    }
}

END_TEST(writing_to_nobody_is_a_failure_and_no_signal)
{
    size_t sent;
    (void)close(end->peer);
    end->peer = -1;
    assert_int_equal(stream_send(&end->stream, SPAN_LITERAL("x"), &sent), STREAM_FAILED);
    assert_int_equal(end->stream.error, EPIPE);
    assert_true(text_append_cstr(&end->stream.out, "x"));
    assert_int_equal(stream_flush(&end->stream), STREAM_FAILED);
}

/* ---- readiness of sockets ---- */

END_TEST(only_what_was_asked_for_is_told)
{
    say(end, "x", 1);
    turn_without_waiting(&end->loop);
    assert_int_equal(end->calls, 0); /* no callback before stream_want */
    static const int wants[] = { EV_READ, EV_WRITE, EV_READ | EV_WRITE };
    for (size_t i = 0; i < COUNT_OF(wants); i++) {
        stream_want(&end->stream, wants[i]);
        end->events = 0;
        turn(&end->loop);
        assert_int_equal(end->events, wants[i]);
    }
    unsigned calls = end->calls;
    stream_want(&end->stream, 0);
    turn_without_waiting(&end->loop);
    assert_int_equal(end->calls, calls);
}

struct killer {
    struct loop loop;
    struct stream streams[2];
    unsigned calls;
};

static void close_both(struct stream *stream, int events)
{
    struct killer *killer = stream->owner;
    (void)events;
    killer->calls++;
    stream_close(&killer->streams[0]);
    stream_close(&killer->streams[1]);
}

/* Both streams are ready in the same turn. The first callback closes both; the other stream gets none. */
TEST(a_closed_stream_is_not_called_in_the_same_turn)
{
    struct killer killer = { .calls = 0 };
    int pairs[2][2];
    open_loop(&killer.loop);
    for (unsigned i = 0; i < 2; i++) {
        open_pair(pairs[i]);
        stream_open(&killer.streams[i], &killer.loop, pairs[i][0], close_both, &killer);
        stream_want(&killer.streams[i], EV_READ);
        assert_int_equal(write(pairs[i][1], "x", 1), 1);
    }
    turn(&killer.loop);
    turn_without_waiting(&killer.loop);
    assert_int_equal(killer.calls, 1);
    for (unsigned i = 0; i < 2; i++) {
        char byte;
        assert_true(read(pairs[i][1], &byte, 1) <= 0);
        (void)close(pairs[i][1]);
    }
    close_loop(&killer.loop);
}

TEST(a_stream_never_opened_may_be_closed)
{
    struct stream none = { 0 };
    stream_close(&none);
}

/* ---- TLS, with a server of the test over the same pair of sockets ---- */

static SSL_CTX *server_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(context != NULL && key != NULL && certificate != NULL);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

struct secure_end {
    struct end end;
    struct ssl_ctx_st *client;
    SSL_CTX *context;
    SSL *server;
};

static void open_secure(struct secure_end *secure)
{
    struct error err = { 0 };
    enum stream_result result;
    int want = 0;
    open_end(&secure->end);
    secure->context = server_context();
    secure->server = SSL_new(secure->context);
    assert_int_equal(SSL_set_fd(secure->server, secure->end.peer), 1);
    SSL_set_accept_state(secure->server);
    secure->client = tls_client_new(&(const struct tls_client_wish){ 0 }, &err);
    assert_non_null(secure->client);
    assert_true(stream_secure(&secure->end.stream, secure->client, &err));
    while ((result = stream_handshake(&secure->end.stream, &want, &err)) == STREAM_BLOCKED) {
        assert_int_equal(want, EV_READ);
        (void)SSL_do_handshake(secure->server);
    }
    assert_int_equal(result, STREAM_OK);
    (void)SSL_do_handshake(secure->server);
}

static void close_secure(struct secure_end *secure)
{
    SSL_free(secure->server);
    SSL_CTX_free(secure->context);
    close_end(&secure->end);
    tls_context_free(&secure->client);
    assert_null(secure->client);
}

TEST(what_openssl_holds_is_drained)
{
    struct secure_end secure;
    struct stream *stream = &secure.end.stream;
    static char bytes[3 * LOOP_WINDOW_BYTES];
    open_secure(&secure);
    SSL_set_mode(secure.server, SSL_MODE_ENABLE_PARTIAL_WRITE);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 251);
    /* two TLS records, but the socket becomes readable once */
    assert_int_equal(SSL_write(secure.server, bytes, 100), 100);
    assert_int_equal(SSL_write(secure.server, bytes, 100), 100);
    assert_int_equal(stream_fill(stream), STREAM_OK);
    assert_int_equal(buf_unparsed(&stream->in).len, 200);
    buf_mark_parsed(&stream->in, 200);
    buf_drop_parsed(&stream->in);
    size_t said = 0, heard = 0;
    while (heard < sizeof bytes) {
        int n = said < sizeof bytes ? SSL_write(secure.server, bytes + said, (int)(sizeof bytes - said)) : 0;
        said += n > 0 ? (size_t)n : 0;
        (void)stream_fill(stream);
        struct span new = buf_unparsed(&stream->in);
        assert_memory_equal(new.data, bytes + heard, new.len);
        heard += new.len;
        buf_mark_parsed(&stream->in, new.len);
        buf_drop_parsed(&stream->in);
    }
    stream_trim(stream);
    assert_int_equal(SSL_shutdown(secure.server), 0);
    assert_int_equal(stream_fill(stream), STREAM_EOF);
    close_secure(&secure);
}

/* A server that runs a statement does not notice the end of a connection while it has unread bytes.
 * stream_break therefore sends no close notification. */
TEST(breaking_says_no_good_bye)
{
    for (int breaks = 0; breaks < 2; breaks++) {
        struct secure_end secure;
        char byte;
        int unread = -1;
        open_secure(&secure);
        while (SSL_read(secure.server, &byte, 1) > 0) /* the rest of the handshake, on both sides */
            ;
        assert_int_equal(stream_fill(&secure.end.stream), STREAM_BLOCKED);
        (breaks ? stream_break : stream_close)(&secure.end.stream);
        assert_int_equal(ioctl(secure.end.peer, FIONREAD, &unread), 0);
        assert_int_equal(unread > 0, !breaks);
        assert_int_equal(recv(secure.end.peer, &byte, 1, MSG_PEEK), !breaks);
        close_secure(&secure);
    }
}

TEST(bytes_sent_over_tls_arrive)
{
    struct secure_end secure;
    struct stream *stream = &secure.end.stream;
    static char bytes[1 << 20], heard[1 << 16];
    open_secure(&secure);
    size_t said = 0, got = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 251);
    while (got < sizeof bytes) {
        size_t sent = 0;
        enum stream_result result = stream_send(stream, span_of(bytes + said, sizeof bytes - said), &sent);
        assert_int_not_equal(result, STREAM_FAILED);
        said += sent;
        int n = SSL_read(secure.server, heard, sizeof heard);
        if (n > 0) {
            assert_memory_equal(heard, bytes + got, (size_t)n);
            got += (size_t)n;
        }
    }
    close_secure(&secure);
}

TEST(a_peer_that_does_not_speak_tls_is_a_failure_with_words)
{
    struct end end;
    struct error err = { 0 };
    int want = 0;
    open_end(&end);
    struct ssl_ctx_st *client = tls_client_new(&(const struct tls_client_wish){ 0 }, &err);
    assert_true(stream_secure(&end.stream, client, &err));
    assert_int_equal(stream_handshake(&end.stream, &want, &err), STREAM_BLOCKED);
    say(&end, "this is not TLS, whatever it is", 31);
    assert_int_equal(stream_handshake(&end.stream, &want, &err), STREAM_FAILED);
    assert_non_null(strstr(err.text, "TLS handshake: "));
    close_end(&end);
    tls_context_free(&client);
}

RUN_TESTS(NULL, NULL)
