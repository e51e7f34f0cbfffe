#include "stats/listener_counters.h"

#include <stdlib.h>
#include <string.h>

struct door_counters *door_counters_new(unsigned worker_count)
{
    size_t bytes = worker_count * sizeof(struct door_counters);
    struct door_counters *rows = aligned_alloc(DOOR_CACHE_LINE, bytes);
    if (rows != NULL)
        memset(rows, 0, bytes);
    return rows;
}

void door_counters_free(struct door_counters **rows)
{
    free(*rows);
    *rows = NULL;
}
