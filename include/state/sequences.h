/* What a session has drawn from sequences (MariaDB): LASTVAL() and PREVIOUS VALUE are the connection's that
 * drew, and nothing but drawing sets them. So the connection is kept for a moment after a draw; a question
 * whose answer has gone with another one is refused, never answered with NULL.
 */
#ifndef HEADGATE_STATE_SEQUENCES_H
#define HEADGATE_STATE_SEQUENCES_H

#include <stdbool.h>
#include <stdint.h>

#define DRAWS_MAX                                                                                            \
    8 /* sequences remembered of one connection; of more the question is refused after a move                \
       */

struct session;
struct slot;

/* What the present statement draws from. */
struct drawn {
    uint64_t names[DRAWS_MAX];
    unsigned count;
    bool is_any; /* … one that has no name here included */
};

struct draws {
    struct drawn present;      /* of the last statement that names sequences */
    uint64_t names[DRAWS_MAX]; /* hashes of those that the present connection has drawn from */
    unsigned count;
    uint64_t generation; /* of that connection */
    bool has_lost;       /* another one has gone that had drawn, or may have: by a column's DEFAULT, too */
};

/* The present statement names sequences: from which it draws is read while its text is there. */
void sequences_read(struct session *session);
/* It has run: it may have drawn. */
void sequences_note(struct session *session);
/* The connection in the slot goes. */
void sequences_note_drop(struct session *session, const struct slot *slot);
/* Does the present command ask what was drawn by a connection that is gone? */
bool sequences_has_lost(const struct session *session);

#endif
