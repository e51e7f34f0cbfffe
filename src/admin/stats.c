/* SHOW STATS: counters of the workers, summed. */
#include "admin/stats.h"

#include "base/log.h"

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "name", COLUMN_TEXT, "name of the counter" },
    { "value", COLUMN_INTEGER, "count since headgate started" },
    { "help", COLUMN_TEXT, "what is counted" },
};
const struct columns show_stats_columns = COLUMNS_OF(columns);

static const char *position_counters(const struct view_box *box)
{
    return (const char *)&box->positions->counters;
}

static const char *hint_counters(const struct view_box *box)
{
    return (const char *)&box->hints;
}

static const char *counters_of_pool(const struct view_box *box)
{
    return (const char *)pool_counters(&box->worker->pool, box->cluster);
}

static const char *pin_counters(const struct view_box *box)
{
    return (const char *)&box->pins;
}

static const struct {
    const char *name;
    const char *words;
    const char *(*of)(const struct view_box *box);
    size_t at; /* offset of the counter in the struct that `of` returns */
} counters[] = {
#define POSITION_COUNTER(name, words)                                                                        \
    { #name, words, position_counters, offsetof(struct position_counters, name) },
#include "freshness/tbl/position_counters.h"
#undef POSITION_COUNTER
#define HINT_COUNTER(name, words) { #name, words, hint_counters, offsetof(struct hint_counters, name) },
#include "session/tbl/hint_counters.h"
#undef HINT_COUNTER
#define POOL_COUNTER(name, words) { #name, words, counters_of_pool, offsetof(struct pool_counters, name) },
#include "pool/tbl/pool_counters.h"
#undef POOL_COUNTER
#define PIN_CAUSE(NAME, name, words)                                                                         \
    { "pinned_by_" #name, "sessions that were pinned by it: " words, pin_counters,                           \
      offsetof(struct pin_counters, by_cause[PIN_##NAME]) },
#include "state/tbl/pin_causes.h"
#undef PIN_CAUSE
};

size_t stats_count(void)
{
    return sizeof counters / sizeof *counters;
}

const char *stats_name(size_t row)
{
    return counters[row].name;
}

const char *stats_words(size_t row)
{
    return counters[row].words;
}

uint64_t stats_sum(const struct world *world, size_t cluster, size_t row)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < world->worker_count; i++) {
        const char *mine = counters[row].of(&world->workers[i]->boxes[cluster]);
        value += counter_read((const counter *)(const void *)(mine + counters[row].at));
    }
    return value;
}

uint64_t stats_pins(const struct world *world, size_t cluster, enum pin_cause cause)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < world->worker_count; i++)
        value += counter_read(&world->workers[i]->boxes[cluster].pins.by_cause[cause]);
    return value;
}

/* ---- counters of no cluster: lost lines of the log, then of each statement log file ---- */

size_t stats_own_count(void)
{
    return 1 + STATEMENT_FILES;
}

const char *stats_own_name(size_t row)
{
    return row == 0 ? "log_lines_lost" : statement_log_loss_name((unsigned)row - 1);
}

const char *stats_own_words(size_t row)
{
    return row == 0 ? "lines of the log that could not be written"
                    : "lines about statements that could not be written";
}

uint64_t stats_own(const struct world *world, size_t row)
{
    return row == 0 ? log_lost() : sink_lost(&world->statements->sinks[row - 1]);
}

static void put_row(struct table *table, const char *cluster, const char *name, uint64_t value,
                    const char *words)
{
    table_row(table);
    table_text(table, cluster);
    table_text(table, name);
    table_int(table, (int64_t)value);
    table_text(table, words);
}

void show_stats(struct request *request)
{
    const struct admin *admin = request->admin;
    struct table *table = &request->table;
    table_init(table, columns, sizeof columns / sizeof *columns);
    for (size_t c = 0; c < admin->cluster_count; c++)
        for (size_t i = 0; i < stats_count(); i++)
            put_row(table, admin->clusters[c].settings->name, stats_name(i), stats_sum(admin->world, c, i),
                    stats_words(i));
    for (size_t i = 0; i < stats_own_count(); i++)
        put_row(table, NULL, stats_own_name(i), stats_own(admin->world, i), stats_own_words(i));
    request->on_done(request);
}
