/* Lines appended to a file: what is written after a line that was torn. */
#include "unit.h"

#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* A file in memory with `held`, opened for appending alone. */
static int file_with(const char *held)
{
    char path[32];
    int whole = memfd_create("lines", MFD_CLOEXEC);
    assert_true(whole >= 0);
    assert_int_equal(write(whole, held, strlen(held)), strlen(held));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", whole);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    (void)close(whole);
    return fd;
}

static void assert_holds(int fd, const char *want)
{
    char path[32], held[64] = "";
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(reader, held, sizeof held - 1), strlen(want));
    assert_string_equal(held, want);
    (void)close(reader);
}

TEST(a_file_is_torn_when_it_does_not_end_with_a_newline)
{
    static const struct {
        const char *held;
        bool is_torn;
    } rows[] = { { "", false },    { "\n", false },  { "a", true },
                 { "a\n", false }, { "a\nb", true }, { "\nb\n", false } };
    int ends[2];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int fd = file_with(rows[i].held);
        assert_row(append_is_torn(fd) == rows[i].is_torn, "row %zu", i);
        (void)close(fd);
        assert_false(append_is_torn(fd));
    }
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a", 1), 1);
    assert_false(append_is_torn(ends[0]));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* `room`: how many bytes the file may grow to. */
static const struct {
    const char *held;
    bool was_torn;
    rlim_t room;
    const char *line;
    int code;
    bool is_torn;
    const char *want;
} rows[] = {
    { "", false, 9, "ab\n", 0, false, "ab\n" },        { "x\n", false, 9, "ab\n", 0, false, "x\nab\n" },
    { "x", true, 9, "ab\n", 0, false, "x\nab\n" },     { "x\n", false, 4, "ab\n", ENOSPC, true, "x\nab" },
    { "x\n", false, 3, "ab\n", ENOSPC, true, "x\na" }, { "x\n", false, 2, "ab\n", EFBIG, false, "x\n" },
    { "x", true, 4, "ab\n", ENOSPC, true, "x\nab" },   { "x", true, 3, "ab\n", ENOSPC, true, "x\na" },
    { "x", true, 2, "ab\n", ENOSPC, false, "x\n" }, /* the torn line has its newline */
    { "x", true, 1, "ab\n", EFBIG, true, "x" },
};

TEST(a_line_after_a_torn_one_begins_with_a_newline)
{
    struct rlimit before;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int fd = file_with(rows[i].held);
        atomic_bool is_torn = rows[i].was_torn;
        struct rlimit limit = { rows[i].room, before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        int code = append_line(fd, &is_torn, span_cstr(rows[i].line));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_row(code == rows[i].code && is_torn == rows[i].is_torn, "row %zu: %d, %d", i, code, is_torn);
        assert_holds(fd, rows[i].want);
        (void)close(fd);
    }
}

RUN_TESTS(NULL, NULL)
