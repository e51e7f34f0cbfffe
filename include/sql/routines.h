/* Stored functions that only read, as the servers say (information_schema.ROUTINES): one immutable set, built
 * once and shared by the threads. The name of a function stands here only if it is not ambiguous: every
 * function so called, in whatever schema, reads only; and so does every one whose name servers may take for
 * it, which compare letters without their accents. */
#ifndef HEADGATE_SQL_ROUTINES_H
#define HEADGATE_SQL_ROUTINES_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct routines;

struct routine {
    struct span schema; /* borrows while the set is built; empty for a loadable function */
    struct span name;   /* UTF-8 */
    bool only_reads;    /* SQL_DATA_ACCESS is NO SQL or READS SQL DATA */
};

/* A set with one reference, or NULL when memory is out. Copies what it keeps. */
struct routines *routines_new(const struct routine *rows, size_t count);
struct routines *routines_ref(struct routines *routines); /* NULL is fine */
void routines_unref(struct routines *routines);           /* NULL is fine */

/* May a call of `name`, written unquoted or unquoted of its quotes, with or without `schema` (empty), run
 * where nothing may be written? `routines` NULL: no. Names of functions compare without case in ASCII; a name
 * with other bytes is not in the set. With a schema: only if that schema is known to have such a function,
 * for the word before the point may as well be a package (MariaDB), whose functions nobody lists. */
bool routines_only_reads(const struct routines *routines, struct span schema, struct span name);
/* Do both say the same of every call? A set that was built from the same functions does, in whatever order.
 */
bool routines_equal(const struct routines *a, const struct routines *b);
/* Functions in the set; those that were left out do not count. NULL: 0. */
size_t routines_count(const struct routines *routines);

#endif
