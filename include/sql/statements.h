/* What the first words of a statement say: kind, dangers, and the details some kinds carry. */
#ifndef HEADGATE_SQL_STATEMENTS_H
#define HEADGATE_SQL_STATEMENTS_H

#include "sql/classify.h"
#include "sql/reader.h"

/* One statement, from the reader's current token to its semicolon or the end. Fills every fact but is_multi
 * and doubts; `sql` is the whole text, for SET. Returns true when the statement was a routine's body that ran
 * to the end of the text and held semicolons: whether another statement follows it cannot be told. */
bool statement_read(struct reader *reader, struct span sql, struct sql_facts *facts);

/* The same from a text that was cut: only what its first words prove. */
void statement_read_cut(struct reader *reader, struct sql_facts *facts);

#endif
