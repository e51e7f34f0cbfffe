/* Tables and errors as JSON. */
#ifndef HEADGATE_ADMIN_TABLE_JSON_H
#define HEADGATE_ADMIN_TABLE_JSON_H

#include "admin/table.h"

/* One line: an array of objects, keys in column order; numbers as numbers, null as null; bytes that are not
 * UTF-8 become U+FFFD. Ends with a newline. False when memory is out. */
bool table_render_json(const struct table *table, struct text *out);

/* {"error": "…"} and a newline: the JSON form of a failure. False when memory is out. */
bool table_render_json_error(const char *message, struct text *out);

#endif
