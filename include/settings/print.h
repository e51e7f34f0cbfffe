/* Values back out of structs, in the spelling of the file: for the log of a reload and for SHOW CONFIG. Pure;
 * secrets are shown as "***". Check out->is_oom afterwards.
 */
#ifndef HEADGATE_SETTINGS_PRINT_H
#define HEADGATE_SETTINGS_PRINT_H

#include "settings/schema.h"

/* Append the value of a row that is neither GROUP nor LIST: "1s" in its quotes, 42, true; none for a string
 * not given. */
void print_value(const struct setting *row, const void *object, struct text *out);

/* "now", "new sessions", "new connections" or "restart". */
const char *print_effect(enum setting_effect effect);

/* One setting: its path ("clusters.main.servers.db1.weight"), as it would be written, and its row. */
typedef void (*print_setting_fn)(void *context, const char *path, const char *value,
                                 const struct setting *row);

/* Tells every value of `object`, in the order of the rows; elements of lists by their names. False when
 * memory is out, and some were not told. */
bool print_settings(const struct section *section, const void *object, print_setting_fn each, void *context);

/* A changed value. Texts are borrowed for the call; `was` and `is` are as in the file,
 * "none", or "***" of a secret, which says only that it has changed. */
struct print_change {
    const char *place;    /* "listener 'app': address"; of an element of a list: "listener 'app'" */
    const char *was, *is; /* NULL: a whole element of a list was added (was), or removed (is) */
    bool is_secret;
    enum setting_effect effect;
};

/* Calls `visit` for each difference. Elements of lists are matched by name. False when memory is out. */
bool print_changes(const struct section *section, const void *before, const void *after,
                   void (*visit)(void *context, const struct print_change *change), void *context);

/* `listener 'app': address "a" -> "b" (restart)`, `listener 'app' added (now)`; without a newline. */
void print_change(const struct print_change *change, struct text *out);

#endif
