/* Whether a reply has changed the answer of FOUND_ROWS() on its connection. Pure.
 *
 * Seen on MariaDB 10.11, 11.8 and MySQL 9, for a text of one or more statements: a statement that succeeds
 * sets the count, whatever later statements do. A statement that fails leaves the count unchanged on MySQL.
 * On MariaDB it leaves the count unchanged only if it fails before it runs (names, syntax, rights); otherwise
 * the count is that of the rows found until the error. */
#ifndef HEADGATE_STATE_FOUND_ROWS_H
#define HEADGATE_STATE_FOUND_ROWS_H

#include "sql/classify.h"

/* `results`: number of results of the reply that ended without error. `error`: number of the ERR that ended
 * the reply; 0: no ERR. */
bool found_rows_has_counted(const struct sql_facts *facts, bool is_mariadb, uint32_t results, uint16_t error);

#endif
