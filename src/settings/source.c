#include "settings/source.h"

#include "base/mem.h"
#include "settings/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_BYTES_MAX ((size_t)4 << 20) /* of one file; a larger file is not a configuration */
#define INCLUDE_DEPTH_MAX 10               /* the limit of libconfig */
#define READ_BYTES 4096U

char *source_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = mem_strdup(slash == NULL ? "." : path);
    if (folder != NULL && slash != NULL)
        folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}

bool source_resolve(const char *folder, struct span name, struct text *path)
{
    if (name.len == 0)
        return false;
    if (name.data[0] != '/')
        (void)text_appendf(path, "%s/", folder);
    return text_append_span(path, name);
}

static bool read_all(int fd, size_t max_bytes, struct text *out, struct error *err)
{
    for (;;) {
        char *place = text_reserve(out, READ_BYTES);
        if (place == NULL)
            return error_set(err, ENOMEM, "out of memory");
        ssize_t got = read(fd, place, READ_BYTES);
        if (got < 0)
            return error_errno(err, errno, "cannot be read");
        if (got == 0)
            return true;
        out->len += (size_t)got;
        if (out->len > max_bytes)
            return error_set(err, EFBIG, "is larger than %zu bytes", max_bytes);
    }
}

/* Only regular files are read: a FIFO would block, and a folder makes libconfig's scanner end the process. */
bool source_read(const char *path, size_t max_bytes, struct text *out, bool *is_public_r, struct error *err)
{
    struct stat status;
    bool is_read = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_errno(err, errno, "cannot be opened");
    if (fstat(fd, &status) != 0)
        (void)error_errno(err, errno, "cannot be read");
    else if (!S_ISREG(status.st_mode))
        (void)error_set(err, EINVAL, "is not a regular file");
    else
        is_read = read_all(fd, max_bytes, out, err);
    *is_public_r = is_read && (status.st_mode & S_IROTH) != 0;
    (void)close(fd);
    return is_read;
}

void source_wipe(struct text *bytes)
{
    if (bytes->data != NULL)
        explicit_bzero(bytes->data, bytes->cap);
    text_fini(bytes);
}

/* ---- before libconfig reads it ---- */

/* One file of a chain of @include. */
struct walk {
    const char *folder; /* borrows; NULL: read from memory, no @include is allowed */
    const char *name;   /* borrows */
    int depth;
    struct report *report; /* borrows */
};

static bool check_path(struct walk walk, struct place from);

static bool check_include(const struct walk *walk, const struct scan *scan)
{
    struct place here = { walk->name, scan->at_line };
    struct text path = { 0 };
    bool is_good = false;
    if (walk->folder == NULL)
        return report_error(walk->report, here, "@include needs a file to be relative to");
    if (walk->depth >= INCLUDE_DEPTH_MAX)
        return report_error(walk->report, here, "@include goes deeper than %d files", INCLUDE_DEPTH_MAX);
    if (!source_resolve(walk->folder, scan->path, &path))
        (void)report_error(walk->report, here, "@include names no file");
    else
        is_good =
            check_path((struct walk){ walk->folder, text_cstr(&path), walk->depth + 1, walk->report }, here);
    text_fini(&path);
    return is_good;
}

static bool check_bytes(const struct walk *walk, struct span bytes)
{
    struct scan scan;
    scan_init(&scan, bytes);
    for (;;) {
        enum scan_result result = scan_next(&scan);
        if (result == SCAN_END)
            return true;
        if (result == SCAN_BAD)
            return report_error(walk->report, (struct place){ walk->name, scan.at_line }, "%s", scan.bad);
        if (!check_include(walk, &scan))
            return false;
    }
}

/* Checks a file. `from` is the @include that named it; line 0 for the first file. */
static bool check_path(struct walk walk, struct place from)
{
    struct text bytes = { 0 };
    struct error why = { 0 };
    bool is_public;
    bool is_good = source_read(walk.name, SOURCE_BYTES_MAX, &bytes, &is_public, &why);
    if (is_good)
        is_good = check_bytes(&walk, text_span(&bytes));
    else if (from.line == 0)
        (void)report_error(walk.report, from, "%s", why.text);
    else
        (void)report_error(walk.report, from, "@include: \"%s\" %s", walk.name, why.text);
    source_wipe(&bytes);
    return is_good;
}

bool source_check_file(const char *path, const char *folder, struct report *report)
{
    return check_path((struct walk){ folder, path, 0, report }, (struct place){ path, 0 });
}

bool source_check_bytes(struct span bytes, const char *name, struct report *report)
{
    struct walk walk = { NULL, name, 0, report };
    return check_bytes(&walk, bytes);
}
