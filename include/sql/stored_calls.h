/* Statements that run stored code: CALL, compound statements, and functions within others. What they do is
 * asked of the dialect's catalog (catalog.h), and becomes the statement's facts.
 */
#ifndef HEADGATE_SQL_STORED_CALLS_H
#define HEADGATE_SQL_STORED_CALLS_H

#include "sql/classify.h"
#include "sql/reader.h"

#include <stdbool.h>

/* The statement runs stored code with these effects, of which its text says nothing: may_hide_state,
 * sets_unnamed and the like. */
void facts_run_code(struct sql_facts *facts, unsigned effects);
/* What `inner`, read from a part of the statement, says of stored code is true of the statement. */
void facts_take_code(struct sql_facts *facts, const struct sql_facts *inner);

/* The function at the reader's current token, `schema` is its qualifier or empty: its effects. CODE_UNKNOWN
 * if it is not a stored function that is known, or may be mistaken for a built-in one. */
unsigned stored_calls_function(const struct reader *reader, struct span schema);

/* May the name be a stored function's? Not one that a server of either family has built in, however it is
 * written: a quoted or qualified name could be mistaken for that, or that for it. */
bool stored_calls_may_be_stored(const struct reader *reader, struct span schema);

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
