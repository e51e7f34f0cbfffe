/* SELECT ROW_COUNT() and SELECT FOUND_ROWS(), if the text contains nothing else: headgate answers them itself
 * from earlier replies when the connection that could answer belongs to another session now.
 */
#ifndef HEADGATE_COMMAND_LOCAL_ANSWERS_H
#define HEADGATE_COMMAND_LOCAL_ANSWERS_H

#include "session/session.h"

/* The present command determines ROW_COUNT(): notes the value from its reply. */
void local_answers_note_rows(struct session *session);
/* The present command may have left ROW_COUNT() unchanged, or set it to -1: the value is not known. */
void local_answers_doubt_rows(struct session *session);
/* The present command has set FOUND_ROWS(): only the command's connection knows the count. */
void local_answers_note_found(struct session *session);
/* True if the present command is such a question and the answer is known. */
bool local_answers_may_answer(const struct session *session);
/* Answers the present command, for which local_answers_may_answer was true. */
enum step local_answers_answer(struct session *session);
/* Refuses the present command: the connection that could answer is gone. */
enum step local_answers_refuse(struct session *session);

#endif
