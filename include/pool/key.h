/* Would a session and a connection have logged in in the same way? Pure: see struct upstream_key.
 */
#ifndef HEADGATE_POOL_KEY_H
#define HEADGATE_POOL_KEY_H

#include "cluster/upstream.h"

#include <stdbool.h>

/* May whoever wishes that go on with a connection of this key, once it has been reset? No server lets a
 * connection leave its schema for none; for another one it does. */
bool key_fits(const struct upstream_key *wish, const struct upstream_key *key);

/* … or after COM_CHANGE_USER, which makes anybody of it, in any schema or none? */
bool key_may_become(const struct upstream_key *key, const struct upstream_key *wish);

/* Its kind, less than PERMITS_KINDS: those of different keys may be of one kind, those that fit are of
 * key_kind(wish), or, where the wish has a schema, of the one before it. */
unsigned key_kind(const struct upstream_key *key);

#endif
