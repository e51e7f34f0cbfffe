/* What attach.c and attach_slot.c share; what others ask of them is in session/acquire.h.
 */
#ifndef HEADGATE_POOL_SLOT_INSIDE_H
#define HEADGATE_POOL_SLOT_INSIDE_H

#include "session/acquire.h"

/* What came there before the present command, and is no answer to it, is heard: the connection may be gone.
 */
void slot_listen(struct session *session, enum route_place place);
/* Is it the connection there that the present command continues with? Pieces of long data and cursors are in
 * one only. */
bool slot_continues_there(const struct session *session, enum route_place place);

#endif
