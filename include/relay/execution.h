/* A command on a prepared statement as its server must see it: with the server's id of the statement in the
 * place of the client's, and with the types of the parameters, which clients send only once.
 */
#ifndef HEADGATE_RELAY_EXECUTION_H
#define HEADGATE_RELAY_EXECUTION_H

#include "net/stream.h"
#include "state/job.h"

#include <stdbool.h>

/* Puts the server's id into the command, whose first bytes are the next unsent ones of the client's window.
 * An EXECUTE without types, on a server that has not been told them, becomes job.rewritten. `has_attributes`:
 * the client sends query attributes. */
void execution_address(struct job *job, struct stream *client, bool has_attributes);

#endif
