/* The limit of open files of the process, and which uses may take the last descriptors.
 *
 * The kernel hands out the lowest free number, so a socket's number tells how many descriptors are open at
 * least. Clients and upstreams are refused before the limit is reached, so that descriptors remain for
 * probes, KILL and the administrator. */
#pragma once

#include <stdbool.h>

#define DESCRIPTORS_OWN 16 /* kept for probes, KILL, admin connections and /dev/null; not for sessions */

enum descriptors_use {
    DESCRIPTORS_CLIENT,   /* a new client: leaves one eighth of all, for upstreams of the present clients */
    DESCRIPTORS_UPSTREAM, /* an upstream of a session: leaves DESCRIPTORS_OWN */
    DESCRIPTORS_PARKED    /* leaves half of all: idle connections must not cause clients to be refused */
};

/* Raises the soft limit to the hard limit and remembers it. Called at the start, before threads exist. A
 * failure is logged. */
void descriptors_raise(void);

/* The limit that descriptors_raise set; UINT_MAX before that call. */
unsigned descriptors_max(void);

/* May a socket with this number be used for `use`? */
bool descriptors_may_use(int fd, enum descriptors_use use);
