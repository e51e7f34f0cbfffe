/* A failure that a person must read about: the attempt, its object, and the answer.
 *
 * Functions that can fail in such a way return bool or NULL and fill their last parameter. The text is
 * written for an operator or for the client of the proxy; it never holds a secret.
 */
#ifndef HEADGATE_BASE_ERROR_H
#define HEADGATE_BASE_ERROR_H

#include <stdbool.h>

#define ERROR_TEXT_MAX 512

struct error {
    int code; /* errno or a MySQL error number; 0 where neither applies */
    char
        sqlstate[6]; /* five characters and NUL when the error came from, or goes to, a MySQL peer; else "" */
    char text[ERROR_TEXT_MAX];
};

/* Fill `err` (may be NULL: then nothing happens). Always returns false, so `return error_set(...)` reads
 * well. */
bool error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Like error_set, and appends ": " and the text of errno value `errnum`. */
bool error_errno(struct error *err, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put what the caller was attempting in front of the text: "<prefix>: <text>". Always returns false. */
bool error_wrap(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forget. */
void error_clear(struct error *err);

#endif
