/* Keys of connections (struct upstream_key): how a connection has logged in, or a session would log in, and
 * whether the session may use the connection. Pure. */
#pragma once

#include "access/users.h"
#include "upstream/upstream.h"
#include "cluster/view.h"

#include <stdbool.h>

/* How a session, or a connection that is opened ahead of need, logs in at servers. All borrowed. */
struct login_recipe {
    const struct user *user;
    const struct auth_secret
        *proof; /* secret from the client's login, if the configuration has only a hash; or NULL */
    struct span attributes; /* encoded pairs */
    uint64_t caps;          /* end-to-end bits */
    uint16_t collation;
    const struct proxy_ends *client; /* NULL: none, for servers that are told no client */
};

/* The key of a connection that logs in with this recipe at a server of the cluster. */
struct upstream_key key_of(const struct login_recipe *recipe, unsigned cluster,
                           const struct view_server *entry, bool has_schema);
/* The part of the key from the server's settings: enum tls_setting in the lower four bits, then enum
 * compression_setting and enum proxy_version in two each. */
uint8_t key_hop(const struct view_server *entry);
/* The wish for upstream_open and upstream_change_user with this recipe. The caller adds the schema. Borrows
 * from the recipe and the entry. */
struct upstream_wish key_wish(const struct login_recipe *recipe, const struct view_server *entry);

/* May a session with the key `wish` use a connection with `key` after a reset? A connection can change its
 * schema, but cannot go back to no schema. */
bool key_fits(const struct upstream_key *wish, const struct upstream_key *key);

/* May it use the connection after COM_CHANGE_USER, which can change the account and go back to no schema? */
bool key_may_become(const struct upstream_key *key, const struct upstream_key *wish);

/* A number less than PERMITS_KINDS by which connections are counted. Keys that fit a wish have key_kind(wish)
 * or, if the wish has a schema, key_kind(wish) - 1. Different keys may have the same kind. */
unsigned key_kind(const struct upstream_key *key);
