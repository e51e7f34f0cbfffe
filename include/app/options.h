/* The options of headgate's command line: a row has the spelling and the help text of an option. An option
 * that only prints something has the function that writes it. */
#pragma once

#include "base/str.h"

#include <stddef.h>

struct option_row {
    const char *name;
    const char *longer;   /* another spelling; "": none */
    const char *argument; /* "FILE"; "": none */
    const char *help;
    void (*write)(struct text *out); /* writes what the option prints; NULL: main.c handles the option */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Writes all spellings of the option and its argument into `buffer`, such as "-V, --version". Returns
 * `buffer`. */
const char *option_spelling(const struct option_row *row, char *buffer, size_t size);

/* Appends the text that -h prints. Check out->is_oom afterwards. */
void options_write_usage(struct text *out);
