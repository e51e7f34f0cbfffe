/* Problems of libconfig 1.5: it reads 4294967301 as 5, ends the process if an @include names a folder, and
 * accepts a file that ends inside a string. The scanner reads the same tokens, is stricter, and does not
 * interpret them. */
#include "settings/scan.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

void scan_init(struct scan *scan, struct span text)
{
    *scan = (struct scan){ .text = text, .line = 1 };
}

static enum scan_result bad(struct scan *scan, unsigned line, const char *what)
{
    scan->at_line = line;
    scan->bad = what;
    return SCAN_BAD;
}

static int peek(const struct scan *scan, size_t ahead)
{
    return ahead < scan->text.len ? scan->text.data[ahead] : -1;
}

static void skip(struct scan *scan, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (scan->text.data[i] == '\n') {
            scan->line++;
            scan->is_in_line = false;
        }
    scan->text = span_of(scan->text.data + len, scan->text.len - len);
}

static void skip_line(struct scan *scan)
{
    const uint8_t *end = memchr(scan->text.data, '\n', scan->text.len);
    skip(scan, end == NULL ? scan->text.len : (size_t)(end - scan->text.data));
}

static bool skip_comment(struct scan *scan)
{
    const uint8_t *end = memmem(scan->text.data + 2, scan->text.len - 2, "*/", 2);
    if (end == NULL)
        return false;
    skip(scan, (size_t)(end - scan->text.data) + 2);
    return true;
}

/* Skips the string that begins here. Returns NULL, or what is wrong with it. */
static const char *skip_string(struct scan *scan)
{
    size_t i = 1;
    while (i < scan->text.len && scan->text.data[i] != '"') {
        if (scan->text.len - i > 4 && memcmp(scan->text.data + i, "\\x00", 4) == 0)
            return "a string with a NUL byte in it";
        i += scan->text.data[i] == '\\' ? 2 : 1;
    }
    if (i >= scan->text.len)
        return "a string begins here and does not end";
    skip(scan, i + 1);
    return NULL;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_byte(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '*';
}

static void skip_name(struct scan *scan)
{
    size_t len = 1;
    while (is_name_byte(peek(scan, len)))
        len++;
    skip(scan, len);
}

/* A whole number has 32 bits, or 64 if an L follows. A number with a fraction is not checked here. */
static bool number_fits(const char *number)
{
    bool is_hex = (number[0] == '0' || ((number[0] == '-' || number[0] == '+') && number[1] == '0')) &&
                  strpbrk(number, "xX") != NULL;
    char *end;
    errno = 0;
    long long value = strtoll(number, &end, is_hex ? 16 : 10);
    if (*end != '\0' && *end != 'L')
        return true;
    return errno == 0 && (*end == 'L' || (value >= INT32_MIN && value <= INT32_MAX));
}

static bool skip_number(struct scan *scan)
{
    char number[64];
    size_t len = 1;
    while (is_name_byte(peek(scan, len)) || peek(scan, len) == '.' || peek(scan, len) == '+')
        len++;
    bool is_good =
        span_copy_cstr(span_of(scan->text.data, len), number, sizeof number) && number_fits(number);
    if (is_good)
        skip(scan, len);
    return is_good;
}

/* Reads `@include "path"`, from its '@'. False: it is something else. */
static bool take_include(struct scan *scan)
{
    static const char word[] = "@include";
    size_t from = sizeof word - 1;
    if (scan->text.len < from || memcmp(scan->text.data, word, from) != 0)
        return false;
    while (peek(scan, from) == ' ' || peek(scan, from) == '\t')
        from++;
    if (peek(scan, from) != '"')
        return false;
    size_t to = from + 1;
    while (peek(scan, to) != '"' && peek(scan, to) != '\n' && peek(scan, to) != '\\' && peek(scan, to) != -1)
        to++; /* a path with a backslash is not accepted: libconfig would read another path */
    if (peek(scan, to) != '"')
        return false;
    scan->path = span_of(scan->text.data + from + 1, to - from - 1);
    scan->at_line = scan->line;
    skip(scan, to + 1);
    return true;
}

enum scan_result scan_next(struct scan *scan)
{
    while (scan->text.len > 0) {
        unsigned line = scan->line;
        int c = peek(scan, 0);
        bool is_first = !scan->is_in_line;
        if (c != ' ' && c != '\t')
            scan->is_in_line = true;
        if (c == '\0')
            return bad(scan, line, "a NUL byte: this is not a text file");
        if (c == '@') {
            if (!is_first || !take_include(scan))
                return bad(scan, line, "expected @include \"file\" on a line of its own");
            return SCAN_INCLUDE;
        }
        if (c == '#' || (c == '/' && peek(scan, 1) == '/'))
            skip_line(scan);
        else if (c == '/' && peek(scan, 1) == '*') {
            if (!skip_comment(scan))
                return bad(scan, line, "a comment begins here and does not end");
        } else if (c == '"') {
            const char *wrong = skip_string(scan);
            if (wrong != NULL)
                return bad(scan, line, wrong);
        } else if (is_digit(c) || ((c == '-' || c == '+') && is_digit(peek(scan, 1)))) {
            if (!skip_number(scan))
                return bad(scan, line,
                           "a number that does not fit; sizes and durations are strings with a unit");
        } else if (is_name_byte(c) && !is_digit(c) && c != '-' && c != '_')
            skip_name(scan);
        else
            skip(scan, 1);
    }
    return SCAN_END;
}
