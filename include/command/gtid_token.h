/* GTID tokens: the position that a session has written and seen, as text that the application can pass to
 * another connection.
 *
 *      SHOW HEADGATE TOKEN ─► gtid_token_begin ─► one row
 *                                  └─► CATCHING_UP: the primary is asked ─► gtid_token_go_on ─► one row
 *      the hint after=TOKEN ─► hints_read ─► gtid_token_note: the session's reads need that position */
#pragma once

#include "cluster/view.h"
#include "mysql/gtid_token.h"

struct session;
enum step;

/* Runs SHOW HEADGATE TOKEN, the present command. The statement is never sent to a server. */
enum step gtid_token_begin(struct session *session);
/* The wait of SHOW HEADGATE TOKEN is over: a server has answered, or (is_late) the primary has not
 * answered in time. */
enum step gtid_token_go_on(struct session *session, bool is_late);

/* From now on the session's reads need the token's position, as they need the session's own writes. The
 * present read needs it at any consistency level. */
void gtid_token_note(struct session *session, const struct gtid_token *token);
