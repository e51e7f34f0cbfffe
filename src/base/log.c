#include "base/log.h"

#include "base/append.h"
#include "base/clock.h"
#include "base/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line is at most 2 KiB. No value may use all of it: a long message leaves room for the fields, and a long
 * field for the next one. */
#define LOG_LINE_MAX_BYTES 2048
#define MESSAGE_MAX_BYTES 1280 /* of the line, escapes included */
#define VALUE_MAX_BYTES 256
#define LOSS_SAID_US 60000000 /* between reports of lines that could not be written */

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static atomic_int current_level = LOG_LEVEL_INFO;
static atomic_int current_format = LOG_FORMAT_TEXT;
static atomic_int current_fd = STDERR_FILENO;
static atomic_bool is_torn; /* the file behind current_fd: see append.h */

static atomic_ullong lost_lines;

void log_configure(enum log_level level, enum log_format format, int fd)
{
    atomic_store(&current_level, level);
    atomic_store(&current_format, format);
    atomic_store(&current_fd, fd);
    atomic_store(&is_torn, append_is_torn(fd));
}

bool log_is_on(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&current_level, memory_order_relaxed);
}

bool log_limit_pass(struct log_limit *limit, unsigned *suppressed_r)
{
    unsigned long long second = clock_monotonic_us() / 1000000U;
    if (atomic_exchange_explicit(&limit->second, second, memory_order_relaxed) != second)
        atomic_store_explicit(&limit->used, 0, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&limit->used, 1, memory_order_relaxed) >= LOG_LIMIT_PER_SECOND) {
        atomic_fetch_add_explicit(&limit->suppressed, 1, memory_order_relaxed);
        return false;
    }
    *suppressed_r = atomic_exchange_explicit(&limit->suppressed, 0, memory_order_relaxed);
    return true;
}

static void line_fields(struct line *line, const struct log_scope *scope)
{
    if (scope == NULL)
        return;
    line_fields(line, scope->parent);
    if (scope->text != NULL)
        line_text(line, scope->key, span_cstr(scope->text), VALUE_MAX_BYTES);
    else
        line_number(line, scope->key, scope->number);
}

/* Writes a line that could not be written to stderr, at most once per LOSS_SAID_US: a full log cannot report
 * itself. */
static void note_loss(struct span line, int code)
{
    static atomic_ullong said_us;
    atomic_fetch_add_explicit(&lost_lines, 1, memory_order_relaxed);
    unsigned long long now = clock_monotonic_us(),
                       before = atomic_load_explicit(&said_us, memory_order_relaxed);
    bool is_due = before == 0 || now - before >= LOSS_SAID_US;
    if (!is_due || atomic_load_explicit(&current_fd, memory_order_relaxed) == STDERR_FILENO ||
        !atomic_compare_exchange_strong(&said_us, &before, now))
        return;
    (void)dprintf(STDERR_FILENO, "the log could not be written (%s): %.*s", strerror(code), (int)line.len,
                  (const char *)line.data);
}

uint64_t log_lost(void)
{
    return atomic_load_explicit(&lost_lines, memory_order_relaxed);
}

void log_write(enum log_level level, const struct log_scope *scope, const char *format, ...)
{
    if (!log_is_on(level))
        return;
    char message[1024];
    va_list args;
    va_start(args, format);
    int need = vsnprintf(message, sizeof message, format, args);
    va_end(args);

    struct line line;
    line_begin(&line, atomic_load_explicit(&current_format, memory_order_relaxed) == LOG_FORMAT_JSON,
               LOG_LINE_MAX_BYTES);
    line_time(&line);
    line_word(&line, "level", level_names[level]);
    line_message(&line, span_cstr(need < 0 ? format : message), need >= (int)sizeof message,
                 MESSAGE_MAX_BYTES);
    line_fields(&line, scope);
    struct span whole = line_end(&line);
    int code = append_line(atomic_load_explicit(&current_fd, memory_order_relaxed), &is_torn, whole);
    if (code != 0)
        note_loss(whole, code);
}
