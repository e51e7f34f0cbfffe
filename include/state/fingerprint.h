/* What a connection's session variables are, so that two can be compared. Pure.
 *
 * The premise is that of vars.h: a new connection to which all of `vars` is said is equal to the session.
 * So two that would be told the same, in whatever order it was set, are equal to each other.
 */
#ifndef HEADGATE_STATE_FINGERPRINT_H
#define HEADGATE_STATE_FINGERPRINT_H

#include "base/str.h"
#include "state/variables.h"

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing is set. */
struct fingerprint {
    struct text said; /* owns: name NUL literal NUL …, by names in lower case, in their order */
    uint64_t hash;    /* of that; 0: nothing is set */
};

/* False when memory is out: then it must not be used. */
bool fingerprint_take(struct fingerprint *fingerprint, const struct vars *vars);
void fingerprint_fini(struct fingerprint *fingerprint);

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);
/* Is everything that is set in `old` set in `new` too, to whatever? Then saying all of `new` is enough. */
bool fingerprint_covers(const struct fingerprint *new, const struct fingerprint *old);

#endif
