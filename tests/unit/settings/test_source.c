/* Files of a configuration: their folders, which of them are read, and how errors about them are told. */
#include "../base/unit.h"

#include "base/mem.h"
#include "settings/report.h"
#include "settings/source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TEST(names_are_relative_to_the_folder)
{
    static const struct {
        const char *path, *folder, *name, *resolved; /* NULL: the name is refused */
    } rows[] = {
        { "a.conf", ".", "b", "./b" },     { "x/a.conf", "x", "b", "x/b" },  { "/a.conf", "/", "b", "//b" },
        { "/x/a", "/x", "y/b", "/x/y/b" }, { "/x/y/a", "/x/y", "/b", "/b" }, { "x/a", "x", "", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text path = { 0 };
        char *folder = source_folder(rows[i].path);
        assert_string_equal(folder, rows[i].folder);
        bool is_good = source_resolve(folder, span_cstr(rows[i].name), &path);
        assert_int_equal(is_good, rows[i].resolved != NULL);
        if (is_good)
            assert_string_equal(text_cstr(&path), rows[i].resolved);
        mem_free(folder);
        text_fini(&path);
    }
    mem_fail_after(0);
    assert_null(source_folder("x/a"));
    mem_fail_after(-1);
}

TEST(files_up_to_the_limit_are_read)
{
    static const struct {
        size_t bytes, max;
        mode_t mode;
        bool is_read, is_public;
    } rows[] = {
        { 0, 0, 0600, true, false },      { 1, 0, 0644, false, false },       { 10, 10, 0640, true, false },
        { 11, 10, 0644, false, false },   { 10, 10, 0604, true, true },       { 10, 10, 0660, true, false },
        { 9000, 9000, 0644, true, true }, { 9000, 8999, 0600, false, false },
    };
    char path[] = "/tmp/headgate-test-XXXXXX", content[9000];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text out = { 0 };
        struct error err = { 0 };
        bool is_public = true;
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, content, rows[i].bytes, 0), rows[i].bytes);
        assert_int_equal(fchmod(fd, rows[i].mode), 0);
        bool is_read = source_read(path, rows[i].max, &out, &is_public, &err);
        assert_row(is_read == rows[i].is_read && is_public == rows[i].is_public, "row %zu: %s", i, err.text);
        assert_int_equal(err.code, rows[i].is_read ? 0 : EFBIG);
        if (is_read) {
            assert_int_equal(out.len, rows[i].bytes);
            assert_true(span_equal(text_span(&out), span_of(content, rows[i].bytes)));
        }
        source_wipe(&out);
        assert_null(out.data);
    }
    (void)close(fd);
    (void)unlink(path);
}

TEST(what_is_no_regular_file_is_not_read)
{
    static const struct {
        const char *path, *says;
        int code;
    } rows[] = {
        { "/", "is not a regular file", EINVAL },
        { "/dev/null", "is not a regular file", EINVAL },
        { "/nonexistent", "cannot be opened: No such file or directory", ENOENT },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text out = { 0 };
        struct error err = { 0 };
        bool is_public = true;
        assert_false(source_read(rows[i].path, 100, &out, &is_public, &err));
        assert_string_equal(err.text, rows[i].says);
        assert_int_equal(err.code, rows[i].code);
        if (rows[i].code == EINVAL)
            assert_false(is_public);
        text_fini(&out);
    }
}

TEST(errors_are_told_up_to_a_number)
{
    struct text errors = { 0 }, warnings = { 0 };
    struct report report = { .errors = &errors };
    report_warning(&report, (struct place){ "f", 1 }, "not told");
    report.warnings = &warnings;
    report_warning(&report, (struct place){ "f", 1 }, "of %s", "one");
    report_warning(&report, (struct place){ "f", 0 }, "of all");
    assert_string_equal(text_cstr(&warnings), "f:1: of one\nf: of all\n");
    for (unsigned i = 1; i <= REPORT_ERRORS_MAX + 3; i++) {
        char line[64];
        assert_false(report_error(&report, (struct place){ "f", i }, "error %u", i));
        (void)snprintf(line, sizeof line, "f:%u: error %u\n", i, i);
        assert_int_equal(strstr(text_cstr(&errors), line) != NULL, i <= REPORT_ERRORS_MAX);
    }
    assert_int_equal(report.error_count, REPORT_ERRORS_MAX + 3);
    const char *more = strstr(text_cstr(&errors), "f: more errors follow; these first\n");
    assert_non_null(more);
    assert_int_equal(strlen(more), strlen("f: more errors follow; these first\n"));
    text_fini(&errors);
    text_fini(&warnings);
}

RUN_TESTS(NULL, NULL)
