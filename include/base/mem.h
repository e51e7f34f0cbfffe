/* Memory. Allocation can fail, and every caller handles that. Tests can make the Nth allocation fail.
 *
 * A `mem_slab` keeps blocks of equal size on a free list for one thread. Taking or giving back a block is a
 * pointer swap, so that windows can be taken and given back often and the hot path never calls malloc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory, or NULL. Free with mem_free. */
void *mem_zalloc(size_t size_bytes);

/* Like realloc: `memory` is unchanged if it returns NULL. The new part is not zeroed. */
void *mem_realloc(void *memory, size_t size_bytes);

/* A NUL-terminated copy, or NULL. */
char *mem_strdup(const char *string);

void mem_free(void *memory);

/* Returns freed memory that the allocator keeps to the system. Takes some milliseconds: call it after much
 * was freed. Any thread; a second one waits until the first has finished. */
void mem_trim(void);

/* Wipes before freeing; for passwords and keys. */
void mem_free_secret(void *memory, size_t size_bytes);

/* For tests: the allocation after `count` successful ones fails, once. Negative: no failure. Applies to all
 * threads. */
void mem_fail_after(long count);

/* For tests: all allocations fail until it is switched off. Applies to all threads. */
void mem_fail_all(bool is_failing);

/* Number of allocations of this process since it started (relaxed counter), for `make bench` and leak
 * checks. */
unsigned long mem_allocations(void);

struct mem_slab {
    void *free;        /* owns; chain of free blocks, linked through their first word */
    size_t size_bytes; /* of one block, at least sizeof(void *) */
    size_t kept;       /* blocks on the chain */
    size_t kept_max;   /* further blocks that are given back are freed */
    size_t lent;       /* blocks in use */
};

void mem_slab_init(struct mem_slab *slab, size_t size_bytes, size_t kept_max);
void mem_slab_fini(struct mem_slab *slab);

/* One block with undefined contents, or NULL when memory is out. */
void *mem_slab_take(struct mem_slab *slab);
void mem_slab_give(struct mem_slab *slab, void *block);

/* The struct of this type whose `member` is *pointer: of a timer, a message, a node. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
