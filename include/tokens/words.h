/* A fixed set of words, looked up in any case of ASCII letters: one hash, and nearly always one slot.
 *
 * Filled once, before main() and so before any thread starts; only read afterwards. */
#pragma once

#include "base/str.h"

/* Five times the rows of the longest table: most words that are in no table hit an empty slot. */
enum { WORDS_SLOTS = 2048 };

struct word {
    const char *name; /* capitals */
    size_t len;
};

/* The first and the last bytes of a word: together the whole word, if it has at most sixteen bytes. */
struct word_ends {
    uint64_t first, last;
};

/* Row 0 stands for "no word" and is not compared. */
struct words {
    const struct word *rows; /* borrows */
    size_t shortest, longest;
    uint16_t slots[WORDS_SLOTS]; /* row numbers; 0: empty */
    struct {
        size_t len;
        struct word_ends ends;
        struct word_ends fixed; /* the bits that letter case does not change */
    } exact[WORDS_SLOTS / 4];   /* of each row */
};

/* Fills the set with `count` rows, row 0 included; at most a quarter of WORDS_SLOTS. `rows` is borrowed. */
void words_fill(struct words *words, const struct word *rows, size_t count);

/* The row number of `word`, or 0. */
size_t words_find(const struct words *words, struct span word);

/* The slot where the search for a word of one byte or more begins. */
size_t words_slot(struct span word);
