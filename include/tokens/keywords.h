/* The keywords of the classifier: text → enum, by one look-up in a hash table.
 *
 * After a dot, or between backticks, a word is a name even if it is spelled like a keyword. The caller
 * excludes such words; reader.h does so. */
#pragma once

#include "base/str.h"

enum keyword {
    KEYWORD_NONE,
#define SQL_KEYWORD(name, parenthesis) KEYWORD_##name,
#include "tokens/tbl/sql_keywords.h"
#undef SQL_KEYWORD
    KEYWORDS
};

/* Where a parenthesis may follow the keyword without making it a function's name: tbl/sql_keywords.h. */
enum keyword_parenthesis {
    KEYWORD_PAREN_NEVER,
    KEYWORD_PAREN_ANYWHERE,
    KEYWORD_PAREN_MYSQL,
    KEYWORD_PAREN_COMPARED,
    KEYWORD_PAREN_CLOSED,
    KEYWORD_PAREN_STRING
};

/* The keyword of this word, in any case of letters; KEYWORD_NONE if the word is no keyword. */
enum keyword keyword_find(struct span word);

enum keyword_parenthesis keyword_parenthesis(enum keyword keyword);
