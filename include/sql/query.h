/* Reads a query (SELECT, WITH, VALUES, TABLE, or a parenthesis before them) to its end and says whether it is
 * harmless: no writes, locks, files, variables, functions or schemas but those on the lists.
 */
#ifndef HEADGATE_SQL_QUERY_H
#define HEADGATE_SQL_QUERY_H

#include "sql/classify.h"
#include "sql/reader.h"

/* Fills is_read, reason, culprit, refers_previous, may_hide_state. */
void query_read(struct reader *reader, struct sql_facts *facts);

/* The functions alone, in the rest of a statement that is made of expressions (SET): could one leave state
 * behind? */
bool query_may_call_unknown(struct reader *reader);

#endif
