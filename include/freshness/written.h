/* What all clients of a cluster have written through this headgate: shared by its workers, for reads with
 * consistency "global".
 *
 *      a reply tells a GTID       ──► written_note          ──► version + 1, then the client hears of it
 *      it may have written untold ──► written_note_unknown  ──► version + 1, unknown + 1
 *      a read                     ──► written_version: anything new? ──► written_read
 *
 * Positions are of one primary: with the first write on another one they begin anew, and what was written on
 * the one before counts as unknown. Writers take a mutex for that, and for a source's first write; otherwise
 * all is atomic, and one write costs two additions to a line that workers share.
 */
#ifndef HEADGATE_FRESHNESS_WRITTEN_H
#define HEADGATE_FRESHNESS_WRITTEN_H

#include "mysql/gtid.h"

#include <pthread.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A server, as long as its address leads to one machine: never 0. */
static inline uint64_t written_tag(int server, uint64_t moves)
{
    return (uint64_t)(unsigned)server << 48 | (moves + 1);
}

struct written_primary;

struct written {
    _Atomic uint64_t version;                  /* counts all that was noted */
    _Atomic uint64_t unknown;                  /* counts what was noted without a position */
    _Atomic(struct written_primary *) primary; /* owns, as `all` does; NULL: no position was noted */
    struct written_primary
        *all; /* guarded by `mutex`: those before it, too, as others may still look at them */
    pthread_mutex_t mutex;
};

struct written_state {
    uint64_t version;
    uint64_t unknown;
    uint64_t tag; /* of the server that `position` is of; 0: of none */
    struct gtid_position position;
};

void written_init(struct written *written);
/* Once no thread uses it. */
void written_fini(struct written *written);

/* Any thread, before the client is told. `tag`: the server that has written; `is_primary`: it is the primary
 * by the newest view of the caller. A position that is unknown, of too many sources, or on a server that is
 * not the primary any more, is noted as unknown. */
void written_note(struct written *written, uint64_t tag, bool is_primary,
                  const struct gtid_position *position);
void written_note_unknown(struct written *written);

/* Changes with each note. */
static inline uint64_t written_version(const struct written *written)
{
    return atomic_load_explicit(&written->version, memory_order_acquire);
}
/* All that was noted up to its version, and perhaps more. */
void written_read(const struct written *written, struct written_state *state_r);

#endif
