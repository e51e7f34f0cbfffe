/* SHOW STATS: sums of what the workers count. */
#include "admin/show.h"

#include "proxy/worker.h"

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "name", COLUMN_TEXT, "of the counter" },
    { "value", COLUMN_INTEGER, "since headgate started" },
    { "help", COLUMN_TEXT, "what is counted" },
};

static const struct {
    const char *name;
    const char *words;
    size_t at; /* in struct watch_counters */
} counters[] = {
#define WATCH_COUNTER(name, words) { #name, words, offsetof(struct watch_counters, name) },
#include "proxy/tbl/watch_counters.h"
#undef WATCH_COUNTER
};

static uint64_t sum(const struct world *world, size_t cluster, size_t at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < world->worker_count; i++) {
        const struct watch_counters *mine = &world->workers[i]->boxes[cluster].watch->counters;
        value += counter_read((const counter *)(const void *)((const char *)mine + at));
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
            table_int(table, (int64_t)sum(admin->world, c, counters[i].at));
            table_text(table, counters[i].words);
        }
    request->on_done(request);
}
