#include "monitor/outcome.h"

#include "mysql/reply.h"

#include <stddef.h>

enum outcome outcome_of_error(int code)
{
    static const struct {
        int code;
        enum outcome says;
    } rows[] = {
        { ERR_CON_COUNT, OUTCOME_OVERLOADED },
        { ERR_TOO_MANY_USER_CONNECTIONS, OUTCOME_OVERLOADED },
        { ERR_USER_LIMIT_REACHED, OUTCOME_OVERLOADED }, /* of connections or questions */
        { ERR_OUT_OF_RESOURCES, OUTCOME_OVERLOADED },   /* out of memory */
        { 1021, OUTCOME_OVERLOADED },                   /* the disk is full */
        { 1114, OUTCOME_OVERLOADED },                   /* the table is full */
        { 1129, OUTCOME_OVERLOADED },                   /* the host is blocked, after too many failures */
        { 1135, OUTCOME_OVERLOADED },                   /* no more threads */
        { 1205, OUTCOME_OVERLOADED },                   /* waited too long for a lock */
        { ERR_ACCESS_DENIED, OUTCOME_REFUSED },
        { ERR_DBACCESS_DENIED, OUTCOME_REFUSED },
        { ERR_SPECIFIC_ACCESS_DENIED, OUTCOME_REFUSED },
        { ERR_AUTH_MODE, OUTCOME_REFUSED }, /* an authentication plugin that headgate does not support */
        { ERR_PLUGIN_NOT_LOADED, OUTCOME_REFUSED },
        { 1130, OUTCOME_REFUSED }, /* not from this host */
        { 1142, OUTCOME_REFUSED }, /* the privilege on a table is missing */
        { 1143, OUTCOME_REFUSED }, /* the privilege on a column is missing */
        { 1698, OUTCOME_REFUSED }, /* the account uses another authentication plugin */
        { 1820, OUTCOME_REFUSED }, /* the password must be changed first */
        { 1862, OUTCOME_REFUSED }, /* the password has expired */
        { 3118, OUTCOME_REFUSED }, /* the account is locked: MySQL */
        { 3159, OUTCOME_REFUSED }, /* only with TLS: MySQL */
        { 4151, OUTCOME_REFUSED }, /* the account is locked: MariaDB */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].says;
    return OUTCOME_FAILED;
}

static const struct {
    const char *is, *was, *prefix;
} words[] = {
    [OUTCOME_FAILED] = { NULL, NULL, "" },
    [OUTCOME_PASSED] = { NULL, NULL, "" },
    [OUTCOME_SILENT] = { NULL, NULL, "" },
    [OUTCOME_OVERLOADED] = { "overloaded", "has room", "overloaded: " },
    [OUTCOME_REFUSED] = { "refuses the monitor", "answers the monitor", "the monitor is refused: " },
};

const char *outcome_is(enum outcome outcome)
{
    return words[outcome].is;
}

const char *outcome_was(enum outcome outcome)
{
    return words[outcome].was;
}

const char *outcome_prefix(enum outcome outcome)
{
    return words[outcome].prefix;
}
