#include "admin/latency.h"

#include "base/hist.h"

#include <inttypes.h>

static const struct column columns[] = {
    { "kind", COLUMN_TEXT, "listener: until the whole reply was passed on; server: until its first byte" },
    { "cluster", COLUMN_TEXT, "cluster of the server or listener" },
    { "name", COLUMN_TEXT, "of the listener or server" },
    { "commands", COLUMN_INTEGER, "commands answered by a server since headgate started" },
    { "mean_ms", COLUMN_REAL, "mean time" },
    { "p50_ms", COLUMN_REAL, "median" },
    { "p95_ms", COLUMN_REAL, "95 % were faster" },
    { "p99_ms", COLUMN_REAL, "99 % were faster" },
    { "p999_ms", COLUMN_REAL, "99.9 % were faster" },
    { "max_ms", COLUMN_REAL, "the longest" },
    { "buckets", COLUMN_TEXT,
      "histogram: upper bound in us, colon, number of commands between this bound and the one before" },
};
#define COLUMNS (sizeof columns / sizeof *columns)
const struct columns show_latency_columns = { columns, COLUMNS - 1 }; /* without the column buckets, which
                                                                       * only latency_table fills */

static void put_buckets(struct table *table, const struct hist_total *total)
{
    struct text words = { 0 };
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        uint64_t bound = i == HIST_BUCKETS - 1 ? UINT64_C(2) << HIST_MOST_BITS : hist_bound(i);
        if (total->buckets[i] > 0)
            (void)text_appendf(&words, "%s%" PRIu64 ":%" PRIu64, words.len > 0 ? " " : "", bound,
                               total->buckets[i]);
    }
    table->is_oom |= words.is_oom;
    table_span(table, text_span(&words));
    text_fini(&words);
}

static void put_row(struct table *table, const char *kind, const char *cluster, const char *name,
                    const struct hist_total *total)
{
    static const double shares[] = { 0.5, 0.95, 0.99, 0.999, 1 };
    table_row(table);
    table_text(table, kind);
    table_text(table, cluster);
    table_text(table, name);
    table_int(table, (int64_t)total->count);
    if (total->count == 0)
        table_null(table);
    else
        table_real(table, (double)total->sum_us / (double)total->count / 1e3);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (total->count == 0)
            table_null(table);
        else
            table_real(table, (double)hist_quantile(total, shares[i]) / 1e3);
    }
    if (table->column_count == COLUMNS)
        put_buckets(table, total);
}

static void put_all(const struct admin *admin, struct table *table)
{
    for (size_t i = 0; i < admin->listener_count; i++) {
        const struct listener *listener = admin->listeners[i];
        struct hist_total total = { 0 };
        for (unsigned w = 0; w < admin->world->worker_count; w++)
            hist_add(&total, &listener->by_worker[w].commands);
        put_row(table, "listener", listener->settings->cluster, listener->settings->name, &total);
    }
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < admin->clusters[c].count; i++) {
            const struct server *server = admin->clusters[c].members[i].server;
            struct hist_total total = { 0 };
            if (admin->clusters[c].members[i].is_gone)
                continue;
            server_sum_response(server, &total);
            put_row(table, "server", admin->clusters[c].settings->name, server->name, &total);
        }
}

void show_latency(struct request *request)
{
    table_init(&request->table, columns, COLUMNS - 1);
    put_all(request->admin, &request->table);
    request->on_done(request);
}

void latency_table(const struct admin *admin, struct table *table)
{
    table_init(table, columns, COLUMNS);
    put_all(admin, table);
}
