#include "pool/key.h"

#include <stddef.h>
#include <string.h>

uint8_t key_hop(const struct view_server *entry)
{
    const struct server *server = entry->server;
    int tls = atomic_load_explicit(&server->tls, memory_order_relaxed);
    int compression = atomic_load_explicit(&server->compression, memory_order_relaxed);
    int proxy_protocol = atomic_load_explicit(&server->proxy_protocol, memory_order_relaxed);
    return (uint8_t)(tls | compression << 4 | proxy_protocol << 6);
}

struct upstream_key key_of(const struct login_recipe *recipe, unsigned cluster,
                           const struct view_server *entry, bool has_schema)
{
    const struct proxy_ends *client = upstream_told(entry->server, &entry->addr, recipe->client);
    struct upstream_key key = {
        .account = recipe->user->account, /* an account has one password, which the client has proved */
        .caps = recipe->caps,
        .moves = entry->moves,
        .cluster = cluster,
        .collation = handshake_collation(recipe->collation),
        .hop = key_hop(entry),
        .has_schema = has_schema,
    };
    if (client != NULL)
        memcpy(key.client, client->from, sizeof key.client);
    return key;
}

struct upstream_wish key_wish(const struct login_recipe *recipe, const struct view_server *entry)
{
    const struct user *user = recipe->user;
    return (struct upstream_wish){
        .addr = &entry->addr,
        .user = user->name,
        .secret = user->secret.has_password ? &user->secret : recipe->proof,
        .attributes = recipe->attributes,
        .caps = recipe->caps,
        .collation = recipe->collation,
        .client = recipe->client,
        .has_setup = true,
        .take_permit = true,
    };
}

/* Both connections come from the same client address, for the server's accounts. */
static bool is_same_client(const struct upstream_key *a, const struct upstream_key *b)
{
    return memcmp(a->client, b->client, sizeof a->client) == 0;
}

bool key_fits(const struct upstream_key *wish, const struct upstream_key *key)
{
    return wish->account == key->account && wish->caps == key->caps && wish->moves == key->moves &&
           wish->collation == key->collation && wish->hop == key->hop && is_same_client(wish, key) &&
           (wish->has_schema || !key->has_schema);
}

bool key_may_become(const struct upstream_key *key, const struct upstream_key *wish)
{
    return wish->caps == key->caps && wish->moves == key->moves && wish->hop == key->hop &&
           is_same_client(wish, key);
}

/* Kinds come in pairs: the second one is for connections that are in a schema. */
unsigned key_kind(const struct upstream_key *key)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 over the golden ratio: spreads similar keys */
    uint64_t client[2];
    uint64_t sum = key->account * odd;
    memcpy(client, key->client, sizeof client);
    sum = (sum ^ client[0]) * odd;
    sum = (sum ^ client[1]) * odd;
    sum = (sum ^ key->caps) * odd;
    sum = (sum ^ key->moves << 8 ^ key->collation) * odd;
    return (unsigned)(sum >> 32) % (PERMITS_KINDS / 2) * 2 + key->has_schema;
}
