/* Writes values of structs as they are written in the file: for the log of a reload and for SHOW CONFIG.
 * Pure. Secrets are written as "***". Check out->is_oom afterwards. */
#pragma once

#include "settings/schema.h"

/* Appends the value of a row that is neither GROUP nor LIST: "1s" in quotes, 42, true. For a string that is
 * not given: none. */
void print_value(const struct setting *row, const void *object, struct text *out);

/* "now", "new sessions", "new connections" or "restart". */
const char *print_effect(enum setting_effect effect);

/* Called for one setting: its path ("clusters.main.servers.db1.weight"), its value as in the file, and its
 * row. */
typedef void (*print_setting_fn)(void *context, const char *path, const char *value,
                                 const struct setting *row);

/* Calls `each` for every value of `object`, in the order of the rows. Elements of lists appear in paths by
 * name. False: out of memory, and some values were left out. */
bool print_settings(const struct section *section, const void *object, print_setting_fn each, void *context);

/* A changed value. Texts are borrowed for the call. `was` and `is` are as in the file, or "none"; for a
 * secret they are "***", which says only that it has changed. */
struct print_change {
    const char *place;    /* "listener 'app': address"; of an element of a list: "listener 'app'" */
    const char *was, *is; /* NULL: a whole element of a list was added (`was`), or removed (`is`) */
    bool is_secret;
    enum setting_effect effect;
};

/* Calls `visit` for each difference. Elements of lists are matched by name. False: out of memory. */
bool print_changes(const struct section *section, const void *before, const void *after,
                   void (*visit)(void *context, const struct print_change *change), void *context);

/* Appends `listener 'app': address "a" -> "b" (restart)` or `listener 'app' added (now)`, without a newline. */
void print_change(const struct print_change *change, struct text *out);
