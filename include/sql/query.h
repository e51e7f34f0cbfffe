/* Reads a query (SELECT, WITH, VALUES, TABLE, or a parenthesis before them) to its end and says whether it is
 * harmless: no writes, locks, files, variables, functions or schemas but those on the lists.
 */
#ifndef HEADGATE_SQL_QUERY_H
#define HEADGATE_SQL_QUERY_H

#include "sql/facts.h"
#include "sql/reader.h"

/* Fills is_read, reason, culprit, refers_previous, reads_but_for_variables, may_hide_state. */
void query_read(struct reader *reader, struct sql_facts *facts);

/* Reads only the function calls in the rest of a statement that consists of expressions (SET), and adds their
 * stored code to the facts. True if one of them may leave state behind. */
bool query_read_calls(struct reader *reader, struct sql_facts *facts);

/* The values of SET STATEMENT a = …, b = … FOR, up to that FOR. False where the FOR cannot be found with
 * certainty. `facts` as query_read_calls(). */
bool query_skip_values(struct reader *reader, struct sql_facts *facts);

#endif
