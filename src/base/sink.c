#include "base/sink.h"

#include "base/append.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FILE_MODE 0640
#define SAID_EVERY_US 60000000 /* a full disk is reported once a minute */

/* Opens without blocking, so that neither open nor write waits for the reader of a pipe. No effect on regular
 * files. */
static int open_file(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    if (fd < 0)
        (void)error_errno(err, errno, "opening %s", path);
    return fd;
}

bool sink_open(struct sink *sink, const char *path, struct error *err)
{
    sink->path = NULL;
    sink->fd = open_file(path, err);
    if (sink->fd < 0)
        return false;
    sink->path = path;
    atomic_store(&sink->is_torn, append_is_torn(sink->fd));
    return true;
}

bool sink_reopen(struct sink *sink, struct error *err)
{
    int fd = open_file(sink->path, err);
    if (fd < 0)
        return false;
    bool is_torn = append_is_torn(fd); /* the new file may be the same file */
    bool is_there = dup3(fd, sink->fd, O_CLOEXEC) >= 0 || error_errno(err, errno, "reopening %s", sink->path);
    (void)close(fd);
    if (is_there)
        atomic_store(&sink->is_torn, is_torn);
    return is_there;
}

void sink_close(struct sink *sink)
{
    if (sink_is_open(sink))
        (void)close(sink->fd);
    sink->path = NULL;
}

static void note_loss(struct sink *sink, int code)
{
    unsigned long long now = clock_monotonic_us(), before = atomic_load(&sink->said_us);
    atomic_fetch_add_explicit(&sink->lost, 1, memory_order_relaxed);
    if ((before != 0 && now - before < SAID_EVERY_US) ||
        !atomic_compare_exchange_strong(&sink->said_us, &before, now))
        return;
    struct error err = { 0 };
    (void)error_errno(&err, code, "%s cannot be written to; its lines are lost", sink->path);
    log_warning(NULL, "%s", err.text);
}

void sink_write(struct sink *sink, struct span line)
{
    int code = append_line(sink->fd, &sink->is_torn, line);
    if (code != 0)
        note_loss(sink, code);
}
