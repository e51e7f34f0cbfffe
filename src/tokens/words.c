#include "tokens/words.h"

#include <assert.h>

static uint64_t load(const uint8_t *data, size_t len)
{
    uint64_t value = 0;
    memcpy(&value, data, len);
    return value;
}

/* The first and the last eight bytes of a word, or four, or all bytes of a word of up to three. In a word of
 * more than sixteen bytes the middle is not included. */
static inline struct word_ends ends_of(struct span word)
{
    const uint8_t *end = word.data + word.len;
    if (word.len >= 8)
        return (struct word_ends){ load(word.data, 8), load(end - 8, 8) };
    if (word.len >= 4)
        return (struct word_ends){ load(word.data, 4), load(end - 4, 4) };
    return (struct word_ends){ *word.data, load(end - 1, 1) << 8 | word.data[word.len / 2] };
}

/* The slot of a word. The bit of letter case is left out. */
static inline size_t slot_of(struct word_ends ends, size_t len)
{
    uint64_t both =
        (ends.first & 0xdfdfdfdfdfdfdfdf) * 0x9e3779b97f4a7c15 + (ends.last & 0xdfdfdfdfdfdfdfdf) + len;
    return (both * 0x9e3779b97f4a7c15) >> 53; /* 2^64 / golden ratio: spreads every bit to the upper ones */
}
_Static_assert(WORDS_SLOTS == 1 << (64 - 53), "slot_of() gives eleven bits");

size_t words_slot(struct span word)
{
    return slot_of(ends_of(word), word.len);
}

/* Of eight bytes of a name in capitals: all bits but 0x20 in each byte that is a letter. */
static uint64_t fixed_of(uint64_t bytes)
{
    uint64_t fixed = UINT64_MAX;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint8_t c = (uint8_t)(bytes >> shift);
        fixed ^= c >= 'A' && c <= 'Z' ? UINT64_C(0x20) << shift : 0;
    }
    return fixed;
}

void words_fill(struct words *words, const struct word *rows, size_t count)
{
    assert(count <= WORDS_SLOTS / 4);
    *words = (struct words){ .rows = rows, .shortest = SIZE_MAX };
    for (size_t row = 1; row < count; row++) {
        struct word_ends ends = ends_of(span_of(rows[row].name, rows[row].len));
        size_t slot = slot_of(ends, rows[row].len);
        while (words->slots[slot] != 0)
            slot = (slot + 1) % WORDS_SLOTS;
        words->slots[slot] = (uint16_t)row;
        words->exact[row].len = rows[row].len;
        words->exact[row].ends = ends;
        words->exact[row].fixed = (struct word_ends){ fixed_of(ends.first), fixed_of(ends.last) };
        if (rows[row].len > words->longest)
            words->longest = rows[row].len;
        if (rows[row].len < words->shortest)
            words->shortest = rows[row].len;
    }
}

/* Compares the bytes between the two ends. */
static bool is_same_inside(const uint8_t *data, const struct word *word)
{
    for (size_t i = 8; i + 8 < word->len; i++) {
        uint8_t c = data[i] >= 'a' && data[i] <= 'z' ? (uint8_t)(data[i] - 32) : data[i];
        if (c != (uint8_t)word->name[i])
            return false;
    }
    return true;
}

static bool is_same(const struct words *words, size_t row, struct span word, struct word_ends ends)
{
    const struct word_ends *name = &words->exact[row].ends, *fixed = &words->exact[row].fixed;
    return words->exact[row].len == word.len && ((ends.first ^ name->first) & fixed->first) == 0 &&
           ((ends.last ^ name->last) & fixed->last) == 0 &&
           (word.len <= 16 || is_same_inside(word.data, &words->rows[row]));
}

size_t words_find(const struct words *words, struct span word)
{
    if (word.len < words->shortest || word.len > words->longest)
        return 0;
    struct word_ends ends = ends_of(word);
    size_t row, slot = slot_of(ends, word.len);
    for (; (row = words->slots[slot]) != 0; slot = (slot + 1) % WORDS_SLOTS)
        if (is_same(words, row, word, ends))
            return row;
    return 0;
}
