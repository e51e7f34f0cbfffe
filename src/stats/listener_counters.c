#include "stats/listener_counters.h"

#include <stdlib.h>
#include <string.h>

struct listener_counters *listener_counters_new(unsigned worker_count)
{
    size_t bytes = worker_count * sizeof(struct listener_counters);
    struct listener_counters *rows = aligned_alloc(LISTENER_CACHE_LINE, bytes);
    if (rows != NULL)
        memset(rows, 0, bytes);
    return rows;
}

void listener_counters_free(struct listener_counters **rows)
{
    free(*rows);
    *rows = NULL;
}
