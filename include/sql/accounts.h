/* May a text change accounts: who may log in, with which password, rights and default role? Pure.
 */
#ifndef HEADGATE_SQL_ACCOUNTS_H
#define HEADGATE_SQL_ACCOUNTS_H

#include "sql/facts.h"
#include "sql/lexer.h"

/* `facts`: what classify() has found in this text so far. True for GRANT, REVOKE, CREATE, ALTER, DROP, RENAME
 * USER and ROLE, SET PASSWORD, SET DEFAULT ROLE, SET GLOBAL, FLUSH and INSTALL, in any part of the text, and
 * for whatever may run one of these unseen: stored procedures and blocks that are not known to do less, SQL's
 * own EXECUTE, texts that are not understood. Stored functions and triggers cannot: both families refuse
 * there what commits implicitly. */
bool accounts_may_change(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect);

#endif
