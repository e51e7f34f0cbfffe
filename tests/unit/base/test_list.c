#include "unit.h"

#include "base/list.h"

struct item {
    unsigned id;
    struct list_node in_list;
};

static void assert_holds(struct list *list, struct item *const *order, size_t count)
{
    struct list_node *node = list_first(list);
    assert_int_equal(list->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(node);
        assert_int_equal(list_entry(node, struct item, in_list)->id, order[i]->id);
        node = list_after(list, node);
    }
    assert_null(node);
}

TEST(list_agrees_with_an_array)
{
    enum { MAX = 30 };
    struct item items[MAX] = { 0 };
    struct item *order[MAX] = { 0 };
    struct list list;
    size_t count = 0;
    uint64_t seed = 51;
    list_init(&list);
    for (unsigned i = 0; i < MAX; i++)
        items[i].id = i;
    assert_holds(&list, order, 0);
    for (unsigned step = 0; step < 5000; step++) {
        struct item *item = &items[next_random(&seed) % MAX];
        if (list_is_linked(&item->in_list)) {
            size_t at = 0;
            while (order[at] != item)
                at++;
            list_unlink(&list, &item->in_list);
            memmove(&order[at], &order[at + 1], (--count - at) * sizeof *order);
            assert_false(list_is_linked(&item->in_list));
        } else {
            list_link_last(&list, &item->in_list);
            order[count++] = item;
            assert_true(list_is_linked(&item->in_list));
        }
        assert_holds(&list, order, count);
    }
}

/* As every owner empties a list: remove the first element until there is none. */
TEST(a_list_is_emptied_from_the_front)
{
    struct item items[5] = { 0 };
    struct list list;
    struct list_node *node;
    unsigned next = 0;
    list_init(&list);
    for (unsigned i = 0; i < 5; i++) {
        items[i].id = i;
        list_link_last(&list, &items[i].in_list);
    }
    while ((node = list_first(&list)) != NULL) {
        assert_int_equal(list_entry(node, struct item, in_list)->id, next++);
        list_unlink(&list, node);
    }
    assert_int_equal(next, 5);
    assert_int_equal(list.count, 0);
}

RUN_TESTS(NULL, NULL)
