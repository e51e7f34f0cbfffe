/* What the files about fresh reads share; what others ask of them is in freshness/consistency.h,
 * freshness/fresh_replica.h, session/wait_replica.h and session/gtid_token.h.
 */
#ifndef HEADGATE_FRESHNESS_CONSISTENCY_INSIDE_H
#define HEADGATE_FRESHNESS_CONSISTENCY_INSIDE_H

#include "freshness/position_poller.h"
#include "session/session.h"

/* Of the session's cluster, on its worker; borrowed. */
struct watch *consistency_watch(const struct session *session);
const struct cluster_settings *consistency_settings(const struct session *session);
/* How long a question to the primary, or a read that must have the newest, may take: `consistency_wait`, or
 * 10 ms where that is "auto". */
uint64_t consistency_wait_us(const struct session *session);

/* Must the present read have anything at all? */
bool consistency_is_asked(const struct session *session);
/* … all that any client has written? */
bool consistency_wants_global(const struct session *session);
/* … the newest there is? */
bool consistency_wants_newest(const struct session *session);

/* More is asked for than before: no replica is known to have it. */
void consistency_ask_more(struct session *session);
/* It has seen what the primary has at this moment; and whatever it saw on replicas before. */
void consistency_see(struct session *session);
/* Its position has grown. Of too many sources it is none: the primary's will say it. */
void consistency_note_position(struct session *session);

#endif
