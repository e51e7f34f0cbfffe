/* The sequences (MariaDB) from which a session has drawn a value. LASTVAL() and PREVIOUS VALUE are known only
 * to the connection that drew the value, and headgate cannot set them on another one. So the connection is
 * kept for a short time after a draw. If it is gone, a question for the value is refused, and not answered
 * with NULL. */
#pragma once

#include "tokens/lexer.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* The statement `sql` names sequences: sets *draws to those from which it draws. `schema`: for names without a
 * schema. */
void sequences_read(struct draws *draws, struct span sql, struct span schema,
                    const struct sql_dialect *dialect);
/* The statement, of which sequences_read() has set job.draws, has run on the slot's connection, and may have
 * drawn. */
void sequences_note(const struct job *job, struct slot *slot, uint64_t now_us);
/* Does `sql`, which is to run in this slot, ask for a value that the slot's connection has not drawn? */
bool sequences_are_lost(const struct slot *slot, struct span sql, struct span schema,
                        const struct sql_dialect *dialect);
