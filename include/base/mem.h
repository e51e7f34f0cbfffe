/* Memory. Allocation can fail, and every caller says what happens then; a hook lets tests fail the Nth one.
 *
 * A `mem_slab` keeps equal blocks on a free list for one thread: taking and giving back is a pointer swap, so
 * that windows come and go with readiness and the hot path never reaches malloc.
 */
#ifndef HEADGATE_BASE_MEM_H
#define HEADGATE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, or NULL. Free with mem_free. */
void *mem_zalloc(size_t size_bytes);

/* Like realloc: with NULL `memory` is unchanged. The new part is not zeroed. */
void *mem_realloc(void *memory, size_t size_bytes);

/* A NUL-terminated copy, or NULL. */
char *mem_strdup(const char *string);

void mem_free(void *memory);

/* Gives back to the system what the allocator keeps of what was freed. Some milliseconds: for when much was.
 */
void mem_trim(void);

/* Wipes before freeing; for passwords and keys. */
void mem_free_secret(void *memory, size_t size_bytes);

/* Tests: the allocation after `count` successful ones fails, once; negative switches the hook off. Not per
 * thread. */
void mem_fail_after(long count);

/* Tests: all of them fail, until it is switched off. Not per thread. */
void mem_fail_all(bool is_failing);

/* Allocations made by this process since it started (relaxed counter), for `make bench` and leak checks. */
unsigned long mem_allocations(void);

struct mem_slab {
    void *free;        /* owns: chain of free blocks, linked through their first word */
    size_t size_bytes; /* of one block, at least sizeof(void *) */
    size_t kept;       /* blocks on the chain */
    size_t kept_max;   /* beyond this, blocks given back go to the allocator */
    size_t lent;       /* blocks in use */
};

void mem_slab_init(struct mem_slab *slab, size_t size_bytes, size_t kept_max);
void mem_slab_fini(struct mem_slab *slab);

/* One block with undefined contents, or NULL when memory is out. */
void *mem_slab_take(struct mem_slab *slab);
void mem_slab_give(struct mem_slab *slab, void *block);

#endif
