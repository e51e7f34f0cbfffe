/* An upstream's login: TLS, the dialogue of mysql/login over its stream, and again as somebody else.
 *
 *      LOGGING_IN ◄──► SECURING                   upstream_change_user ──► (SET ROLE NONE) ──► LOGGING_IN
 *          │
 *          └──► (set-up) ──► READY, then on_ready               refused, or nonsense: on_failed
 *
 * What it needs to know (name, secret, schema, attributes) is memory of its own, wiped as soon as it is over.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_LOGIN_H
#define HEADGATE_CLUSTER_UPSTREAM_LOGIN_H

#include "cluster/upstream.h"

/* READY: it is logged in anew, as somebody else, whatever it was used for; as upstream_open promises, with
 * its capabilities and permit: on_ready follows, or on_failed. Then nothing may be told to anybody that was
 * learnt of it before. */
void upstream_change_user(struct upstream *upstream, const struct upstream_wish *wish);

/* ---- for the files of an upstream ---- */

/* Memory for one, which the caller gives to `upstream->login`, or frees (mem_free). NULL: there is none. */
struct upstream_login *upstream_login_new(void);
/* The wish is copied, and the dialogue is to begin with the server's greeting. False: memory is out. */
bool upstream_login_begin(struct upstream *upstream, const struct upstream_wish *wish);
/* LOGGING_IN, and something was read: as far as it goes. */
void upstream_login_go_on(struct upstream *upstream);
/* SECURING, and the socket is ready: the TLS handshake goes on; after it, the login. */
void upstream_login_secure(struct upstream *upstream);
/* COM_CHANGE_USER, now that nothing of the one before is left that it would keep. */
void upstream_login_change(struct upstream *upstream);
/* It is over, or given up: wiped, and NULL. There may be none. */
void upstream_login_free(struct upstream *upstream);

#endif
