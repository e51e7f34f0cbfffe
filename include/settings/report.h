/* The errors and warnings of a configuration, one `file:line: message` per line. The number of errors is
 * limited, so that the report stays readable. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

#define REPORT_ERRORS_MAX 20U

struct place {
    const char *file; /* borrows */
    unsigned line;    /* 0: the file as a whole */
};

struct report {
    struct text *errors;   /* borrows; never holds the value of a secret */
    struct text *warnings; /* borrows; may be NULL */
    unsigned error_count;
};

/* Appends "file:line: message\n". After REPORT_ERRORS_MAX errors, one last line says that there are more.
 * Always returns false, for `return report_error(…)`. */
bool report_error(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
