/* Completion at a TAB: words of commands, and the kind of argument that a command takes. Pure.
 */
#ifndef HEADGATE_CTL_COMPLETION_H
#define HEADGATE_CTL_COMPLETION_H

#include "base/str.h"
#include "ctl/sheet.h"

#include <stdbool.h>
#include <stddef.h>

struct completion {
    struct text words; /* owns: each with its NUL */
};

/* Adds `word` if it begins with `typed` (in any case of its letters) and is not there yet. */
void completion_add(struct completion *completion, struct span word, struct span typed);
/* The words of commands (`help`'s answer) that may stand after `before` and begin with `typed`. */
void completion_commands(struct completion *completion, const struct sheet *help, struct span before,
                         struct span typed);
/* The kind of argument of the command `before`: "SERVER", "CLUSTER", … Empty: the command has no argument, or
 * there is no such command. */
struct span completion_argument(const struct sheet *help, struct span before);
/* By number; NULL after the last. */
const char *completion_at(struct completion *completion, size_t index);
void completion_fini(struct completion *completion);

#endif
