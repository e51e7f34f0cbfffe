/* The bytes behind a configuration: files read whole, and looked at before libconfig gets them.
 */
#ifndef HEADGATE_SETTINGS_SOURCE_H
#define HEADGATE_SETTINGS_SOURCE_H

#include "base/error.h"
#include "settings/report.h"

#include <stdbool.h>
#include <stddef.h>

/* The folder part of `path`, "." when there is none; owned by the caller; NULL when memory is out. */
char *source_folder(const char *path);

/* Append `name`, as seen from `folder` unless it is absolute. False for an empty name and when memory is out.
 */
bool source_resolve(const char *folder, struct span name, struct text *path);

/* Append the whole of a regular file of at most `max_bytes`. is_public_r: everybody may read it. `err` does
 * not repeat the path. */
bool source_read(const char *path, size_t max_bytes, struct text *out, bool *is_public_r, struct error *err);

/* Wipe, then free. */
void source_wipe(struct text *bytes);

/* Can libconfig be trusted with this file, and with those it includes (relative to `folder`)? Reports why
 * not. */
bool source_check_file(const char *path, const char *folder, struct report *report);

/* The same for bytes in memory, which include nothing; `name` stands in messages. */
bool source_check_bytes(struct span bytes, const char *name, struct report *report);

#endif
