/* wait_timeout: how long a client may be silent is kept by headgate for the session, and not by its
 * connections: the server would close one that the session does not use for a while, and the state in it.
 *
 *      SET wait_timeout = 5 ─► wait_timeout_rewrite: SET wait_timeout = DEFAULT ─► wait_timeout_commit
 *      SELECT @@wait_timeout ─► wait_timeout_lacks: SET wait_timeout = 5 first, and DEFAULT again before the
 *                               next command that does not ask
 */
#ifndef HEADGATE_STATE_WAIT_TIMEOUT_H
#define HEADGATE_STATE_WAIT_TIMEOUT_H

#include "net/buf.h"
#include "state/facets.h"
#include "state/slot.h"

/* How long the client may be silent between two commands, in microseconds: `idle_us` (timeouts.idle_client),
 * or less by its wait_timeout. 0: for ever. */
uint64_t wait_timeout_us(const struct facets *facets, uint64_t idle_us);

/* A COM_QUERY in `in` that is a SET of wait_timeout to a number is sent with DEFAULT in the number's place:
 * it is in job.rewritten, and its bytes in the window count as sent. Other commands stay as they are. */
void wait_timeout_rewrite(const struct facets *facets, struct job *job, struct buf *in);

/* The server has agreed to the job's SET. False: it is not known to what; the session must be pinned. */
bool wait_timeout_commit(struct facets *facets, const struct job *job, struct slot *slot);
/* The slot's server tells a wait_timeout of `value` seconds, as text. */
void wait_timeout_note_told(struct facets *facets, struct job *job, struct slot *slot, struct span value);

/* What the connection there is to be told first: the client's value if the job, whose text is `sql`, may ask
 * for it; DEFAULT if the connection has that value, and the job does not ask. NULL: nothing. Else a text that
 * lives as long as `buffer`, of WAIT_TIMEOUT_TEXT_MAX bytes. */
#define WAIT_TIMEOUT_TEXT_MAX 16
const char *wait_timeout_lacks(const struct facets *facets, const struct job *job, const struct slot *slot,
                               struct span sql, char *buffer);
/* Can it lack anything? Otherwise the text need not be looked for. */
static inline bool wait_timeout_may_lack(const struct facets *facets, const struct slot *slot)
{
    return facets->wait_s != 0 || slot->has_wait;
}

#endif
