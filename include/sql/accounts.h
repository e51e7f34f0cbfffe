/* Whether a text may change accounts: users, passwords, rights and default roles. Pure. */
#pragma once

#include "sql/facts.h"
#include "tokens/lexer.h"

/* `facts`: what classify() has found in this text so far. True if any statement of the text is GRANT, REVOKE,
 * CREATE, ALTER, DROP or RENAME USER or ROLE, SET PASSWORD, SET DEFAULT ROLE, SET GLOBAL, FLUSH or INSTALL.
 * Also true for a statement that may run one of these without naming it: a stored procedure or a block whose
 * effects are unknown or include such changes, SQL's own EXECUTE, a text that is not understood. Stored
 * functions and triggers cannot change accounts: both families refuse implicit commits in them. */
bool accounts_may_change(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect);
