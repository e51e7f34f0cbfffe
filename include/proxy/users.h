/* Accounts: who may log in to headgate, and with what headgate logs in for them. Built from the
 * configuration, immutable, read by all workers.
 */
#ifndef HEADGATE_PROXY_USERS_H
#define HEADGATE_PROXY_USERS_H

#include "base/error.h"
#include "base/hash.h"
#include "mysql/auth.h"
#include "proxy/limits.h"
#include "proxy/user_settings.h"

#include <stddef.h>

struct user {
    char *name;                /* owns */
    struct auth_secret secret; /* as configured; wiped when freed */
    int consistency;           /* enum consistency_setting */
    struct limit *connections; /* owns: how many are logged in; the one thing here that changes */
    UT_hash_handle hh;
};

struct users {
    struct user *by_name; /* owns */
};

/* Builds the table from `count` rows, which are not needed afterwards. False: *err says which account and why
 * (memory, or a password that is too long), and nothing is kept. */
bool users_init(struct users *users, const struct user_settings *settings, size_t count, struct error *err);
/* Wipes and frees all of them. Harmless when empty. */
void users_fini(struct users *users);

/* NULL: no such user. */
const struct user *users_find(const struct users *users, const char *name);

#endif
