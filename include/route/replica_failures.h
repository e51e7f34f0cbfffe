/* Statements that ran on a replica in vain, so that the next ones like them go to the primary at once. One
 * table of each kind per worker, of fixed size: a newer entry takes the place of an older one. Pure.
 *
 * Refused: a read-only server refused the statement (1290, 1836), though it looked like a harmless read. It
 * is remembered by digest; when it was forgotten, it costs a round trip and is remembered again.
 *
 * Lacking: a replica lacks what the statement names and the primary may have by now: a table, a column or a
 * right that another session has just made or granted. Statements of the same shape go to the primary for a
 * second, so that a replica that lags, or a program that names what does not exist, costs one statement more
 * in a second.
 */
#ifndef HEADGATE_ROUTE_REPLICA_FAILURES_H
#define HEADGATE_ROUTE_REPLICA_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#define REFUSED_MAX 1024    /* a power of two */
#define LACKING_MAX 256     /* a power of two */
#define LACKING_US 1000000u /* so long a statement is remembered */

/* Zeroed memory is empty. */
struct replica_failures {
    uint64_t refused[REFUSED_MAX]; /* digests; 0: free */
    bool has_refused;              /* any: there is something to look up */
    struct {
        uint64_t shape; /* sql_facts.shape */
        uint64_t until_us;
    } lacking[LACKING_MAX];
    uint64_t lacking_until_us; /* of the newest entry: later than that there is nothing to look up */
};

void replica_failures_note_refused(struct replica_failures *failures, uint64_t digest);
bool replica_failures_was_refused(const struct replica_failures *failures, uint64_t digest);

/* Does an ERR of this number say that the server lacks something which another server of the cluster may
 * have? `has_schema`: the session is in a schema. */
bool replica_failures_says_lacking(uint16_t code, bool has_schema);
/* A replica has answered so to a statement of this shape; 0 is none. */
void replica_failures_note_lacking(struct replica_failures *failures, uint64_t shape, uint64_t now_us);
bool replica_failures_was_lacking(const struct replica_failures *failures, uint64_t shape, uint64_t now_us);

#endif
