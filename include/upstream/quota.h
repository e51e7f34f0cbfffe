/* The limit of connections of one account at a server: MAX_USER_CONNECTIONS of the account (1226) or the
 * server's max_user_connections (1203). The limit is known only from a refused login. From then on the
 * account has permits of its own at that server: each of its connections holds a permit of the account and a
 * permit of the server.
 *
 *   a login is refused ─► quota_learn (once) ─► quota_refused: as many permits as there are connections
 *
 *   a session needs a connection ─► command/wait_connection.c: a permit of the account, then of the server
 *
 *   a session waits ─► quota_try_more, now and then: one login tries whether the server accepts one more
 *                          └─► accepted: quota_note_login ─► the next login tries at once
 *
 * Other clients may use the account as well, and limits change. So the number of permits is the number of
 * connections that the server was seen to accept, not the number in its error. Any thread; a quota lives as
 * long as its server.
 */
#pragma once

#include "base/error.h"
#include "upstream/permits.h"
#include "upstream/server.h"
#include "upstream/upstream.h"

#include <stdbool.h>
#include <stdint.h>

#define QUOTA_UNKNOWN (UINT32_MAX - 1) /* permits_max of a quota that was forgotten */
#define QUOTA_USER_BYTES 132           /* the longest name of an account, with its end */

struct quota {
    struct permits permits; /* of this account at this server */
    struct quota *next;     /* of the same server */
    struct server *server;  /* borrows */
    uint64_t account;       /* upstream_key.account */
    char user[QUOTA_USER_BYTES];
    _Atomic uint32_t told;      /* the limit in the server's error; 0: it did not say, or was wrong */
    _Atomic uint64_t proven;    /* most connections at once since the last refusal */
    _Atomic uint64_t grow_us;   /* monotonic; one more login is tried not before this */
    _Atomic uint64_t logged_us; /* monotonic; when it was last logged; 0: never */
    counter refused;            /* logins */
};

/* Does this refusal of a login say that the account has all connections that it may have at once? Limits per
 * hour have the same number, and do not count. */
bool quota_is_limit(const struct error *err);

/* NULL: no limit of the account is known at this server. */
struct quota *quota_find(struct server *server, uint64_t account);
/* Finds or makes the quota of an account. *is_new_r: it was made, and the caller lets all workers enlist the
 * account's connections (quota_enlist_all). NULL: memory is out, or the account is 0 (no account). */
struct quota *quota_learn(struct server *server, uint64_t account, const char *user, bool *is_new_r);
/* A login that holds one of the permits was refused. True at most once a minute: the caller logs it. */
bool quota_refused(struct quota *quota, const struct error *err, uint64_t now_us);
/* A login that holds one of the permits has passed. */
void quota_note_login(struct quota *quota);
/* A session waits: raises the number of permits by one if the last attempt is long enough ago. May be called
 * often. */
void quota_try_more(struct quota *quota, uint64_t now_us);

/* A permit that was taken belongs to this connection now. On the connection's thread, like the functions
 * below. */
void quota_hold(struct quota *quota, struct upstream *upstream);
/* Gives the connection a permit beyond the limit, because it is open or being opened already. */
void quota_enlist(struct quota *quota, struct upstream *upstream);
/* Enlists the connection if its account's limit has become known since it was opened, for example while it
 * moved between threads. */
void quota_enlist_late(struct upstream *upstream);
/* Calls quota_enlist_late for all connections of one worker to that server. */
void quota_enlist_all(struct server *server, unsigned worker);

/* The server is another machine now: the limits of the former machine are forgotten. */
void quota_forget_all(struct server *server);

/* The server that these permits limit; they may be the server's own or those of an account. */
static inline struct server *quota_server(struct permits *permits)
{
    return permits->quota != NULL ? permits->quota->server : list_entry(permits, struct server, permits);
}

/* Frees all quotas of the server. */
void quota_free_all(struct server *server);
