/* SYNCING, PREPARING: a connection becomes equal to its session.
 */
#ifndef HEADGATE_PROXY_SYNC_H
#define HEADGATE_PROXY_SYNC_H

#include "proxy/session.h"

enum step sync_syncing(struct session *session);
enum step sync_preparing(struct session *session);
/* The connection there has all that the session has set: what the present command set, it set there. */
void sync_note_vars(const struct session *session, struct slot *slot);
/* The connection there has had a COM_RESET_CONNECTION, of its session: nothing in it is anybody's any more,
 * and its character sets are those that such a reset leaves, not the handshake's. */
void sync_note_reset(struct session *session, struct slot *slot);

#endif
