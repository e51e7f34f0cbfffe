/* SHOW STATS: sums of what the workers count. */
#include "admin/show.h"

#include "proxy/worker.h"

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "name", COLUMN_TEXT, "of the counter" },
    { "value", COLUMN_INTEGER, "since headgate started" },
    { "help", COLUMN_TEXT, "what is counted" },
};

static const char *watch_counters(const struct view_box *box)
{
    return (const char *)&box->watch->counters;
}

static const char *hint_counters(const struct view_box *box)
{
    return (const char *)&box->hints;
}

static const char *pool_counters(const struct view_box *box)
{
    return (const char *)&box->pool;
}

static const struct {
    const char *name;
    const char *words;
    const char *(*of)(const struct view_box *box);
    size_t at; /* in what that returns */
} counters[] = {
#define WATCH_COUNTER(name, words) { #name, words, watch_counters, offsetof(struct watch_counters, name) },
#include "proxy/tbl/watch_counters.h"
#undef WATCH_COUNTER
#define HINT_COUNTER(name, words) { #name, words, hint_counters, offsetof(struct hint_counters, name) },
#include "proxy/tbl/hint_counters.h"
#undef HINT_COUNTER
#define POOL_COUNTER(name, words) { #name, words, pool_counters, offsetof(struct pool_counters, name) },
#include "proxy/tbl/pool_counters.h"
#undef POOL_COUNTER
};

static uint64_t sum(const struct world *world, size_t cluster, size_t row)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < world->worker_count; i++) {
        const char *mine = counters[row].of(&world->workers[i]->boxes[cluster]);
        value += counter_read((const counter *)(const void *)(mine + counters[row].at));
    }
    return value;
}

void show_stats(struct request *request)
{
    const struct admin *admin = request->admin;
    struct table *table = &request->table;
    table_init(table, columns, sizeof columns / sizeof *columns);
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
            table_row(table);
            table_text(table, admin->clusters[c].settings->name);
            table_text(table, counters[i].name);
            table_int(table, (int64_t)sum(admin->world, c, i));
            table_text(table, counters[i].words);
        }
    request->on_done(request);
}
