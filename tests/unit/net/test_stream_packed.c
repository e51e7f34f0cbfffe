#include "net_test.h"

#include "net/stream_packed.h"

/* headgate's end of a compressed connection; the test plays the peer. */
struct end {
    struct loop loop;
    struct stream stream;
    struct compress *compress;
    struct frames peer_frames;
    int peer;
    unsigned calls;
};

static void note_ready(struct stream *stream, int events)
{
    struct end *end = stream->owner;
    end->calls += (events & EV_READ) != 0;
}

static const struct frames_manner as_server = { .algorithm = COMPRESS_ZLIB,
                                                .level = 6,
                                                .threshold_bytes = 50 };

static void open_end(struct end *end)
{
    int ends[2];
    memset(end, 0, sizeof *end);
    open_loop(&end->loop);
    open_pair(ends);
    stream_open(&end->stream, &end->loop, ends[0], note_ready, end);
    end->peer = ends[1];
    end->compress = compress_new();
    struct frames_manner as_client = as_server;
    as_client.is_client = true;
    frames_init(&end->peer_frames, &as_client);
}

static void close_end(struct end *end)
{
    stream_close(&end->stream);
    if (end->peer >= 0)
        (void)close(end->peer);
    frames_fini(&end->peer_frames, end->compress);
    compress_free(&end->compress);
    assert_int_equal(end->loop.windows.lent, 0);
    close_loop(&end->loop);
}

/* The peer sends these bytes in one frame. */
static void say(struct end *end, struct span plain)
{
    uint8_t *frame = malloc(FRAMES_HEADER_BYTES + plain.len);
    assert_non_null(frame);
    size_t len = frames_put(&end->peer_frames, end->compress, plain, frame);
    assert_int_equal(write(end->peer, frame, len), (ssize_t)len);
    free(frame);
}

/* Unpacks what was sent to the peer and appends it to `out`. */
static void hear(struct end *end, struct text *out)
{
    uint8_t raw[4096], plain[65536];
    ssize_t len;
    while ((len = read(end->peer, raw, sizeof raw)) > 0) {
        struct span left = span_of(raw, (size_t)len);
        while (left.len > 0 || frames_holds_more(&end->peer_frames)) {
            size_t done = 0, before = left.len;
            assert_int_equal(frames_read(&end->peer_frames, end->compress, &left, plain, sizeof plain, &done),
                             FRAMES_OK);
            assert_true(text_append(out, plain, done));
            if (done == 0 && left.len == before)
                break;
        }
    }
}

static void drop_input(struct end *end)
{
    buf_mark_parsed(&end->stream.in, buf_unparsed(&end->stream.in).len);
    buf_drop_parsed(&end->stream.in);
}

#define END_TEST(name) TEST_OF(struct end, end, open_end, close_end, name)

END_TEST(what_was_to_be_written_before_goes_as_it_is)
{
    char bytes[64];
    (void)text_append_cstr(&end->stream.out, "welcome");
    assert_true(stream_pack(&end->stream, &as_server));
    (void)text_append_cstr(&end->stream.out, ", and more");
    assert_int_equal(stream_flush(&end->stream), STREAM_OK);
    assert_int_equal(read(end->peer, bytes, sizeof bytes), 7 + FRAMES_HEADER_BYTES + 10);
    assert_memory_equal(bytes, "welcome\x0a\0\0\0\0\0\0, and more", 24);
}

END_TEST(what_was_read_before_is_unpacked)
{
    stream_want(&end->stream, EV_READ);
    say(end, SPAN_LITERAL("a client that does not wait"));
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_true(stream_pack(&end->stream, &as_server));
    assert_int_equal(buf_unparsed(&end->stream.in).len, 0);
    turn_without_waiting(&end->loop);
    assert_int_equal(end->calls, 1);
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_span(buf_unparsed(&end->stream.in), "a client that does not wait");
}

END_TEST(an_idle_stream_holds_no_window)
{
    struct text heard = { 0 };
    assert_true(stream_pack(&end->stream, &as_server));
    say(end, SPAN_LITERAL("SELECT 1"));
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_int_equal(end->loop.windows.lent, 1);
    drop_input(end);
    assert_int_equal(stream_fill(&end->stream), STREAM_BLOCKED);
    stream_trim(&end->stream);
    assert_int_equal(end->loop.windows.lent, 0);
    (void)text_append_cstr(&end->stream.out, "1");
    stream_restart(&end->stream);
    assert_int_equal(stream_flush(&end->stream), STREAM_OK);
    hear(end, &heard);
    assert_span(text_span(&heard), "1");
    struct stream_packed_bytes bytes = stream_take_packed_bytes(&end->stream);
    assert_true(bytes.in == 8 && bytes.packed_in == 8 + FRAMES_HEADER_BYTES);
    assert_true(bytes.out == 1 && bytes.packed_out == 1 + FRAMES_HEADER_BYTES);
    bytes = stream_take_packed_bytes(&end->stream);
    assert_true(bytes.in + bytes.packed_in + bytes.out + bytes.packed_out == 0);
    text_fini(&heard);
}

/* One frame contains more than a window holds. The socket has no unread bytes then: only the stream knows of
 * the rest. */
TEST(a_large_frame_comes_window_by_window)
{
    enum { TOTAL = 5 * LOOP_WINDOW_BYTES + 17 };
    struct end end;
    uint8_t *plain = calloc(1, TOTAL);
    size_t total = 0, windows = 0;
    open_end(&end);
    assert_true(stream_pack(&end.stream, &as_server));
    stream_want(&end.stream, EV_READ);
    say(&end, span_of(plain, TOTAL));
    while (total < TOTAL) {
        unsigned calls = end.calls;
        turn_without_waiting(&end.loop);
        assert_int_equal(end.calls, calls + 1);
        assert_int_equal(stream_fill(&end.stream), STREAM_OK);
        windows++;
        total += buf_unparsed(&end.stream.in).len;
        if (windows == 2) { /* the window is still full: no callback until the owner has taken bytes out */
            assert_true(stream_has_pending(&end.stream));
            stream_want(&end.stream, 0);
            turn_without_waiting(&end.loop);
            assert_int_equal(end.calls, calls + 1);
            stream_want(&end.stream, EV_READ);
        }
        drop_input(&end);
    }
    assert_int_equal(windows, 6);
    assert_false(stream_has_pending(&end.stream));
    turn_without_waiting(&end.loop);
    assert_int_equal(end.calls, 6);
    free(plain);
    close_end(&end);
}

/* Bytes count as written when their frame has been sent. Until then the owner offers them again, with further
 * bytes behind them. */
TEST(a_slow_peer_gets_everything_in_order)
{
    enum { TOTAL = 3 << 20 };
    struct end end;
    struct text heard = { 0 };
    uint8_t *plain = malloc(TOTAL);
    uint64_t seed = 3;
    size_t at = 0, blocked = 0;
    assert_non_null(plain);
    for (size_t i = 0; i < TOTAL; i++)
        plain[i] = (uint8_t)(next_random(&seed) % 50);
    open_end(&end);
    assert_true(stream_pack(&end.stream, &as_server));
    while (at < TOTAL) {
        size_t sent = 0, len = TOTAL - at < 40000 ? TOTAL - at : 40000;
        enum stream_result result = stream_send(&end.stream, span_of(plain + at, len), &sent);
        at += sent;
        if (result == STREAM_BLOCKED) {
            blocked++;
            if (blocked == 1) { /* the owner copies the bytes to stream.out */
                (void)text_append(&end.stream.out, plain + at, len);
                at += len;
                assert_int_equal(stream_flush(&end.stream), STREAM_BLOCKED);
            }
            hear(&end, &heard);
        } else {
            assert_int_equal(result, STREAM_OK);
        }
    }
    assert_int_equal(stream_flush(&end.stream), STREAM_OK);
    hear(&end, &heard);
    assert_true(blocked > 1);
    assert_true(heard.len == TOTAL && memcmp(heard.data, plain, TOTAL) == 0);
    assert_int_equal(end.loop.windows.lent, 0);
    free(plain);
    text_fini(&heard);
    close_end(&end);
}

END_TEST(wrong_frames_are_a_failure_that_says_what_was_wrong)
{
    assert_true(stream_pack(&end->stream, &as_server));
    assert_int_equal(stream_packing_verdict(&end->stream), FRAMES_OK);
    assert_int_equal(write(end->peer, "\x01\0\0\x05\0\0\0x", 8), 8);
    assert_int_equal(stream_fill(&end->stream), STREAM_FAILED);
    assert_int_equal(end->stream.error, EPROTO);
    assert_int_equal(stream_packing_verdict(&end->stream), FRAMES_OUT_OF_ORDER);
    assert_int_equal(stream_fill(&end->stream), STREAM_FAILED);
}

END_TEST(the_end_comes_after_what_was_sent)
{
    assert_true(stream_pack(&end->stream, &as_server));
    say(end, SPAN_LITERAL("the last words"));
    (void)close(end->peer);
    end->peer = -1;
    assert_int_equal(stream_fill(&end->stream), STREAM_OK);
    assert_span(buf_unparsed(&end->stream.in), "the last words");
    assert_int_equal(stream_fill(&end->stream), STREAM_EOF);
    assert_true(end->stream.is_eof);
}

/* Bytes not yet sent to a server may be several commands. They share a frame with number 0. A command that is
 * read from another window begins a new frame. */
TEST(a_clients_commands_begin_frames)
{
    struct end end;
    struct frames_manner as_client = as_server;
    uint8_t bytes[256];
    as_client.is_client = true;
    open_end(&end);
    assert_true(stream_pack(&end.stream, &as_client));
    stream_restart(&end.stream);
    (void)text_append_cstr(&end.stream.out, "close 1");
    stream_restart(&end.stream);
    (void)text_append_cstr(&end.stream.out, "close 2");
    stream_restart(&end.stream);
    size_t sent = 0;
    assert_int_equal(stream_send(&end.stream, SPAN_LITERAL("query"), &sent), STREAM_OK);
    assert_int_equal(stream_send(&end.stream, SPAN_LITERAL(" goes on"), &sent), STREAM_OK);
    ssize_t len = read(end.peer, bytes, sizeof bytes);
    static const char expected[] = "\x0e\0\0\0\0\0\0close 1close 2"
                                   "\x05\0\0\0\0\0\0query"
                                   "\x08\0\0\1\0\0\0 goes on";
    assert_int_equal(len, sizeof expected - 1);
    assert_memory_equal(bytes, expected, sizeof expected - 1);
    close_end(&end);
}

RUN_TESTS(NULL, NULL)
