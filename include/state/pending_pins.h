/* State in one connection (sql/holds.h) that a statement is about to take or release: temporary tables,
 * locks, handlers and others. Noted before the statement is sent, and applied to the session's pins once the
 * server has answered. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"
#include "state/pins.h"

#include <stdbool.h>
#include <stdint.h>

struct pending_pins;

/* Reads a text whose facts say has_holds. `schema`: the current schema. NULL when memory is out. The caller
 * owns the result. */
struct pending_pins *pending_pins_read(struct span sql, const struct sql_dialect *dialect,
                                       struct span schema);
void pending_pins_free(struct pending_pins *pending); /* NULL is fine */

/* What the reply of the server tells of the statement. */
enum pending_pins_outcome {
    PENDING_PINS_DONE,
    PENDING_PINS_FAILED, /* a single statement failed: only user locks may have been taken before the error */
    PENDING_PINS_PARTLY  /* a part may have been done: pins are added for what it takes, none is released */
};
/* Applies `pending` to `pins`. `origin`: of pins that are added. */
void pending_pins_commit(const struct pending_pins *pending, struct pins *pins,
                         enum pending_pins_outcome outcome, const struct pin_origin *origin);
