/* Whether a text may change accounts: users, passwords, rights and default roles. Pure.
 */
#ifndef HEADGATE_SQL_ACCOUNTS_H
#define HEADGATE_SQL_ACCOUNTS_H

#include "sql/facts.h"
#include "sql/lexer.h"

/* `facts`: what classify() has found in this text so far. True for GRANT, REVOKE, CREATE, ALTER, DROP, RENAME
 * USER and ROLE, SET PASSWORD, SET DEFAULT ROLE, SET GLOBAL, FLUSH and INSTALL, in any part of the text, and
 * for statements that may run one of these unseen: stored procedures and blocks whose effects are not known
 * to be smaller, SQL's own EXECUTE, texts that are not understood. Stored functions and triggers cannot:
 * there both families refuse statements that commit implicitly. */
bool accounts_may_change(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect);

#endif
