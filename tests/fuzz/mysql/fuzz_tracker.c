/* Any bytes as a reply: what is passed and handed out lies within the input, and the verdict does not depend
 * on how the bytes arrive. */
#include "input.h"

#include "mysql/caps.h"
#include "mysql/tracker.h"

struct setup {
    enum reply_shape shape;
    uint64_t caps;
    bool has_cursor;
    uint8_t pieces; /* chooses the sizes of the pieces */
};

/* What happened, in a comparable form: a hash over passed lengths and events. */
struct story {
    uint64_t hash;
    uint64_t passed; /* bytes passed since the last event */
    uint64_t rows;
    enum tracker_verdict end;
};

static void tell(struct story *story, uint64_t value)
{
    story->hash = (story->hash ^ value) * UINT64_C(0x100000001b3);
}

static void tell_packet(struct story *story, const struct tracker_info *info)
{
    const uint64_t facts[] = { story->passed,  info->kind,     info->len,     info->payload.len,
                               info->seq,      info->is_last,  info->is_cut,  info->status,
                               info->warnings, info->affected, info->error,   info->insert_id,
                               info->params,   info->columns,  info->stmt_id, info->session.len };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        tell(story, facts[i]);
    story->passed = 0;
}

static size_t next_piece(uint8_t pieces, size_t turn)
{
    return pieces < 64 ? (size_t)pieces + 1 : 1 + (pieces * (turn + 7)) % 41;
}

static struct story follow(const struct setup *setup, struct span data, bool is_whole)
{
    struct story story = { .end = TRACKER_MORE };
    struct tracker tracker;
    size_t at = 0, turn = 0;
    size_t there = is_whole ? data.len : 0;
    tracker_begin(&tracker, setup->shape, setup->caps, setup->has_cursor, 64);
    for (;;) {
        struct tracker_info info;
        size_t pass;
        struct span seen = span_of(data.data + at, there - at);
        story.end = tracker_feed(&tracker, seen, &pass, &info);
        MUST(pass <= seen.len);
        at += pass;
        story.passed += pass;
        if (story.end == TRACKER_PACKET) {
            MUST(info.len <= seen.len - pass && info.payload.len + PACKET_HEADER_BYTES == info.len);
            MUST(info.payload.data == seen.data + pass + PACKET_HEADER_BYTES);
            MUST(input_holds(info.payload, info.session));
            at += info.len;
            tell_packet(&story, &info);
        }
        if (story.end == TRACKER_DONE || story.end == TRACKER_BAD ||
            (story.end == TRACKER_PACKET && info.is_last))
            break;
        if (story.end == TRACKER_MORE && there == data.len)
            break;
        if (story.end == TRACKER_MORE) {
            size_t piece = next_piece(setup->pieces, turn++);
            there = data.len - there < piece ? data.len : there + piece;
        }
    }
    story.rows = tracker.rows;
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    uint8_t choice = input_u8(&input);
    struct setup setup = {
        .shape = (enum reply_shape)(choice & 7),
        .caps = ((choice & 8) != 0 ? CAP_DEPRECATE_EOF : 0) | ((choice & 16) != 0 ? CAP_SESSION_TRACK : 0),
        .has_cursor = (choice & 32) != 0,
        .pieces = input_u8(&input),
    };
    if (setup.shape == REPLY_NONE)
        return 0; /* the reply ended at once, or its first byte was invalid */
    struct story whole = follow(&setup, input, true);
    struct story pieces = follow(&setup, input, false);
    MUST(whole.end == pieces.end && whole.hash == pieces.hash);
    MUST(whole.passed == pieces.passed && whole.rows == pieces.rows);
    return 0;
}
