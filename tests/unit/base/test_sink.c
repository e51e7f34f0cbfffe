/* Lines arrive in files, also when the files are moved or fill up. */
#include "unit.h"

#include "base/log.h"
#include "base/sink.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/headgate-test-sink-XXXXXX";
static char path[64], aside[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/log", folder);
    (void)snprintf(aside, sizeof aside, "%s/log.1", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(aside);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    return rmdir(folder);
}

static int remove_files(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(aside);
    return 0;
}

static const char *content(const char *name)
{
    static char bytes[1 << 20];
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t n = read(fd, bytes, sizeof bytes - 1);
    assert_true(n >= 0);
    bytes[n] = '\0';
    (void)close(fd);
    return bytes;
}

/* When a program is started without a standard input, a file may get descriptor 0. */
TEST_WITH(descriptor_zero_is_as_good_as_any, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    int stdin_before = dup(STDIN_FILENO);
    (void)close(STDIN_FILENO);
    assert_true(sink_open(&sink, path, &err));
    assert_int_equal(sink.fd, STDIN_FILENO);
    sink_write(&sink, SPAN_LITERAL("one\n"));
    assert_true(sink_reopen(&sink, &err));
    sink_write(&sink, SPAN_LITERAL("two\n"));
    assert_string_equal(content(path), "one\ntwo\n");
    sink_close(&sink);
    if (stdin_before >= 0) {
        assert_int_equal(dup2(stdin_before, STDIN_FILENO), STDIN_FILENO);
        (void)close(stdin_before);
    }
}

TEST_WITH(lines_are_appended_to_what_is_there, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    assert_false(sink_is_open(&sink));
    for (int i = 0; i < 2; i++) {
        assert_true(sink_open(&sink, path, &err));
        sink_write(&sink, SPAN_LITERAL("a line\n"));
        sink_close(&sink);
    }
    struct stat status;
    assert_string_equal(content(path), "a line\na line\n");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0027, 0); /* statements are not readable for everybody */
    assert_int_equal(sink_lost(&sink), 0);
}

TEST_WITH(a_moved_file_is_followed_by_a_new_one, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    assert_true(sink_open(&sink, path, &err));
    int fd = sink.fd;
    sink_write(&sink, SPAN_LITERAL("before\n"));
    assert_int_equal(rename(path, aside), 0);
    sink_write(&sink, SPAN_LITERAL("between\n"));
    assert_true(sink_reopen(&sink, &err));
    sink_write(&sink, SPAN_LITERAL("after\n"));
    assert_int_equal(sink.fd, fd);
    assert_string_equal(content(aside), "before\nbetween\n");
    assert_string_equal(content(path), "after\n");
    sink_close(&sink);
}

TEST_WITH(a_file_that_cannot_be_opened_again_is_kept, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    assert_true(sink_open(&sink, path, &err));
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(sink_reopen(&sink, &err));
    assert_true(strstr(err.text, path) != NULL);
    sink_write(&sink, SPAN_LITERAL("still\n"));
    assert_int_equal(rmdir(path), 0);
    assert_string_equal(content(aside), "still\n");
    sink_close(&sink);
    assert_false(sink_open(&sink, "/nowhere/at/all", &err));
    assert_false(sink_is_open(&sink));
}

/* Reported once, counted each time. */
TEST_WITH(a_full_disk_loses_lines_and_says_so_once, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    int ends[2];
    char said[4096];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    assert_true(sink_open(&sink, "/dev/full", &err));
    for (unsigned i = 1; i <= 100; i++) {
        sink_write(&sink, SPAN_LITERAL("a line\n"));
        assert_int_equal(sink_lost(&sink), i);
    }
    sink_close(&sink);
    ssize_t n = read(ends[0], said, sizeof said - 1);
    assert_true(n > 0);
    said[n] = '\0';
    assert_true(strstr(said, "/dev/full cannot be written to") != NULL);
    assert_ptr_equal(strchr(said, '\n'), said + n - 1);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Limits the size of files to `bytes`; 0: the former limit. */
static void allow(rlim_t bytes)
{
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes > 0 ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk becomes full in the middle of a line: the next line begins on a line of its own. */
TEST_WITH(a_torn_line_ends_before_the_next_one, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
    assert_true(sink_open(&sink, path, &err));
    allow(10);
    sink_write(&sink, SPAN_LITERAL("whole\n"));
    sink_write(&sink, SPAN_LITERAL("in two\n"));
    sink_write(&sink, SPAN_LITERAL("not at all\n"));
    allow(11);
    sink_write(&sink, SPAN_LITERAL("newline only\n"));
    sink_write(&sink, SPAN_LITERAL("not at all\n"));
    allow(0);
    assert_int_equal(sink_lost(&sink), 4);
    sink_write(&sink, SPAN_LITERAL("whole\n"));
    sink_write(&sink, SPAN_LITERAL("whole\n"));
    sink_close(&sink);
    assert_string_equal(content(path), "whole\nin t\nwhole\nwhole\n");
}

static void tear(struct sink *sink)
{
    allow(10);
    sink_write(sink, SPAN_LITERAL("whole\n"));
    sink_write(sink, SPAN_LITERAL("in two\n"));
    allow(0);
}

/* A file that was not moved away still ends with a torn line. After a move the file is new and has none. */
TEST_WITH(a_torn_line_is_known_after_reopening, NULL, remove_files)
{
    for (int is_moved = 0; is_moved < 2; is_moved++) {
        struct error err = { 0 };
        struct sink sink = { 0 };
        (void)unlink(path);
        assert_true(sink_open(&sink, path, &err));
        tear(&sink);
        if (is_moved)
            assert_int_equal(rename(path, aside), 0);
        assert_true(sink_reopen(&sink, &err));
        sink_write(&sink, SPAN_LITERAL("next\n"));
        sink_close(&sink);
        assert_string_equal(content(path), is_moved ? "next\n" : "whole\nin t\nnext\n");
    }
}

/* The line was torn by a process that has ended. */
TEST_WITH(a_torn_line_is_known_at_the_start, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    assert_true(sink_open(&sink, path, &err));
    tear(&sink);
    sink_close(&sink);
    sink = (struct sink){ 0 };
    assert_true(sink_open(&sink, path, &err));
    sink_write(&sink, SPAN_LITERAL("next\n"));
    sink_close(&sink);
    assert_string_equal(content(path), "whole\nin t\nnext\n");
}

/* A pipe whose reader does not read is not waited for. */
TEST_WITH(a_full_pipe_loses_lines, NULL, remove_files)
{
    struct error err = { 0 };
    struct sink sink = { 0 };
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(sink_open(&sink, path, &err)); /* a FIFO without a reader: an error, no waiting */
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
    assert_true(sink_open(&sink, path, &err));
    for (unsigned i = 0; i < 1000000 && sink_lost(&sink) == 0; i++)
        sink_write(&sink, SPAN_LITERAL("a line of some length, until there is no room any more\n"));
    assert_int_equal(sink_lost(&sink), 1);
    sink_close(&sink);
    (void)close(reader);
}

/* ---- several threads, while the file is moved away ---- */

#define WRITERS 4
#define LINES 5000

static struct sink shared;

static void *write_lines(void *context)
{
    char line[64];
    for (int i = 0; i < LINES; i++) {
        int len = snprintf(line, sizeof line, "writer %d line %d\n", *(int *)context, i);
        sink_write(&shared, span_of(line, (size_t)len));
    }
    return NULL;
}

/* Counts the whole lines of each writer and checks their order. */
static void count_lines(const char *name, int *next)
{
    int writer, number, len;
    const char *at = content(name);
    while (*at != '\0') {
        assert_int_equal(sscanf(at, "writer %d line %d%n", &writer, &number, &len), 2);
        assert_true(at[len] == '\n' && writer >= 0 && writer < WRITERS);
        assert_true(number >= next[writer]);
        next[writer]++;
        at += len + 1;
    }
}

TEST_WITH(lines_of_threads_never_mix_and_none_is_lost_by_a_rotation, NULL, remove_files)
{
    struct error err = { 0 };
    pthread_t threads[WRITERS];
    int numbers[WRITERS], next[WRITERS] = { 0 };
    assert_true(sink_open(&shared, path, &err));
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    }
    struct stat status = { 0 };
    for (long patience = 0; status.st_size == 0 && patience < 10000000; patience++)
        assert_int_equal(stat(path, &status), 0); /* until the threads have begun to write */
    assert_int_equal(rename(path, aside), 0);
    assert_true(sink_reopen(&shared, &err));
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    sink_close(&shared);
    assert_int_equal(sink_lost(&shared), 0);
    count_lines(aside, next);
    count_lines(path, next);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(next[i], LINES);
}

RUN_TESTS(make_folder, remove_folder)
