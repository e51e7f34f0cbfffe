#include "pool/pool.h"

#include "base/mem.h"

bool pool_init(struct pool *pool)
{
    pool->next = pool;
    pool->clusters = mem_zalloc(pool->cluster_count * sizeof *pool->clusters);
    return pool->clusters != NULL;
}

void pool_fini(struct pool *pool)
{
    mem_free(pool->clusters);
    pool->clusters = NULL;
}
