/* Memory set aside for the tables of the event loops.
 *
 * libev ends the process where it gets no memory for a table (of descriptors, timers, pending events). Here
 * it gets some all the same: what the system refuses comes out of an area that was mapped while there was
 * memory, and goes back to the system with the next table that it grants. One area for all loops and threads;
 * its pages are not touched before they are needed.
 */
#ifndef HEADGATE_NET_RESERVE_H
#define HEADGATE_NET_RESERVE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* All tables together, grown to twice what is in them, take less than half of this a client: of each of its
 * three sockets 16 bytes in the table of every loop, 50 for its events, and two timers of 16. */
#define RESERVE_PER_CLIENT_BYTES 1024u
#define RESERVE_LEAST_BYTES (1024u * 1024u)

/* Sets aside what the tables of a process with so many clients may take, and has libev ask here from the
 * first call on. More than there was: the area is changed for a larger one, unless it is in use. Less: it
 * stays. One thread at a time; the first time before there are others. False: err says why, and what there
 * was stays. */
bool reserve_for(size_t clients, struct error *err);

/* Bytes of the area that tables are in. Any thread. */
size_t reserve_in_use(void);

#endif
