/* What a session has written and seen, as a word that its application may carry to another connection.
 *
 *      SHOW HEADGATE TOKEN ─► gtid_token_begin ─► one row
 *                                  └─► CATCHING_UP: the primary is asked ─► gtid_token_go_on ─► one row
 *      a hint, after=TOKEN ─► gtid_token_read ─► gtid_token_note: this session asks for the same
 */
#ifndef HEADGATE_SESSION_GTID_TOKEN_H
#define HEADGATE_SESSION_GTID_TOKEN_H

#include "cluster/view.h"
#include "mysql/gtid_token.h"

struct session;
enum step;

/* The present command is SHOW HEADGATE TOKEN, which no server needs to see. */
enum step gtid_token_begin(struct session *session);
/* The wait of such a command is over: a server has answered, or (is_late) the primary has not in time. */
enum step gtid_token_go_on(struct session *session, bool is_late);

/* A token of a hint. False when it is malformed, or of another family than the servers of `view`. */
bool gtid_token_read(struct span text, const struct view *view, struct gtid_token *token_r);
/* The session asks for the token's position as for its own writes, and the present read does at any level. */
void gtid_token_note(struct session *session, const struct gtid_token *token);

#endif
