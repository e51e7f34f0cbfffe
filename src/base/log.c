#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static atomic_int current_level = LOG_LEVEL_INFO;
static atomic_int current_format = LOG_FORMAT_TEXT;
static atomic_int current_fd = STDERR_FILENO;

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
};

void log_configure(enum log_level level, enum log_format format, int fd)
{
    atomic_store(&current_level, level);
    atomic_store(&current_format, format);
    atomic_store(&current_fd, fd);
}

bool log_is_on(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&current_level, memory_order_relaxed);
}

bool log_level_parse(const char *name, enum log_level *level_r)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *level_r = (enum log_level)i;
            return true;
        }
    return false;
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

static void line_byte(struct line *line, char c)
{
    if (line->len < sizeof line->data - 2) /* one for the closing brace, one for the newline */
        line->data[line->len++] = c;
}

static void line_raw(struct line *line, const char *string)
{
    while (*string != '\0')
        line_byte(line, *string++);
}

/* Control characters would let a peer forge lines; quotes and backslashes would end a JSON string. */
static void line_escaped(struct line *line, const char *string)
{
    for (; *string != '\0'; string++) {
        unsigned char c = (unsigned char)*string;
        char hex[8];
        if (c == '"' || c == '\\') {
            line_byte(line, '\\');
            line_byte(line, (char)c);
        } else if (c < 0x20 || c == 0x7f) {
            (void)snprintf(hex, sizeof hex, "\\u%04x", c);
            line_raw(line, hex);
        } else {
            line_byte(line, (char)c);
        }
    }
}

static void line_time(struct line *line)
{
    struct timespec now;
    struct tm parts;
    char text[48];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
    line_raw(line, text);
}

static void line_fields(struct line *line, const struct log_scope *scope, bool is_json)
{
    if (scope == NULL)
        return;
    line_fields(line, scope->parent, is_json);
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)scope->number);
    line_raw(line, is_json ? ",\"" : " ");
    line_raw(line, scope->key);
    line_raw(line, is_json ? "\":" : "=");
    if (is_json && scope->text != NULL)
        line_byte(line, '"');
    line_escaped(line, scope->text != NULL ? scope->text : number);
    if (is_json && scope->text != NULL)
        line_byte(line, '"');
}

void log_write(enum log_level level, const struct log_scope *scope, const char *format, ...)
{
    if (!log_is_on(level))
        return;
    bool is_json = atomic_load_explicit(&current_format, memory_order_relaxed) == LOG_FORMAT_JSON;
    char message[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);

    struct line line = { .len = 0 };
    line_raw(&line, is_json ? "{\"time\":\"" : "");
    line_time(&line);
    line_raw(&line, is_json ? "\",\"level\":\"" : " ");
    line_raw(&line, level_names[level]);
    line_raw(&line, is_json ? "\",\"message\":\"" : " ");
    line_escaped(&line, message);
    line_raw(&line, is_json ? "\"" : "");
    line_fields(&line, scope, is_json);
    if (is_json)
        line.data[line.len++] = '}';
    line.data[line.len++] = '\n';
    ssize_t written = write(atomic_load_explicit(&current_fd, memory_order_relaxed), line.data, line.len);
    (void)written; /* there is nowhere to say that the log itself is full */
}
