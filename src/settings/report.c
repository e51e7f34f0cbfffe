#include "settings/report.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 1024

static void append_line(struct text *text, struct place place, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void append_line(struct text *text, struct place place, const char *format, va_list args)
{
    char message[LINE_MAX_BYTES];
    (void)vsnprintf(message, sizeof message, format, args);
    if (place.line > 0)
        (void)text_appendf(text, "%s:%u: %s\n", place.file, place.line, message);
    else
        (void)text_appendf(text, "%s: %s\n", place.file, message);
}

bool report_error(struct report *report, struct place place, const char *format, ...)
{
    report->error_count++;
    if (report->error_count == REPORT_ERRORS_MAX + 1)
        (void)text_appendf(report->errors, "%s: more errors follow; these first\n", place.file);
    if (report->error_count > REPORT_ERRORS_MAX)
        return false;
    va_list args;
    va_start(args, format);
    append_line(report->errors, place, format, args);
    va_end(args);
    return false;
}

void report_warning(struct report *report, struct place place, const char *format, ...)
{
    if (report->warnings == NULL)
        return;
    va_list args;
    va_start(args, format);
    append_line(report->warnings, place, format, args);
    va_end(args);
}
