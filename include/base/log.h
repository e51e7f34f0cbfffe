/* The log: one line per event, `time level message key=value …`, or one JSON object per line.
 *
 * Fields are inherited: a scope names what we are dealing with (session 17) and points at its parent
 * (listener app). A line is one write(2) of at most 2 KiB, so lines of several threads never mix. Secrets are
 * never passed here. How values are written: line.h.
 */
#ifndef HEADGATE_BASE_LOG_H
#define HEADGATE_BASE_LOG_H

#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* One inherited field. `text` wins over `number` when set. Lives as long as the object it describes. */
struct log_scope {
    const struct log_scope *parent; /* borrows; NULL at the root */
    const char *key;
    const char *text; /* borrows */
    uint64_t number;
};

/* A call site's own budget: at most `LOG_LIMIT_PER_SECOND` lines a second; what was left out is said with the
 * next. */
struct log_limit {
    atomic_ullong second;
    atomic_uint used;
    atomic_uint suppressed;
};
#define LOG_LIMIT_PER_SECOND 5

/* fd: lines are appended to it, one write(2) each. What cannot be written (a full disk) is counted, and said
 * on stderr once a minute. To be called again when another file is behind fd: a torn line at its end is
 * looked for here. */
void log_configure(enum log_level level, enum log_format format, int fd);
bool log_is_on(enum log_level level);
bool log_level_parse(const char *name, enum log_level *level_r);

/* Lines that could not be written since the start. */
uint64_t log_lost(void);

void log_write(enum log_level level, const struct log_scope *scope, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False when this call site has used up its second; otherwise *suppressed_r is how many lines it left out
 * before. */
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

/* For what a client can cause as often as it likes. */
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

#endif
