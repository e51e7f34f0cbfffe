/* A file that lines are appended to, by any thread.
 *
 * Each line is one write(2) with O_APPEND: lines of several threads never mix, nothing is lost when the
 * process dies, and nothing has to be flushed. A line costs its writer a copy into the page cache, some
 * microseconds; a pipe whose reader sleeps is never waited for. A line that cannot be written is lost and
 * counted, and the log says so once a minute: traffic goes on. (A disk that hangs blocks the writing thread
 * in the kernel.)
 *
 * The descriptor keeps its number for life: reopening puts another file behind it, so no writer ever meets a
 * closed one. */
#ifndef HEADGATE_BASE_SINK_H
#define HEADGATE_BASE_SINK_H

#include "base/error.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sink {
    const char *path; /* borrows; NULL: it is not open */
    int fd;
    atomic_bool is_torn;   /* the file ends with a torn line: see append.h */
    atomic_ullong lost;    /* lines */
    atomic_ullong said_us; /* when the log was last told; 0: not yet */
};

/* Opens or creates `path`, for the owner and the group to read; missing folders are not made. False: err says
 * why, and the sink is closed. */
bool sink_open(struct sink *sink, const char *path, struct error *err);
/* Opens the path again after the file was moved away. False: err says why, and lines go on to the former
 * file. */
bool sink_reopen(struct sink *sink, struct error *err);
/* No writer may be left. */
void sink_close(struct sink *sink);

static inline bool sink_is_open(const struct sink *sink)
{
    return sink->path != NULL;
}

/* `line` with its newline. */
void sink_write(struct sink *sink, struct span line);

static inline uint64_t sink_lost(const struct sink *sink)
{
    return atomic_load_explicit(&sink->lost, memory_order_relaxed);
}

#endif
