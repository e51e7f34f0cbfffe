/* The table of accounts: which clients may log in to headgate, and with which password headgate logs in to
 * servers for them. Built from the configuration, immutable, read by all workers. A reload builds a new
 * table, which takes over the accounts that are in use.
 *
 *      users_init (reads the former table) ──► users_succeed (in force now) ──► users_fini (the former)
 *
 * A client that is logged in has its account in every later table, even if the configuration no longer has
 * it.
 */
#ifndef HEADGATE_ACCESS_USERS_H
#define HEADGATE_ACCESS_USERS_H

#include "access/limits.h"
#include "access/tls_requirement.h"
#include "access/user_settings.h"
#include "base/error.h"
#include "base/hash.h"
#include "mysql/auth.h"

#include <stdatomic.h>
#include <stddef.h>

/* Does the server variable read_only keep the account from writing? */
enum user_read_only {
    USER_NOT_ASKED, /* not asked yet; treated like USER_HELD */
    USER_HELD,
    USER_BYPASSES,
    USER_NOT_KNOWN /* no server can be asked; treated like USER_HELD */
};

struct user {
    char *name;                /* owns */
    struct auth_secret secret; /* as configured; wiped when freed */
    uint64_t account;          /* a number for each pair of name and password since the start; never 0 */
    int consistency;           /* enum consistency_setting */
    int64_t max_connections;   /* of `connections`, once this table is in force */
    _Atomic bool is_removed;   /* new logins are refused; clients that are logged in stay */
    _Atomic int read_only;     /* enum user_read_only: written by the control thread (app/bypass.h) */
    bool is_told;              /* read_only was logged since the start or a reload; control thread only */
    bool has_limit;            /* `connections` is freed with this user; control thread only */
    struct limit *connections; /* clients that are logged in; shared by all tables; owned if has_limit */
    struct tls_requirement requirement; /* what the client's channel must be */
    char *host;                         /* owns: the host part of the account's name; NULL: every client */
    struct directory_entry
        *in_directory; /* the account was read from servers: see access/directory.h; or NULL */
    UT_hash_handle hh;
};

struct users {
    struct user *by_name;  /* owns */
    uint64_t last_account; /* the highest number given so far, former tables included */
};

/* Builds the table from `count` rows, which are not needed afterwards. `before`: the table in force, which
 * every worker uses, or NULL. Its accounts with logged-in clients are in the new table as well. False: *err
 * says which account failed and why (out of memory, or a password that is too long), and nothing is kept. */
bool users_init(struct users *users, const struct user_settings *settings, size_t count,
                const struct users *before, struct error *err);
/* Puts this table in force, with its limits. The control thread no longer uses `before`. */
void users_succeed(struct users *users, struct users *before);
/* Wipes and frees all accounts. The table may be empty. */
void users_fini(struct users *users);

/* The account of this name that may log in, or NULL. */
const struct user *users_find(const struct users *users, const char *name);
/* The same account in a later table. It is there as long as a client is counted as logged in with it; else
 * NULL. An account that was read from servers is its own heir. */
const struct user *users_heir(const struct users *users, const struct user *user);

#endif
