/* SELECT ROW_COUNT() and SELECT FOUND_ROWS(), and nothing else in the text: answered by headgate itself, from
 * what replies told, when the connection that could answer has gone to somebody else.
 */
#ifndef HEADGATE_SESSION_LOCAL_ANSWERS_H
#define HEADGATE_SESSION_LOCAL_ANSWERS_H

#include "session/session.h"

/* The present command is the last one, for ROW_COUNT(): what its reply told. */
void local_answers_note_rows(struct session *session);
/* It may have left ROW_COUNT() as it was, or made it -1. */
void local_answers_doubt_rows(struct session *session);
/* The present command has counted rows, for FOUND_ROWS(): its connection alone knows how many. */
void local_answers_note_found(struct session *session);
/* Is the present command such a question, and the answer known? */
bool local_answers_may_answer(const struct session *session);
/* Then it is answered. */
enum step local_answers_answer(struct session *session);
/* Any other such question is refused: the connection that could answer is gone. */
enum step local_answers_refuse(struct session *session);

#endif
