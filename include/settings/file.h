/* The configuration file. libconfig parses it; the rows of settings/schema.h say into which members of which
 * structs the values go. Only this file calls libconfig.
 *
 *   file_open → file_fill → (the caller's own checks, which use file_place for messages) → file_close
 *
 * All errors are reported, not only the first one. */
#pragma once

#include "settings/report.h"
#include "settings/schema.h"

struct file;

/* Reads and parses `path`; an @include is relative to its folder. NULL: the reason is in the report. */
struct file *file_open(const char *path, struct report *report);

/* Parses a configuration from memory. `name` is used in messages, and its folder for password_file. An
 * @include is refused. NULL: the reason is in the report. */
struct file *file_open_string(const char *string, const char *name, struct report *report);

/* Fills `object` (size_bytes of zeroes) from the whole file. False if an error was reported. In both cases
 * the caller frees with schema_fini what was filled. */
bool file_fill(struct file *file, const struct section *root, void *object, struct report *report);

/* The place of the setting at a path such as "clusters.[0].servers.[1].address". If the setting is not in
 * the file, the place of its nearest parent that is. Borrows from `file`. */
struct place file_place(const struct file *file, const char *path_format, ...)
    __attribute__((format(printf, 2, 3)));

/* Frees the file, and wipes the secrets that libconfig held. */
void file_close(struct file **file);
