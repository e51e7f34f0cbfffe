#include "sql/words.h"

#include <assert.h>

static uint64_t load(const uint8_t *data, size_t len)
{
    uint64_t value = 0;
    memcpy(&value, data, len);
    return value;
}

/* The first and the last eight bytes, or four, without the bit that tells the letters' case. What lies
 * between, in words of more than sixteen, does not count; nor does it tell two rows apart. */
size_t words_slot(struct span word)
{
    const uint8_t *end = word.data + word.len;
    uint64_t first, last;
    if (word.len >= 8) {
        first = load(word.data, 8);
        last = load(end - 8, 8);
    } else if (word.len >= 4) {
        first = load(word.data, 4);
        last = load(end - 4, 4);
    } else {
        first = *word.data;
        last = load(end - 1, 1) << 8 | word.data[word.len / 2];
    }
    uint64_t both =
        (first & 0xdfdfdfdfdfdfdfdf) * 0x9e3779b97f4a7c15 + (last & 0xdfdfdfdfdfdfdfdf) + word.len;
    return (both * 0x9e3779b97f4a7c15) >> 53; /* of the golden ratio: spreads every bit to the upper ones */
}
_Static_assert(WORDS_SLOTS == 1 << (64 - 53), "words_slot() gives eleven bits");

void words_fill(struct words *words, const struct word *rows, size_t count)
{
    assert(count <= WORDS_SLOTS / 4);
    *words = (struct words){ .rows = rows };
    for (size_t row = 1; row < count; row++) {
        size_t slot = words_slot(span_of(rows[row].name, rows[row].len));
        while (words->slots[slot] != 0)
            slot = (slot + 1) % WORDS_SLOTS;
        words->slots[slot] = (uint16_t)row;
        if (rows[row].len > words->longest)
            words->longest = rows[row].len;
    }
}

static bool is_same(const uint8_t *data, const struct word *word)
{
    for (size_t i = 0; i < word->len; i++) {
        uint8_t c = data[i] >= 'a' && data[i] <= 'z' ? (uint8_t)(data[i] - 32) : data[i];
        if (c != (uint8_t)word->name[i])
            return false;
    }
    return true;
}

size_t words_find(const struct words *words, struct span word)
{
    if (word.len == 0 || word.len > words->longest)
        return 0;
    size_t row, slot = words_slot(word);
    for (; (row = words->slots[slot]) != 0; slot = (slot + 1) % WORDS_SLOTS)
        if (words->rows[row].len == word.len && is_same(word.data, &words->rows[row]))
            return row;
    return 0;
}
