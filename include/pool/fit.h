/* Which connections may be parked, and with what key: not one that a reset does not make new,
 * that has lived long enough, that nobody would use, or that there is no room for.
 */
#ifndef HEADGATE_POOL_FIT_H
#define HEADGATE_POOL_FIT_H

#include "session/session.h"

/* How a session's next connection to this server of the view would log in. */
struct upstream_key pool_key(const struct session *session, int server);

/* That part of the key which the server's settings decide: an enum tls_setting, and above its four bits an
 * enum compression_setting. */
uint8_t pool_hop(const struct view_server *entry);

/* May the session's connection there be handed on, once it has been cleaned? Not one in use, half-read, of a
 * server that nothing goes to, or with state that a reset does not undo. */
bool pool_may_park(const struct session *session, enum route_place place);

/* ---- for the files of the pool ---- */

/* Something may go to that server of the view, which is still the machine that the connection leads to, and
 * has not restarted. While there is no primary the old one may come back. */
bool pool_is_usable(const struct view *view, size_t server, const struct upstream *upstream);
/* There is no room for one more like it: open files, or its cluster's pool_idle_max. */
bool pool_is_full(const struct worker *worker, const struct upstream *upstream);
/* The settings of that cluster, borrowed; NULL where the worker's world has none. */
const struct cluster_settings *pool_settings_of(const struct worker *worker, unsigned cluster);

#endif
