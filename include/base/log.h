/* The log: one line per event, `time level message key=value …`, or one JSON object per line.
 *
 * Fields are inherited: a scope names its object (session 17) and points at its parent (listener app). A line
 * is one write(2) of at most 2 KiB, so lines of several threads never mix. Callers never pass secrets. Form
 * of values: line.h. */
#pragma once

#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* One inherited field: `text`, or `number` if text is NULL. Lives as long as the object that it describes. */
struct log_scope {
    const struct log_scope *parent; /* borrows; NULL at the root */
    const char *key;
    const char *text; /* borrows */
    uint64_t number;
};

/* The limit of one call site: at most `LOG_LIMIT_PER_SECOND` lines a second. The next line says how many
 * lines were left out. */
struct log_limit {
    atomic_ullong second;
    atomic_uint used;
    atomic_uint suppressed;
};
#define LOG_LIMIT_PER_SECOND 5

/* Configures the log. Lines are appended to `fd`, one write(2) each. A line that cannot be written (a full
 * disk) is counted and reported on stderr once a minute. Must be called again when another file is behind
 * `fd`: it checks for a torn line at the file's end. */
void log_configure(enum log_level level, enum log_format format, int fd);
bool log_is_on(enum log_level level);

/* Number of lines that could not be written since the start. */
uint64_t log_lost(void);

void log_write(enum log_level level, const struct log_scope *scope, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False when this call site has reached its limit for this second. Otherwise *suppressed_r is the number of
 * lines left out before. */
bool log_limit_pass(struct log_limit *limit, unsigned *suppressed_r);

#define log_debug(scope, ...)                                                                                \
    do {                                                                                                     \
        if (log_is_on(LOG_LEVEL_DEBUG))                                                                      \
            log_write(LOG_LEVEL_DEBUG, scope, __VA_ARGS__);                                                  \
    } while (0)
#define log_info(scope, ...) log_write(LOG_LEVEL_INFO, scope, __VA_ARGS__)
#define log_notice(scope, ...) log_write(LOG_LEVEL_NOTICE, scope, __VA_ARGS__)
#define log_warning(scope, ...) log_write(LOG_LEVEL_WARNING, scope, __VA_ARGS__)
#define log_error(scope, ...) log_write(LOG_LEVEL_ERROR, scope, __VA_ARGS__)

/* For events that a client can cause as often as it likes. */
#define log_limited(level, scope, format, ...)                                                               \
    do {                                                                                                     \
        static struct log_limit log_limit_here;                                                              \
        unsigned log_left_out;                                                                               \
        if (!log_is_on(level) || !log_limit_pass(&log_limit_here, &log_left_out))                            \
            break;                                                                                           \
        if (log_left_out > 0)                                                                                \
            log_write(level, scope, format " (%u similar lines left out)", __VA_ARGS__, log_left_out);       \
        else                                                                                                 \
            log_write(level, scope, format, __VA_ARGS__);                                                    \
    } while (0)
