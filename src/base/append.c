#include "base/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int append_line(int fd, atomic_bool *is_torn, struct span line)
{
    bool was_torn = atomic_load_explicit(is_torn, memory_order_relaxed) && atomic_exchange(is_torn, false);
    struct iovec parts[2] = { { .iov_base = (char[]){ '\n' }, .iov_len = 1 }, { .iov_len = line.len } };
    memcpy(&parts[1].iov_base, &line.data, sizeof line.data); /* iov_base is not const for historical
                                                               * reasons */
    ssize_t written = was_torn ? writev(fd, parts, 2) : write(fd, line.data, line.len);
    int code = written < 0 ? errno : ENOSPC;
    ssize_t of_line = written - was_torn;
    if (of_line == (ssize_t)line.len)
        return 0;
    if (of_line > 0 || (was_torn && written <= 0))
        atomic_store(is_torn, true);
    return code;
}

bool append_is_torn(int fd)
{
    struct stat status;
    char path[32], last = '\n';
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return false;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* fd itself is write-only */
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    if (reader < 0)
        return false;
    bool is_read = pread(reader, &last, 1, status.st_size - 1) == 1;
    (void)close(reader);
    return is_read && last != '\n';
}
