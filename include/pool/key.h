/* How a session's connection would log in, and whether the session may use a connection that has logged in
 * already. Pure: see struct upstream_key.
 */
#ifndef HEADGATE_POOL_KEY_H
#define HEADGATE_POOL_KEY_H

#include "access/users.h"
#include "cluster/upstream.h"
#include "cluster/view.h"

#include <stdbool.h>

/* How a session, or a connection that is opened ahead of sessions, logs in at servers. All borrowed. */
struct login_recipe {
    const struct user *user;
    const struct auth_secret
        *proof; /* what the client's login proved, where the configuration has only a hash; or NULL */
    struct span attributes; /* encoded pairs */
    uint64_t caps;          /* end-to-end bits */
    uint16_t collation;
};

/* The key of a connection to that server of a cluster that logs in so. */
struct upstream_key key_of(const struct login_recipe *recipe, unsigned cluster,
                           const struct view_server *entry, bool has_schema);
/* The part of the key that the server's settings decide: enum tls_setting in the lower four bits, enum
 * compression_setting in the upper ones. */
uint8_t key_hop(const struct view_server *entry);
/* What upstream_open and upstream_change_user need for such a login; the schema is added by the caller. */
struct upstream_wish key_wish(const struct login_recipe *recipe, const struct view_server *entry);

/* May a session with that wish use a connection of this key, once it has been reset? No server lets a
 * connection leave its schema for none; for another schema it does. */
bool key_fits(const struct upstream_key *wish, const struct upstream_key *key);

/* The same after COM_CHANGE_USER, which can change the account and leave the schema. */
bool key_may_become(const struct upstream_key *key, const struct upstream_key *wish);

/* A number less than PERMITS_KINDS, by which connections are counted. Keys that fit a wish are of
 * key_kind(wish) or, where the wish has a schema, of the kind before; different keys may have the same kind.
 */
unsigned key_kind(const struct upstream_key *key);

#endif
