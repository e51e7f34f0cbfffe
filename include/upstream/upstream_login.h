/* An upstream's login: TLS, the dialogue of mysql/login over its stream, and COM_CHANGE_USER to another
 * account.
 *
 *      LOGGING_IN ◄──► SECURING                   upstream_change_user ──► (SET ROLE NONE) ──► LOGGING_IN
 *          │
 *          └──► (set-up) ──► READY, then on_ready           refused, or a protocol error: on_failed
 *
 * The login's data (name, secret, schema, attributes) are copied, and wiped when the login is over. */
#pragma once

#include "upstream/upstream.h"

/* READY only: logs in again (COM_CHANGE_USER), as another account, with the same capabilities and permit;
 * on_ready or on_failed follows, as after upstream_open. The state of the connection's former session is
 * gone. */
void upstream_change_user(struct upstream *upstream, const struct upstream_wish *wish);

/* ---- for the files of an upstream ---- */

/* Memory for a login, which the caller gives to `upstream->login`, or frees (mem_free). NULL: out of memory. */
struct upstream_login *upstream_login_new(void);
/* Copies the wish; the dialogue begins with the server's greeting. False: memory is out. */
bool upstream_login_begin(struct upstream *upstream, const struct upstream_wish *wish);
/* LOGGING_IN, and bytes were read: continues the dialogue with all packets that are complete. */
void upstream_login_go_on(struct upstream *upstream);
/* SECURING, and the socket is ready: continues the TLS handshake, and then the login. */
void upstream_login_secure(struct upstream *upstream);
/* Sends COM_CHANGE_USER, after state that this command would keep (a role) was removed. */
void upstream_login_change(struct upstream *upstream);
/* The login is over, or given up: wipes and frees it; upstream->login becomes NULL. May be called without a
 * login. */
void upstream_login_free(struct upstream *upstream);
