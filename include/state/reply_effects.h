/* What a reply says about the session's state.
 */
#ifndef HEADGATE_STATE_REPLY_EFFECTS_H
#define HEADGATE_STATE_REPLY_EFFECTS_H

#include "session/session.h"

void effects_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info);
void effects_reset(struct session *session);
/* A transaction is open, or may be: after an error nobody knows yet. */
bool effects_has_transaction(const struct session *session);
/* A transaction is open, or the next statement begins one. */
bool effects_is_in_transaction(const struct session *session);
/* The session may forget that a transaction is open on its replica: it is about to be dropped there. */
void effects_come_home(struct session *session);
/* The place whose replies tell the session's state: the primary; the replica behind a reading port, and while
 * a read-only transaction is open there. */
enum route_place effects_home(const struct session *session);
/* The server has agreed to a schema for the session, and has not told which: the session stays on the
 * connection that is in it. */
void effects_lose_schema(struct session *session);
struct sql_dialect effects_dialect(const struct session *session);
/* May the account write where read_only is on? */
bool effects_bypasses_read_only(const struct session *session);
/* Of the same only what names stand for. */
struct sql_dialect effects_names(const struct session *session);

#endif
