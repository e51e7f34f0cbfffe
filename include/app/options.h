/* What headgate's command line takes: one row each gives the spelling and the help; those that only print
 * something and end have the function that writes it.
 */
#ifndef HEADGATE_APP_OPTIONS_H
#define HEADGATE_APP_OPTIONS_H

#include "base/str.h"

#include <stddef.h>

struct option_row {
    const char *name;
    const char *longer;   /* another spelling; "": none */
    const char *argument; /* "FILE"; "": none */
    const char *help;
    void (*write)(struct text *out); /* NULL: main knows what to do */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* "-V, --version": all that one may type for it, with its argument. Returns `buffer`. */
const char *option_spelling(const struct option_row *row, char *buffer, size_t size);

/* What -h prints. Check out->is_oom afterwards. */
void options_write_usage(struct text *out);

#endif
