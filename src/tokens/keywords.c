#include "tokens/keywords.h"

#include "tokens/words.h"

#include <assert.h>

static const struct word rows[KEYWORDS] = {
#define SQL_KEYWORD(name, parenthesis) [KEYWORD_##name] = { #name, sizeof(#name) - 1 },
#include "tokens/tbl/sql_keywords.h"
#undef SQL_KEYWORD
};

static const uint8_t parentheses[KEYWORDS] = {
#define SQL_KEYWORD(name, parenthesis) [KEYWORD_##name] = KEYWORD_PAREN_##parenthesis,
#include "tokens/tbl/sql_keywords.h"
#undef SQL_KEYWORD
};

static struct words words;

__attribute__((constructor)) static void fill_words(void)
{
    words_fill(&words, rows, KEYWORDS);
}

enum keyword keyword_find(struct span word)
{
    return (enum keyword)words_find(&words, word);
}

enum keyword_parenthesis keyword_parenthesis(enum keyword keyword)
{
    assert(keyword < KEYWORDS);
    return (enum keyword_parenthesis)parentheses[keyword];
}
