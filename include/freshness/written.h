/* The positions of all writes of a cluster's clients through this headgate. Shared by its workers, for reads
 * with consistency "global".
 *
 *      a reply tells a GTID       ──► written_note          ──► version + 1, then the client hears of it
 *      it may have written untold ──► written_note_unknown  ──► version + 1, unknown + 1
 *      a read                     ──► written_version: anything new? ──► written_read
 *
 * Positions are of one primary. With the first write on another primary they begin anew, and the writes on
 * the former primary count as unknown. Writers take a mutex for a new primary and for the first write of a
 * source. Otherwise all accesses are atomic: one write costs two additions to a cache line that workers
 * share. */
#pragma once

#include "mysql/gtid.h"

#include <pthread.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A number for a server at its present address; never 0. `moves`: view_server.moves. */
static inline uint64_t written_tag(int server, uint64_t moves)
{
    return (uint64_t)(unsigned)server << 48 | (moves + 1);
}

struct written_primary;

struct written {
    _Atomic uint64_t version;                  /* counts all notes */
    _Atomic uint64_t unknown;                  /* counts notes without a position */
    _Atomic(struct written_primary *) primary; /* the present one, in `all`; NULL: no position was noted */
    struct written_primary
        *all; /* owns; guarded by `mutex`: also former primaries, as other threads may still read them */
    pthread_mutex_t mutex;
};

struct written_state {
    uint64_t version;
    uint64_t unknown;
    uint64_t tag; /* written_tag() of the server that `position` is of; 0: none */
    struct gtid_position position;
};

void written_init(struct written *written);
/* Call it when no thread uses `written` any more. */
void written_fini(struct written *written);

/* Notes a write. Any thread may call it, before the client gets the reply. `tag`: of the server that has
 * written. `is_primary`: it is the primary in the newest view of the caller. A position that is unknown, has
 * too many sources, or is of a former primary is noted as unknown. */
void written_note(struct written *written, uint64_t tag, bool is_primary,
                  const struct gtid_position *position);
void written_note_unknown(struct written *written);

/* The version, which changes with each note. */
static inline uint64_t written_version(const struct written *written)
{
    return atomic_load_explicit(&written->version, memory_order_acquire);
}
/* Reads all notes up to state_r->version, and perhaps later ones. */
void written_read(const struct written *written, struct written_state *state_r);
