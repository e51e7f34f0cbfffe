/* What follows the first words of statements that begin and end transactions. Each is a row's reader in
 * statements.c: from the token behind the first word; fills what it finds; the result is statement_read()'s.
 */
#ifndef HEADGATE_SQL_TRANSACTIONS_H
#define HEADGATE_SQL_TRANSACTIONS_H

#include "sql/facts.h"
#include "sql/reader.h"

bool transactions_read_begin(struct reader *reader, struct sql_facts *facts);
bool transactions_read_start(struct reader *reader, struct sql_facts *facts);
bool transactions_read_commit(struct reader *reader, struct sql_facts *facts);
bool transactions_read_rollback(struct reader *reader, struct sql_facts *facts);
bool transactions_read_xa(struct reader *reader, struct sql_facts *facts);

#endif
