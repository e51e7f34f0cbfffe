/* The statement KILL, in whatever form a client sends it: which session is meant, or why it is not run.
 *
 *      KILL 5, KILL (0x5), KILL '5'                    ─┐
 *      KILL @id, when the variable's value is known     ├─► kill_begin
 *      KILL ? prepared: the parameter's value           │
 *      KILL CONNECTION_ID()                             │
 *      PREPARE s FROM 'KILL 5', at its EXECUTE         ─┘
 *      all others: refused (1235)
 */
#ifndef HEADGATE_SESSION_KILL_STATEMENT_H
#define HEADGATE_SESSION_KILL_STATEMENT_H

#include "session/session.h"

struct stmt_execute;

/* Is the present COM_QUERY or COM_STMT_PREPARE headgate's own to run, or to refuse? After
 * pending_effects_note(). */
bool kill_statement_is_ours(const struct session *session);
/* Then this runs or refuses it. */
enum step kill_statement_run(struct session *session);

/* The present COM_STMT_EXECUTE, of a statement with a KILL in it (facts.kill). `execute`: as it was read. */
enum step kill_statement_execute(struct session *session, const struct stmt_execute *execute);
/* Refuses the present command for such a statement: COM_STMT_BULK_EXECUTE. */
enum step kill_statement_refuse(struct session *session);

#endif
