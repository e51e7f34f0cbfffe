/* What happens to the present command when the connection to its server is lost: it runs again, or the client
 * gets an error. And what happens when the server refuses to run it with an ERR, and another server may run it:
 * the ERR is not passed on, and the command, whose bytes are still in the client's window, goes there.
 *
 *   read_only is on     on a replica: the statement is no read after all; on the primary: it was demoted
 *   1047                a Galera node outside the primary component, joining, or rejecting statements
 *   a name is unknown   the replica may lack what the primary has: route/replica_failures.h */
#pragma once

#include "mysql/tracker.h"
#include "session/session.h"

/* The present job's connection to its server is lost, for the reason `err`. */
enum step retry_of_upstream(struct session *session, const struct error *err);
/* As retry_of_upstream, with the error of the connection's stream. `during`: what was being done, for
 * messages. */
enum step retry_by_stream(struct session *session, const char *during);
/* Instead of a reply an ERR with this number arrived: the server had ended the connection before it read
 * the command. */
enum step retry_unread(struct session *session, uint16_t code);

/* ---- refusals ---- */

enum refusal { REFUSAL_NONE, REFUSAL_READ_ONLY, REFUSAL_NOT_READY, REFUSAL_LACKING };

/* True for the ERR of --read-only; other server options use the same error number. */
bool retry_is_read_only(const struct tracker_info *info);
/* Notes what the ERR packet tells of the server. REFUSAL_NONE: the packet is the statement's answer. */
enum refusal retry_note_refusal(struct session *session, const struct tracker_info *info);
/* Removes the packet and takes back the sent command. The statement looks for another server, or waits for
 * one. */
enum step retry_refused(struct session *session, enum refusal refusal, const struct tracker_info *info);
