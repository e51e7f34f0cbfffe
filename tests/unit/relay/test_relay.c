/* relay: the bytes of a command and of its reply, between a client's socket and a server's. */
#include "../net/net_test.h"

#include "upstream/server.h"
#include "mysql/command.h"
#include "mysql/reply.h"
#include "relay/relay.h"

struct scene {
    struct loop loop;
    struct upstream_env env;
    struct server_counters counters;
    struct server server;
    struct upstream upstream;
    struct stream client;
    struct job job;
    int client_peer, server_peer;
};

static void on_ready(struct stream *stream, int events)
{
    (void)stream;
    (void)events;
}

static void begin(struct scene *scene, uint8_t command)
{
    int ends[2];
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->env.loop = &scene->loop;
    scene->server.by_worker = &scene->counters;
    scene->upstream.env = &scene->env;
    scene->upstream.server = &scene->server;
    open_pair(ends);
    stream_open(&scene->client, &scene->loop, ends[0], on_ready, scene);
    scene->client_peer = ends[1];
    open_pair(ends);
    stream_open(&scene->upstream.stream, &scene->loop, ends[0], on_ready, scene);
    scene->server_peer = ends[1];
    scene->job.command = command_find(command);
    scene->job.is_kept = true;
    packet_run_begin(&scene->job.run);
    tracker_begin(&scene->upstream.tracker, scene->job.command->shape, 0, false, 1u << 20);
}

static void end(struct scene *scene)
{
    text_fini(&scene->client.out);
    text_fini(&scene->job.rewritten);
    stream_close(&scene->client);
    stream_close(&scene->upstream.stream);
    (void)close(scene->client_peer);
    (void)close(scene->server_peer);
    assert_int_equal(scene->loop.windows.lent, 0);
    close_loop(&scene->loop);
}

static void say(int peer, struct stream *stream, const void *bytes, size_t len)
{
    assert_int_equal(write(peer, bytes, len), (ssize_t)len);
    assert_int_equal(stream_fill(stream), STREAM_OK);
}

static void expect(int peer, const void *bytes, size_t len)
{
    uint8_t got[256];
    assert_int_equal(read(peer, got, sizeof got), (ssize_t)len);
    assert_memory_equal(got, bytes, len);
}

static void expect_silence(int peer)
{
    uint8_t got;
    assert_int_equal(read(peer, &got, 1), -1);
}

#define SELECT_1 "\x09\0\0\0\x03SELECT 1"
#define SELECT_1_BYTES 13
#define OK "\x07\0\0\x01\0\0\0\x02\0\0\0"
#define OK_BYTES 11
#define NO_TABLE "\x11\0\0\x01\xFF\x7A\x04#42S02no t ble"
#define NO_TABLE_BYTES 21

static enum relay_sent send_on(struct scene *scene)
{
    return relay_send_command(&scene->job, &scene->client, &scene->upstream.stream);
}

static enum relay_seen look(struct scene *scene, struct tracker_info *info)
{
    return relay_look(&scene->job, &scene->client, &scene->upstream, info);
}

#define OPEN(scene) begin(scene, COM_QUERY)
#define SCENE_TEST(name) TEST_OF(struct scene, scene, OPEN, end, name)

/* ---- commands ---- */

SCENE_TEST(command_goes_as_it_comes)
{
    assert_true(relay_has_sent_nothing(&scene->job, &scene->client));
    say(scene->client_peer, &scene->client, SELECT_1, 6);
    assert_int_equal(send_on(scene), RELAY_SENT_SOME);
    expect(scene->server_peer, SELECT_1, 6);
    assert_false(relay_has_sent_nothing(&scene->job, &scene->client));
    say(scene->client_peer, &scene->client, &SELECT_1[6], SELECT_1_BYTES - 6);
    assert_int_equal(send_on(scene), RELAY_SENT_ALL);
    expect(scene->server_peer, &SELECT_1[6], SELECT_1_BYTES - 6);
}

SCENE_TEST(next_command_is_not_sent_with_this_one)
{
    say(scene->client_peer, &scene->client, SELECT_1 SELECT_1, 2 * SELECT_1_BYTES);
    assert_int_equal(send_on(scene), RELAY_SENT_ALL);
    expect(scene->server_peer, SELECT_1, SELECT_1_BYTES);
    assert_int_equal(buf_unparsed(&scene->client.in).len, SELECT_1_BYTES);
}

SCENE_TEST(command_is_kept_for_another_server_until_its_reply_begins)
{
    struct tracker_info info = { 0 };
    say(scene->client_peer, &scene->client, SELECT_1, SELECT_1_BYTES);
    assert_int_equal(send_on(scene), RELAY_SENT_ALL);
    expect(scene->server_peer, SELECT_1, SELECT_1_BYTES);
    relay_take_back(&scene->job, &scene->client);
    assert_int_equal(send_on(scene), RELAY_SENT_ALL);
    expect(scene->server_peer, SELECT_1, SELECT_1_BYTES);
    say(scene->server_peer, &scene->upstream.stream, OK, OK_BYTES);
    assert_int_equal(look(scene, &info), RELAY_SEEN_PACKET);
    assert_false(buf_is_empty(&scene->client.in));
    relay_pass(&scene->job, &scene->client, &scene->upstream, &info);
    assert_true(scene->client.in.data == NULL || buf_is_empty(&scene->client.in));
    assert_int_equal(relay_pump(&scene->client, &scene->upstream.stream), STREAM_OK);
}

SCENE_TEST(rewritten_bytes_go_first)
{
    (void)text_append(&scene->job.rewritten, "before", 6);
    assert_true(relay_has_sent_nothing(&scene->job, &scene->client));
    say(scene->client_peer, &scene->client, SELECT_1, SELECT_1_BYTES);
    assert_int_equal(send_on(scene), RELAY_SENT_ALL);
    expect(scene->server_peer, "before" SELECT_1, 6 + SELECT_1_BYTES);
    relay_take_back(&scene->job, &scene->client);
    assert_int_equal(scene->job.rewritten.len + scene->job.rewritten_sent, 0);
}

SCENE_TEST(server_that_has_gone_is_told_apart)
{
    (void)shutdown(scene->server_peer, SHUT_RD);
    say(scene->client_peer, &scene->client, SELECT_1, SELECT_1_BYTES);
    assert_int_equal(send_on(scene), RELAY_SENT_IN_VAIN);
    assert_true(relay_has_sent_nothing(&scene->job, &scene->client));
}

/* ---- files of LOAD DATA LOCAL ---- */

TEST(file_ends_with_an_empty_packet)
{
    static struct scene scene;
    static const char file[] = "\x02\0\0\x02"
                               "a\n\0\0\0\x03";
    begin(&scene, COM_QUERY);
    say(scene.client_peer, &scene.client, SELECT_1, SELECT_1_BYTES);
    assert_int_equal(send_on(&scene), RELAY_SENT_ALL);
    expect(scene.server_peer, SELECT_1, SELECT_1_BYTES);
    buf_release_sent(&scene.client.in);
    relay_begin_file(&scene.job, 1);
    assert_true(scene.job.file.is_expected);
    assert_int_equal(relay_next_seq(&scene.job, &scene.upstream), 2);
    say(scene.client_peer, &scene.client, file, 6);
    assert_int_equal(relay_send_file(&scene.job, &scene.client, &scene.upstream.stream), RELAY_SENT_SOME);
    say(scene.client_peer, &scene.client, file + 6, 4);
    assert_int_equal(relay_send_file(&scene.job, &scene.client, &scene.upstream.stream), RELAY_SENT_ALL);
    expect(scene.server_peer, file, 10);
    assert_int_equal(scene.job.file.bytes, SELECT_1_BYTES + 10);
    end(&scene);
}

/* ---- replies ---- */

SCENE_TEST(packet_with_state_waits_for_its_caller)
{
    struct tracker_info info = { 0 };
    say(scene->server_peer, &scene->upstream.stream, OK, OK_BYTES);
    assert_int_equal(look(scene, &info), RELAY_SEEN_PACKET);
    assert_int_equal(info.kind, TRACKER_OK);
    assert_int_equal(relay_pump(&scene->client, &scene->upstream.stream), STREAM_OK);
    expect_silence(scene->client_peer);
    assert_false(scene->job.reply.has_begun || scene->job.reply.is_over);
    relay_pass(&scene->job, &scene->client, &scene->upstream, &info);
    assert_true(scene->job.reply.has_begun && scene->job.reply.is_over);
    assert_int_equal(look(scene, &info), RELAY_SEEN_ALL);
    assert_int_equal(relay_pump(&scene->client, &scene->upstream.stream), STREAM_OK);
    expect(scene->client_peer, OK, OK_BYTES);
}

SCENE_TEST(packet_is_replaced_behind_what_was_passed)
{
    struct tracker_info info = { 0 };
    say(scene->server_peer, &scene->upstream.stream, OK, OK_BYTES);
    assert_int_equal(look(scene, &info), RELAY_SEEN_PACKET);
    relay_keep_passed(&scene->client, &scene->upstream.stream);
    (void)text_append(&scene->client.out, "ours", 4);
    relay_remove(&scene->job, &scene->client, &scene->upstream, &info);
    assert_true(scene->job.reply.has_begun && scene->job.reply.is_over);
    assert_int_equal(relay_pump(&scene->client, &scene->upstream.stream), STREAM_OK);
    expect(scene->client_peer, "ours", 4);
}

SCENE_TEST(discarded_packet_leaves_the_reply_to_another_server)
{
    struct tracker_info info = { 0 };
    say(scene->server_peer, &scene->upstream.stream, NO_TABLE, NO_TABLE_BYTES);
    assert_int_equal(look(scene, &info), RELAY_SEEN_PACKET);
    assert_int_equal(info.kind, TRACKER_ERR);
    assert_int_equal(info.error, 1146);
    relay_discard(&scene->upstream, &info);
    assert_false(scene->job.reply.has_begun || scene->job.reply.is_over);
    assert_int_equal(relay_pump(&scene->client, &scene->upstream.stream), STREAM_OK);
    expect_silence(scene->client_peer);
}

TEST(first_byte_ends_the_response_time)
{
    for (int is_login = 0; is_login < 2; is_login++) {
        static struct scene scene;
        struct tracker_info info = { 0 };
        begin(&scene, COM_QUERY);
        scene.job.is_login = is_login;
        say(scene.server_peer, &scene.upstream.stream, OK, OK_BYTES);
        assert_int_equal(look(&scene, &info), RELAY_SEEN_PACKET);
        relay_pass(&scene.job, &scene.client, &scene.upstream, &info);
        struct hist_total total = { 0 };
        hist_add(&total, &scene.counters.response);
        assert_int_equal(total.count, is_login ? 0 : 1);
        assert_int_equal(relay_pump(&scene.client, &scene.upstream.stream), STREAM_OK);
        end(&scene);
    }
}

SCENE_TEST(nonsense_is_told_apart)
{
    struct tracker_info info = { 0 };
    say(scene->server_peer, &scene->upstream.stream, "\0\0\0\x01", 4);
    assert_int_equal(look(scene, &info), RELAY_SEEN_NONSENSE);
    assert_false(scene->job.reply.has_begun);
}

RUN_TESTS(NULL, NULL)
