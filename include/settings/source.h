/* Reads the files of a configuration and checks them before libconfig reads them. */
#pragma once

#include "base/error.h"
#include "settings/report.h"

#include <stdbool.h>
#include <stddef.h>

/* The folder of `path`, "." if it has none. Owned by the caller. NULL: out of memory. */
char *source_folder(const char *path);

/* Appends `name` to `path`, relative to `folder` unless it is absolute. False: `name` is empty, or out of
 * memory. */
bool source_resolve(const char *folder, struct span name, struct text *path);

/* Appends the content of a regular file of at most `max_bytes`. is_public_r: every user of the system may
 * read the file. False: `err` says why, without the path. */
bool source_read(const char *path, size_t max_bytes, struct text *out, bool *is_public_r, struct error *err);

/* Wipe, then free. */
void source_wipe(struct text *bytes);

/* Checks whether libconfig can safely read this file and the files that it includes (relative to `folder`).
 * False: the reason is in the report. */
bool source_check_file(const char *path, const char *folder, struct report *report);

/* Checks bytes in memory, which may include no file. `name` is used in messages. */
bool source_check_bytes(struct span bytes, const char *name, struct report *report);
