/* The account of a login in progress: a configured one, or one that was read from servers.
 *
 *      login_account_find ──┬──► login_account_found                                    the client is in
 *                           └──► login_account_wait ──► login_account_goes_on ──► find  once, before a refusal
 *
 * A login that would be refused waits while the servers are asked for their accounts once more: the account, or its
 * password, may be a moment old. Unknown users and wrong passwords wait alike.
 */
#pragma once

#include "session/session.h"

#include <stdbool.h>

#define LOGIN_ACCOUNT_WAIT_US 2000000 /* the longest wait */

/* The account of this name for this client, or NULL. */
const struct user *login_account_find(struct session *session, const char *name);
/* There is no account of this name: if it would probably have caching_sha2_password, fills in what no password matches,
 * so that the client cannot tell the difference. */
void login_account_decoy(const struct session *session, const char *name, struct auth_secret *secret_r);
/* The login has succeeded: the account that was found, held until login_account_end. NULL: it was removed meanwhile. */
const struct user *login_account_found(const struct session *session);

/* The login is about to be refused. True: it waits; the caller forgets the refusal, and offers the client's packet
 * again when login_account_goes_on says so. False: it is refused now. A login waits once at most. */
bool login_account_wait(struct session *session);
/* False: the login is waiting still. */
bool login_account_goes_on(struct session *session);
/* The login is over, or the session ends. Harmless if there was none. */
void login_account_end(struct session *session);
