/* An ERR with which a server refuses to run a statement that another server may run. The ERR is not passed
 * on. The statement, whose bytes are still in the client's window, goes to another server.
 *
 *   read_only is on     on a replica: the statement is no read after all; on the primary: it was demoted
 *   1047                a Galera node outside the primary component, joining, or rejecting statements
 *   a name is unknown   the replica may lack what the primary has: route/replica_failures.h
 */
#ifndef HEADGATE_COMMAND_REFUSAL_H
#define HEADGATE_COMMAND_REFUSAL_H

#include "mysql/tracker.h"
#include "session/session.h"

#include <stdbool.h>

enum refusal { REFUSAL_NONE, REFUSAL_READ_ONLY, REFUSAL_NOT_READY, REFUSAL_LACKING };

/* True for the ERR of --read-only; other server options use the same error number. */
bool refusal_is_read_only(const struct tracker_info *info);
/* Notes what the ERR packet tells of the server. REFUSAL_NONE: the packet is the statement's answer. */
enum refusal refusal_note(struct session *session, const struct tracker_info *info);
/* Removes the packet and takes back the sent command. The statement looks for another server, or waits for
 * one. */
enum step refusal_leave(struct session *session, enum refusal refusal, const struct tracker_info *info);

#endif
