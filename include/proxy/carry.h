/* What a session has written and seen, as a word that its application may carry to another connection.
 *
 *      SHOW HEADGATE TOKEN ──► carry_begin ──► known, or asked of the primary (CATCHING_UP): carry_go_on
 *                                                  └──► one row
 *      … after=TOKEN in a hint ──► carry_read ──► carry_note: its session asks for that, too, from then on
 */
#ifndef HEADGATE_PROXY_CARRY_H
#define HEADGATE_PROXY_CARRY_H

#include "cluster/view.h"
#include "mysql/gtid_token.h"

struct session;
enum step;

/* The present command is SHOW HEADGATE TOKEN, which no server needs to see. */
enum step carry_begin(struct session *session);
/* Its wait is over: there is news of the primary, or (is_late) there was none in time. */
enum step carry_go_on(struct session *session, bool is_late);

/* A token of a hint. False when it is malformed, or of another family than the servers of `view`. */
bool carry_read(struct span text, const struct view *view, struct gtid_token *token_r);
/* It was told elsewhere: the session asks for it as for its own, and the present read at any level. */
void carry_note(struct session *session, const struct gtid_token *token);

#endif
