#include "monitor/topology_history.h"

#include "base/mem.h"

#include <string.h>

bool topology_history_init(struct topology_history *history, size_t capacity)
{
    *history = (struct topology_history){ .place = TOPOLOGY_NO_PRIMARY, .capacity = capacity };
    history->machines = mem_zalloc(capacity * sizeof *history->machines);
    return history->machines != NULL;
}

void topology_history_fini(struct topology_history *history)
{
    mem_free(history->machines);
    history->machines = NULL;
    history->capacity = 0;
}

/* ---- machines ---- */

static struct topology_history_machine *find(const struct topology_history *history, uint32_t server_id)
{
    for (size_t i = 0; server_id != 0 && i < history->capacity; i++)
        if (history->machines[i].server_id == server_id)
            return &history->machines[i];
    return NULL;
}

static bool is_present(const struct topology_facts *facts, size_t count, uint32_t server_id)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].server_id == server_id)
            return true;
    return false;
}

/* Makes an entry for a new machine: in a free place, or in the place of a machine that is no server any more.
 * There is always such a place, because there are as many places as servers. NULL: the id is 0. */
static struct topology_history_machine *
add(struct topology_history *history, const struct topology_facts *facts, size_t count, uint32_t server_id)
{
    for (size_t i = 0; server_id != 0 && i < history->capacity; i++) {
        struct topology_history_machine *machine = &history->machines[i];
        if (machine->server_id != 0 && is_present(facts, count, machine->server_id))
            continue;
        *machine = (struct topology_history_machine){ .server_id = server_id };
        return machine;
    }
    return NULL;
}

static bool is_origin(const struct topology_history_machine *machine, uint32_t server_id)
{
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (machine->origins[i] == server_id)
            return true;
    return false;
}

/* ---- before and after a decision ---- */

/* Notes the sources of a machine. A source that is down may have no id for a while, and a stopped link has
 * none: then the known ids stay. A machine that is seen for the first time does not count as turned to its
 * source. */
static void note_sources(struct topology_history_machine *machine, const struct topology_facts *it,
                         bool is_new)
{
    bool has_any = false;
    machine->was_replica |= it->has_source;
    machine->has_origins &= it->has_source;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++) {
        uint32_t source = it->sources[i];
        has_any |= source != 0;
        if (source != 0 && !is_new && !(machine->has_origins && is_origin(machine, source)))
            machine->turned_to = source;
    }
    if (!has_any)
        return;
    machine->has_origins = true;
    memcpy(machine->origins, it->sources, sizeof machine->origins);
}

void topology_history_note(struct topology_history *history, const struct topology_facts *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!facts[i].is_up)
            continue;
        struct topology_history_machine *machine = find(history, facts[i].server_id);
        bool is_new = machine == NULL;
        if (is_new)
            machine = add(history, facts, count, facts[i].server_id);
        if (machine == NULL)
            continue; /* its id is unknown */
        note_sources(machine, &facts[i], is_new);
        if (!topology_facts_is_open(&facts[i])) {
            machine->open_us = 0;
            machine->is_stray = machine->is_elected = false;
        } else if (machine->open_us == 0) {
            machine->open_us = facts[i].answered_us;
        }
    }
}

static void begin_reign(struct topology_history *history, const struct topology_facts *it, int primary)
{
    struct topology_history_machine *machine = find(history, it->server_id);
    history->has_reigned = true;
    history->place = primary;
    history->primary_id = it->server_id;
    for (size_t i = 0; i < history->capacity; i++)
        history->machines[i].turned_to = 0;
    if (machine != NULL)
        machine->is_stray = machine->is_elected = false;
}

/* Marks servers that are writable at a moment at which the primary has answered as well. One of the two was
 * asked after the other had answered: otherwise the primary might have ended in between, and the other server
 * have been promoted. */
static void find_strays(struct topology_history *history, const struct topology_facts *facts, size_t count,
                        size_t primary)
{
    for (size_t i = 0; i < count; i++) {
        struct topology_history_machine *machine = find(history, facts[i].server_id);
        if (machine == NULL || facts[i].server_id == history->primary_id || machine->open_us == 0)
            continue;
        machine->is_stray |= facts[primary].asked_us >= machine->open_us &&
                             !topology_history_is_chosen(history, facts, count, i);
    }
}

void topology_history_settle(struct topology_history *history, const struct topology_facts *facts,
                             size_t count, int primary)
{
    if (primary == TOPOLOGY_NO_PRIMARY)
        return;
    const struct topology_facts *it = &facts[primary];
    if (!history->has_reigned || history->place != primary || history->primary_id != it->server_id)
        begin_reign(history, it, primary);
    find_strays(history, facts, count, (size_t)primary);
}

/* ---- questions of topology.c ---- */

int topology_history_primary(const struct topology_history *history, const struct topology_facts *facts,
                             size_t count)
{
    int place = history->place < (int)count ? history->place : TOPOLOGY_NO_PRIMARY;
    if (place != TOPOLOGY_NO_PRIMARY && facts[place].server_id == history->primary_id)
        return place;
    for (size_t i = 0; i < count; i++)
        if (facts[i].is_up && history->primary_id != 0 && facts[i].server_id == history->primary_id)
            return (int)i;
    return TOPOLOGY_NO_PRIMARY;
}

bool topology_history_is_chosen(const struct topology_history *history, const struct topology_facts *facts,
                                size_t count, size_t i)
{
    for (size_t who = 0; who < count; who++) {
        const struct topology_history_machine *machine = find(history, facts[who].server_id);
        if (machine != NULL && topology_facts_follows(&facts[who], facts[i].server_id) &&
            machine->turned_to == facts[i].server_id)
            return true;
    }
    return false;
}

bool topology_history_is_stray(const struct topology_history *history, const struct topology_facts *it)
{
    const struct topology_history_machine *machine = find(history, it->server_id);
    return machine != NULL && machine->is_stray;
}

bool topology_history_is_elected(const struct topology_history *history, const struct topology_facts *it)
{
    const struct topology_history_machine *machine = find(history, it->server_id);
    return machine != NULL && machine->is_elected;
}

bool topology_history_was_replica(const struct topology_history *history, const struct topology_facts *it)
{
    const struct topology_history_machine *machine = find(history, it->server_id);
    return machine != NULL && machine->was_replica;
}

/* Did the machine follow the last primary, directly or through other servers? `depth` limits the search, so
 * that it ends in rings. */
static bool descends(const struct topology_history *history, const struct topology_history_machine *machine,
                     size_t depth)
{
    if (machine == NULL || depth == 0 || history->primary_id == 0)
        return false;
    if (is_origin(machine, history->primary_id))
        return true;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (machine->origins[i] != 0 && descends(history, find(history, machine->origins[i]), depth - 1))
            return true;
    return false;
}

#define DEPTH_MAX 4 /* replicas of replicas; longer chains are not used in practice */

bool topology_history_may_succeed(const struct topology_history *history, const struct topology_facts *facts,
                                  size_t count, size_t i)
{
    if (topology_history_is_chosen(history, facts, count, i))
        return true;
    return !topology_history_is_stray(history, &facts[i]) &&
           ((int)i == history->place || descends(history, find(history, facts[i].server_id), DEPTH_MAX));
}

/* ---- operators ---- */

void topology_history_elect(struct topology_history *history, uint32_t server_id)
{
    for (size_t i = 0; i < history->capacity; i++)
        history->machines[i].is_elected = server_id != 0 && history->machines[i].server_id == server_id;
}

void topology_history_give_away(struct topology_history *history, size_t i)
{
    if (history->place == (int)i)
        history->place = TOPOLOGY_NO_PRIMARY;
}
