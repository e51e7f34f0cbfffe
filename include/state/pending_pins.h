/* What a statement is about to take or give back of the state that lives in one server (sql/holds.h), noted
 * before it is sent and carried out in the session's pins once the server has answered. */
#ifndef HEADGATE_STATE_PENDING_PINS_H
#define HEADGATE_STATE_PENDING_PINS_H

#include "base/str.h"
#include "sql/lexer.h"
#include "state/pins.h"

#include <stdbool.h>
#include <stdint.h>

struct claims;

/* Read a text whose facts say has_holds. `schema`: the current one. NULL when memory is out. */
struct claims *pending_pins_read(struct span sql, const struct sql_dialect *dialect, struct span schema);
void pending_pins_free(struct claims *claims); /* NULL is fine */

/* What is known of the statement, once the server has answered. */
enum claims_outcome {
    CLAIMS_DONE,
    CLAIMS_FAILED, /* of one statement that failed only the user locks may have been taken, before it did */
    CLAIMS_PARTLY  /* some of it was done, perhaps: what was taken counts, what was given back does not */
};
/* `origin`: of what it has taken. */
void pending_pins_commit(const struct claims *claims, struct pins *pins, enum claims_outcome outcome,
                         const struct pin_origin *origin);

#endif
