#include "route/readonly_refusals.h"

void readonly_refusals_add(struct refusals *refusals, uint64_t digest)
{
    refusals->digests[digest % REFUSALS_MAX] = digest;
    refusals->count++;
}

bool readonly_refusals_has(const struct refusals *refusals, uint64_t digest)
{
    return refusals->count > 0 && refusals->digests[digest % REFUSALS_MAX] == digest;
}
