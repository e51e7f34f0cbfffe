#include "state/pooled.h"

#include <stddef.h>

_Static_assert(offsetof(struct pooled, upstream) == 0, "pooled_of");

static void on_close(struct upstream *upstream)
{
    struct pooled *pooled = pooled_of(upstream);
    text_fini(&pooled->left.said);
    if (pooled->on_closed != NULL)
        pooled->on_closed(upstream);
}

void pooled_prepare(struct upstream_env *env)
{
    env->bytes = sizeof(struct pooled);
    env->on_close = on_close;
}

void pooled_note_beginning(struct upstream *upstream)
{
    struct pooled *pooled = pooled_of(upstream);
    pooled->is_touched = pooled->has_told_gtid = pooled->left.is_there = false;
}
