#include "base/mem.h"

#include <assert.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* gcc and clang say in two ways that AddressSanitizer is on. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HAS_ASAN 1
#endif

/* With AddressSanitizer a use of a block on a free list is an error, like a use of freed memory. The first word,
 * which links the list, is left out. */
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
#define FORBID(block, size)                                                                                  \
    __asan_poison_memory_region((char *)(block) + sizeof(void *), (size) - sizeof(void *))
#define ALLOW(block, size) __asan_unpoison_memory_region(block, size)
#else
#define FORBID(block, size) (void)0
#define ALLOW(block, size) (void)0
#endif

static atomic_long fail_after = -1;
static atomic_bool fails_all;
static atomic_ulong allocations;

static bool must_fail(void)
{
    if (atomic_load_explicit(&fails_all, memory_order_relaxed))
        return true;
    if (atomic_load_explicit(&fail_after, memory_order_relaxed) < 0)
        return false;
    return atomic_fetch_sub_explicit(&fail_after, 1, memory_order_relaxed) == 0;
}

void mem_fail_after(long count)
{
    atomic_store(&fail_after, count);
}

void mem_fail_all(bool is_failing)
{
    atomic_store(&fails_all, is_failing);
}

unsigned long mem_allocations(void)
{
    return atomic_load_explicit(&allocations, memory_order_relaxed);
}

void *mem_zalloc(size_t size_bytes)
{
    if (must_fail())
        return NULL;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return calloc(1, size_bytes);
}

void *mem_realloc(void *memory, size_t size_bytes)
{
    if (must_fail())
        return NULL;
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return realloc(memory, size_bytes);
}

char *mem_strdup(const char *string)
{
    size_t size = strlen(string) + 1;
    char *copy = mem_realloc(NULL, size);
    if (copy != NULL)
        memcpy(copy, string, size);
    return copy;
}

void mem_free(void *memory)
{
    free(memory);
}

/* In a process whose allocator is another one (a sanitizer's, or a preloaded library), the first malloc_trim also
 * initialises the C library's own allocator, which is not safe in two threads at once. */
void mem_trim(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&mutex);
    (void)malloc_trim(0);
    (void)pthread_mutex_unlock(&mutex);
}

void mem_free_secret(void *memory, size_t size_bytes)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, size_bytes);
    free(memory);
}

void mem_slab_init(struct mem_slab *slab, size_t size_bytes, size_t kept_max)
{
    assert(size_bytes >= sizeof(void *));
    *slab = (struct mem_slab){ .size_bytes = size_bytes, .kept_max = kept_max };
}

void mem_slab_fini(struct mem_slab *slab)
{
    assert(slab->lent == 0);
    while (slab->free != NULL) {
        void *block = slab->free;
        memcpy(&slab->free, block, sizeof slab->free);
        ALLOW(block, slab->size_bytes);
        mem_free(block);
    }
    slab->kept = 0;
}

void *mem_slab_take(struct mem_slab *slab)
{
    void *block = slab->free;
    if (block == NULL) {
        block = mem_realloc(NULL, slab->size_bytes);
        slab->lent += block != NULL;
        return block;
    }
    memcpy(&slab->free, block, sizeof slab->free);
    ALLOW(block, slab->size_bytes);
    slab->kept--;
    slab->lent++;
    return block;
}

void mem_slab_give(struct mem_slab *slab, void *block)
{
    assert(block != NULL && slab->lent > 0);
    slab->lent--;
    if (slab->kept >= slab->kept_max) {
        mem_free(block);
        return;
    }
    FORBID(block, slab->size_bytes);
    memcpy(block, &slab->free, sizeof slab->free);
    slab->free = block;
    slab->kept++;
}
