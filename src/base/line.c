#include "base/line.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#define FIELD_MIN_BYTES 40  /* a field with less room than this after its key is left out */
#define MARK "\xE2\x80\xA6" /* an ellipsis: the value was cut here */
#define MARK_BYTES (sizeof MARK - 1)
#define END_BYTES 2 /* the closing brace and the newline */

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

/* The output for one character of a value: the character itself or an escape. Never cut. */
struct piece {
    char bytes[8];
    size_t len;
    size_t taken; /* bytes of the value that it stands for */
};

/* The code point of a character that ends a line or controls a terminal: C0, DEL, C1, U+2028, U+2029.
 * Otherwise 0. */
static unsigned control_code(const uint8_t *bytes, size_t len)
{
    if (len == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f))
        return bytes[0];
    if (len == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0)
        return bytes[1];
    bool is_separator = len == 3 && memcmp(bytes, "\xE2\x80", 2) == 0 && (bytes[2] & 0xFE) == 0xA8;
    return is_separator ? 0x2000U + (bytes[2] & 0x3FU) : 0;
}

/* Escapes one character. Control characters would let a peer forge lines, and quotes and backslashes would
 * end a string. A byte that is not UTF-8 would make the line unreadable; JSON has no escape for it, so it
 * becomes U+FFFD. */
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
    else if (control != 0 || c == 0)
        (void)snprintf(piece.bytes, sizeof piece.bytes, "\\u%04x", control);
    else
        memcpy(piece.bytes, value.data, piece.taken); /* zeros follow */
    piece.taken += piece.taken == 0;
    piece.len = strlen(piece.bytes);
    return piece;
}

/* In text, a field's value is unquoted when it has no character with a meaning for the reader. */
static bool is_bare_value(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f || strchr("=\"\\", value.data[i]) != NULL)
            return false;
    return value.len > 0;
}

/* A message may contain blanks. It is unquoted when it has no '=' (no word looks like a field) and needs no
 * escape. */
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

/* Is this the beginning of a character whose end was cut off? */
static bool is_half_character(struct span rest)
{
    return rest.len < 4 && span_utf8_len(rest) == 0;
}

/* Writes at most max_bytes, and the quotes. The line has room for at least a quote, the mark and a quote. A
 * value that does not fit is cut between two characters and marked. `is_cut`: the caller has cut its end
 * already. */
static void line_value(struct line *line, struct span value, bool is_quoted, bool is_cut, size_t max_bytes)
{
    line_raw(line, is_quoted ? "\"" : "");
    size_t room = line->max - 1 - line->len;
    size_t end = line->len + size_min(max_bytes, room);
    size_t safe = line->len; /* the mark still fits after this length */
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

void line_begin(struct line *line, bool is_json, size_t max_bytes)
{
    assert(max_bytes <= sizeof line->data);
    line->len = 0;
    line->max = max_bytes - END_BYTES;
    line->is_json = is_json;
}

void line_time(struct line *line)
{
    struct timespec now;
    struct tm parts;
    char text[48];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
    line_raw(line, line->is_json ? "{\"time\":\"" : "");
    line_raw(line, text);
    line_raw(line, line->is_json ? "\"" : "");
}

/* Writes the key. False when the line has no room for a field with that name. */
static bool begin_field(struct line *line, const char *key)
{
    if (line->len + strlen(key) + FIELD_MIN_BYTES > line->max)
        return false;
    line_raw(line, line->is_json ? ",\"" : " ");
    line_raw(line, key);
    line_raw(line, line->is_json ? "\":" : "=");
    return true;
}

void line_word(struct line *line, const char *key, const char *word)
{
    if (line->is_json) {
        line_raw(line, ",\"");
        line_raw(line, key);
        line_raw(line, "\":\"");
        line_raw(line, word);
        line_raw(line, "\"");
    } else {
        line_raw(line, " ");
        line_raw(line, word);
    }
}

void line_message(struct line *line, struct span message, bool is_cut, size_t max_bytes)
{
    line_raw(line, line->is_json ? ",\"message\":" : " ");
    line_value(line, message, line->is_json || !is_bare_message(message), is_cut, max_bytes);
}

void line_text(struct line *line, const char *key, struct span value, size_t max_bytes)
{
    if (begin_field(line, key))
        line_value(line, value, line->is_json || !is_bare_value(value), false, max_bytes);
}

void line_number(struct line *line, const char *key, uint64_t value)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)value);
    if (begin_field(line, key))
        line_raw(line, number);
}

struct span line_end(struct line *line)
{
    line_raw(line, line->is_json ? "}\n" : "\n");
    return span_of(line->data, line->len);
}
