/* Reads a statement by its first words: kind, dangers, and the details of some kinds. */
#ifndef HEADGATE_SQL_STATEMENTS_H
#define HEADGATE_SQL_STATEMENTS_H

#include "sql/facts.h"
#include "sql/reader.h"

/* One statement, from the reader's current token to its semicolon or the end. Fills every fact but is_multi,
 * touches_variables and doubts. Returns true when the statement was a routine's body that ran to the end of
 * the text and held semicolons: whether another statement follows it cannot be told. */
bool statement_read(struct reader *reader, struct sql_facts *facts);

/* The same from a text that was cut: only what its first words prove. */
void statement_read_cut(struct reader *reader, struct sql_facts *facts);

/* Parts of statements, for holds.c, which reads statements again. */

/* The current token begins MariaDB's SET STATEMENT a = b FOR statement. */
bool statement_is_set_statement(const struct reader *reader);

/* Steps from there to the statement after FOR. False where that is not understood. `facts` as
 * query_skip_values(). */
bool statement_skip_set(struct reader *reader, struct sql_facts *facts);

/* In an ALTER TABLE, steps to the next RENAME of the table itself, or to the end. */
bool statement_find_rename(struct reader *reader);

#endif
