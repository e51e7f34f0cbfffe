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
#define SQL_FUNCTION(name, families, effect, parenthesis)                                                    \
    { #name, sizeof(#name) - 1, families, FUNCTION_##effect, parenthesis },
#include "sql/tbl/sql_functions.h"
#undef SQL_FUNCTION
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Order of `name` against a row, as the table is sorted: bytes of the capitals, the shorter first. */
static int compare(struct span name, const struct row *row)
{
    size_t len = name.len < row->len ? name.len : row->len;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = name.data[i] >= 'a' && name.data[i] <= 'z' ? (uint8_t)(name.data[i] - 32) : name.data[i];
        if (c != (uint8_t)row->name[i])
            return c < (uint8_t)row->name[i] ? -1 : 1;
    }
    return name.len == row->len ? 0 : name.len < row->len ? -1 : 1;
}

static const struct row *find(struct span name)
{
    size_t low = 0, high = ROWS;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(name, &rows[middle]);
        if (order == 0)
            return &rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
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
