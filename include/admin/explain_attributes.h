/* Query attributes for EXPLAIN. A client sends attributes in a field of its own, which a line of the admin
 * socket does not have, so they stand before the statement:
 *
 *      explain with headgate.server = db2, headgate.timeout = '500ms' SELECT name FROM t
 *
 * The name of the first attribute begins with "headgate.", which tells this form from a common table
 * expression. A value is a word, which ends with a blank or a comma, or stands in quotes of either kind,
 * without escapes. Pure.
 */
#ifndef HEADGATE_ADMIN_EXPLAIN_ATTRIBUTES_H
#define HEADGATE_ADMIN_EXPLAIN_ATTRIBUTES_H

#include "base/error.h"
#include "base/str.h"
#include "session/hints.h"

#include <stdbool.h>

/* Removes the attributes from *sql; they borrow from it. Without attributes nothing is changed. False, with
 * `err`: the attributes cannot be read, or are more than HINTS_BESIDE_MAX. */
bool explain_attributes_read(struct span *sql, struct hints_beside *attributes_r, struct error *err);

#endif
