/* A file to which any thread may append lines.
 *
 * Each line is one write(2) with O_APPEND: lines of several threads never mix, no line is lost when the
 * process dies, and no flush is needed. A line costs its writer a copy into the page cache, some
 * microseconds; a pipe with a slow reader never blocks the writer. A line that cannot be written is lost and
 * counted, and the log reports it once a minute. (A disk that hangs blocks the writing thread in the kernel.)
 *
 * The descriptor keeps its number: reopening replaces the file behind it, so no writer uses a closed
 * descriptor. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sink {
    const char *path; /* borrows; NULL: not open */
    int fd;
    atomic_bool is_torn;   /* the file ends with a torn line: see append.h */
    atomic_ullong lost;    /* number of lines that could not be written */
    atomic_ullong said_us; /* time of the last report in the log; 0: none yet */
};

/* Opens or creates `path`, readable for its owner and group; missing folders are not created. False: err says
 * why, and the sink is closed. */
bool sink_open(struct sink *sink, const char *path, struct error *err);
/* Opens the path again after the file was moved. False: err says why, and lines still go to the previous
 * file. */
bool sink_reopen(struct sink *sink, struct error *err);
/* Closes the file. No thread may write to the sink any more. */
void sink_close(struct sink *sink);

static inline bool sink_is_open(const struct sink *sink)
{
    return sink->path != NULL;
}

/* Appends `line`, which ends with a newline. */
void sink_write(struct sink *sink, struct span line);

static inline uint64_t sink_lost(const struct sink *sink)
{
    return atomic_load_explicit(&sink->lost, memory_order_relaxed);
}
