#include "../upstream/upstream_test.h"

#include "cluster/view.h"

#include <pthread.h>

TEST(a_new_view_knows_nobody)
{
    struct view *view = view_new(3);
    assert_int_equal(view->count, 3);
    assert_int_equal(view->primary, VIEW_NO_SERVER);
    assert_int_equal(view->family, FAMILY_UNKNOWN);
    for (size_t i = 0; i < 3; i++)
        assert_false(view->servers[i].takes_reads);
    view_release(&view);
    assert_null(view);
    view_release(&view); /* harmless */
    mem_fail_after(0);
    assert_null(view_new(3));
    mem_fail_after(-1);
}

/* ---- a publisher replaces views while readers use them: no reader uses a freed view ---- */

#define READERS 3
#define EPOCHS 3000

struct mailbox {
    pthread_mutex_t mutex;
    struct view *view; /* one reference */
    bool is_over;
};

/* As the control thread passes views to workers: the sender takes the reference for the receiver. */
static struct view *take(struct mailbox *box, bool *is_over_r)
{
    (void)pthread_mutex_lock(&box->mutex);
    struct view *view = box->view;
    box->view = NULL;
    *is_over_r = box->is_over;
    (void)pthread_mutex_unlock(&box->mutex);
    return view;
}

static void put(struct mailbox *box, struct view *view, bool is_over)
{
    (void)pthread_mutex_lock(&box->mutex);
    struct view *unseen = box->view;
    box->view = view;
    box->is_over = is_over;
    (void)pthread_mutex_unlock(&box->mutex);
    view_release(&unseen);
}

static void *read_views(void *argument)
{
    struct mailbox *box = argument;
    struct view *mine = NULL;
    uint64_t epoch = 0;
    bool is_over = false;
    while (!is_over) {
        struct view *next = take(box, &is_over);
        if (next != NULL) {
            view_release(&mine);
            mine = next;
        }
        if (mine == NULL)
            continue;
        if (mine->epoch < epoch || mine->servers[1].lag_ms != (int64_t)mine->epoch)
            return NULL;
        epoch = mine->epoch;
    }
    view_release(&mine);
    return argument;
}

TEST(views_live_as_long_as_somebody_looks)
{
    static struct mailbox boxes[READERS];
    pthread_t threads[READERS];
    for (unsigned i = 0; i < READERS; i++) {
        (void)pthread_mutex_init(&boxes[i].mutex, NULL);
        assert_int_equal(pthread_create(&threads[i], NULL, read_views, &boxes[i]), 0);
    }
    for (uint64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        struct view *view = view_new(2);
        view->epoch = epoch;
        view->servers[1].lag_ms = (int64_t)epoch;
        for (unsigned i = 0; i < READERS; i++)
            put(&boxes[i], view_acquire(view), epoch == EPOCHS);
        view_release(&view);
    }
    for (unsigned i = 0; i < READERS; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &boxes[i]);
        (void)pthread_mutex_destroy(&boxes[i].mutex);
    }
}

/* Threads take and release references to the same view; the last release frees it. */
static void *come_and_go(void *argument)
{
    struct view *mine = argument;
    for (unsigned i = 0; i < 20000; i++) {
        struct view *other = view_acquire(mine);
        view_release(&other);
    }
    view_release(&mine);
    return NULL;
}

TEST(the_last_one_out_frees)
{
    pthread_t threads[READERS];
    struct view *view = view_new(1);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, view_acquire(view)), 0);
    view_release(&view);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL),
                         0); /* the sanitizer reports a leak or a second free */
}

RUN_TESTS(NULL, NULL)
