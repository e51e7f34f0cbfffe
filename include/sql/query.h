/* Reads a query (SELECT, WITH, VALUES, TABLE, or a parenthesis before them) to its end and says whether it is
 * harmless: it has no writes, locks or files, and only the variables, functions and schemas that are listed. */
#pragma once

#include "sql/facts.h"
#include "tokens/reader.h"

/* Fills is_read, reason, culprit, refers_previous, reads_but_for_variables, may_hide_state. */
void query_read(struct reader *reader, struct sql_facts *facts);

/* Reads only the function calls in the rest of a statement that consists of expressions (SET), and adds the
 * stored code that they run to the facts. True if one of the calls may leave state behind. */
bool query_read_calls(struct reader *reader, struct sql_facts *facts);

/* Skips the values of SET STATEMENT a = …, b = … FOR, up to that FOR. False if the FOR cannot be found with
 * certainty. Fills `facts` as query_read_calls() does. */
bool query_skip_values(struct reader *reader, struct sql_facts *facts);
