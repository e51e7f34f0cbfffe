/* An account's own limit at a server: MAX_USER_CONNECTIONS of the account (1226) or the server's
 * max_user_connections (1203). It is known from a refusal only; from then on the account has permits there of
 * its own, beside the server's: each of its connections holds one of both.
 *
 *      a login is refused ─► quota_learn (once) ─► quota_refused: so many as there are, and no more
 *                                                        │
 *      the next session: queue.c ─► a permit of the account's first, then one of the server's
 *                                                        │
 *      somebody waits ─► quota_try_more, now and then ◄──┘   or more of them: one login tries
 *                             └─► let in: quota_note_login ─► the next one tries at once
 *
 * Others may use the account as well, and limits change, so the number is what the server was seen to let
 * in, not what it says. Any thread; a quota lives as long as its server.
 */
#ifndef HEADGATE_CLUSTER_QUOTA_H
#define HEADGATE_CLUSTER_QUOTA_H

#include "base/error.h"
#include "cluster/permits.h"
#include "cluster/server.h"
#include "cluster/upstream.h"

#include <stdbool.h>
#include <stdint.h>

#define QUOTA_UNKNOWN (UINT32_MAX - 1) /* permits_max of one that has been forgotten */
#define QUOTA_USER_BYTES 132           /* the longest name of an account, and its end */

struct quota {
    struct permits permits; /* of this account there */
    struct quota *next;     /* of the same server */
    struct server *server;  /* borrows */
    uint64_t account;       /* upstream_key.account */
    char user[QUOTA_USER_BYTES];
    _Atomic uint32_t told;      /* the limit in the server's own words; 0: it did not say, or was wrong */
    _Atomic uint64_t proven;    /* so many had room at once since the last refusal */
    _Atomic uint64_t grow_us;   /* one more is tried not before then */
    _Atomic uint64_t logged_us; /* when the log last told of it; 0: never */
    counter refused;            /* logins */
};

/* Does the server say with that refusal of a login that the account has all the connections that it may have
 * just now? Not the limits of an hour, which have the same number. */
bool quota_is_limit(const struct error *err);

/* NULL: no limit of that account is known there. */
struct quota *quota_find(struct server *server, uint64_t account);
/* The same, made if there is none: *is_new_r, and then the connections that the account has there already are
 * to be enlisted by their workers. NULL when memory is out, or for account 0, which is nobody's. */
struct quota *quota_learn(struct server *server, uint64_t account, const char *user, bool *is_new_r);
/* A login was refused that holds one of its permits. True: the log should tell; once a minute. */
bool quota_refused(struct quota *quota, const struct error *err, uint64_t now_us);
/* A login that holds one of its permits has passed. */
void quota_note_login(struct quota *quota);
/* Somebody waits: perhaps there is one more by now. Now and then only, however often it is called. */
void quota_try_more(struct quota *quota, uint64_t now_us);

/* A permit that was taken of it is that connection's now. On its thread, like what follows. */
void quota_hold(struct quota *quota, struct upstream *upstream);
/* The same where there was none to be taken: it is open, or is being opened, whatever the limit. */
void quota_enlist(struct quota *quota, struct upstream *upstream);
/* That one, if its account's limit has become known since it was opened: it was between two threads, say. */
void quota_enlist_late(struct upstream *upstream);
/* All of one worker's connections to that server. */
void quota_enlist_all(struct server *server, unsigned worker);

/* It is another machine now: no limit of the former one's is believed any more. */
void quota_forget_all(struct server *server);

/* Whose permits these are: a server's, or an account's there. */
static inline struct server *quota_server(struct permits *permits)
{
    return permits->quota != NULL ? permits->quota->server : list_entry(permits, struct server, permits);
}

/* All of the server's. */
void quota_free_all(struct server *server);

#endif
