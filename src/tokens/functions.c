#include "tokens/functions.h"

#include "tokens/words.h"

enum families { MARIADB = 1, MYSQL = 2, BOTH = 3 };
enum parenthesis { APART, TOUCHING };

/* Row numbers; 0 means no function. */
enum {
    ROW_NONE,
#define SQL_FUNCTION(name, families, effect, parenthesis) ROW_##name,
#include "tokens/tbl/sql_functions.h"
#undef SQL_FUNCTION
    ROWS
};

static const struct word names[ROWS] = {
#define SQL_FUNCTION(name, families, effect, parenthesis) [ROW_##name] = { #name, sizeof(#name) - 1 },
#include "tokens/tbl/sql_functions.h"
#undef SQL_FUNCTION
};

struct row {
    uint8_t families;
    uint8_t effect;
    uint8_t parenthesis;
};

static const struct row rows[ROWS] = {
#define SQL_FUNCTION(name, families, effect, parenthesis)                                                    \
    [ROW_##name] = { families, FUNCTION_##effect, parenthesis },
#include "tokens/tbl/sql_functions.h"
#undef SQL_FUNCTION
};

static struct words words;

__attribute__((constructor)) static void fill_words(void)
{
    words_fill(&words, names, ROWS);
}

static bool is_in_family(const struct row *row, enum sql_family family)
{
    switch (family) {
    case SQL_FAMILY_MARIADB:
        return (row->families & MARIADB) != 0;
    case SQL_FAMILY_MYSQL:
        return (row->families & MYSQL) != 0;
    case SQL_FAMILY_UNKNOWN:
        break;
    }
    return row->families == BOTH || row->effect != FUNCTION_PURE;
}

enum function_effect function_effect(struct span name, bool is_touching, enum sql_family family)
{
    const struct row *row = &rows[words_find(&words, name)];
    if (row == rows || !is_in_family(row, family) || (row->parenthesis == TOUCHING && !is_touching))
        return FUNCTION_UNKNOWN;
    return (enum function_effect)row->effect;
}

bool function_is_built_in(struct span name)
{
    for (int family = SQL_FAMILY_UNKNOWN; family <= SQL_FAMILY_MYSQL; family++)
        if (function_effect(name, true, (enum sql_family)family) != FUNCTION_UNKNOWN)
            return true;
    return false;
}
