/* What a KILL in a text asks for.
 *
 *      KILL [HARD | SOFT] [CONNECTION | QUERY] expression
 *      KILL [HARD | SOFT] [CONNECTION | QUERY] USER account         MariaDB
 *      KILL [HARD | SOFT] QUERY ID expression                       MariaDB
 *
 * An id may be headgate's own, or that of a server connection that several clients share. So headgate reads
 * every KILL before a server receives it. KILL is a reserved word in both families (tested on MariaDB 10.11,
 * 11.8 and MySQL 9.7): outside quotes, and not after a dot, the word begins this statement. */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

/* Reads a KILL, from the token after the word KILL to the end of the statement or to the first token that is
 * not understood. `*id_r`: the id, for SQL_KILL_NUMBER. */
enum sql_kill kill_read(struct reader *reader, bool *is_query_r, uint64_t *id_r);

/* The KILL in a PREPARE name FROM … or EXECUTE IMMEDIATE …, read to its end. `is_literal`: the statement's
 * SQL is a single plain string. */
enum sql_kill kill_inside(const struct reader *reader, bool is_literal);

/* The variable (@a, as written) of a text that is SQL_KILL_VARIABLE. Borrows. */
struct span kill_variable(struct span sql, const struct sql_dialect *dialect);
