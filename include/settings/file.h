/* The configuration file: libconfig's tree poured into structs by the rows of settings/schema. The one place
 * that speaks to libconfig.
 *
 *   file_open → file_fill → (the caller's cross-checks, which ask file_place where things stand) → file_close
 *
 * Everything wrong is reported, not only the first thing.
 */
#ifndef HEADGATE_SETTINGS_FILE_H
#define HEADGATE_SETTINGS_FILE_H

#include "settings/report.h"
#include "settings/schema.h"

struct file;

/* Read and parse `path`; @include is relative to its folder. NULL: the reason is in the report. */
struct file *file_open(const char *path, struct report *report);

/* The same from memory. `name` stands in messages and gives the folder for password_file. @include is
 * refused. */
struct file *file_open_string(const char *string, const char *name, struct report *report);

/* Fill `object` (size_bytes of zeroes) from the whole file. False when something was reported; schema_fini
 * frees what has been filled in either case. */
bool file_fill(struct file *file, const struct section *root, void *object, struct report *report);

/* Where the setting at `path` stands: "clusters.[0].servers.[1].address"; where it is not given, its nearest
 * parent that is. Borrows from `file`. */
struct place file_place(const struct file *file, const char *path_format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipes the secrets libconfig held. */
void file_close(struct file **file);

#endif
