/* Statements that run stored code: CALL, compound statements, and functions within others. What they do is
 * asked of the dialect's catalog (catalog.h), and becomes the statement's facts.
 */
#ifndef HEADGATE_SQL_STORED_CALLS_H
#define HEADGATE_SQL_STORED_CALLS_H

#include "sql/facts.h"
#include "sql/reader.h"

#include <stdbool.h>

/* Rows' readers in statements.c. */

/* CALL name (arguments), from the token behind CALL. */
bool stored_calls_read_call(struct reader *reader, struct sql_facts *facts);
/* INSERT, REPLACE, UPDATE, DELETE: its functions and triggers, where there are any that matter; of those that
 * are not known nothing is said. */
bool stored_calls_read_write(struct reader *reader, struct sql_facts *facts);
/* A compound statement: BEGIN NOT ATOMIC, IF, LOOP …, from any token of it to the end of the text. The result
 * is statement_read()'s. */
bool stored_calls_read_block(struct reader *reader, struct sql_facts *facts);

#endif
