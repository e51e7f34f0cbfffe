/* Completion at a TAB: words of commands, and the kind of argument that a command takes. Pure. */
#pragma once

#include "base/str.h"
#include "ctl/json_table.h"

#include <stdbool.h>
#include <stddef.h>

struct completion {
    struct text words; /* owns: the words found, each ended by a NUL byte */
};

/* Adds `word` if it begins with `typed` (upper and lower case are equal) and was not added before. */
void completion_add(struct completion *completion, struct span word, struct span typed);
/* Adds the words of commands that may follow `before` and begin with `typed`. `help`: its answer. */
void completion_commands(struct completion *completion, const struct json_table *help, struct span before,
                         struct span typed);
/* The kind of argument of the command `before`, such as "SERVER" or "CLUSTER". Borrows from `help`. Empty:
 * the command has no argument, or there is no such command. */
struct span completion_argument(const struct json_table *help, struct span before);
/* The word of this number, counted from 0; NULL after the last word. */
const char *completion_at(struct completion *completion, size_t index);
void completion_fini(struct completion *completion);
