/* What a KILL in a text asks for.
 *
 *      KILL [HARD | SOFT] [CONNECTION | QUERY] expression
 *      KILL [HARD | SOFT] [CONNECTION | QUERY] USER account         MariaDB
 *      KILL [HARD | SOFT] QUERY ID expression                       MariaDB
 *
 * An id may be headgate's own, or that of a server's connection that several clients share, so no server
 * receives a KILL that headgate has not read. KILL is a reserved word on both families (tried on
 * MariaDB 10.11, 11.8 and MySQL 9.7): outside quotes, and not after a dot, the word is this statement.
 */
#ifndef HEADGATE_SQL_KILL_H
#define HEADGATE_SQL_KILL_H

#include "sql/facts.h"
#include "sql/reader.h"

/* Reads a KILL from the token after that word to the end of the statement, or as far as it is understood.
 * `*id_r`: for SQL_KILL_NUMBER. */
enum sql_kill kill_read(struct reader *reader, bool *is_query_r, uint64_t *id_r);

/* PREPARE name FROM … and EXECUTE IMMEDIATE …, read to its end; `is_literal`: its SQL is one plain string and
 * nothing else. */
enum sql_kill kill_inside(const struct reader *reader, bool is_literal);

/* The variable (@a, as written) of a text that is SQL_KILL_VARIABLE. Borrows. */
struct span kill_variable(struct span sql, const struct sql_dialect *dialect);

#endif
