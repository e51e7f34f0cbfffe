/* The session variables of a connection in a form that can be compared. Pure.
 *
 * The premise is that of state/variables.h: a new connection on which all of `vars` was set is equal to the
 * session. So two connections with the same fingerprint are equal; the order of the SETs does not matter. */
#pragma once

#include "base/str.h"
#include "state/variables.h"

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing is set. */
struct fingerprint {
    struct text said; /* owns: name NUL literal NUL …; names in lower case, sorted */
    uint64_t hash;    /* of `said`; 0: nothing is set */
};

/* Computes the fingerprint of `vars`. False when memory is out: then the fingerprint must not be used. */
bool fingerprint_take(struct fingerprint *fingerprint, const struct vars *vars);
void fingerprint_fini(struct fingerprint *fingerprint);

bool fingerprint_equal(const struct fingerprint *a, const struct fingerprint *b);
/* Does `new` set every variable that `old` sets, to any value? Then setting all of `new` makes a connection
 * with `old` equal to `new`. */
bool fingerprint_covers(const struct fingerprint *new, const struct fingerprint *old);
