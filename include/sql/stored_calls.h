/* Statements that run stored code: CALL, compound statements, and functions within others. Their effects are
 * looked up in the dialect's catalog (catalog.h) and added to the statement's facts.
 */
#ifndef HEADGATE_SQL_STORED_CALLS_H
#define HEADGATE_SQL_STORED_CALLS_H

#include "sql/facts.h"
#include "sql/reader.h"

#include <stdbool.h>

/* Readers of rows in statements.c; results as statement_read(). */

/* CALL name (arguments), from the token behind CALL. */
bool stored_calls_read_call(struct reader *reader, struct sql_facts *facts);
/* INSERT, REPLACE, UPDATE, DELETE: effects of its functions and triggers, as far as they are known and leave
 * something. */
bool stored_calls_read_write(struct reader *reader, struct sql_facts *facts);
/* A compound statement: BEGIN NOT ATOMIC, IF, LOOP …, from any token of it to the end of the text. The result
 * is statement_read()'s. */
bool stored_calls_read_block(struct reader *reader, struct sql_facts *facts);

#endif
