/* Statements of which an ERR says that the server has run nothing: whatever they may have hidden is not
 * there. Pure.
 */
#ifndef HEADGATE_STATE_ERROR_RAN_NOTHING_H
#define HEADGATE_STATE_ERROR_RAN_NOTHING_H

#include "base/str.h"
#include "sql/classify.h"

#include <stdbool.h>
#include <stdint.h>

/* A statement, alone in its text. All borrow. */
struct unbegun_text {
    enum sql_kind kind;
    struct span statement; /* its digest's text */
    struct span schema;    /* the current one */
};

/* `code`, `message`: the ERR. True: a routine of the current schema that the statement itself calls does not
 * exist (1305), which servers find out before they run any of it. Stored code that calls one which is not
 * there has another name in the message, as long as the statement does not call that one, too. */
bool error_ran_nothing_lacks_routine(const struct unbegun_text *said, uint16_t code, struct span message);

/* `code`: the ERR's, the only answer to a text of these facts. True: the server could not read it (1064).
 * Where a text runs another one, as stored code and EXECUTE do, it may be that one which cannot be read. */
bool error_ran_nothing_is_unreadable(const struct sql_facts *facts, uint16_t code);

#endif
