#include "sql/functions.h"

enum families { MARIADB = 1, MYSQL = 2, BOTH = 3 };
enum parenthesis { APART, TOUCHING };

struct row {
    const char *name; /* capitals */
    uint8_t len;
    uint8_t families;
    uint8_t effect;
    uint8_t parenthesis;
};

static const struct row rows[] = {
#define SQL_LETTER(letter)
#define SQL_FUNCTION(name, families, effect, parenthesis)                                                    \
    { #name, sizeof(#name) - 1, families, FUNCTION_##effect, parenthesis },
#include "sql/tbl/sql_functions.h"
#undef SQL_LETTER
#undef SQL_FUNCTION
};

/* Numbers the rows, so that each letter knows its first. */
enum {
#define SQL_LETTER(letter) LETTER_##letter, BEFORE_##letter = LETTER_##letter - 1,
#define SQL_FUNCTION(name, families, effect, parenthesis) ROW_##name,
#include "sql/tbl/sql_functions.h"
#undef SQL_LETTER
#undef SQL_FUNCTION
    ROWS
};

static const uint16_t letters[27] = {
#define SQL_LETTER(letter) LETTER_##letter,
#define SQL_FUNCTION(name, families, effect, parenthesis)
#include "sql/tbl/sql_functions.h"
#undef SQL_LETTER
#undef SQL_FUNCTION
    ROWS
};

/* `name` without the first letter, which is known to match. */
static bool is_same(const uint8_t *data, const char *name, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        uint8_t c = data[i] >= 'a' && data[i] <= 'z' ? (uint8_t)(data[i] - 32) : data[i];
        if (c != (uint8_t)name[i])
            return false;
    }
    return true;
}

static const struct row *find(struct span name)
{
    unsigned letter = name.len == 0 ? 26u : (name.data[0] | 0x20u) - 'a';
    if (letter >= 26)
        return NULL;
    for (unsigned i = letters[letter]; i < letters[letter + 1]; i++)
        if (rows[i].len == name.len && is_same(name.data, rows[i].name, name.len))
            return &rows[i];
    return NULL;
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
    const struct row *row = find(name);
    if (row == NULL || !is_in_family(row, family) || (row->parenthesis == TOUCHING && !is_touching))
        return FUNCTION_UNKNOWN;
    return (enum function_effect)row->effect;
}
