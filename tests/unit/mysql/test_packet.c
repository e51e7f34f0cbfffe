#include "bytes.h"

#include "mysql/wire.h"

TEST(header_needs_four_bytes)
{
    struct packet_header header;
    assert_false(packet_peek(SPAN_LITERAL("\1\0\0"), &header));
    assert_true(packet_peek(SPAN_LITERAL("\x02\x01\x00\x07"), &header));
    assert_int_equal(header.len, 0x102);
    assert_int_equal(header.seq, 7);
}

TEST(packets_are_framed)
{
    struct text out = { 0 };
    (void)text_append_cstr(&out, "x");
    size_t at = packet_begin(&out);
    wire_put_u8(&out, 0x0E);
    packet_end(&out, at, 3);
    assert_hex(text_span(&out), "78 01000003 0e");
    text_clear(&out);
    assert_int_equal(packet_put(&out, 255, SPAN_LITERAL("ab")), 0); /* sequence ids start again at 0 */
    assert_hex(text_span(&out), "020000ff 6162");
    text_clear(&out);
    assert_int_equal(packet_put(&out, 0, (struct span){ 0 }), 1);
    assert_hex(text_span(&out), "00000000");
    text_fini(&out);
}

TEST(long_payloads_are_split)
{
    static uint8_t payload[PACKET_PAYLOAD_MAX + 2];
    static const struct {
        size_t len;
        unsigned fragments;
        size_t last;
    } cases[] = { { PACKET_PAYLOAD_MAX - 1, 1, PACKET_PAYLOAD_MAX - 1 },
                  { PACKET_PAYLOAD_MAX, 2, 0 },
                  { PACKET_PAYLOAD_MAX + 2, 2, 2 } };
    for (size_t i = 0; i < 3; i++) {
        struct text out = { 0 };
        assert_int_equal(packet_put(&out, 5, span_of(payload, cases[i].len)), 5 + cases[i].fragments);
        assert_int_equal(out.len, cases[i].len + cases[i].fragments * PACKET_HEADER_BYTES);
        struct packet_header header;
        assert_true(packet_peek(span_of(out.data + out.len - cases[i].last - 4, 4), &header));
        assert_int_equal(header.len, cases[i].last);
        struct packet_run run;
        packet_run_begin(&run);
        assert_int_equal(packet_run_feed(&run, text_span(&out)), out.len);
        assert_true(run.is_complete);
        assert_int_equal(run.payload_bytes, cases[i].len);
        text_fini(&out);
    }
}

/* ---- packet_run compared with a simple reference that looks at the whole stream ---- */

static size_t twin_packet_bytes(struct span bytes, uint64_t *payload_r)
{
    size_t at = 0;
    struct packet_header header;
    *payload_r = 0;
    do {
        if (!packet_peek(span_of(bytes.data + at, bytes.len - at), &header))
            return SIZE_MAX;
        at += PACKET_HEADER_BYTES + header.len;
        *payload_r += header.len;
    } while (header.len == PACKET_PAYLOAD_MAX);
    return at;
}

static void assert_run_agrees(struct span stream, uint64_t *seed, uint32_t step_max)
{
    while (stream.len > 0) {
        uint64_t payload;
        size_t want = twin_packet_bytes(stream, &payload);
        struct packet_run run;
        size_t got = 0, there = 0;
        packet_run_begin(&run);
        while (!run.is_complete) {
            assert_true(there < stream.len);
            there += 1 + next_random(seed) % step_max;
            if (there > stream.len)
                there = stream.len;
            struct span part = exact_copy(span_of(stream.data + got, there - got));
            got += packet_run_feed(&run, part);
            drop_copy(part);
        }
        assert_int_equal(got, want);
        assert_true(run.payload_bytes == payload);
        assert_int_equal(packet_run_feed(&run, span_of(stream.data + got, stream.len - got)), 0);
        stream = span_of(stream.data + got, stream.len - got);
    }
}

TEST(run_agrees_with_its_twin)
{
    uint64_t seed = 11;
    for (unsigned round = 0; round < 500; round++) {
        struct text stream = { 0 };
        for (unsigned i = next_random(&seed) % 20; i < 20; i++) {
            size_t len = next_random(&seed) % 3 == 0 ? 0 : next_random(&seed) % 600;
            size_t at = packet_begin(&stream);
            wire_put_zeros(&stream, len);
            packet_end(&stream, at, (uint8_t)i);
        }
        assert_run_agrees(text_span(&stream), &seed, round % 2 == 0 ? 1 : 700);
        text_fini(&stream);
    }
}

TEST(run_agrees_on_fragments)
{
    static uint8_t payload[2 * PACKET_PAYLOAD_MAX];
    uint64_t seed = 12;
    struct text stream = { 0 };
    (void)packet_put(&stream, 0, span_of(payload, sizeof payload)); /* ends with an empty fragment */
    (void)packet_put(&stream, 0, (struct span){ 0 });
    (void)packet_put(&stream, 0, span_of(payload, PACKET_PAYLOAD_MAX + 1));
    assert_run_agrees(text_span(&stream), &seed, 5000000);
    text_fini(&stream);
}

/* However the file is cut, it ends at its empty packet: not at the empty fragment of a long packet, and not
 * later. */
TEST(a_file_ends_with_its_empty_packet_and_keeps_the_number_between_packets)
{
    static uint8_t payload[PACKET_PAYLOAD_MAX];
    static const size_t steps[] = { 1, 3, 4, 5, 4096, SIZE_MAX };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct text stream = { 0 };
        struct packet_run run;
        (void)packet_put(&stream, 2, SPAN_LITERAL("abc"));
        (void)packet_put(&stream, 3, SPAN_LITERAL("d"));
        if (steps[i] > 1000)
            /* followed by the empty fragment 5 */
            (void)packet_put(&stream, 4, span_of(payload, sizeof payload));
        (void)packet_put(&stream, 6, (struct span){ 0 });
        size_t end = stream.len, at = 0;
        (void)packet_put(&stream, 0, SPAN_LITERAL("next"));
        packet_run_begin(&run);
        run.seq = 1;
        while (!run.is_complete) {
            size_t left = stream.len - at;
            size_t used =
                packet_run_feed_file(&run, span_of(stream.data + at, left < steps[i] ? left : steps[i]));
            assert_true(used > 0 || left == 0);
            at += used;
            assert_int_equal(run.seq, at < 4 ? 1 : at < 11 ? 2 : at < 16 ? 3 : run.seq);
        }
        assert_int_equal(at, end);
        assert_int_equal(run.seq, 6);
        assert_int_equal(packet_run_feed_file(&run, span_of(stream.data + at, stream.len - at)), 0);
        text_fini(&stream);
    }
}

RUN_TESTS(NULL, NULL)
