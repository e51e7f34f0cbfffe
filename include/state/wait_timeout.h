/* wait_timeout: how long a client may be silent. headgate keeps the client's value for the session, and does
 * not set it on the connections. Otherwise a server would close a connection that the session does not use
 * for that time, and its state would be lost.
 *
 *      SET wait_timeout = 5 ──► wait_timeout_rewrite: SET wait_timeout = DEFAULT ──► wait_timeout_commit
 *      SELECT @@wait_timeout ─► wait_timeout_lacks: SET wait_timeout = 5 before it;
 *                               DEFAULT again before the next command that does not ask
 */
#ifndef HEADGATE_STATE_WAIT_TIMEOUT_H
#define HEADGATE_STATE_WAIT_TIMEOUT_H

#include "net/buf.h"
#include "state/facets.h"
#include "state/slot.h"

/* How long the client may be silent between two commands, in microseconds: the lower one of `idle_us`
 * (timeouts.idle_client) and its wait_timeout. 0: no limit. */
uint64_t wait_timeout_us(const struct facets *facets, uint64_t idle_us);

/* If the command in `in` is a COM_QUERY with a SET of wait_timeout to a number: puts the command with DEFAULT
 * for the number into job.rewritten, and marks the original bytes in the window as sent. Other commands are
 * left unchanged. */
void wait_timeout_rewrite(const struct facets *facets, struct job *job, struct buf *in);

/* The server has agreed to the job's SET. False: the new value is not known; the session must be pinned. */
bool wait_timeout_commit(struct facets *facets, const struct job *job, struct slot *slot);
/* Session tracking on the slot's connection has reported a wait_timeout of `value` seconds, as text. */
void wait_timeout_note_told(struct facets *facets, struct job *job, struct slot *slot, struct span value);

/* The wait_timeout that must be set on the slot's connection before the job, whose text is `sql`: the
 * client's value if the job may ask for it; DEFAULT if the connection has the client's value, and the job
 * does not ask. NULL: none. The result lives as long as `buffer`, of WAIT_TIMEOUT_TEXT_MAX bytes. */
#define WAIT_TIMEOUT_TEXT_MAX 16
const char *wait_timeout_lacks(const struct facets *facets, const struct job *job, const struct slot *slot,
                               struct span sql, char *buffer);
/* False: wait_timeout_lacks() would return NULL for any text, so the caller need not look for the text. */
static inline bool wait_timeout_may_lack(const struct facets *facets, const struct slot *slot)
{
    return facets->wait_s != 0 || slot->has_wait;
}

#endif
