/* Changes a command on a prepared statement to what its server must get: the server's statement id instead of
 * the client's, and the parameter types, which clients send only once. */
#pragma once

#include "net/stream.h"
#include "state/job.h"

#include <stdbool.h>

/* Puts the server's statement id into the command, whose first bytes are the next unsent ones of the
 * client's window. If an EXECUTE has no types and the server does not know them, the command is written to
 * job.rewritten with types. `has_attributes`: the client sends query attributes. */
void execution_address(struct job *job, struct stream *client, bool has_attributes);
