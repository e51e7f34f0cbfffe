#include "admin/show.h"

#include "admin/visit_workers.h"
#include "base/mem.h"
#include "session/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster; null: the sum of statements without a row of their own" },
    { "user", COLUMN_TEXT, "the account" },
    { "digest", COLUMN_TEXT, "number of the text; it may differ between versions of headgate" },
    { "count", COLUMN_INTEGER, "statements that were run" },
    { "errors", COLUMN_INTEGER, "executions and preparations that ended with an error" },
    { "prepares", COLUMN_INTEGER, "times prepared" },
    { "rows", COLUMN_INTEGER, "rows of results" },
    { "affected", COLUMN_INTEGER, "rows changed, as reported by the servers" },
    { "bytes_in", COLUMN_INTEGER, "bytes of commands" },
    { "bytes_out", COLUMN_INTEGER, "bytes of replies" },
    { "total_us", COLUMN_INTEGER,
      "microseconds from the whole command until the client had the whole reply" },
    { "wait_us", COLUMN_INTEGER,
      "of these, waiting before a server was sent the statement: for a connection, a replica or a primary" },
    { "server_us", COLUMN_INTEGER,
      "of these, from then until the last byte of the reply had come from the server" },
    { "headgate_us", COLUMN_INTEGER,
      "of these, the rest: passing the reply on, mostly to clients that read slowly" },
    { "avg_us", COLUMN_INTEGER, "total_us divided by count" },
    { "p50_us", COLUMN_INTEGER, "median, up to half too large" },
    { "p95_us", COLUMN_INTEGER, "95 % took no longer, up to half too large" },
    { "p99_us", COLUMN_INTEGER, "99 % took no longer, up to half too large" },
    { "max_us", COLUMN_INTEGER, "the longest" },
    { "last_s", COLUMN_INTEGER, "seconds since the last one ended" },
    { "text", COLUMN_TEXT, "text of the first such statement, with ? for literals" },
};
const struct columns show_digests_columns = COLUMNS_OF(columns);

/* A copy of a worker's row at the time of the visit. */
struct found {
    uint64_t key;
    uint64_t digest;
    struct digest_sums sums;
    char *names; /* owns; "cluster\0user\0text", as in the worker's row; NULL: the row for all other
                  * statements */
    size_t text_len;
};

struct gathering {
    struct found *found; /* owns */
    size_t count;
    size_t cap;
    uint64_t top; /* number of rows wanted */
    uint64_t evictions;
    struct digest_sums others;
};

/* ---- in the workers' threads ---- */

static bool gather_row(struct gathering *gathering, const struct digest_row *row)
{
    if (gathering->count == gathering->cap) {
        size_t cap = (gathering->cap + 32) * 2;
        struct found *found = mem_realloc(gathering->found, cap * sizeof *found);
        if (found == NULL)
            return false;
        gathering->found = found;
        gathering->cap = cap;
    }
    size_t len = (size_t)((const char *)row->text.data - row->cluster) + row->text.len;
    struct found *found = &gathering->found[gathering->count];
    *found = (struct found){ row->key, row->digest, row->sums, mem_zalloc(len + 1), row->text.len };
    if (found->names == NULL)
        return false;
    memcpy(found->names, row->cluster, len);
    gathering->count++;
    return true;
}

static bool is_empty(const struct digest_sums *sums)
{
    return sums->cost.count == 0 && sums->cost.prepares == 0 && sums->last_us == 0;
}

static void gather(struct worker *worker, struct request *request, void *context)
{
    struct gathering *gathering = context;
    const struct digests *digests = &worker->digests;
    bool is_whole = true;
    if (!digests_are_on(digests))
        return;
    gathering->evictions += digests->evictions;
    digest_sums_add(&gathering->others, &digests->others.sums);
    for (size_t i = 0; i < digests->max && is_whole; i++)
        if (digests->rows[i].cluster != NULL && !is_empty(&digests->rows[i].sums))
            is_whole = gather_row(gathering, &digests->rows[i]);
    if (!is_whole)
        (void)error_set(&request->error, 0, "out of memory");
}

/* ---- in the control thread ---- */

static int by_key(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static int by_time(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->sums.cost.total_us != y->sums.cost.total_us)
        return x->sums.cost.total_us > y->sums.cost.total_us ? -1 : 1;
    return by_key(a, b);
}

/* Merges the rows of several workers about the same statement. */
static void merge(struct gathering *gathering)
{
    size_t kept = 0;
    if (gathering->count > 0)
        qsort(gathering->found, gathering->count, sizeof *gathering->found, by_key);
    for (size_t i = 0; i < gathering->count; i++) {
        struct found *found = &gathering->found[i];
        struct found *last = kept > 0 ? &gathering->found[kept - 1] : NULL;
        if (last != NULL && by_key(last, found) == 0) {
            digest_sums_add(&last->sums, &found->sums);
            mem_free(found->names);
        } else {
            gathering->found[kept++] = *found;
        }
    }
    gathering->count = kept;
    if (kept > 0)
        qsort(gathering->found, kept, sizeof *gathering->found, by_time);
}

static void put_sums(struct table *table, const struct digest_sums *sums, uint64_t now_us)
{
    const struct digest_cost *cost = &sums->cost;
    const uint64_t numbers[] = {
        cost->count,
        cost->errors,
        cost->prepares,
        cost->rows,
        cost->affected,
        cost->bytes_in,
        cost->bytes_out,
        cost->total_us,
        cost->wait_us,
        cost->server_us,
        cost->total_us - cost->wait_us - cost->server_us,
        cost->count > 0 ? cost->total_us / cost->count : 0,
        digest_quantile(sums, 500),
        digest_quantile(sums, 950),
        digest_quantile(sums, 990),
        sums->max_us,
        sums->last_us < now_us ? (now_us - sums->last_us) / 1000000 : 0,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        table_int(table, (int64_t)numbers[i]);
}

static void put_found(struct table *table, const struct found *found, uint64_t now_us)
{
    const char *user = found->names + strlen(found->names) + 1;
    const char *text = user + strlen(user) + 1;
    char digest[20];
    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)found->digest);
    table_row(table);
    table_text(table, found->names);
    table_text(table, user);
    table_text(table, digest);
    put_sums(table, &found->sums, now_us);
    table_span(table, span_of(text, found->text_len));
}

static void put_others(struct table *table, const struct gathering *gathering, uint64_t now_us)
{
    char text[80];
    (void)snprintf(text, sizeof text, "(others: %llu times one made room)",
                   (unsigned long long)gathering->evictions);
    table_row(table);
    table_null(table);
    table_null(table);
    table_null(table);
    put_sums(table, &gathering->others, now_us);
    table_text(table, text);
}

static void answer(struct request *request, void *context)
{
    struct gathering *gathering = context;
    uint64_t now_us = request->admin->loop->now_us;
    merge(gathering);
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < gathering->count && i < gathering->top; i++)
        put_found(&request->table, &gathering->found[i], now_us);
    if (!is_empty(&gathering->others))
        put_others(&request->table, gathering, now_us);
    for (size_t i = 0; i < gathering->count; i++)
        mem_free(gathering->found[i].names);
    mem_free(gathering->found);
    request->on_done(request);
}

static bool read_top(struct span argument, uint64_t *top_r)
{
    static const struct span word = SPAN_LITERAL("top ");
    if (argument.len > word.len && span_equal_nocase(span_of(argument.data, word.len), word))
        argument = span_of(argument.data + word.len, argument.len - word.len);
    *top_r = UINT64_MAX;
    return argument.len == 0 || span_to_u64(argument, top_r);
}

static void refuse(struct request *request, const char *why)
{
    (void)error_set(&request->error, 0, "%s", why);
    request->on_done(request);
}

void show_digests(struct request *request)
{
    uint64_t top;
    if (!read_top(request->argument, &top)) {
        refuse(request, "show digests takes how many are wanted: show digests 10");
        return;
    }
    if (request->admin->world->statements->settings->digests <= 0) {
        refuse(request, "statements are not counted: statements.digests is \"off\"");
        return;
    }
    struct gathering *gathering = mem_zalloc(sizeof *gathering);
    if (gathering == NULL) {
        refuse(request, "out of memory");
        return;
    }
    gathering->top = top;
    visit_workers_then(request, gather, answer, gathering);
}

/* ---- reset ---- */

static void forget(struct worker *worker, struct request *request, void *context)
{
    (void)request;
    (void)context;
    digests_reset(&worker->digests);
}

static const struct column reset_columns[] = {
    { "reset", COLUMN_TEXT, "what was forgotten" },
};
const struct columns reset_digests_columns = COLUMNS_OF(reset_columns);

void reset_digests(struct request *request)
{
    table_init(&request->table, reset_columns, 1);
    table_row(&request->table);
    table_text(&request->table, "digests");
    visit_workers(request, forget, NULL);
}
