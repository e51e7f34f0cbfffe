/* SQL-level prepared statements: PREPARE, EXECUTE, and MariaDB's EXECUTE IMMEDIATE. The readers stand in the
 * table of statements.c; parameters and results are those of statement_read(). */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

bool dynamic_read_prepare(struct reader *reader, struct sql_facts *facts);
bool dynamic_read_execute(struct reader *reader, struct sql_facts *facts);

/* A string in plain quotes, N'…' included, that sql_unquote() may decode. */
bool dynamic_is_plain_string(const struct token *token);
