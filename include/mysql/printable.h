/* A peer's bytes made fit for a log line or an error text. */
#ifndef HEADGATE_MYSQL_PRINTABLE_H
#define HEADGATE_MYSQL_PRINTABLE_H

#include "base/str.h"

/* Copies what fits and terminates; control bytes (below 0x20, and 0x7F) become '?'. UTF-8 stays, but for a
 * character cut in two at the end. Returns `buffer`. */
const char *printable(struct span span, char *buffer, size_t size);

#endif
