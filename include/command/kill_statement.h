/* The statement KILL in all its forms: finds which session is meant, or refuses the statement.
 *
 *      KILL 5, KILL (0x5), KILL '5'                    ─┐
 *      KILL @id, if the variable's value is known       ├─► KILLING (frontend/kill)
 *      KILL ? prepared: the parameter's value           │
 *      KILL CONNECTION_ID()                             │
 *      PREPARE s FROM 'KILL 5', at its EXECUTE         ─┘
 *      all others: refused (1235) */
#pragma once

#include "session/session.h"

struct stmt_execute;

/* True if headgate itself runs or refuses the present COM_QUERY or COM_STMT_PREPARE because of the KILL in
 * it (facts.kill). To be called after pending_effects_note. */
bool kill_statement_is_ours(const struct session *session);
/* Runs or refuses the present command, for which kill_statement_is_ours was true. */
enum step kill_statement_run(struct session *session);

/* Runs or refuses the present COM_STMT_EXECUTE of a statement that contains a KILL (facts.kill).
 * `execute`: the parsed command. */
enum step kill_statement_execute(struct session *session, const struct stmt_execute *execute);
/* Refuses the present command because of a KILL in its statement. */
enum step kill_statement_refuse(struct session *session);
