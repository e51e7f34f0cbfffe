/* The accounts of a cluster's servers: an immutable set, in which an account is found by its name and the client's
 * address, as servers find it. Pure.
 *
 *      account_set_new ──► account_set_add, row by row ──► account_set_find … ──► account_set_free
 *
 * Hashes of passwords are wiped when the set is freed.
 */
#pragma once

#include "access/host_pattern.h"
#include "access/tls_requirement.h"
#include "base/hash.h"
#include "base/str.h"
#include "mysql/auth.h"

#include <stdbool.h>
#include <stddef.h>

#define ACCOUNT_METHODS_MAX 4 /* MariaDB's alternatives; MySQL has two passwords at most */

/* One way in which an account may prove itself. */
struct account_method {
    struct span plugin;
    struct span hash; /* the server's stored form: any bytes; empty: no password */
};

/* What a server says of an account. */
struct account_row {
    struct span user; /* empty: the anonymous user */
    struct span host;
    struct account_method methods[ACCOUNT_METHODS_MAX]; /* any one of them lets the client in */
    unsigned method_count;
    enum account_tls tls;
    struct span issuer; /* with ACCOUNT_TLS_SPECIFIED, like the next two; empty: any */
    struct span subject;
    struct span cipher;
    struct span default_role;
    bool is_locked;
    bool is_expired;
    bool is_above_read_only; /* the server's read_only does not keep it from writing */
};

struct user;

struct account {
    struct account_row row;      /* borrows from `bytes` */
    struct host_pattern pattern; /* the same */
    struct account *next;        /* the next less specific account of the same name */
    struct user *user;           /* for the owner of the set; NULL in a new account */
    UT_hash_handle hh;           /* only the first one of a name */
    size_t size_bytes;
    char bytes[];
};

struct account_set {
    struct account *by_name; /* owns */
    struct account *unnamed; /* owns: anonymous accounts */
    enum server_family family;
    bool resolves; /* servers resolve host names: the loopback address is `localhost` */
    size_t count;
    size_t name_count; /* accounts whose host is a name, which no client matches */
};

/* NULL: memory is out. */
struct account_set *account_set_new(enum server_family family, bool resolves);
/* Adds a copy. False: memory is out. Of two rows with the same name and host the later one is never found. */
bool account_set_add(struct account_set *set, const struct account_row *row);
void account_set_free(struct account_set **set);

/* The account that servers would use for this client, or NULL. Cost: the number of accounts of that name. `set` may
 * be NULL. */
struct account *account_set_find(const struct account_set *set, const char *name,
                                 const struct host_client *client);
/* The account with this name and exactly this host, or NULL. `set` may be NULL. */
struct account *account_set_same(const struct account_set *set, const struct account *account);
/* Are name, host and all else equal? */
bool account_is_equal(const struct account *a, const struct account *b);

/* Calls `each` for all accounts, in no particular order. */
void account_set_each(const struct account_set *set,
                      void (*each)(void *context, const struct account *account), void *context);
