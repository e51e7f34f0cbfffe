/* malloc_count: an LD_PRELOAD library that counts the allocations of a process where another process can read
 * them.
 *
 * MALLOC_COUNT_FILE names a file of at least one page. The file is mapped shared and holds 64-bit
 * little-endian words: malloc, calloc, realloc, aligned, free (of non-NULL), bytes requested. Children made
 * by fork count into the same words. Without the variable the counts are lost. glibc's own entry points do
 * the work.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

struct counts {
    uint64_t mallocs, callocs, reallocs, aligned, frees, bytes;
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *old);
void *memalign(size_t alignment, size_t size);

static struct counts before_mapping;
static struct counts *counts = &before_mapping;

__attribute__((constructor)) static void map_counts(void)
{
    const char *path = getenv("MALLOC_COUNT_FILE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED)
        counts = page;
    close(fd);
}

static void count(uint64_t *what, size_t size)
{
    __atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&counts->bytes, size, __ATOMIC_RELAXED);
}

void *malloc(size_t size)
{
    count(&counts->mallocs, size);
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    count(&counts->callocs, items * size);
    return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
    count(&counts->reallocs, size);
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    count(&counts->aligned, size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || alignment & (alignment - 1))
        return EINVAL;
    *out = memalign(alignment, size);
    return *out ? 0 : ENOMEM;
}

void free(void *old)
{
    if (old)
        count(&counts->frees, 0);
    __libc_free(old);
}
