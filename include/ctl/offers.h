/* What could be typed next: words of commands, and what commands take as arguments. Pure.
 */
#ifndef HEADGATE_CTL_OFFERS_H
#define HEADGATE_CTL_OFFERS_H

#include "base/str.h"
#include "ctl/sheet.h"

#include <stdbool.h>
#include <stddef.h>

struct offers {
    struct text words; /* owns: each with its NUL */
};

/* Adds `word` if it begins with `typed` (in any case of its letters) and is not there yet. */
void offers_add(struct offers *offers, struct span word, struct span typed);
/* The words of commands (`help`'s answer) that may stand after `before` and begin with `typed`. */
void offers_commands(struct offers *offers, const struct sheet *help, struct span before, struct span typed);
/* What the command that `before` is takes as its argument: "SERVER", "CLUSTER", … Empty: nothing, or there is
 * no such command. */
struct span offers_argument(const struct sheet *help, struct span before);
/* By number; NULL after the last. */
const char *offers_at(struct offers *offers, size_t index);
void offers_fini(struct offers *offers);

#endif
