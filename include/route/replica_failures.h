/* Remembers statements that failed on a replica, so that similar statements go to the primary at once. Each
 * worker has one table of each kind. The tables have a fixed size: a newer entry replaces an older one. Pure.
 *
 * Refused: a read-only server refused the statement (1290, 1836), although it looked like a harmless read.
 * The statement is remembered by its digest. If the entry was replaced, the next such statement costs one
 * more round trip and is remembered again.
 *
 * Lacking: a replica does not have a table, column or right that the statement names. The primary may have
 * it: another session has perhaps just created or granted it. Statements of the same shape go to the primary
 * for one second. So a lagging replica, or a program that names an object that does not exist, costs at most
 * one extra statement per second. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define REFUSED_MAX 1024    /* a power of two */
#define LACKING_MAX 256     /* a power of two */
#define LACKING_US 1000000u /* a lacking statement is remembered for 1 s */

/* Zeroed memory is empty. */
struct replica_failures {
    uint64_t refused[REFUSED_MAX]; /* digests; 0: free */
    bool has_refused;              /* `refused` has an entry */
    struct {
        uint64_t shape; /* sql_facts.shape */
        uint64_t until_us;
    } lacking[LACKING_MAX];
    uint64_t lacking_until_us; /* the largest until_us: all entries have expired after this time */
};

void replica_failures_note_refused(struct replica_failures *failures, uint64_t digest);
bool replica_failures_was_refused(const struct replica_failures *failures, uint64_t digest);

/* Does an ERR with this code say that the server lacks an object or a right that another server of the
 * cluster may have? `has_schema`: the session has a current schema. */
bool replica_failures_says_lacking(uint16_t code, bool has_schema);
/* A replica has answered a statement of this shape with such an ERR. Shape 0 (none) is ignored. */
void replica_failures_note_lacking(struct replica_failures *failures, uint64_t shape, uint64_t now_us);
bool replica_failures_was_lacking(const struct replica_failures *failures, uint64_t shape, uint64_t now_us);
