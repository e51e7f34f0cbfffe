#include "cluster/view.h"

#include "base/mem.h"

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

void view_release(struct view **view)
{
    if (*view != NULL && atomic_fetch_sub_explicit(&(*view)->references, 1, memory_order_acq_rel) == 1) {
        routines_unref((*view)->routines);
        mem_free(*view);
    }
    *view = NULL;
}
