#include "base/log.h"

#include "base/clock.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A line is at most 2 KiB, under PIPE_BUF, so that one write(2) to a pipe stays in one piece. No value takes
 * it all: a long message leaves room for the fields that say what it is about, and one long field for the
 * next. */
#define LINE_MAX_BYTES 2048
#define MESSAGE_MAX_BYTES 1280 /* of the line, escapes counted */
#define VALUE_MAX_BYTES 256
#define FIELD_MIN_BYTES 40  /* with less room than this beyond its key, a field is left out */
#define MARK "\xE2\x80\xA6" /* an ellipsis: here the rest was cut */
#define MARK_BYTES (sizeof MARK - 1)

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static atomic_int current_level = LOG_LEVEL_INFO;
static atomic_int current_format = LOG_FORMAT_TEXT;
static atomic_int current_fd = STDERR_FILENO;

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
    bool is_json;
};
#define BODY_MAX_BYTES (LINE_MAX_BYTES - 2) /* without the closing brace and the newline */

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

static void line_bytes(struct line *line, const char *bytes, size_t len)
{
    assert(len <= sizeof line->data - line->len);
    memcpy(line->data + line->len, bytes, len);
    line->len += len;
}

static void line_raw(struct line *line, const char *string)
{
    line_bytes(line, string, strlen(string));
}

/* What one character of a value becomes on the line: itself, or an escape. Never cut in two. */
struct piece {
    char bytes[8];
    size_t len;
    size_t taken; /* bytes of the value */
};

/* The code point of a character that ends a line or steers a terminal: C0, DEL, C1, U+2028, U+2029. Otherwise
 * 0. */
static unsigned control_code(const uint8_t *bytes, size_t len)
{
    if (len == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f))
        return bytes[0];
    if (len == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0)
        return bytes[1];
    bool is_separator = len == 3 && memcmp(bytes, "\xE2\x80", 2) == 0 && (bytes[2] & 0xFE) == 0xA8;
    return is_separator ? 0x2000U + (bytes[2] & 0x3FU) : 0;
}

/* Control characters would let a peer forge lines, quotes and backslashes would end a string, and a byte that
 * is not UTF-8 would make the line unreadable: JSON has no escape for one, so there it is U+FFFD. */
static struct piece next_piece(struct span value, bool is_json)
{
    struct piece piece = { .taken = span_utf8_len(value) };
    unsigned c = value.data[0];
    unsigned control = control_code(value.data, piece.taken);
    if (piece.taken == 0)
        (void)snprintf(piece.bytes, sizeof piece.bytes, is_json ? "\xEF\xBF\xBD" : "\\x%02x", c);
    else if (c == '"' || c == '\\')
        (void)snprintf(piece.bytes, sizeof piece.bytes, "\\%c", (char)c);
    else if (c == '\n')
        (void)snprintf(piece.bytes, sizeof piece.bytes, "\\n");
    else if (control != 0)
        (void)snprintf(piece.bytes, sizeof piece.bytes, "\\u%04x", control);
    else
        memcpy(piece.bytes, value.data, piece.taken); /* zeros follow */
    piece.taken += piece.taken == 0;
    piece.len = strlen(piece.bytes);
    return piece;
}

/* As text a field's value is bare when nothing in it could be taken for something else. */
static bool is_bare_value(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f || strchr("=\"\\", value.data[i]) != NULL)
            return false;
    return value.len > 0;
}

/* A message is words, so blanks do not count; but without '=' in it, none of its words looks like a field. */
static bool is_bare_message(struct span message)
{
    bool is_bare = message.len > 0;
    while (message.len > 0 && is_bare) {
        struct piece piece = next_piece(message, false);
        is_bare = piece.len == piece.taken && *message.data != '=';
        message = span_of(message.data + piece.taken, message.len - piece.taken);
    }
    return is_bare;
}

/* What is left of a character when its end was cut off. */
static bool is_half_character(struct span rest)
{
    return rest.len < 4 && span_utf8_len(rest) == 0;
}

/* Writes at most max_bytes and the quotes; there is room for a quote, the mark and a quote at least. What
 * does not fit is cut between two characters and marked; `is_cut`: its end is missing already. */
static void line_value(struct line *line, struct span value, bool is_quoted, bool is_cut, size_t max_bytes)
{
    line_raw(line, is_quoted ? "\"" : "");
    size_t room = BODY_MAX_BYTES - 1 - line->len;
    size_t end = line->len + (max_bytes < room ? max_bytes : room);
    size_t safe = line->len; /* so far, the mark fits behind */
    while (value.len > 0 && !(is_cut && is_half_character(value))) {
        struct piece piece = next_piece(value, line->is_json);
        if (line->len + piece.len > end) {
            is_cut = true;
            break;
        }
        line_bytes(line, piece.bytes, piece.len);
        value = span_of(value.data + piece.taken, value.len - piece.taken);
        if (line->len + MARK_BYTES <= end)
            safe = line->len;
    }
    if (is_cut) {
        line->len = safe;
        line_raw(line, MARK);
    }
    line_raw(line, is_quoted ? "\"" : "");
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

static void line_fields(struct line *line, const struct log_scope *scope)
{
    if (scope == NULL)
        return;
    line_fields(line, scope->parent);
    if (line->len + strlen(scope->key) + FIELD_MIN_BYTES > BODY_MAX_BYTES)
        return;
    line_raw(line, line->is_json ? ",\"" : " ");
    line_raw(line, scope->key);
    line_raw(line, line->is_json ? "\":" : "=");
    if (scope->text != NULL) {
        struct span value = span_cstr(scope->text);
        line_value(line, value, line->is_json || !is_bare_value(value), false, VALUE_MAX_BYTES);
        return;
    }
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)scope->number);
    line_raw(line, number);
}

static void line_message(struct line *line, const char *text, bool is_cut)
{
    struct span message = span_cstr(text);
    line_value(line, message, line->is_json || !is_bare_message(message), is_cut, MESSAGE_MAX_BYTES);
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

    struct line line = { .is_json =
                             atomic_load_explicit(&current_format, memory_order_relaxed) == LOG_FORMAT_JSON };
    line_raw(&line, line.is_json ? "{\"time\":\"" : "");
    line_time(&line);
    line_raw(&line, line.is_json ? "\",\"level\":\"" : " ");
    line_raw(&line, level_names[level]);
    line_raw(&line, line.is_json ? "\",\"message\":" : " ");
    line_message(&line, need < 0 ? format : message, need >= (int)sizeof message);
    line_fields(&line, scope);
    line_raw(&line, line.is_json ? "}\n" : "\n");
    ssize_t written = write(atomic_load_explicit(&current_fd, memory_order_relaxed), line.data, line.len);
    (void)written; /* there is nowhere to say that the log itself is full */
}
