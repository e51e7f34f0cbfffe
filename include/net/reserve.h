/* Memory reserved for the tables of the event loops.
 *
 * libev ends the process when it cannot allocate memory for a table (of descriptors, timers, pending events).
 * This allocator prevents that: when the system refuses memory, the table is placed in an area that was
 * mapped in advance. A table leaves the area when it next grows and the system grants the memory. One area
 * serves all loops and threads; its pages are not touched before they are needed. */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Less than half of this is needed per client by all tables together, which grow to twice their content: for
 * each of a client's three sockets 16 bytes in the table of every loop, 50 bytes for its events, and two
 * timers of 16 bytes. */
#define RESERVE_PER_CLIENT_BYTES 1024u
#define RESERVE_LEAST_BYTES (1024u * 1024u)

/* Reserves the memory that the tables may need for that many clients, and makes libev use this allocator. A
 * larger reserve than before replaces the area, unless it is in use; a smaller one changes nothing. Not
 * thread-safe; the first call must be made before other threads exist. False: err says why, and the reserve
 * is unchanged. */
bool reserve_for(size_t clients, struct error *err);

/* Bytes of the area that tables occupy. May be called on any thread. */
size_t reserve_in_use(void);
