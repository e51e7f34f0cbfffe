/* Query attributes for EXPLAIN. A client sends attributes in a separate protocol field. A line of the admin
 * socket has no such field, so there the attributes stand before the statement:
 *
 *      explain with headgate.server = db2, headgate.timeout = '500ms' SELECT name FROM t
 *
 * The name of the first attribute begins with "headgate.", which distinguishes this form from a common table
 * expression. A value is a word that ends at a blank or comma, or a string in quotes of either kind, without
 * escapes. Pure. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "command/hints.h"

#include <stdbool.h>

/* Removes the attributes from the front of *sql; *attributes_r borrows from it. Without attributes *sql is
 * unchanged. False, with *err: the attributes are malformed, or there are more than HINTS_BESIDE_MAX. */
bool explain_attributes_read(struct span *sql, struct hints_beside *attributes_r, struct error *err);
