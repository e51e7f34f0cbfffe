/* What a session has drawn from sequences (MariaDB): LASTVAL() and PREVIOUS VALUE are known to the connection
 * that drew, and only drawing sets them. So the connection is kept for a moment after a draw, and a question
 * whose answer is lost with a connection is refused, never answered with NULL.
 */
#ifndef HEADGATE_STATE_SEQUENCES_H
#define HEADGATE_STATE_SEQUENCES_H

#include "sql/lexer.h"
#include "state/job.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

/* Sequences that are remembered of one connection; after a move a question about any other one is refused. */
#define DRAWS_MAX 8

/* What a statement draws from. */
struct drawn {
    uint64_t names[DRAWS_MAX];
    unsigned count;
    bool is_any; /* it draws, if only from a sequence without a name here */
};

struct draws {
    struct drawn present;      /* of the last statement that names sequences */
    uint64_t names[DRAWS_MAX]; /* hashes of those that the present connection has drawn from */
    unsigned count;
    uint64_t generation; /* of that connection */
    bool has_lost;       /* another connection is gone that has drawn, or may have by a column's DEFAULT */
};

/* The statement `sql` names sequences: notes from which of them it draws. `schema`: of names without one. */
void sequences_read(struct draws *draws, struct span sql, struct span schema,
                    const struct sql_dialect *dialect);
/* It has run on the slot's connection, and may have drawn. */
void sequences_note(struct draws *draws, const struct job *job, struct slot *slot, uint64_t now_us);
/* The connection in the slot goes. */
void sequences_note_drop(struct draws *draws, const struct slot *slot);
/* Does `sql`, which is to run in this slot, ask what was drawn by a connection that is gone? */
bool sequences_are_lost(const struct draws *draws, const struct slot *slot, struct span sql,
                        struct span schema, const struct sql_dialect *dialect);

#endif
