/* variables_test: a server's session variables as a simple map, filled by running the SET statements of
 * vars_diff. */
#pragma once

#include "../base/unit.h"

#include "state/variables.h"

#define MAP_MAX 300

struct map {
    char names[MAP_MAX][80];
    char values[MAP_MAX][2100];
    size_t count;
};

static inline size_t map_find(const struct map *map, struct span name)
{
    size_t i = 0;
    while (i < map->count && !span_is_nocase(name, map->names[i]))
        i++;
    return i;
}

static inline void map_set(struct map *map, struct span name, struct span value)
{
    size_t i = map_find(map, name);
    assert_true(i < MAP_MAX);
    if (i == map->count)
        map->count++;
    assert_true(span_copy_cstr(name, map->names[i], sizeof map->names[i]));
    assert_true(span_copy_cstr(value, map->values[i], sizeof map->values[i]));
}

static inline const char *map_get(const struct map *map, const char *name)
{
    size_t i = map_find(map, span_cstr(name));
    return i < map->count ? map->values[i] : NULL;
}

/* Runs a SET: splits it at commas outside quotes. The literals of vars_diff contain no escapes. */
static inline void map_run(struct map *map, struct span sql)
{
    if (sql.len == 0)
        return;
    assert_true(sql.len > 4 && memcmp(sql.data, "SET ", 4) == 0);
    for (size_t at = 4; at < sql.len; at++) {
        size_t name = at, value;
        while (sql.data[at] != '=')
            assert_true(++at < sql.len);
        value = at + 1;
        bool is_quoted = false;
        for (at = value; at < sql.len && (is_quoted || sql.data[at] != ','); at++)
            is_quoted ^= sql.data[at] == '\'';
        assert_false(is_quoted);
        map_set(map, span_of(sql.data + name, value - 1 - name), span_of(sql.data + value, at - value));
    }
}

static inline bool map_equal(const struct map *a, const struct map *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const char *other = map_get(b, a->names[i]);
        if (other == NULL || strcmp(other, a->values[i]) != 0)
            return false;
    }
    return a->count == b->count;
}
