/* Session tracking as a client would have seen it directly: headgate asks its upstreams for more. */
#ifndef HEADGATE_PROXY_TRACKING_H
#define HEADGATE_PROXY_TRACKING_H

#include "proxy/session.h"

/* Appends to `to` what is for the session's client of what the upstream has reported in `from`. `status`: the
 * flags of the packet it came in. Variables are put one to an entry, as MariaDB does and MySQL's clients
 * accept. */
void tracking_filter(const struct session *session, const struct upstream *upstream, uint16_t status,
                     struct span from, struct text *to);

#endif
