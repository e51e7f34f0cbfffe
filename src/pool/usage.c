#include "pool/usage.h"

#include "base/clock.h"
#include "upstream/quota.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)USE_COUNT <= PERMITS_USES, "permits_holders.uses has a number for each");

static const char *words_of(unsigned use)
{
    static const char *const words[] = {
#define CONNECTION_USE(NAME, words) [USE_##NAME - PIN_CAUSE_COUNT] = words,
#include "pool/tbl/connection_uses.h"
#undef CONNECTION_USE
    };
    return use < PIN_CAUSE_COUNT ? pin_cause_words((enum pin_cause)use) : words[use - PIN_CAUSE_COUNT];
}

/* ---- the connections of one worker ---- */

void usage_count(const struct pool *pool, struct permits_holders *holders)
{
    uint32_t uses[USE_COUNT] = { 0 };
    struct list_node *node = list_first(&holders->list);
    for (; node != NULL; node = list_after(&holders->list, node)) {
        const struct upstream *upstream = upstream_of_permit(holders->permits, node);
        uses[upstream->ops->use != NULL ? upstream->ops->use(upstream) : USE_READYING]++;
    }
    for (unsigned use = 0; use < USE_COUNT; use++)
        atomic_store_explicit(&holders->uses[use], uses[use], memory_order_relaxed);
    atomic_store_explicit(&holders->counted_us, pool_now(pool), memory_order_release);
}

/* ---- the connections of all workers ---- */

struct told {
    unsigned use;
    uint32_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct told *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->use < y->use ? -1 : 1;
}

static void add_up(const struct permits *permits, uint64_t now_us, struct told *told)
{
    for (unsigned use = 0; use < USE_COUNT; use++)
        told[use] = (struct told){ .use = use };
    for (unsigned i = 0; i < permits->worker_count; i++) {
        struct permits_holders *holders = &permits->holders[i];
        uint64_t counted_us = atomic_load_explicit(&holders->counted_us, memory_order_acquire);
        bool is_fresh = counted_us != 0 && now_us < counted_us + USAGE_FRESH_US;
        for (unsigned use = 0; use < USE_OTHER && is_fresh; use++)
            told[use].count += atomic_load_explicit(&holders->uses[use], memory_order_relaxed);
    }
}

#define TOLD_BYTES 120 /* no further uses after this length: the text must fit into an error message */

/* Appends "2 by temporary tables, 1 by running statements" from the last count of each worker. Connections
 * without a recent count, and the rarest uses if there are many, are "by others". */
static void tell(const struct permits *permits, uint64_t now_us, struct text *text)
{
    struct told told[USE_COUNT];
    uint64_t left = permits_used(permits);
    const char *glue = "";
    add_up(permits, now_us, told);
    qsort(told, USE_COUNT, sizeof *told, by_count);
    for (unsigned i = 0; i < USE_COUNT && told[i].count > 0 && text->len < TOLD_BYTES; i++) {
        (void)text_appendf(text, "%s%u by %s", glue, told[i].count, words_of(told[i].use));
        left -= told[i].count < left ? told[i].count : left;
        glue = ", ";
    }
    if (left > 0)
        (void)text_appendf(text, "%s%llu by %s", glue, (unsigned long long)left, words_of(USE_OTHER));
}

/* ---- the error of a session that got no connection ---- */

static void explain_quota(const struct quota *quota, const char *waited, const char *uses, char *text,
                          size_t size)
{
    (void)snprintf(
        text, size,
        "headgate: no connection to %s was free for %s: '%s' has all that its max_user_connections "
        "allows it there, %" PRIu64 " of them headgate's (%s), and %u wait; the statement was not run",
        quota->server->name, waited, quota->user, permits_used(&quota->permits), uses,
        permits_waiting(&quota->permits));
}

static void explain_server(const struct server *server, const char *waited, const char *uses, char *text,
                           size_t size)
{
    uint32_t own = atomic_load_explicit(&server->own_max, memory_order_relaxed);
    char from[80] = "";
    if (server->max_connections == 0)
        (void)snprintf(from, sizeof from, ", the server's own %u less connection_reserve,", own);
    (void)snprintf(text, size,
                   "headgate: no connection to %s was free for %s: all of max_connections = %u%s are in use "
                   "(%s), and %u wait; the statement was not run",
                   server->name, waited, permits_max(&server->permits), from, uses,
                   permits_waiting(&server->permits));
}

void usage_explain(const struct pool *pool, struct permits *permits, char *text, size_t size)
{
    char waited[32];
    struct text uses = { 0 };
    usage_count(pool, pool_holders(pool, permits));
    tell(permits, pool_now(pool), &uses);
    const char *words = uses.len > 0 && !uses.is_oom ? text_cstr(&uses) : "none is told";
    (void)clock_format_duration(pool->rules.timeouts->pool_wait_us, waited, sizeof waited);
    if (permits->quota != NULL)
        explain_quota(permits->quota, waited, words, text, size);
    else
        explain_server(quota_server(permits), waited, words, text, size);
    text_fini(&uses);
}
