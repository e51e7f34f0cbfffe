#include "access/account_set.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct account_set *account_set_new(enum server_family family, bool resolves)
{
    struct account_set *set = mem_zalloc(sizeof *set);
    if (set != NULL) {
        set->family = family;
        set->resolves = resolves;
    }
    return set;
}

/* ---- copies ---- */

#define ROW_SPANS (6 + 2 * ACCOUNT_METHODS_MAX)

/* The addresses of all texts of a row. */
static void spans_of(struct account_row *row, struct span *spans[ROW_SPANS])
{
    size_t count = 0;
    spans[count++] = &row->user;
    spans[count++] = &row->host;
    spans[count++] = &row->issuer;
    spans[count++] = &row->subject;
    spans[count++] = &row->cipher;
    spans[count++] = &row->default_role;
    for (unsigned i = 0; i < ACCOUNT_METHODS_MAX; i++) {
        spans[count++] = &row->methods[i].plugin;
        spans[count++] = &row->methods[i].hash;
    }
}

/* A copy whose texts follow it, each with a NUL. NULL: memory is out. */
static struct account *copy_of(const struct account_row *row, enum server_family family)
{
    struct account_row copy = *row;
    struct span *spans[ROW_SPANS];
    size_t bytes = 0;
    spans_of(&copy, spans);
    for (size_t i = 0; i < ROW_SPANS; i++)
        bytes += spans[i]->len + 1;
    struct account *account = mem_zalloc(sizeof *account + bytes);
    if (account == NULL)
        return NULL;
    char *at = account->bytes;
    for (size_t i = 0; i < ROW_SPANS; i++) {
        if (spans[i]->len > 0)
            memcpy(at, spans[i]->data, spans[i]->len);
        *spans[i] = span_of(at, spans[i]->len);
        at += spans[i]->len + 1;
    }
    account->row = copy;
    account->size_bytes = sizeof *account + bytes;
    account->pattern = host_pattern_read((const char *)copy.host.data, family);
    return account;
}

/* ---- adding ---- */

static struct account *first_of(const struct account_set *set, struct span name)
{
    struct account *first = set->unnamed;
    if (name.len > 0)
        HASH_FIND(hh, set->by_name, name.data, name.len, first);
    return first;
}

/* Puts `account` behind all that servers prefer to it. `first` is preferred. */
static void insert_behind(struct account *first, struct account *account)
{
    struct account *before = first;
    while (before->next != NULL && host_pattern_compare(&before->next->pattern, &account->pattern) >= 0)
        before = before->next;
    account->next = before->next;
    before->next = account;
}

/* Makes `account` the first one of its name. False: memory is out. */
static bool insert_first(struct account_set *set, struct account *account, struct account *former)
{
    if (account->row.user.len == 0) {
        account->next = former;
        set->unnamed = account;
        return true;
    }
    if (former != NULL)
        HASH_DEL(set->by_name, former); /* NOLINT(clang-analyzer-core.NullDereference): uthash's own macro */
    HASH_ADD_KEYPTR(hh, set->by_name, account->row.user.data, account->row.user.len, account);
    if (!hash_has(account) && former != NULL)
        HASH_ADD_KEYPTR(hh, set->by_name, former->row.user.data, former->row.user.len, former);
    if (hash_has(account))
        account->next = former;
    return hash_has(account);
}

bool account_set_add(struct account_set *set, const struct account_row *row)
{
    struct account *account = copy_of(row, set->family);
    if (account == NULL)
        return false;
    struct account *first = first_of(set, account->row.user);
    if (first != NULL && host_pattern_compare(&first->pattern, &account->pattern) >= 0) {
        insert_behind(first, account);
    } else if (!insert_first(set, account, first)) {
        mem_free_secret(account, account->size_bytes);
        return false;
    }
    set->count++;
    set->name_count += host_pattern_is_name(&account->pattern);
    return true;
}

static void free_chain(struct account *account)
{
    while (account != NULL) {
        struct account *next = account->next;
        mem_free_secret(account, account->size_bytes);
        account = next;
    }
}

void account_set_free(struct account_set **set)
{
    struct account *first, *next;
    if (*set == NULL)
        return;
    HASH_ITER(hh, (*set)->by_name, first, next)
    {
        HASH_DEL((*set)->by_name,
                 first); /* NOLINT(clang-analyzer-core.NullDereference): uthash's own macro */
        free_chain(first);
    }
    free_chain((*set)->unnamed);
    mem_free(*set);
    *set = NULL;
}

/* ---- finding ---- */

static struct account *first_match(struct account *account, const struct host_client *client)
{
    while (account != NULL && !host_pattern_matches(&account->pattern, client))
        account = account->next;
    return account;
}

/* An anonymous account with a more specific host comes before a named one, as on servers. */
struct account *account_set_find(const struct account_set *set, const char *name,
                                 const struct host_client *client)
{
    if (set == NULL)
        return NULL;
    struct account *named = name[0] != '\0' ? first_match(first_of(set, span_cstr(name)), client) : NULL;
    struct account *unnamed = first_match(set->unnamed, client);
    if (named == NULL || unnamed == NULL)
        return named != NULL ? named : unnamed;
    return unnamed->pattern.rank > named->pattern.rank ? unnamed : named;
}

struct account *account_set_same(const struct account_set *set, const struct account *account)
{
    struct account *other = set != NULL ? first_of(set, account->row.user) : NULL;
    while (other != NULL && !span_equal(other->row.host, account->row.host))
        other = other->next;
    return other;
}

bool account_is_equal(const struct account *a, const struct account *b)
{
    struct account_row one = a->row, other = b->row;
    struct span *ours[ROW_SPANS], *theirs[ROW_SPANS];
    spans_of(&one, ours);
    spans_of(&other, theirs);
    for (size_t i = 0; i < ROW_SPANS; i++)
        if (!span_equal(*ours[i], *theirs[i]))
            return false;
    return one.method_count == other.method_count && one.tls == other.tls &&
           one.is_locked == other.is_locked && one.is_expired == other.is_expired &&
           one.is_above_read_only == other.is_above_read_only;
}

void account_set_each(const struct account_set *set,
                      void (*each)(void *context, const struct account *account), void *context)
{
    if (set == NULL)
        return;
    for (const struct account *first = set->by_name; first != NULL; first = first->hh.next)
        for (const struct account *account = first; account != NULL; account = account->next)
            each(context, account);
    for (const struct account *account = set->unnamed; account != NULL; account = account->next)
        each(context, account);
}
