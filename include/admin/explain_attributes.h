/* What EXPLAIN is told of attributes that a client would send beside the statement, where its protocol has a
 * place for them and the admin socket's line has none:
 *
 *      explain with headgate.server = db2, headgate.timeout = '500ms' SELECT name FROM t
 *
 * It is told from a common table expression by the name of its first attribute, which begins with
 * "headgate.". A value is a word, which ends with a blank or a comma, or stands in quotes of either kind and
 * ends with the same one; nothing in it is escaped. Pure.
 */
#ifndef HEADGATE_ADMIN_EXPLAIN_ATTRIBUTES_H
#define HEADGATE_ADMIN_EXPLAIN_ATTRIBUTES_H

#include "base/error.h"
#include "base/str.h"
#include "session/hints.h"

#include <stdbool.h>

/* *sql loses its attributes, which borrow from it. Without any, nothing is changed. False, with `err`: it
 * begins as if it had some, and cannot be read; or there are more than HINTS_BESIDE_MAX. */
bool explain_attributes_read(struct span *sql, struct hints_beside *beside_r, struct error *err);

#endif
