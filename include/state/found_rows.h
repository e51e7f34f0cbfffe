/* Whether a reply has changed what FOUND_ROWS() says on its connection. Pure.
 *
 * Seen on MariaDB 10.11, 11.8 and MySQL 9: a part that ends well counts its rows, whatever becomes of those
 * after it. One that fails leaves the count alone on MySQL; on MariaDB only if it fails before it runs
 * (names, syntax, rights), and else it counts what it had found until then. */
#ifndef HEADGATE_STATE_FOUND_ROWS_H
#define HEADGATE_STATE_FOUND_ROWS_H

#include "sql/classify.h"

/* `results`: so many results of the reply have ended well; `error`: the number of the ERR that ended it, 0:
 * none did. */
bool found_rows_has_counted(const struct sql_facts *facts, bool is_mariadb, uint32_t results, uint16_t error);

#endif
