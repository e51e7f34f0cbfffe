/* Statements that begin and end transactions, after their first word. Each function is a reader for the
 * table in statements.c: it starts at the token after the first word, fills the facts, and returns what
 * statement_read() returns. */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

bool transactions_read_begin(struct reader *reader, struct sql_facts *facts);
bool transactions_read_start(struct reader *reader, struct sql_facts *facts);
bool transactions_read_commit(struct reader *reader, struct sql_facts *facts);
bool transactions_read_rollback(struct reader *reader, struct sql_facts *facts);
bool transactions_read_xa(struct reader *reader, struct sql_facts *facts);
