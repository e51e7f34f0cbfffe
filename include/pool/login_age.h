/* How old the login of a connection may be that a session takes from the pool.
 *
 * A server settles at a login what the account may do: its global rights and its default role, and whether it
 * may log in at all (password, lock, expiry). Neither a reset nor USE asks again; rights on a schema are read
 * at each USE. So a new session must not use a connection that logged in before its account changed: such a
 * connection logs in again by COM_CHANGE_USER, as the same account (slot_change). A session keeps the
 * connections that it has, with the rights that its account had then, as it would directly.
 *
 *      a statement that may change accounts ──► login_age_note_change   all workers know when that was
 *      a client's login ──► login_age_since         connections that it takes must have logged in since then:
 * since the last change through this headgate, and pool_login_trust ago parked_take, wait_connection ──►
 * login_age_is_old                must this connection log in again?
 */
#ifndef HEADGATE_POOL_LOGIN_AGE_H
#define HEADGATE_POOL_LOGIN_AGE_H

#include "pool/pool.h"
#include "state/pooled.h"

/* Of a session. Monotonic. */
struct rights {
    uint64_t login_us; /* when its client logged in, or changed the user */
    uint64_t since_us; /* connections that it takes must have logged in at this time or later */
};

/* Of a client that logs in now. */
struct rights login_age_begin(const struct pool *pool, unsigned cluster);
/* The client's USE has succeeded. True: accounts have changed since its login, so that the rights on that
 * schema must be read again on its other connections. */
bool login_age_renew(const struct pool *pool, unsigned cluster, struct rights *rights);
/* May a replica that takes reads lack the last change of accounts? */
bool login_age_is_recent(const struct pool *pool, unsigned cluster);

/* A statement may have changed accounts: from now on all workers know. Before its reply leaves. */
void login_age_note_change(struct pool *pool, unsigned cluster);

/* Is its login older than that? */
static inline bool login_age_is_old(const struct upstream *upstream, uint64_t since_us)
{
    return pooled_look(upstream)->proved_us < since_us;
}

#endif
