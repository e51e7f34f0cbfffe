/* Log lines, read back from a pipe. */
#include "unit.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static int ends[2];

static int open_pipe(void **state)
{
    (void)state;
    return pipe2(ends, O_NONBLOCK);
}

static int close_pipe(void **state)
{
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    return close(ends[0]) + close(ends[1]);
}

/* Returns everything written since the last call, terminated. */
static const char *read_back(void)
{
    static char bytes[65536];
    ssize_t n = read(ends[0], bytes, sizeof bytes - 1);
    bytes[n < 0 ? 0 : n] = '\0';
    return bytes;
}

/* Returns the only line, without its time and newline. */
static const char *one_text_line(void)
{
    static char line[65536];
    int begin = 0;
    (void)snprintf(line, sizeof line, "%s", read_back());
    size_t len = strlen(line);
    assert_true(len > 0 && line[len - 1] == '\n');
    line[len - 1] = '\0';
    assert_null(strchr(line, '\n'));
    int year, month, day, hour, minute, second, ms;
    assert_int_equal(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour, &minute,
                            &second, &ms, &begin),
                     7);
    assert_int_equal(begin, strlen("2026-01-01T00:00:00.000Z "));
    return line + begin;
}

static json_t *one_json_line(void)
{
    json_error_t why;
    const char *line = read_back();
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &why);
    assert_row(object != NULL, "%s in %s", why.text, line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    return object;
}

TEST(a_line_is_time_level_message_fields)
{
    struct log_scope listener = { .key = "listener", .text = "app" };
    struct log_scope session = { .parent = &listener, .key = "session", .number = 17 };
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    log_warning(&session, "login of '%s' refused", "x");
    assert_string_equal(one_text_line(), "warning login of 'x' refused listener=app session=17");
    log_notice(NULL, "up");
    assert_string_equal(one_text_line(), "notice up");
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON, ends[1]);
    log_error(&session, "gone");
    json_t *line = one_json_line();
    assert_string_equal(json_string_value(json_object_get(line, "level")), "error");
    assert_string_equal(json_string_value(json_object_get(line, "message")), "gone");
    assert_string_equal(json_string_value(json_object_get(line, "listener")), "app");
    assert_int_equal(json_integer_value(json_object_get(line, "session")), 17);
    assert_non_null(json_object_get(line, "time"));
    json_decref(line);
}

TEST(levels_below_the_chosen_one_are_silent)
{
    for (unsigned chosen = 0; chosen <= LOG_LEVEL_ERROR; chosen++) {
        log_configure((enum log_level)chosen, LOG_FORMAT_TEXT, ends[1]);
        for (unsigned said = 0; said <= LOG_LEVEL_ERROR; said++) {
            log_write((enum log_level)said, NULL, "x");
            assert_int_equal(log_is_on((enum log_level)said), said >= chosen);
            assert_int_equal(*read_back() != '\0', said >= chosen);
        }
    }
}

/* A peer chooses user names, schemas and error texts: none of these can begin a new line of the log. */
TEST(no_byte_of_a_peer_forges_a_line)
{
    static const enum log_format formats[] = { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
    for (size_t f = 0; f < COUNT_OF(formats); f++)
        for (unsigned byte = 1; byte < 256; byte++) {
            char evil[64];
            struct log_scope scope = { .key = "user", .text = evil };
            (void)snprintf(evil, sizeof evil, "a%c2026-01-01T00:00:00.000Z error forged", (char)byte);
            log_configure(LOG_LEVEL_INFO, formats[f], ends[1]);
            log_info(&scope, "login as %s", evil);
            const char *line = read_back();
            size_t len = strlen(line);
            assert_int_equal(line[len - 1], '\n');
            for (size_t i = 0; i < len - 1; i++)
                assert_row((uint8_t)line[i] >= 0x20 && line[i] != 0x7f, "byte %u", byte);
        }
}

TEST(json_says_what_was_said)
{
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON, ends[1]);
    for (unsigned byte = 1; byte < 128; byte++) {
        char text[16];
        (void)snprintf(text, sizeof text, "<%c%c>", (char)byte, (char)byte);
        struct log_scope scope = { .key = "user", .text = text };
        log_info(&scope, "%s", text);
        json_t *line = one_json_line();
        assert_string_equal(json_string_value(json_object_get(line, "message")), text);
        assert_string_equal(json_string_value(json_object_get(line, "user")), text);
        json_decref(line);
    }
}

TEST(a_long_line_is_cut_and_still_one_line)
{
    static char words[5000];
    memset(words, 'w', sizeof words - 1);
    struct log_scope scope = { .key = "user", .text = words };
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    log_info(&scope, "%s", words);
    assert_true(strlen(one_text_line()) <= 2048);
}

/* ---- arbitrary bytes ---- */

#define FIELDS 4
#define LONGEST 1400
static const char *const keys[FIELDS] = { "listener", "cluster", "user", "session" };

struct said {
    char message[LONGEST], values[FIELDS][LONGEST];
    struct log_scope scopes[FIELDS];
};

/* Fills `out` with bytes that are difficult in some place: terminators, escapes, blanks, parts of characters,
 * and characters between them. */
static void make_up(char *out, size_t max, uint64_t *seed)
{
    static const char *const bits[] = {
        " ",    "=",    "\"",       "\\",           "\n",       "\xc3\xa9",
        "\xc3", "\xe2", "\xe2\x80", "\xe2\x80\xa8", "\xc2\x9b", "\xf0\x9f\x98\x80",
        "\x7f", "\x01", "\xff",     "\xed\xa0\x80", "a=b",      "session=5"
    };
    size_t goal = chance(seed, 3) ? next_random(seed) % (max - 8) : next_random(seed) % 12, len = 0;
    bool is_tame = chance(seed, 3);
    while (len < goal)
        if (is_tame)
            out[len++] = (char)('a' + next_random(seed) % 26);
        else if (chance(seed, 2))
            out[len++] = (char)(1 + next_random(seed) % 255);
        else
            len += (size_t)snprintf(out + len, max - len, "%s", bits[next_random(seed) % COUNT_OF(bits)]);
    out[len < max - 1 ? len : max - 1] = '\0';
}

static void say(struct said *said, enum log_format format, uint64_t *seed)
{
    make_up(said->message, sizeof said->message, seed);
    for (unsigned i = 0; i < FIELDS; i++) {
        make_up(said->values[i], sizeof said->values[i], seed);
        said->scopes[i] =
            (struct log_scope){ i == 0 ? NULL : &said->scopes[i - 1], keys[i], said->values[i], 0 };
    }
    log_configure(LOG_LEVEL_INFO, format, ends[1]);
    log_info(&said->scopes[FIELDS - 1], "%s", said->message);
}

/* `read` must be `said`, or as much of it as there was room for. */
static void assert_said(const char *read, const char *said, size_t long_bytes)
{
    static const char mark[] = "\xE2\x80\xA6";
    size_t len = strlen(read), kept = len - (sizeof mark - 1);
    if (strcmp(read, said) == 0)
        return;
    assert_row(len >= sizeof mark - 1 && strcmp(read + kept, mark) == 0, "'%s' was '%s'", read, said);
    assert_row(strncmp(read, said, kept) == 0 && strlen(said) > kept, "'%s' was '%s'", read, said);
    assert_row(strlen(said) * 6 > long_bytes, "needlessly cut: '%s'", said); /* 6: the longest escape */
}

/* Returns the bytes as JSON shows them: each byte that is not UTF-8 becomes U+FFFD. */
static const char *as_utf8(const char *bytes)
{
    static char good[3 * LONGEST + 1];
    size_t len = 0;
    for (struct span rest = span_cstr(bytes); rest.len > 0;) {
        size_t taken = span_utf8_len(rest);
        memcpy(good + len, taken > 0 ? (const char *)rest.data : "\xEF\xBF\xBD", taken > 0 ? taken : 3);
        len += taken > 0 ? taken : 3;
        taken += taken == 0;
        rest = span_of(rest.data + taken, rest.len - taken);
    }
    good[len] = '\0';
    return good;
}

TEST(a_json_line_is_one_document_whatever_is_said)
{
    static struct said said;
    uint64_t seed = 17;
    for (unsigned round = 0; round < 5000; round++) {
        say(&said, LOG_FORMAT_JSON, &seed);
        json_t *line = one_json_line();
        assert_said(json_string_value(json_object_get(line, "message")), as_utf8(said.message), 1000);
        for (unsigned i = 0; i < FIELDS; i++) {
            json_t *value = json_object_get(line, keys[i]);
            assert_row(value != NULL || i > 0, "%s is left out", keys[i]);
            if (value != NULL)
                assert_said(json_string_value(value), as_utf8(said.values[i]),
                            i < 2 ? 250 : 50 /* the last fields get the remaining room */);
        }
        json_decref(line);
    }
}

/* Decodes one value of a text line from *at on: quoted, or unquoted up to `stop`. */
static void read_value(const char **at, const char *stop, char *out)
{
    const char *p = *at;
    if (*p != '"') {
        memcpy(out, p, (size_t)(stop - p));
        out[stop - p] = '\0';
        *at = stop;
        return;
    }
    for (p++; *p != '"'; p++) {
        unsigned code = 0;
        int used = 0;
        assert_int_not_equal(*p, '\0');
        if (*p != '\\') {
            *out++ = *p;
        } else if (*++p == 'n') {
            *out++ = '\n';
        } else if (*p == '"' || *p == '\\') {
            *out++ = *p;
        } else if (*p == 'x' && sscanf(p, "x%2x%n", &code, &used) == 1) {
            *out++ = (char)code;
            p += used - 1;
        } else {
            assert_int_equal(sscanf(p, "u%4x%n", &code, &used), 1);
            p += used - 1;
            if (code >= 0x800)
                *out++ = (char)(0xE0 | code >> 12);
            if (code >= 0x80)
                *out++ = (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3F) : 0xC0 | code >> 6);
            *out++ = (char)(code >= 0x80 ? 0x80 | (code & 0x3F) : code);
        }
    }
    *out = '\0';
    *at = p + 1;
}

TEST(a_text_line_reads_back_as_what_was_said)
{
    static struct said said;
    static char read[4096];
    uint64_t seed = 23;
    for (unsigned round = 0; round < 5000; round++) {
        say(&said, LOG_FORMAT_TEXT, &seed);
        const char *at = one_text_line() + strlen("info ");
        const char *end = strchr(at, '=');
        while (end[-1] != ' ')
            end--;
        read_value(&at, end - 1, read); /* an unquoted message ends at the first field */
        assert_said(read, said.message, 1000);
        for (unsigned i = 0; *at != '\0'; i++) {
            assert_int_equal(*at++, ' ');
            while (i < FIELDS && strncmp(at, keys[i], strlen(keys[i])) != 0)
                i++; /* the field was left out */
            assert_row(i < FIELDS && at[strlen(keys[i])] == '=', "a forged field: %s", at);
            at += strlen(keys[i]) + 1;
            read_value(&at, at + strcspn(at, " "), read);
            assert_said(read, said.values[i], i < 2 ? 250 : 50 /* the last fields get the remaining room */);
        }
    }
}

TEST(a_field_is_quoted_only_when_it_must_be)
{
    static const struct {
        const char *message, *value, *line;
    } rows[] = {
        { "up", "app", "info up user=app" },
        { "login of 'x' refused", "127.0.0.1:3306", "info login of 'x' refused user=127.0.0.1:3306" },
        { "up", "", "info up user=\"\"" },
        { "up", "a b", "info up user=\"a b\"" },
        { "up", "a=b", "info up user=\"a=b\"" },
        { "up", "x session=1", "info up user=\"x session=1\"" },
        { "up", "a\"b\\c", "info up user=\"a\\\"b\\\\c\"" },
        { "up", "a\nb\tc\x1b", "info up user=\"a\\nb\\u0009c\\u001b\"" },
        { "up", "\xc3\xa9", "info up user=\"\xc3\xa9\"" },
        { "up", "\xc3", "info up user=\"\\xc3\"" },
        { "up",
          "\xc2\x9b"
          "31m",
          "info up user=\"\\u009b31m\"" },
        { "up",
          "a\xe2\x80\xa8"
          "b",
          "info up user=\"a\\u2028b\"" },
        { "caf\xc3\xa9 open", "app", "info caf\xc3\xa9 open user=app" },
        { "as user=root", "app", "info \"as user=root\" user=app" },
        { "as \"root\"", "app", "info \"as \\\"root\\\"\" user=app" },
        { "", "app", "info \"\" user=app" },
    };
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct log_scope scope = { .key = "user", .text = rows[i].value };
        log_info(&scope, "%s", rows[i].message);
        assert_string_equal(one_text_line(), rows[i].line);
    }
}

/* The session's number is in the line, however long the text that a client caused. */
TEST(a_long_message_leaves_room_for_its_fields)
{
    static const enum log_format formats[] = { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
    static char words[5000];
    struct log_scope listener = { .key = "listener", .text = words };
    struct log_scope session = { .parent = &listener, .key = "session", .number = UINT64_MAX };
    for (size_t f = 0; f < COUNT_OF(formats); f++)
        for (unsigned byte = 1; byte < 256; byte++) {
            memset(words, (int)byte, sizeof words - 1);
            log_configure(LOG_LEVEL_INFO, formats[f], ends[1]);
            log_info(&session, "%s", words);
            const char *line = read_back();
            assert_true(strlen(line) <= 2048 && line[strlen(line) - 1] == '\n');
            assert_row(strstr(line, "18446744073709551615") != NULL, "byte %u", byte);
            assert_true(strstr(line, "\xE2\x80\xA6") != NULL);
        }
}

/* ---- a full disk ---- */

static size_t read_file(int fd, char *bytes, size_t size)
{
    ssize_t n = pread(fd, bytes, size - 1, 0);
    assert_true(n >= 0);
    bytes[n] = '\0';
    return (size_t)n;
}

static void allow(rlim_t bytes)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes > 0 ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* After a torn line the next line begins on a line of its own, also when log_configure is called in between,
 * as after a reload or SIGUSR1. The message on stderr gives the reason of this loss, not of an earlier
 * failure. */
TEST(a_full_disk_tears_one_line_only)
{
    char name[] = "/tmp/headgate-test-log-XXXXXX", bytes[4096], said[4096];
    int told[2], stderr_before = dup(STDERR_FILENO);
    for (int is_configured_again = 0; is_configured_again < 2; is_configured_again++) {
        int fd = mkostemp(name, O_APPEND | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(unlink(name), 0);
        memcpy(name + sizeof name - 7, "XXXXXX", 6);
        log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fd);
        log_info(NULL, "before");
        size_t before = read_file(fd, bytes, sizeof bytes);
        allow(before + 20);
        assert_int_equal(pipe2(told, O_NONBLOCK), 0);
        assert_int_equal(dup2(told[1], STDERR_FILENO), STDERR_FILENO);
        errno = EINVAL;
        uint64_t lost_before = log_lost();
        log_info(NULL, "torn");
        assert_int_equal(dup2(stderr_before, STDERR_FILENO), STDERR_FILENO);
        ssize_t n = read(told[0], said, sizeof said - 1);
        said[n > 0 ? n : 0] = '\0';
        bool is_told = strstr(said, "No space left on device") != NULL;
        assert_row(is_told == !is_configured_again, "%s", said); /* reported once a minute */
        log_info(NULL, "lost");
        allow(0);
        assert_int_equal(log_lost() - lost_before, 2);
        if (is_configured_again)
            log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, fd);
        log_info(NULL, "after");
        (void)read_file(fd, bytes, sizeof bytes);
        assert_row(bytes[before + 20] == '\n' && strstr(bytes, "info after\n") != NULL, "%s", bytes);
        log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
        (void)close(fd);
        (void)close(told[0]);
        (void)close(told[1]);
    }
    (void)close(stderr_before);
}

/* ---- the limit of lines per second ---- */

/* Runs `body` within one second of the clock. */
static void within_a_second(void (*body)(void))
{
    for (;;) {
        uint64_t second = clock_monotonic_us() / 1000000;
        body();
        (void)read_back();
        if (clock_monotonic_us() / 1000000 == second)
            return;
    }
}

static unsigned passed, left_out;

static void spend(void)
{
    struct log_limit limit = { 0 };
    unsigned suppressed = 0;
    passed = left_out = 0;
    for (unsigned i = 0; i < 100; i++) {
        if (!log_limit_pass(&limit, &suppressed))
            continue;
        assert_int_equal(suppressed, 0);
        passed++;
    }
    atomic_store(&limit.second, 1); /* as if the last second had been long ago */
    if (log_limit_pass(&limit, &suppressed))
        left_out = suppressed;
    assert_true(log_limit_pass(&limit, &suppressed));
    assert_int_equal(suppressed, 0); /* reported once */
}

TEST(a_call_site_has_five_lines_a_second_and_owns_up_to_the_rest)
{
    within_a_second(spend);
    assert_int_equal(passed, LOG_LIMIT_PER_SECOND);
    assert_int_equal(left_out, 100 - LOG_LIMIT_PER_SECOND);
}

static unsigned lines;

static void shout(void)
{
    for (unsigned i = 0; i < 50; i++)
        log_limited(LOG_LEVEL_INFO, NULL, "client %u", i);
    lines = 0;
    for (const char *at = read_back(); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
}

TEST(a_client_cannot_fill_the_disk)
{
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    shout();
    assert_true(lines >= LOG_LIMIT_PER_SECOND && lines <= 2 * LOG_LIMIT_PER_SECOND);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, ends[1]);
    shout();
    assert_int_equal(lines, 0);
}

RUN_TESTS(open_pipe, close_pipe)
