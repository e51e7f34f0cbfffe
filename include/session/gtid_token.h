/* What a session has written and seen, as a word that its application may carry to another connection.
 *
 *      SHOW HEADGATE TOKEN ──► gtid_token_begin ──► known, or asked of the primary (CATCHING_UP):
 * gtid_token_go_on └──► one row … after=TOKEN in a hint ──► gtid_token_read ──► gtid_token_note: its session
 * asks for that, too, from then on
 */
#ifndef HEADGATE_SESSION_GTID_TOKEN_H
#define HEADGATE_SESSION_GTID_TOKEN_H

#include "cluster/view.h"
#include "mysql/gtid_token.h"

struct session;
enum step;

/* The present command is SHOW HEADGATE TOKEN, which no server needs to see. */
enum step gtid_token_begin(struct session *session);
/* Its wait is over: there is news of the primary, or (is_late) there was none in time. */
enum step gtid_token_go_on(struct session *session, bool is_late);

/* A token of a hint. False when it is malformed, or of another family than the servers of `view`. */
bool gtid_token_read(struct span text, const struct view *view, struct gtid_token *token_r);
/* It was told elsewhere: the session asks for it as for its own, and the present read at any level. */
void gtid_token_note(struct session *session, const struct gtid_token *token);

#endif
