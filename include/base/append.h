/* Appends lines to a file on a disk that may be full; used by the log and by sinks.
 *
 * A disk that becomes full in the middle of a line leaves a torn line: the file ends without a newline. The
 * next line is then written with a newline in front, so that it does not become part of the torn line. */
#pragma once

#include "base/str.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Writes `line`, which ends with a newline, in one write(2), so that lines of several threads never mix. `fd`
 * has O_APPEND. *is_torn belongs to the file and is read and set here. Returns 0, or the errno because of
 * which the line was not written as a whole; ENOSPC if the kernel wrote a part of it. */
int append_line(int fd, atomic_bool *is_torn, struct span line);

/* Does the file behind `fd` end with a torn line? False if the file is not a regular one, is empty, or cannot
 * be read through /proc/self/fd. */
bool append_is_torn(int fd);
