#include "sql/keywords.h"

#include <assert.h>

struct row {
    const char *name; /* capitals */
    uint8_t len;
    uint8_t parenthesis;
};

static const struct row rows[KEYWORDS] = {
#define SQL_LETTER(letter)
#define SQL_KEYWORD(name, parenthesis)                                                                       \
    [KEYWORD_##name] = { #name, sizeof(#name) - 1, KEYWORD_PAREN_##parenthesis },
#include "sql/tbl/sql_keywords.h"
#undef SQL_LETTER
#undef SQL_KEYWORD
};

/* The first row of each letter; the enum counts them. */
static const uint8_t letters[27] = {
#define SQL_LETTER(letter) KEYWORD_LETTER_##letter,
#define SQL_KEYWORD(name, parenthesis)
#include "sql/tbl/sql_keywords.h"
#undef SQL_LETTER
#undef SQL_KEYWORD
    KEYWORDS
};
_Static_assert(KEYWORDS <= UINT8_MAX, "letters[] holds bytes");

/* `name` in capitals; letters of `data` match without their case bit, the underscore does not need it. */
static bool is_same(const uint8_t *data, const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = data[i] >= 'a' && data[i] <= 'z' ? (uint8_t)(data[i] - 32) : data[i];
        if (c != (uint8_t)name[i])
            return false;
    }
    return true;
}

enum keyword keyword_find(struct span word)
{
    unsigned letter = word.len == 0 ? 26u : (word.data[0] | 0x20u) - 'a';
    if (letter >= 26)
        return KEYWORD_NONE;
    for (unsigned i = letters[letter]; i < letters[letter + 1]; i++)
        if (rows[i].len == word.len && is_same(word.data, rows[i].name, word.len))
            return (enum keyword)i;
    return KEYWORD_NONE;
}

enum keyword_parenthesis keyword_parenthesis(enum keyword keyword)
{
    assert(keyword < KEYWORDS);
    return (enum keyword_parenthesis)rows[keyword].parenthesis;
}
