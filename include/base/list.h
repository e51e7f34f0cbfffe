/* Intrusive doubly linked list with a length. A member embeds a `struct list_node`; `list_entry` returns the
 * member. A node is in at most one list. An unlinked node has next == NULL, so membership can be tested. */
#pragma once

#include "base/mem.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next; /* NULL: in no list */
    struct list_node *prev;
};

struct list {
    struct list_node head; /* sentinel */
    size_t count;
};

#define list_entry(node, type, member) container_of(node, type, member)

static inline void list_init(struct list *list)
{
    list->head.next = list->head.prev = &list->head;
    list->count = 0;
}

static inline bool list_is_linked(const struct list_node *node)
{
    return node->next != NULL;
}

static inline void list_link_last(struct list *list, struct list_node *node)
{
    assert(!list_is_linked(node));
    node->prev = list->head.prev;
    node->next = &list->head;
    list->head.prev->next = node;
    list->head.prev = node;
    list->count++;
}

static inline void list_link_first(struct list *list, struct list_node *node)
{
    assert(!list_is_linked(node));
    node->prev = &list->head;
    node->next = list->head.next;
    list->head.next->prev = node;
    list->head.next = node;
    list->count++;
}

static inline void list_unlink(struct list *list, struct list_node *node)
{
    assert(list_is_linked(node) && list->count > 0);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
    list->count--;
}

/* First node, or NULL when the list is empty. */
static inline struct list_node *list_first(struct list *list)
{
    return list->head.next == &list->head ? NULL : list->head.next;
}

/* The node after `node`, or NULL at the end. */
static inline struct list_node *list_after(struct list *list, struct list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}
