/* Reads a statement by its first words: its kind, its dangers, and details of some kinds. */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

/* Reads one statement, from the reader's current token to its semicolon or to the end of the text. Fills
 * every fact but is_multi, touches_variables and doubts. True if the statement was a routine's body that
 * contained semicolons and ran to the end of the text: then it is not known whether another statement
 * follows it. */
bool statement_read(struct reader *reader, struct sql_facts *facts);

/* Reads the first statement of a text that was cut: fills only what its first words prove. */
void statement_read_cut(struct reader *reader, struct sql_facts *facts);

/* Parts of statements, for holds.c, which reads statements again. */

/* The current token begins MariaDB's SET STATEMENT a = b FOR statement. */
bool statement_is_set_statement(const struct reader *reader);

/* Steps from SET STATEMENT to the statement after FOR. False if the FOR is not found. `facts`: as for
 * query_skip_values(). */
bool statement_skip_set(struct reader *reader, struct sql_facts *facts);

/* In an ALTER TABLE, steps to the next RENAME of the table itself, or to the end. */
bool statement_find_rename(struct reader *reader);
