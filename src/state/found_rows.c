#include "state/found_rows.h"

#include <stddef.h>

/* Errors of MariaDB about data, locks and interruption: the statement was running. */
static bool is_while_running(uint16_t error)
{
    static const uint16_t running[] = {
        1022,                                           /* duplicate key */
        1028,                                           /* sort aborted */
        1048,                                           /* column cannot be null */
        1062,                                           /* duplicate entry */
        1114,                                           /* the table is full */
        1172,                                           /* more than one row for INTO */
        1205,                                           /* lock wait */
        1213,                                           /* deadlock */
        1216, 1217, 1451, 1452,                         /* foreign keys */
        1242,                                           /* more than one row of a subquery */
        1264, 1265, 1292, 1365, 1366, 1406, 1411, 1690, /* values */
        1317, 1969,                                     /* interrupted, out of time */
        1364,                                           /* no default */
        1526,                                           /* no partition for a value */
        4025,                                           /* a constraint */
    };
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (error == running[i])
            return true;
    return false;
}

bool found_rows_has_counted(const struct sql_facts *facts, bool is_mariadb, uint32_t results, uint16_t error)
{
    if (!facts->counts_rows)
        return false;
    if (error == 0 || results > facts->first_count)
        return true;
    return results == facts->first_count && is_mariadb && is_while_running(error);
}
