/* How old the login of a pooled connection may be when a session takes it.
 *
 * A server checks at a login whether the account may log in (password, lock, expiry), and reads its global
 * rights and its default role. A reset or a USE does not do that again; rights on a schema are read at each
 * USE. So a new session must not use a connection that logged in before its account changed. Such a
 * connection logs in again, to the same account, by COM_CHANGE_USER (slot_change). Connections that a session
 * already has keep the rights of their login, as they do without headgate.
 *
 *      a statement that may change accounts ──► login_age_note_change   tells all workers the time
 *      a client's login ──────────────────────► login_age_begin         sets rights.since_us
 *      parked_take, wait_connection ──────────► login_age_is_old        must this connection log in again?
 *
 * rights.since_us: connections that the session takes must have logged in since the last change of accounts
 * through this headgate, and within pool_login_trust.
 */
#pragma once

#include "pool/pool.h"
#include "state/pooled.h"

/* How old the rights of a session may be. Times of the monotonic clock. */
struct rights {
    uint64_t login_us; /* when its client logged in, or changed the user */
    uint64_t since_us; /* connections that the session takes must have logged in at this time or later */
};

/* The struct rights for a client that logs in now. */
struct rights login_age_begin(const struct pool *pool, unsigned cluster);
/* The client's USE has succeeded. True: accounts have changed since its login, so that its other connections
 * must read the rights on the schema again. */
bool login_age_renew(const struct pool *pool, unsigned cluster, struct rights *rights);
/* Was the last change of accounts so recent that a replica that takes reads may lack it? */
bool login_age_is_recent(const struct pool *pool, unsigned cluster);

/* A statement may have changed accounts: tells all workers. Call it before the client gets the reply. */
void login_age_note_change(struct pool *pool, unsigned cluster);

/* Did the connection log in before `since_us`? */
static inline bool login_age_is_old(const struct upstream *upstream, uint64_t since_us)
{
    return pooled_look(upstream)->proved_us < since_us;
}
