#include "route/replica_failures.h"

#include "mysql/reply.h"

#include <stddef.h>

/* ---- refused ---- */

void replica_failures_note_refused(struct replica_failures *failures, uint64_t digest)
{
    failures->refused[digest % REFUSED_MAX] = digest;
    failures->has_refused = true;
}

bool replica_failures_was_refused(const struct replica_failures *failures, uint64_t digest)
{
    return failures->has_refused && failures->refused[digest % REFUSED_MAX] == digest;
}

/* ---- lacking ---- */

/* The errors for an absent object or right, of the kinds that DDL and GRANT create. The statement has had no
 * effect: a server checks the whole text before it reads a row. The comments name what is absent. */
static const uint16_t codes[] = {
    ERR_DBACCESS_DENIED,       /* a right on the schema */
    ERR_BAD_DB,                /* a schema; MariaDB calls its tables missing */
    ERR_BAD_FIELD,             /* a column */
    ERR_TABLEACCESS_DENIED,    /* a right on a table or view */
    ERR_COLUMNACCESS_DENIED,   /* a right on a column */
    ERR_NO_SUCH_TABLE,         /* a table, a view */
    ERR_NO_SUCH_KEY,           /* an index that a hint names */
    ERR_WRONG_COLUMN_COUNT,    /* a column, where UNION or IN compare two tables */
    ERR_SP_DOES_NOT_EXIST,     /* a stored function */
    ERR_VIEW_INVALID,          /* a table or column of a view */
    ERR_PROCACCESS_DENIED,     /* a right on a stored function */
    ERR_NO_SUCH_FUNCTION_HERE, /* a stored function with the name of a built-in one */
    ERR_UNKNOWN_PARTITION,     /* a partition */
};

bool replica_failures_says_lacking(uint16_t code, bool has_schema)
{
    if (code == ERR_NO_DB) /* the schema did not exist on this server when the connection logged in */
        return has_schema;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

void replica_failures_note_lacking(struct replica_failures *failures, uint64_t shape, uint64_t now_us)
{
    if (shape == 0)
        return;
    failures->lacking_until_us = now_us + LACKING_US;
    failures->lacking[shape % LACKING_MAX].shape = shape;
    failures->lacking[shape % LACKING_MAX].until_us = failures->lacking_until_us;
}

bool replica_failures_was_lacking(const struct replica_failures *failures, uint64_t shape, uint64_t now_us)
{
    if (now_us >= failures->lacking_until_us || shape == 0)
        return false;
    return failures->lacking[shape % LACKING_MAX].shape == shape &&
           now_us < failures->lacking[shape % LACKING_MAX].until_us;
}
