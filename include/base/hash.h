/* Hash tables inside the structs themselves: uthash, told to live with memory that is out.
 *
 * Include this and never uthash.h itself, which would end the process when an allocation fails. A HASH_ADD
 * that found no memory has left the table as it was, and its element outside: ask hash_has after each.
 */
#ifndef HEADGATE_BASE_HASH_H
#define HEADGATE_BASE_HASH_H

#include "base/mem.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) mem_realloc(NULL, size_bytes)
#define uthash_free(memory, size_bytes) mem_free(memory)
#include <uthash.h>

/* Is an element that HASH_ADD was called for in its table? False: there was no memory for it. `element` is a
 * pointer to a struct with the usual `UT_hash_handle hh`, zeroed before it was added. */
#define hash_has(element) ((element)->hh.tbl != NULL)

#endif
