/* Renders tables and errors as JSON. */
#pragma once

#include "admin/table.h"

/* Writes one line: an array of objects with keys in column order, numbers as numbers, null as null, and a
 * newline. Bytes that are not UTF-8 become U+FFFD. False when memory is out. */
bool table_render_json(const struct table *table, struct text *out);

/* Writes {"error": "…"} and a newline. False when memory is out. */
bool table_render_json_error(const char *message, struct text *out);
