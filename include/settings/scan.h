/* What libconfig lets pass, or dies of, found before it reads a file: numbers that do not fit, NUL bytes,
 * strings and comments without an end, and the @include lines, whose files the caller then scans as well.
 * Pure.
 */
#ifndef HEADGATE_SETTINGS_SCAN_H
#define HEADGATE_SETTINGS_SCAN_H

#include "base/str.h"

#include <stdbool.h>

enum scan_result { SCAN_END, SCAN_INCLUDE, SCAN_BAD };

struct scan {
    struct span text; /* borrows; the rest to read */
    unsigned line;    /* where we are; set to 1 at the start */
    bool is_in_line;  /* something other than blanks stood on this line already */
    unsigned at_line; /* INCLUDE, BAD: where it stands */
    struct span path; /* INCLUDE: borrows */
    const char *bad;  /* BAD: what is wrong */
};

void scan_init(struct scan *scan, struct span text);

/* Go on to the next thing worth telling. After BAD there is no next. */
enum scan_result scan_next(struct scan *scan);

#endif
