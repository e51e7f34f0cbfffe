/* A failure that a person must read about: what was attempted, on what, and what came back.
 *
 * Functions that can fail in this way return bool or NULL and fill their last parameter. The text is written
 * for an operator or for a client of the proxy; it never contains a secret. */
#pragma once

#include <stdbool.h>

#define ERROR_TEXT_MAX 512

struct error {
    int code;         /* errno or a MySQL error number; 0 where neither applies */
    char sqlstate[6]; /* SQLSTATE and NUL if the error came from or goes to a MySQL peer; else "" */
    char text[ERROR_TEXT_MAX];
};

/* Fills `err`; with NULL nothing happens. Always returns false, so that `return error_set(...)` is
 * possible. */
bool error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Like error_set, and appends ": " and the text of errno value `errnum`. */
bool error_errno(struct error *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put what the caller was attempting in front of the text: "<prefix>: <text>". Always returns false. */
bool error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
