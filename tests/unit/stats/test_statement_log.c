/* Lines of the statement log, read back. */
#include "../base/unit.h"

#include "stats/statement_log.h"

#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct statement_record whole = {
    .command = { (const uint8_t *)"COM_QUERY", 9 },
    .session = 1073741824,
    .user = { (const uint8_t *)"app", 3 },
    .client = { (const uint8_t *)"10.0.0.7", 8 },
    .listener = { (const uint8_t *)"main port", 9 },
    .cluster = { (const uint8_t *)"main", 4 },
    .server = { (const uint8_t *)"db2", 3 },
    .schema = { (const uint8_t *)"shop", 4 },
    .digest = { (const uint8_t *)"00c0ffee00c0ffee", 16 },
    .total_us = 700,
    .wait_us = 1,
    .server_us = 600,
    .headgate_us = 99,
    .rows = 3,
    .affected = 0,
    .bytes_in = 40,
    .bytes_out = 200,
    .error = 1064,
    .end = { (const uint8_t *)"its client has gone", 19 },
    .route = { (const uint8_t *)"a read outside a transaction", 28 },
    .pins = { (const uint8_t *)"GET_LOCK (1)", 12 },
    .text = { (const uint8_t *)"SELECT a FROM t WHERE b = ?", 27 },
};

static const char *text_line(enum statement_file file, const struct statement_record *record)
{
    static struct line line;
    struct span span = statement_log_line(&line, file, false, record);
    assert_true(span.len < sizeof line.data && span.data[span.len - 1] == '\n');
    line.data[span.len - 1] = '\0';
    const char *space = strchr(line.data, ' ');
    assert_non_null(space);
    assert_int_equal(space - line.data, strlen("2026-01-01T00:00:00.000Z"));
    return space + 1;
}

static json_t *json_line(const struct statement_record *record)
{
    struct line line;
    json_error_t why;
    struct span span = statement_log_line(&line, STATEMENT_QUERY, true, record);
    assert_true(span.data[span.len - 1] == '\n');
    json_t *object =
        json_loadb((const char *)span.data, span.len - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    assert_row(object != NULL, "%s in %.*s", why.text, (int)span.len, (const char *)span.data);
    return object;
}

TEST(a_text_line_has_every_field)
{
    assert_string_equal(text_line(STATEMENT_SLOW, &whole),
                        "slow command=COM_QUERY session=1073741824 user=app client=10.0.0.7 "
                        "listener=\"main port\" cluster=main server=db2 schema=shop digest=00c0ffee00c0ffee "
                        "total_us=700 wait_us=1 server_us=600 headgate_us=99 rows=3 affected=0 bytes_in=40 "
                        "bytes_out=200 error=1064 end=\"its client has gone\" "
                        "route=\"a read outside a transaction\" pins=\"GET_LOCK (1)\" "
                        "text=\"SELECT a FROM t WHERE b = ?\"");
}

TEST(what_does_not_apply_is_left_out)
{
    struct statement_record record = { .session = 7, .command = SPAN_LITERAL("COM_QUERY") };
    assert_string_equal(text_line(STATEMENT_QUERY, &record),
                        "query command=COM_QUERY session=7 total_us=0 wait_us=0 server_us=0 headgate_us=0 "
                        "rows=0 affected=0 bytes_in=0 bytes_out=0");
}

TEST(a_json_line_has_every_field)
{
    static const char *const names[] = {
#define STATEMENT_NUMBER(name) #name,
#define STATEMENT_TEXT(name) #name,
        STATEMENT_FIELDS
#undef STATEMENT_NUMBER
#undef STATEMENT_TEXT
    };
    json_t *object = json_line(&whole);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_row(json_object_get(object, names[i]) != NULL, "%s", names[i]);
    assert_int_equal(json_object_size(object), COUNT_OF(names) + 2); /* 2: the fields `time` and `log` */
    assert_int_equal(json_integer_value(json_object_get(object, "total_us")), 700);
    assert_string_equal(json_string_value(json_object_get(object, "text")), "SELECT a FROM t WHERE b = ?");
    assert_string_equal(json_string_value(json_object_get(object, "log")), "query");
    json_decref(object);
}

/* Whatever the contents and their lengths: one line, one JSON document, and the fields before the text are
 * never cut. */
TEST(any_bytes_make_a_valid_line)
{
    uint64_t seed = 11;
    char bytes[3][6000];
    for (int round = 0; round < 3000; round++) {
        struct statement_record record = whole;
        struct span *fields[] = { &record.text, &record.user, &record.schema };
        for (size_t i = 0; i < COUNT_OF(fields); i++) {
            size_t len = next_random(&seed) % (chance(&seed, 3) ? sizeof bytes[i] : 40);
            bool is_wild = chance(&seed, 2);
            for (size_t j = 0; j < len; j++) {
                uint32_t c = next_random(&seed);
                bytes[i][j] = is_wild ? (char)c : "a \"\\\n=\xC3\xA4"[c % 8];
            }
            *fields[i] = span_of(bytes[i], len);
        }
        json_t *object = json_line(&record);
        assert_true(json_is_integer(json_object_get(object, "error")));
        assert_true(json_is_string(json_object_get(object, "pins")));
        assert_int_equal(json_object_get(object, "text") != NULL, record.text.len > 0);
        json_decref(object);
        const char *line = text_line(STATEMENT_SLOW, &record);
        assert_null(strchr(line, '\n'));
        assert_non_null(strstr(line, " error=1064 "));
    }
}

TEST(a_long_text_fills_the_line_and_ends_in_an_ellipsis)
{
    char text[10000];
    struct statement_record record = whole;
    memset(text, 'x', sizeof text);
    record.text = span_of(text, sizeof text);
    json_t *object = json_line(&record);
    const char *said = json_string_value(json_object_get(object, "text"));
    size_t len = strlen(said);
    assert_true(len > 3000 && len < LINE_MAX_BYTES);
    assert_string_equal(said + len - 3, "\xE2\x80\xA6");
    json_decref(object);
}

static size_t file_bytes(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

static struct statement_record short_record(void)
{
    return (struct statement_record){ .session = 7, .command = SPAN_LITERAL("COM_QUERY") };
}

/* Each file is opened when its setting requires it, and written in its format. */
TEST(files_are_opened_as_the_settings_say)
{
    char folder[] = "/tmp/headgate-test-statements-XXXXXX", slow[64], query[64];
    static const struct {
        uint64_t slow_us;
        int64_t sample;
    } rows[] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };
    assert_non_null(mkdtemp(folder));
    (void)snprintf(slow, sizeof slow, "%s/slow", folder);
    (void)snprintf(query, sizeof query, "%s/query", folder);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct statement_settings settings = { .slow_us = rows[i].slow_us,
                                               .sample = rows[i].sample,
                                               .slow_file = slow,
                                               .query_file = query,
                                               .format = i == 3 ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT };
        struct statement_record record = short_record();
        struct statement_log log;
        struct error err = { 0 };
        bool is_open[] = { rows[i].slow_us > 0, rows[i].sample > 0 };
        const char *paths[] = { slow, query };
        assert_true(statement_log_open(&log, &settings, &err));
        for (enum statement_file file = 0; file < STATEMENT_FILES; file++) {
            assert_int_equal(sink_is_open(&log.sinks[file]), is_open[file]);
            if (!is_open[file])
                continue;
            char first = 0;
            statement_log_write(&log, file, &record);
            size_t len = file_bytes(paths[file]);
            assert_true(len > 0);
            int fd = open(paths[file], O_RDONLY | O_CLOEXEC);
            assert_int_equal(read(fd, &first, 1), 1);
            (void)close(fd);
            assert_int_equal(first == '{', i == 3);
            assert_int_equal(unlink(paths[file]), 0); /* moved away: statement_log_reopen opens a new file */
            statement_log_reopen(&log);
            statement_log_write(&log, file, &record);
            assert_int_equal(file_bytes(paths[file]), len);
            assert_int_equal(unlink(paths[file]), 0);
        }
        statement_log_close(&log);
        assert_false(sink_is_open(&log.sinks[STATEMENT_SLOW]) || sink_is_open(&log.sinks[STATEMENT_QUERY]));
    }
    struct statement_settings settings = { .slow_us = 1, .slow_file = folder }; /* a folder is not a file */
    struct statement_log log;
    struct error err = { 0 };
    assert_false(statement_log_open(&log, &settings, &err));
    assert_non_null(strstr(err.text, "the log of slow statements: "));
    settings = (struct statement_settings){ .sample = 1, .query_file = folder };
    assert_false(statement_log_open(&log, &settings, &err));
    assert_non_null(strstr(err.text, "the log of statements: "));
    (void)unlink(slow);
    (void)unlink(query);
    assert_int_equal(rmdir(folder), 0);
}

TEST(lost_lines_have_a_name)
{
    assert_string_equal(statement_log_loss_name(STATEMENT_SLOW), "slow_lines_lost");
    assert_string_equal(statement_log_loss_name(STATEMENT_QUERY), "query_lines_lost");
}

TEST(an_error_is_told_from_number_one)
{
    struct statement_record record = short_record();
    record.error = 1;
    assert_non_null(strstr(text_line(STATEMENT_QUERY, &record), " error=1"));
}

RUN_TESTS(NULL, NULL)
