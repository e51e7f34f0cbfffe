/* Accounts: who may log in to headgate, and with what headgate logs in for them. Built from the
 * configuration, immutable, read by all workers; a reload builds another table, which inherits what goes on.
 *
 *      users_init (with the table before) ──► users_succeed (now it counts) ──► users_fini of the one before
 *
 * Whoever is logged in has an account in every table to come, also when the configuration has it no more.
 */
#ifndef HEADGATE_ACCESS_USERS_H
#define HEADGATE_ACCESS_USERS_H

#include "access/limits.h"
#include "access/user_settings.h"
#include "base/error.h"
#include "base/hash.h"
#include "mysql/auth.h"

#include <stdatomic.h>
#include <stddef.h>

/* Does read_only keep the account from writing? */
enum user_read_only {
    USER_NOT_ASKED, /* yet; taken for held */
    USER_HELD,
    USER_BYPASSES,
    USER_NOT_KNOWN /* it cannot be asked; taken for held */
};

struct user {
    char *name;                /* owns */
    struct auth_secret secret; /* as configured; wiped when freed */
    uint64_t account;          /* a number of its own for each name and password that there ever was; not 0 */
    int consistency;           /* enum consistency_setting */
    int64_t max_connections;   /* of `connections`, once this table counts */
    bool is_removed;           /* nobody may log in any more; those who are go on */
    _Atomic int read_only;     /* enum user_read_only: written by the control thread (app/bypass.h) */
    bool is_told;   /* … and was logged, since the start or a reload; only for the control thread */
    bool has_limit; /* `connections` is freed with this; only for the control thread */
    struct limit *connections; /* owns if has_limit: how many are logged in; the same in all tables */
    UT_hash_handle hh;
};

struct users {
    struct user *by_name;  /* owns */
    uint64_t last_account; /* the highest number given so far, by the tables before as well */
};

/* Builds the table from `count` rows, which are not needed afterwards. `before`: the table that counts now,
 * which every worker goes by, or NULL; whoever of its users is logged in is in the new one as well. False:
 * *err says which account and why (memory, or a password that is too long), and nothing is kept. */
bool users_init(struct users *users, const struct user_settings *settings, size_t count,
                const struct users *before, struct error *err);
/* From now on this table counts, with its limits, and `before` is not asked any more by the control thread.
 */
void users_succeed(struct users *users, struct users *before);
/* Wipes and frees all of them. Harmless when empty. */
void users_fini(struct users *users);

/* Who may log in. NULL: no such user. */
const struct user *users_find(const struct users *users, const char *name);
/* The same account in a later table: there, if anybody is counted as logged in with it; else NULL. */
const struct user *users_heir(const struct users *users, const struct user *user);

#endif
