/* Statements that run stored code: CALL, compound statements, and functions and triggers in other statements.
 * Their effects are looked up in the dialect's catalog (catalog.h) and added to the statement's facts. */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

#include <stdbool.h>

/* Readers for the table in statements.c; results as those of statement_read(). */

/* CALL name (arguments), from the token after CALL. */
bool stored_calls_read_call(struct reader *reader, struct sql_facts *facts);
/* INSERT, REPLACE, UPDATE, DELETE: adds the effects of its functions and triggers that are known and that
 * leave state. */
bool stored_calls_read_write(struct reader *reader, struct sql_facts *facts);
/* A compound statement: BEGIN NOT ATOMIC, IF, LOOP …, from any of its tokens to the end of the text. */
bool stored_calls_read_block(struct reader *reader, struct sql_facts *facts);
