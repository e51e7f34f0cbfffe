/* Session tracking as a client would have seen it directly: headgate asks its upstreams for more. */
#ifndef HEADGATE_STATE_CLIENT_TRACKING_H
#define HEADGATE_STATE_CLIENT_TRACKING_H

#include "session/session.h"

/* The session begins anew (login, COM_RESET_CONNECTION, COM_CHANGE_USER): its client is told what the
 * primary's global defaults are at this moment. Without memory nothing is told of variables. */
void client_tracking_begin(struct session *session);

/* Appends to `to` what is for the session's client of what an upstream has reported in `from`. Variables are
 * put one to an entry, as MariaDB does and MySQL's clients accept. Where MariaDB 11 tells one of several
 * variables that share a place in its memory, the upstream's set-up has seen to it that it is the one that
 * the client would be told of. */
void client_tracking_filter(const struct session *session, struct span from, struct text *to);

#endif
