/* Statements that a read-only server refused (1290, 1836), though they looked like harmless reads: by digest,
 * so that the next one like it goes to the primary at once. One table per worker, of fixed size; an older
 * entry makes room for a newer one, which then costs a round trip and is remembered again. */
#ifndef HEADGATE_ROUTE_READONLY_REFUSALS_H
#define HEADGATE_ROUTE_READONLY_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#define REFUSALS_MAX 1024 /* a power of two */

struct refusals {
    uint64_t digests[REFUSALS_MAX]; /* 0: free */
    unsigned count;                 /* remembered so far; 0: nothing needs to be looked up */
};

void readonly_refusals_add(struct refusals *refusals, uint64_t digest);
bool readonly_refusals_has(const struct refusals *refusals, uint64_t digest);

#endif
