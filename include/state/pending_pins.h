/* State in one connection (sql/holds.h) that a statement is about to take or release: temporary tables,
 * locks, handlers and others. Noted before the statement is sent, and applied to the session's pins once the
 * server has answered. */
#ifndef HEADGATE_STATE_PENDING_PINS_H
#define HEADGATE_STATE_PENDING_PINS_H

#include "base/str.h"
#include "tokens/lexer.h"
#include "state/pins.h"

#include <stdbool.h>
#include <stdint.h>

struct claims;

/* Reads a text whose facts say has_holds. `schema`: the current schema. NULL when memory is out. The caller
 * owns the result. */
struct claims *pending_pins_read(struct span sql, const struct sql_dialect *dialect, struct span schema);
void pending_pins_free(struct claims *claims); /* NULL is fine */

/* What the reply of the server tells of the statement. */
enum claims_outcome {
    CLAIMS_DONE,
    CLAIMS_FAILED, /* a single statement failed: only user locks may have been taken before the error */
    CLAIMS_PARTLY  /* a part may have been done: pins are added for what it takes, none is released */
};
/* Applies `claims` to `pins`. `origin`: of pins that are added. */
void pending_pins_commit(const struct claims *claims, struct pins *pins, enum claims_outcome outcome,
                         const struct pin_origin *origin);

#endif
