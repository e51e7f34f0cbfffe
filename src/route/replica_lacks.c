#include "route/replica_lacks.h"

#include "mysql/reply.h"

#include <stddef.h>

/* What DDL and GRANT make, by the errors of its absence; the text of all is checked before any row is read.
 */
static const uint16_t codes[] = {
    ERR_DBACCESS_DENIED,       /* a right on the schema */
    ERR_BAD_DB,                /* a schema; MariaDB calls its tables missing */
    ERR_BAD_FIELD,             /* a column */
    ERR_TABLEACCESS_DENIED,    /* a right on a table or view */
    ERR_COLUMNACCESS_DENIED,   /* … on a column */
    ERR_NO_SUCH_TABLE,         /* a table, a view */
    ERR_NO_SUCH_KEY,           /* an index that a hint names */
    ERR_WRONG_COLUMN_COUNT,    /* a column, where UNION or IN compare two tables */
    ERR_SP_DOES_NOT_EXIST,     /* a stored function */
    ERR_VIEW_INVALID,          /* what a view is made of */
    ERR_PROCACCESS_DENIED,     /* a right on a stored function */
    ERR_NO_SUCH_FUNCTION_HERE, /* a stored function that is called like a built-in one */
    ERR_UNKNOWN_PARTITION,     /* a partition */
};

bool replica_lacks_is(uint16_t code, bool has_schema)
{
    if (code == ERR_NO_DB) /* the session's schema was not there when its connection began */
        return has_schema;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

void replica_lacks_add(struct lacking *lacking, uint64_t shape, uint64_t now_us)
{
    if (shape == 0)
        return;
    lacking->until_us = now_us + LACKING_US;
    lacking->entries[shape % LACKING_MAX].shape = shape;
    lacking->entries[shape % LACKING_MAX].until_us = lacking->until_us;
}

bool replica_lacks_has(const struct lacking *lacking, uint64_t shape, uint64_t now_us)
{
    if (now_us >= lacking->until_us || shape == 0)
        return false;
    return lacking->entries[shape % LACKING_MAX].shape == shape &&
           now_us < lacking->entries[shape % LACKING_MAX].until_us;
}
