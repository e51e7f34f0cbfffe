/* Hash tables with the links inside the structs: uthash, configured to survive a lack of memory.
 *
 * Include this file and never uthash.h, which would end the process when an allocation fails. A HASH_ADD
 * without memory leaves the table unchanged and does not add the element: check hash_has after each
 * HASH_ADD. */
#pragma once

#include "base/mem.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) mem_realloc(NULL, size_bytes)
#define uthash_free(memory, size_bytes) mem_free(memory)
#include <uthash.h>

/* Was the element added by HASH_ADD? False: there was no memory for it. `element` is a pointer to a struct
 * with the usual `UT_hash_handle hh`, zeroed before HASH_ADD. */
#define hash_has(element) ((element)->hh.tbl != NULL)
