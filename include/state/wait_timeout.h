/* wait_timeout: how long a client may be silent. headgate keeps the client's value for the session, and does
 * not set it on the connections. Otherwise a server would close a connection that the session does not use
 * for that time, and its state would be lost.
 *
 *      SET wait_timeout = 5 ──► wait_timeout_rewrite: SET wait_timeout = DEFAULT
 *      SELECT @@wait_timeout ─► SET wait_timeout = 5 before it;
 *                               DEFAULT again before the next command that does not ask */
#pragma once

#include "net/buf.h"
#include "sql/setvar.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/pending_set.h"

/* How long the client may be silent between two commands, in microseconds: the lower one of `idle_us`
 * (timeouts.idle_client) and its wait_timeout. 0: no limit. */
uint64_t wait_timeout_us(const struct facets *facets, uint64_t idle_us);

/* A wait_timeout in the text of a SET that is to be sent. */
void wait_timeout_read(struct pending_set *changes, const struct setvar_change *change);
/* If the command in `in` is a COM_QUERY with a SET of wait_timeout to a number: puts the command with DEFAULT
 * for the number into job.rewritten, and marks the original bytes in the window as sent. Other commands are
 * left unchanged. */
void wait_timeout_rewrite(const struct facets *facets, struct job *job, struct buf *in);
