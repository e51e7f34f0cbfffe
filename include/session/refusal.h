/* An ERR that is no answer: the server has not run the statement, and another server may. It is not passed
 * on; the statement, whose bytes are in the window still, goes elsewhere.
 *
 *   read_only is on     a replica: the statement is no read after all; the primary: it is none any more
 *   1047                a Galera node outside of the primary component, joining, or rejecting statements
 *   a name is unknown   a replica lacks what the primary may have: route/replica_failures.h
 */
#ifndef HEADGATE_SESSION_REFUSAL_H
#define HEADGATE_SESSION_REFUSAL_H

#include "mysql/tracker.h"
#include "session/session.h"

#include <stdbool.h>

enum refusal { REFUSAL_NONE, REFUSAL_READ_ONLY, REFUSAL_NOT_READY, REFUSAL_LACKING };

/* "The server is running with the --read-only option": other options have the same number. */
bool refusal_is_read_only(const struct tracker_info *info);
/* Notes what the packet tells of the server. REFUSAL_NONE: the packet is an answer. */
enum refusal refusal_note(struct session *session, const struct tracker_info *info);
/* Takes the packet and the sent command back; the statement looks for another server, or waits for one. */
enum step refusal_leave(struct session *session, enum refusal refusal, const struct tracker_info *info);

#endif
