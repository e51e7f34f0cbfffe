/* A Galera node that takes no statements just now (1047, "WSREP has not yet prepared node for application
 * use"): it is outside of the primary component, joining, or told to reject them. What it refuses so it has
 * not begun with.
 */
#ifndef HEADGATE_SESSION_NODE_UNREADY_H
#define HEADGATE_SESSION_NODE_UNREADY_H

#include "mysql/tracker.h"

#include <stdbool.h>

struct session;
enum step;

/* Is the packet that refusal? Others have the same number: an unknown command. */
bool node_unready_is(const struct tracker_info *info);
/* The monitor is to look at the server of the present job; if that is the primary, nothing new begins there
 * meanwhile. */
void node_unready_note(struct session *session);
/* Would the session lose nothing, were its present statement, which was refused so, to run elsewhere? */
bool node_unready_may_leave(const struct session *session);
/* The present statement, which was refused so, and is in the window still, looks for another server: for
 * another replica, or for the primary that there will be. */
enum step node_unready_go_on(struct session *session);

#endif
