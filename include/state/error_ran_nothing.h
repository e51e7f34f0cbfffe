/* Errors that prove that the server has run nothing of a statement. Such a statement has left no session
 * state. Pure. */
#pragma once

#include "base/str.h"
#include "sql/classify.h"

#include <stdbool.h>
#include <stdint.h>

/* A statement that is alone in its text. All spans borrow. */
struct unbegun_text {
    enum sql_kind kind;
    struct span statement; /* text of its digest */
    struct span schema;    /* the current schema */
};

/* `code`, `message`: of the ERR. True: the statement itself calls a routine of the current schema that does
 * not exist (1305). Servers notice that before they run any part of the statement. If stored code calls the
 * missing routine, the message names a routine that the statement itself does not call: false. */
bool error_ran_nothing_lacks_routine(const struct unbegun_text *said, uint16_t code, struct span message);

/* `code`: of the ERR, the only reply to a text with these facts. True: the server could not parse the text
 * (1064). False for statements that run another text (CALL, PREPARE, BEGIN): the error may be about that
 * text. */
bool error_ran_nothing_is_unreadable(const struct sql_facts *facts, uint16_t code);
