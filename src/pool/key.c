#include "pool/key.h"

#include <stddef.h>

bool key_fits(const struct upstream_key *wish, const struct upstream_key *key)
{
    return wish->account == key->account && wish->caps == key->caps && wish->moves == key->moves &&
           wish->collation == key->collation && wish->hop == key->hop &&
           (wish->has_schema || !key->has_schema);
}

bool key_may_become(const struct upstream_key *key, const struct upstream_key *wish)
{
    return wish->caps == key->caps && wish->moves == key->moves && wish->hop == key->hop;
}

/* Of a pair of kinds the second one is for those that are in a schema. */
unsigned key_kind(const struct upstream_key *key)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 over the golden ratio: spreads what is near */
    uint64_t sum = key->account * odd;
    sum = (sum ^ key->caps) * odd;
    sum = (sum ^ key->moves << 8 ^ key->collation) * odd;
    return (unsigned)(sum >> 32) % (PERMITS_KINDS / 2) * 2 + key->has_schema;
}
