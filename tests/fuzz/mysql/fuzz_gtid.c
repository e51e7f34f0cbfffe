/* Any bytes as GTID positions; the first byte chooses the server family. Tables stay sorted and valid, hold
 * the newest position of what they read, and contain nothing beyond a gap. */
#include "input.h"

#include "mysql/gtid.h"

static void check_table(const struct gtid_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        MUST(table->entries[i].reach <= table->entries[i].last);
        MUST(i == 0 || table->entries[i - 1].source < table->entries[i].source);
    }
}

static void check_walk(const struct gtid_table *table, enum server_family family, struct span text)
{
    struct gtid_walk walk;
    struct gtid_interval interval;
    gtid_walk_begin(&walk, family, text);
    while (gtid_walk_next(&walk, &interval)) {
        const struct gtid_entry *entry = gtid_table_find(table, interval.source);
        MUST(interval.first <= interval.last || family == FAMILY_MARIADB);
        MUST(entry != NULL && entry->last >= interval.last);
        struct gtid_position just = { 0 }, beyond = { 0 };
        gtid_position_raise(&just, interval.source, entry->reach);
        gtid_position_raise(&beyond, interval.source, entry->reach + 1);
        MUST(gtid_table_contains(table, &just));
        MUST(entry->reach == UINT64_MAX || !gtid_table_contains(table, &beyond));
    }
    MUST(!walk.is_malformed && walk.rest.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = { data, size };
    enum server_family family = input_u8(&text) % 2 == 0 ? FAMILY_MARIADB : FAMILY_MYSQL;
    struct gtid_table table = { 0 }, empty = { 0 };
    struct gtid_position position = { 0 }, all = { 0 };
    bool is_read = gtid_table_read(&table, family, text);
    gtid_position_read(&position, family, text);
    check_table(&table);
    MUST(is_read || (table.count == 0 && position.is_unknown));
    if (is_read) {
        check_walk(&table, family, text);
        gtid_table_diff(&table, &empty, &all);
        MUST(all.is_unknown == (table.count > GTID_SOURCES_MAX) && all.is_unknown == position.is_unknown);
        MUST(family == FAMILY_MYSQL || gtid_table_includes(&table, &table));
    }
    gtid_table_fini(&table);
    return 0;
}
