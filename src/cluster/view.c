#include "cluster/view.h"

#include "base/mem.h"

#include <string.h>

struct view *view_new(size_t count)
{
    struct view *view = mem_zalloc(sizeof *view + count * sizeof view->servers[0]);
    if (view == NULL)
        return NULL;
    atomic_init(&view->references, 1);
    view->count = count;
    view->primary = VIEW_NO_SERVER;
    return view;
}

struct view *view_acquire(struct view *view)
{
    (void)atomic_fetch_add_explicit(&view->references, 1, memory_order_relaxed);
    return view;
}

struct view *view_without_primary(const struct view *view)
{
    struct view *copy = view_new(view->count);
    if (copy == NULL)
        return NULL;
    size_t from =
        offsetof(struct view, epoch); /* without the reference count, which other threads may change */
    size_t len = sizeof *view + view->count * sizeof view->servers[0] - from;
    memcpy((char *)copy + from, (const char *)view + from, len);
    copy->catalog = catalog_ref(view->catalog);
    copy->primary = VIEW_NO_SERVER;
    return copy;
}

void view_release(struct view **view)
{
    if (*view != NULL && atomic_fetch_sub_explicit(&(*view)->references, 1, memory_order_acq_rel) == 1) {
        catalog_unref((*view)->catalog);
        mem_free(*view);
    }
    *view = NULL;
}
