#include "../base/unit.h"

#include "net/frames.h"

/* A writer and a reader of frames, and the bytes between them. */
struct scene {
    struct compress *compress;
    struct frames writer, reader;
    uint8_t *wire; /* owns */
    size_t len;
};

enum { WIRE_MAX = 1 << 20 };

static void open_scene(struct scene *scene, enum compress_algorithm algorithm, uint32_t threshold)
{
    const struct frames_manner client = {
        .algorithm = algorithm, .level = 3, .threshold_bytes = threshold, .is_client = true
    };
    const struct frames_manner server = { .algorithm = algorithm, .level = 3, .threshold_bytes = threshold };
    *scene = (struct scene){ .compress = compress_new(), .wire = malloc(WIRE_MAX) };
    assert_true(scene->compress != NULL && scene->wire != NULL);
    frames_init(&scene->writer, &client);
    frames_init(&scene->reader, &server);
}

static void close_scene(struct scene *scene)
{
    frames_fini(&scene->writer, scene->compress);
    frames_fini(&scene->reader, scene->compress);
    compress_free(&scene->compress);
    free(scene->wire);
}

static void put(struct scene *scene, struct span plain)
{
    assert_true(scene->len + FRAMES_HEADER_BYTES + plain.len <= WIRE_MAX);
    scene->len += frames_put(&scene->writer, scene->compress, plain, scene->wire + scene->len);
}

/* Reads all of `wire`, `step` bytes at a time, with room for `cap` bytes. */
static enum frames_verdict read_all(struct scene *scene, struct span wire, size_t step, size_t cap,
                                    struct text *out)
{
    uint8_t *room = malloc(cap);
    enum frames_verdict verdict = FRAMES_OK;
    assert_non_null(room);
    while (verdict == FRAMES_OK && (wire.len > 0 || frames_holds_more(&scene->reader))) {
        size_t done = 0, before = wire.len;
        struct span part = span_of(wire.data, wire.len < step ? wire.len : step);
        size_t offered = part.len;
        verdict = frames_read(&scene->reader, scene->compress, &part, room, cap, &done);
        wire = span_of(wire.data + (offered - part.len), wire.len - (offered - part.len));
        assert_true(text_append(out, room, done));
        if (verdict == FRAMES_OK && done == 0 && wire.len == before)
            break;
    }
    free(room);
    return verdict;
}

static void fill(uint8_t *bytes, size_t len, uint64_t *seed)
{
    bool is_noise = chance(seed, 2);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(is_noise ? next_random(seed) : i % 7);
}

static const enum compress_algorithm algorithms[] = { COMPRESS_ZLIB, COMPRESS_ZSTD };

TEST(frames_arrive_whole_however_they_are_cut)
{
    static const size_t lengths[] = { 1, 3, 49, 50, 51, 300, 5000 };
    static const size_t steps[] = { 1, 2, 3, 7, 8, 64, WIRE_MAX };
    static const size_t caps[] = { 1, 2, 13, 4096, 1 << 16 };
    uint64_t seed = 1;
    for (size_t a = 0; a < COUNT_OF(algorithms); a++)
        for (size_t s = 0; s < COUNT_OF(steps); s++)
            for (size_t c = 0; c < COUNT_OF(caps); c++) {
                struct scene scene;
                struct text said = { 0 }, heard = { 0 };
                open_scene(&scene, algorithms[a], 50);
                for (size_t i = 0; i < COUNT_OF(lengths); i++) {
                    uint8_t bytes[5000];
                    fill(bytes, lengths[i], &seed);
                    put(&scene, span_of(bytes, lengths[i]));
                    assert_true(text_append(&said, bytes, lengths[i]));
                }
                assert_int_equal(read_all(&scene, span_of(scene.wire, scene.len), steps[s], caps[c], &heard),
                                 FRAMES_OK);
                assert_row(span_equal(text_span(&said), text_span(&heard)), "step %zu, room %zu", steps[s],
                           caps[c]);
                assert_null(scene.reader.unpacker);
                text_fini(&said);
                text_fini(&heard);
                close_scene(&scene);
            }
}

TEST(what_is_short_or_gets_no_smaller_is_sent_as_it_is)
{
    uint8_t zeros[100] = { 0 }, noise[100];
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)next_random(&seed);
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct scene scene;
        open_scene(&scene, algorithms[a], 60);
        put(&scene, span_of(zeros, 59));
        assert_memory_equal(scene.wire, ((uint8_t[]){ 59, 0, 0, 0, 0, 0, 0 }), FRAMES_HEADER_BYTES);
        scene.len = 0;
        put(&scene, span_of(noise, sizeof noise));
        assert_memory_equal(scene.wire, ((uint8_t[]){ 100, 0, 0, 1, 0, 0, 0 }), FRAMES_HEADER_BYTES);
        scene.len = 0;
        put(&scene, span_of(zeros, 60));
        assert_true(scene.len < FRAMES_HEADER_BYTES + 60);
        assert_memory_equal(scene.wire + 3, ((uint8_t[]){ 2, 60, 0, 0 }), 4);
        scene.len = 0;
        scene.writer.manner.never_packs = true;
        put(&scene, span_of(zeros, 60));
        assert_memory_equal(scene.wire, ((uint8_t[]){ 60, 0, 0, 3, 0, 0, 0 }), FRAMES_HEADER_BYTES);
        close_scene(&scene);
    }
}

/* Appends a frame with any header around `contents`. */
static void put_frame(struct scene *scene, uint8_t number, size_t unpacked, struct span contents)
{
    uint8_t *at = scene->wire + scene->len;
    at[0] = (uint8_t)contents.len;
    at[1] = (uint8_t)(contents.len >> 8);
    at[2] = (uint8_t)(contents.len >> 16);
    at[3] = number;
    at[4] = (uint8_t)unpacked;
    at[5] = (uint8_t)(unpacked >> 8);
    at[6] = (uint8_t)(unpacked >> 16);
    memcpy(at + FRAMES_HEADER_BYTES, contents.data, contents.len);
    scene->len += FRAMES_HEADER_BYTES + contents.len;
}

TEST(a_frame_that_is_not_what_it_says_is_damaged)
{
    uint8_t plain[500], packed[600];
    memset(plain, 'x', sizeof plain);
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct compress *compress = compress_new();
        size_t len =
            compress_pack(compress, algorithms[a], 3, span_of(plain, sizeof plain), packed, sizeof packed);
        assert_in_range(len, 1, sizeof plain - 1);
        memset(packed + len, 'y', 20);
        const struct {
            const char *name;
            size_t unpacked, len;
            bool is_good;
        } rows[] = {
            { "right", 500, len, true },
            { "unpacks to more", 499, len, false },
            { "unpacks to less", 501, len, false },
            { "is cut", 500, len - 1, false },
            { "has a tail", 500, len + 1, false },
            { "is empty", 500, 0, false },
            { "unpacks to much more", 1, len, false },
        };
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            for (size_t step = 1; step <= 1000; step += 999)
                for (size_t cap = 1; cap <= 1000; cap += 333) {
                    struct scene scene;
                    struct text out = { 0 };
                    open_scene(&scene, algorithms[a], 1);
                    put_frame(&scene, 0, rows[i].unpacked, span_of(packed, rows[i].len));
                    put_frame(&scene, 1, 0, SPAN_LITERAL("next"));
                    enum frames_verdict verdict =
                        read_all(&scene, span_of(scene.wire, scene.len), step, cap, &out);
                    assert_row(verdict == (rows[i].is_good ? FRAMES_OK : FRAMES_DAMAGED),
                               "%s, step %zu, room %zu", rows[i].name, step, cap);
                    assert_true(out.len <= rows[i].unpacked + 4);
                    text_fini(&out);
                    close_scene(&scene);
                }
        compress_free(&compress);
    }
    struct scene scene;
    struct text out = { 0 };
    open_scene(&scene, COMPRESS_ZLIB, 1);
    put_frame(&scene, 0, 20, SPAN_LITERAL("not what zlib writes"));
    assert_int_equal(read_all(&scene, span_of(scene.wire, scene.len), 100, 100, &out), FRAMES_DAMAGED);
    text_fini(&out);
    close_scene(&scene);
}

/* 16 MiB of zeros, compressed to some kilobytes, are unpacked in pieces, as there is room. */
TEST(a_bomb_unpacks_as_slowly_as_it_is_read)
{
    uint8_t *zeros = calloc(1, FRAMES_CONTENTS_MAX), *packed = malloc(WIRE_MAX / 2);
    uint8_t room[1000];
    assert_true(zeros != NULL && packed != NULL);
    for (size_t a = 0; a < COUNT_OF(algorithms); a++) {
        struct scene scene;
        size_t total = 0, reads = 0;
        open_scene(&scene, algorithms[a], 1);
        size_t len = compress_pack(scene.compress, algorithms[a], 3, span_of(zeros, FRAMES_CONTENTS_MAX),
                                   packed, WIRE_MAX / 2);
        assert_true(len > 0);
        put_frame(&scene, 0, FRAMES_CONTENTS_MAX, span_of(packed, len));
        struct span raw = span_of(scene.wire, scene.len);
        for (;;) {
            size_t done = 0;
            assert_int_equal(frames_read(&scene.reader, scene.compress, &raw, room, sizeof room, &done),
                             FRAMES_OK);
            total += done;
            reads += done > 0;
            if (done < sizeof room)
                break;
        }
        assert_true(total == FRAMES_CONTENTS_MAX && raw.len == 0);
        assert_true(reads == (FRAMES_CONTENTS_MAX + sizeof room - 1) / sizeof room);
        close_scene(&scene);
    }
    free(zeros);
    free(packed);
}

static enum frames_verdict hear(struct scene *scene, uint8_t number)
{
    struct text out = { 0 };
    scene->len = 0;
    put_frame(scene, number, 0, SPAN_LITERAL("x"));
    enum frames_verdict verdict = read_all(scene, span_of(scene->wire, scene->len), 100, 100, &out);
    text_fini(&out);
    return verdict;
}

static uint8_t answer(struct scene *scene)
{
    uint8_t out[FRAMES_HEADER_BYTES + 1];
    (void)frames_put(&scene->reader, scene->compress, SPAN_LITERAL("x"), out);
    return out[3];
}

TEST(a_servers_frames_follow_the_clients)
{
    struct scene scene;
    open_scene(&scene, COMPRESS_ZLIB, 50);
    /* a command in one frame, its answer in two */
    assert_int_equal(hear(&scene, 0), FRAMES_OK);
    frames_restart(&scene.reader);
    assert_int_equal(answer(&scene), 1);
    assert_int_equal(answer(&scene), 2);
    /* a command in three frames; the answer has seen two of them when it begins */
    assert_int_equal(hear(&scene, 0), FRAMES_OK);
    assert_int_equal(hear(&scene, 1), FRAMES_OK);
    frames_restart(&scene.reader);
    assert_int_equal(hear(&scene, 2), FRAMES_OK);
    assert_int_equal(answer(&scene), 3);
    /* a file, which the client sends after an answer */
    assert_int_equal(hear(&scene, 4), FRAMES_OK);
    assert_int_equal(hear(&scene, 5), FRAMES_OK);
    assert_int_equal(answer(&scene), 6);
    /* commands without an answer, and two commands at once */
    assert_int_equal(hear(&scene, 0), FRAMES_OK);
    frames_restart(&scene.reader);
    assert_int_equal(hear(&scene, 0), FRAMES_OK);
    frames_restart(&scene.reader);
    assert_int_equal(hear(&scene, 0), FRAMES_OK);
    assert_int_equal(answer(&scene), 1);
    assert_int_equal(answer(&scene), 2);
    frames_restart(&scene.reader);
    assert_int_equal(answer(&scene), 1);
    /* a number that continues neither the command nor the answer */
    assert_int_equal(hear(&scene, 7), FRAMES_OUT_OF_ORDER);
    close_scene(&scene);
}

TEST(a_clients_frames_begin_each_command_at_zero)
{
    struct scene scene;
    open_scene(&scene, COMPRESS_ZLIB, 50);
    struct frames swap = scene.reader;
    scene.reader = scene.writer;
    scene.writer = swap;
    frames_restart(&scene.reader);
    assert_int_equal(answer(&scene), 0);
    assert_int_equal(answer(&scene), 1);
    assert_int_equal(hear(&scene, 2), FRAMES_OK);
    assert_int_equal(answer(&scene), 3);           /* continues after the number of the server's request */
    assert_int_equal(hear(&scene, 77), FRAMES_OK); /* numbers chosen by a server are not checked */
    frames_restart(&scene.reader);
    assert_int_equal(answer(&scene), 0);
    close_scene(&scene);
}

TEST(a_frame_of_nothing_is_passed_over)
{
    struct scene scene;
    struct text out = { 0 };
    open_scene(&scene, COMPRESS_ZLIB, 50);
    put_frame(&scene, 0, 0, SPAN_LITERAL(""));
    put_frame(&scene, 1, 0, SPAN_LITERAL("word"));
    assert_int_equal(read_all(&scene, span_of(scene.wire, scene.len), 100, 100, &out), FRAMES_OK);
    assert_span(text_span(&out), "word");
    text_fini(&out);
    close_scene(&scene);
}

RUN_TESTS(NULL, NULL)
