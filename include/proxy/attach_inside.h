/* What attach.c and attach_slot.c share; what others ask of them is in proxy/attach.h.
 */
#ifndef HEADGATE_PROXY_ATTACH_INSIDE_H
#define HEADGATE_PROXY_ATTACH_INSIDE_H

#include "proxy/attach.h"

/* What came there before the present command, and is no answer to it, is heard: the connection may be gone.
 */
void attach_listen(struct session *session, enum route_place place);
/* Is it the connection there that the present command continues with? Pieces of long data and cursors are in
 * one only. */
bool attach_continues_there(const struct session *session, enum route_place place);

#endif
