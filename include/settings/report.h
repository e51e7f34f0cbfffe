/* What is wrong with a configuration, all of it: one `file:line: message` a line, up to a number that can be
 * read.
 */
#ifndef HEADGATE_SETTINGS_REPORT_H
#define HEADGATE_SETTINGS_REPORT_H

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

/* Append "file:line: message\n". After REPORT_ERRORS_MAX errors one last line says that there are more.
 * Returns false, so that `return report_error(…)` reads well. */
bool report_error(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_warning(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
