/* A window compared with a reference that keeps three queues of bytes: sent and kept, to be sent, not parsed.
 */
#include "../base/unit.h"

#include "net/buf.h"

#define CAP 61

struct queue {
    uint8_t bytes[CAP];
    size_t len;
};

struct twin {
    struct queue kept, unsent, unparsed;
};

static void move_front(struct queue *from, struct queue *to, size_t len)
{
    if (to != NULL) {
        memcpy(to->bytes + to->len, from->bytes, len);
        to->len += len;
    }
    memmove(from->bytes, from->bytes + len, from->len - len);
    from->len -= len;
}

static void assert_same(const struct buf *buf, const struct twin *twin)
{
    struct span unsent = buf_unsent(buf), unparsed = buf_unparsed(buf);
    buf_check(buf);
    assert_int_equal(buf->sent - buf->kept, twin->kept.len);
    assert_memory_equal(buf->data + buf->kept, twin->kept.bytes, twin->kept.len);
    assert_int_equal(unsent.len, twin->unsent.len);
    assert_memory_equal(unsent.data, twin->unsent.bytes, unsent.len);
    assert_int_equal(unparsed.len, twin->unparsed.len);
    assert_memory_equal(unparsed.data, twin->unparsed.bytes, unparsed.len);
    size_t held = twin->kept.len + twin->unsent.len + twin->unparsed.len;
    assert_int_equal(buf_is_empty(buf), held == 0);
    assert_int_equal(buf_room(buf), CAP - held);
}

static void fill(struct buf *buf, struct twin *twin, uint64_t *seed)
{
    if (buf->filled == buf->cap)
        return;
    size_t len = 1 + next_random(seed) % (buf->cap - buf->filled);
    for (size_t i = 0; i < len; i++) {
        buf->data[buf->filled++] = (uint8_t)next_random(seed);
        twin->unparsed.bytes[twin->unparsed.len++] = buf->data[buf->filled - 1];
    }
}

static void rewind_twin(struct twin *twin)
{
    struct queue kept = twin->kept;
    memcpy(kept.bytes + kept.len, twin->unsent.bytes, twin->unsent.len);
    kept.len += twin->unsent.len;
    twin->unsent = kept;
    twin->kept.len = 0;
}

static void step(struct buf *buf, struct twin *twin, uint64_t *seed)
{
    size_t len;
    switch (next_random(seed) % 8) {
    case 0:
    case 1:
        fill(buf, twin, seed);
        break;
    case 2:
        len = next_random(seed) % (twin->unparsed.len + 1);
        buf_mark_parsed(buf, len);
        move_front(&twin->unparsed, &twin->unsent, len);
        break;
    case 3:
        len = next_random(seed) % (twin->unsent.len + 1);
        buf_mark_sent(buf, len);
        move_front(&twin->unsent, &twin->kept, len);
        break;
    case 4:
        buf_release_sent(buf);
        twin->kept.len = 0;
        break;
    case 5:
        buf_drop_parsed(buf);
        twin->kept.len = twin->unsent.len = 0;
        break;
    case 6:
        buf_rewind(buf);
        rewind_twin(twin);
        break;
    default:
        buf_compact(buf);
        assert_int_equal(buf->kept, 0);
        break;
    }
}

TEST(window_agrees_with_its_twin)
{
    uint64_t seed = 61;
    for (unsigned round = 0; round < 200; round++) {
        uint8_t *memory = malloc(CAP); /* of exactly this size: the sanitizers see every access beyond it */
        struct buf buf = { .data = memory, .cap = CAP };
        struct twin twin = { 0 };
        for (unsigned i = 0; i < 300; i++) {
            step(&buf, &twin, &seed);
            assert_same(&buf, &twin);
        }
        free(memory);
    }
}

TEST(an_emptied_window_begins_at_its_front_again)
{
    uint8_t memory[16] = { 0 };
    struct buf buf = { .data = memory, .cap = 16, .filled = 10 };
    buf_mark_parsed(&buf, 10);
    buf_mark_sent(&buf, 10);
    assert_int_equal(buf.filled, 10); /* sent bytes are kept: they may be needed again */
    buf_release_sent(&buf);
    assert_int_equal(buf.filled, 0);
    assert_true(buf_is_empty(&buf));
}

TEST(no_window_holds_nothing)
{
    struct buf none = { 0 };
    buf_check(&none);
    assert_true(buf_is_empty(&none));
    assert_int_equal(buf_room(&none), 0);
    /* clang's UBSan checks these pointers */
    struct span unparsed = buf_unparsed(&none), unsent = buf_unsent(&none);
    assert_true(unparsed.data == NULL && unparsed.len == 0);
    assert_true(unsent.data == NULL && unsent.len == 0);
    buf_mark_parsed(&none, 0);
    buf_release_sent(&none);
    buf_drop_parsed(&none);
    buf_rewind(&none);
    buf_compact(&none);
    buf_check(&none);
}

RUN_TESTS(NULL, NULL)
