/* The hash table of keywords and functions: exact in any letter case, and nearly perfect for both tables. */
#include <stdio.h>

#include "tokens_test.h"

#include "tokens/words.h"

static const struct word keywords[] = {
    { NULL, 0 },
#define SQL_KEYWORD(name, parenthesis) { #name, sizeof(#name) - 1 },
#include "tokens/tbl/sql_keywords.h"
#undef SQL_KEYWORD
};
#define KEYWORD_ROWS (sizeof keywords / sizeof keywords[0])

static const struct word functions[] = {
    { NULL, 0 },
#define SQL_FUNCTION(name, families, effect, parenthesis) { #name, sizeof(#name) - 1 },
#include "tokens/tbl/sql_functions.h"
#undef SQL_FUNCTION
};
#define FUNCTION_ROWS (sizeof functions / sizeof functions[0])

static struct words words;

static size_t find(const char *data, size_t len)
{
    struct span copy = exact_copy(span_of(data, len));
    size_t row = words_find(&words, copy);
    drop_copy(copy);
    return row;
}

/* Replaces each byte of a word by each other byte: only the other letter case still finds the word. */
static void check_neighbours(const struct word *rows, size_t count, size_t row)
{
    char name[64];
    memcpy(name, rows[row].name, rows[row].len);
    for (size_t i = 0; i < rows[row].len; i++) {
        char right = name[i];
        for (int c = 0; c < 256; c++) {
            name[i] = (char)c;
            size_t found = words_find(&words, span_of(name, rows[row].len));
            bool is_case = right >= 'A' && right <= 'Z' && c == right + 32;
            assert_true(found < count && (found == row) == (c == (unsigned char)right || is_case));
        }
        name[i] = right;
    }
}

static void check_table(const struct word *rows, size_t count)
{
    size_t first_try = 0;
    words_fill(&words, rows, count);
    for (size_t row = 1; row < count; row++) {
        struct span name = span_of(rows[row].name, rows[row].len);
        assert_int_equal(find(rows[row].name, rows[row].len), row);
        assert_true(find(rows[row].name, rows[row].len - 1) != row);
        check_neighbours(rows, count, row);
        first_try += words.slots[words_slot(name)] == row;
    }
    print_message("%zu of %zu words are found at the first slot\n", first_try, count - 1);
    assert_true(first_try * 100 >= (count - 1) * 85);
}

static size_t longest_walk(void)
{
    size_t longest = 0, walk = 0;
    for (size_t i = 0; i < (size_t)2 * WORDS_SLOTS; i++) {
        walk = words.slots[i % WORDS_SLOTS] == 0 ? 0 : walk + 1;
        longest = walk > longest ? walk : longest;
    }
    return longest;
}

TEST(keywords_are_found_at_once)
{
    check_table(keywords, KEYWORD_ROWS);
    assert_true(longest_walk() <= 4);
}

TEST(functions_are_found_at_once)
{
    check_table(functions, FUNCTION_ROWS);
    assert_true(longest_walk() <= 6);
}

TEST(nothing_and_long_words_are_in_no_table)
{
    char name[1000];
    words_fill(&words, keywords, KEYWORD_ROWS);
    memset(name, 'A', sizeof name);
    assert_int_equal(find("", 0), 0);
    for (size_t len = 0; len < sizeof name; len++)
        assert_int_equal(find(name, len), 0);
    words_fill(&words, keywords, 1);
    assert_int_equal(find("SELECT", 6), 0);
}

TEST(words_that_meet_in_a_slot_are_told_apart)
{
    static const struct word rows[] = {
        { NULL, 0 }, { "AAAAAAAA1BBBBBBBB", 17 }, { "AAAAAAAA2BBBBBBBB", 17 }, { "AAAAAAAA3BBBBBBBB", 17 }
    };
    words_fill(&words, rows, 4);
    assert_int_equal(words_slot(SPAN_LITERAL("AAAAAAAA1BBBBBBBB")),
                     words_slot(SPAN_LITERAL("AAAAAAAA2BBBBBBBB")));
    for (size_t row = 1; row < 4; row++)
        assert_int_equal(find(rows[row].name, 17), row);
    assert_int_equal(find("aaaaaaaa2bbbbbbbb", 17), 2);
    assert_int_equal(find("AAAAAAAA4BBBBBBBB", 17), 0);
}

RUN_TESTS(NULL, NULL)
