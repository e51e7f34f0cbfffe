/* How many files the process may have open, and who may use the last of them.
 *
 * The kernel hands out the lowest number that is free: a socket's number tells how many are open at least.
 * What is turned away before the last one leaves enough for what must always work: probes, KILL, the
 * administrator.
 */
#ifndef HEADGATE_NET_DESCRIPTORS_H
#define HEADGATE_NET_DESCRIPTORS_H

#include <stdbool.h>

#define DESCRIPTORS_OWN 16 /* for probes, KILL, admin connections, /dev/null: not for sessions */

enum descriptors_use {
    DESCRIPTORS_CLIENT,   /* leaves an eighth of all to connections of clients that are there already */
    DESCRIPTORS_UPSTREAM, /* leaves DESCRIPTORS_OWN */
    DESCRIPTORS_PARKED    /* leaves half of all: nobody is turned away for connections that nobody has */
};

/* Raises the soft limit to the hard one, and remembers it; at start, before threads. What fails is logged. */
void descriptors_raise(void);

/* The limit that descriptors_raise found; UINT_MAX before it was called. */
unsigned descriptors_max(void);

/* May a socket with this number be used for that? */
bool descriptors_may_use(int fd, enum descriptors_use use);

#endif
