/* Reads that a replica could not run because it lacks something that the primary may have by now: a table, a
 * column, a right that another session has just made or granted. Such an ERR is no answer: the read runs
 * again on the primary, and what that says is the answer.
 *
 * Statements of the same shape go to the primary at once for a second, so that a replica that is behind, or a
 * program that asks for what is nowhere, costs a second question once a second and worker. Pure.
 */
#ifndef HEADGATE_ROUTE_REPLICA_LACKS_H
#define HEADGATE_ROUTE_REPLICA_LACKS_H

#include <stdbool.h>
#include <stdint.h>

#define LACKING_MAX 256     /* a power of two */
#define LACKING_US 1000000u /* so long a statement is remembered */

/* Of one worker; zeroed memory is empty. A newer entry takes the place of an older one. */
struct lacking {
    struct {
        uint64_t shape; /* sql_facts.shape */
        uint64_t until_us;
    } entries[LACKING_MAX];
    uint64_t until_us; /* of the newest entry: later than that nothing needs to be looked up */
};

/* Does an ERR of this number say that the server lacks something which another server of the cluster may
 * have? `has_schema`: the session is in a schema. */
bool replica_lacks_is(uint16_t code, bool has_schema);

/* A replica has answered so to a statement of this shape; 0 is none. */
void replica_lacks_add(struct lacking *lacking, uint64_t shape, uint64_t now_us);
bool replica_lacks_has(const struct lacking *lacking, uint64_t shape, uint64_t now_us);

#endif
