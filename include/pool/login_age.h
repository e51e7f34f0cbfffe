/* How old the login of a connection may be that a session takes from the pool.
 *
 * A server settles at a login what the account may do: its global rights and its default role, and whether it
 * may log in at all (password, lock, expiry). Neither a reset nor USE asks again; rights on a schema are read
 * at each USE. So a new login must not be served by a connection that logged in before its account changed:
 * such a connection logs in anew by COM_CHANGE_USER, as the account itself (slot_change).
 *
 *      a statement that may change accounts ──► login_age_note_change    all workers know when that was
 *      a client's login ──► login_age_begin        since when connections must have logged in: the last
 * change through this headgate, and pool_login_trust ago pool_take, queue.c ──► login_age_are_old    does
 * this connection have to log in anew? slot_open, slot_change ──► login_age_note_login
 *
 * A session keeps the connections that it has, with what its account had then, as it would directly.
 */
#ifndef HEADGATE_POOL_LOGIN_AGE_H
#define HEADGATE_POOL_LOGIN_AGE_H

#include <stdbool.h>
#include <stdint.h>

struct session;
struct upstream;
struct worker;

/* Of a session. Monotonic. */
struct rights {
    uint64_t login_us; /* when its client logged in, or changed the user */
    uint64_t since_us; /* connections that it takes must have logged in at this time or later */
};

/* The client's login, or COM_CHANGE_USER, was proved. While replicas may lack the last change, its reads wait
 * for a replica that has it, as with consistency "global". After consistency_begin. */
void login_age_begin(struct session *session);
/* The present command may have changed accounts: from now on all workers know. Before its reply leaves. */
void login_age_note_change(struct session *session);
/* The client's USE has succeeded: the rights on that schema are read anew on its other connections, too, if
 * accounts have changed since its login. */
void login_age_note_use(struct session *session);

/* The connection begins to log in as the session's account, for the present command. */
void login_age_note_login(const struct session *session, struct upstream *upstream);
/* … or one that is opened ahead of any session begins its first login. */
void login_age_note_ahead(struct worker *worker, struct upstream *upstream);
/* Is its login too old for the session? */
bool login_age_are_old(const struct session *session, const struct upstream *upstream);

#endif
