/* Makes bytes from a peer safe for a log line or an error text. */
#pragma once

#include "base/str.h"

/* Copies as much as fits and terminates it. Control bytes (below 0x20, and 0x7F) become '?'. UTF-8 is kept,
 * except for a character that is cut at the end. Returns `buffer`. */
const char *printable(struct span span, char *buffer, size_t size);
