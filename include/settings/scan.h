/* Checks a file before libconfig reads it, for errors that libconfig accepts or that make it end the
 * process: numbers that do not fit, NUL bytes, strings and comments without an end. Also finds the @include
 * lines; the caller scans the files that they name. Pure. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

enum scan_result { SCAN_END, SCAN_INCLUDE, SCAN_BAD };

struct scan {
    struct span text; /* borrows; the rest to read */
    unsigned line;    /* the current line; 1 at the start */
    bool is_in_line;  /* something other than blanks stood on this line already */
    unsigned at_line; /* SCAN_INCLUDE, SCAN_BAD: the line of it */
    struct span path; /* SCAN_INCLUDE: borrows */
    const char *bad;  /* SCAN_BAD: what is wrong */
};

void scan_init(struct scan *scan, struct span text);

/* Scans to the next @include, to the first error, or to the end. Must not be called again after SCAN_BAD. */
enum scan_result scan_next(struct scan *scan);
