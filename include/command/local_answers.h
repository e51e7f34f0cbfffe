/* SELECT ROW_COUNT() and SELECT FOUND_ROWS(), if the text contains nothing else: headgate answers them itself
 * from earlier replies when the connection that could answer belongs to another session now. */
#pragma once

#include "session/session.h"

/* True if the present command is such a question and the answer is known. */
bool local_answers_may_answer(const struct session *session);
/* Answers the present command, for which local_answers_may_answer was true. */
enum step local_answers_answer(struct session *session);
/* Refuses the present command: the connection that could answer is gone. */
enum step local_answers_refuse(struct session *session);
