/* Lines are read back from a pipe. */
#include "unit.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
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

/* Everything written since the last call, terminated. */
static const char *read_back(void)
{
    static char bytes[65536];
    ssize_t n = read(ends[0], bytes, sizeof bytes - 1);
    bytes[n < 0 ? 0 : n] = '\0';
    return bytes;
}

/* The one line there is, without its time and its newline. */
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

static void a_line_is_time_level_message_fields(void **state)
{
    (void)state;
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

static void levels_below_the_chosen_one_are_silent(void **state)
{
    (void)state;
    static const char *const names[] = { "debug", "info", "notice", "warning", "error" };
    for (unsigned chosen = 0; chosen < COUNT_OF(names); chosen++) {
        enum log_level level;
        assert_true(log_level_parse(names[chosen], &level));
        assert_int_equal(level, chosen);
        log_configure(level, LOG_FORMAT_TEXT, ends[1]);
        for (unsigned said = 0; said < COUNT_OF(names); said++) {
            log_write((enum log_level)said, NULL, "x");
            assert_int_equal(log_is_on((enum log_level)said), said >= chosen);
            assert_int_equal(*read_back() != '\0', said >= chosen);
        }
    }
    enum log_level unused;
    assert_false(log_level_parse("", &unused));
    assert_false(log_level_parse("ERROR", &unused));
    assert_false(log_level_parse("warn", &unused));
}

/* A peer chooses user names, schemas and error texts: none of them begins a line of its own. */
static void no_byte_of_a_peer_forges_a_line(void **state)
{
    (void)state;
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

static void json_says_what_was_said(void **state)
{
    (void)state;
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

static void a_long_line_is_cut_and_still_one_line(void **state)
{
    (void)state;
    static char words[5000];
    memset(words, 'w', sizeof words - 1);
    struct log_scope scope = { .key = "user", .text = words };
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    log_info(&scope, "%s", words);
    assert_true(strlen(one_text_line()) <= 2048);
}

/* ---- the budget ---- */

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
    atomic_store(&limit.second, 1); /* as if it had been long ago */
    if (log_limit_pass(&limit, &suppressed))
        left_out = suppressed;
    assert_true(log_limit_pass(&limit, &suppressed));
    assert_int_equal(suppressed, 0); /* said once */
}

static void a_call_site_has_five_lines_a_second_and_owns_up_to_the_rest(void **state)
{
    (void)state;
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

static void a_client_cannot_fill_the_disk(void **state)
{
    (void)state;
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    shout();
    assert_true(lines >= LOG_LIMIT_PER_SECOND && lines <= 2 * LOG_LIMIT_PER_SECOND);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, ends[1]);
    shout();
    assert_int_equal(lines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_time_level_message_fields),
        cmocka_unit_test(levels_below_the_chosen_one_are_silent),
        cmocka_unit_test(no_byte_of_a_peer_forges_a_line),
        cmocka_unit_test(json_says_what_was_said),
        cmocka_unit_test(a_long_line_is_cut_and_still_one_line),
        cmocka_unit_test(a_call_site_has_five_lines_a_second_and_owns_up_to_the_rest),
        cmocka_unit_test(a_client_cannot_fill_the_disk),
    };
    return cmocka_run_group_tests(tests, open_pipe, close_pipe);
}
