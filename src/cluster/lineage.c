#include "cluster/lineage.h"

#include "base/mem.h"
#include "cluster/standing.h"

#include <string.h>

bool lineage_init(struct lineage *lineage, size_t capacity)
{
    *lineage = (struct lineage){ .place = TOPOLOGY_NO_PRIMARY, .capacity = capacity };
    lineage->machines = mem_zalloc(capacity * sizeof *lineage->machines);
    return lineage->machines != NULL;
}

void lineage_fini(struct lineage *lineage)
{
    mem_free(lineage->machines);
    lineage->machines = NULL;
    lineage->capacity = 0;
}

/* ---- machines ---- */

static struct lineage_machine *find(const struct lineage *lineage, uint32_t server_id)
{
    for (size_t i = 0; server_id != 0 && i < lineage->capacity; i++)
        if (lineage->machines[i].server_id == server_id)
            return &lineage->machines[i];
    return NULL;
}

static bool is_present(const struct topology_facts *facts, size_t count, uint32_t server_id)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].server_id == server_id)
            return true;
    return false;
}

/* A place for a machine that was never seen: a free one, or that of a machine which is none of the servers
 * any more. Of as many places as there are servers one is, as this one has none. */
static struct lineage_machine *add(struct lineage *lineage, const struct topology_facts *facts, size_t count,
                                   uint32_t server_id)
{
    for (size_t i = 0; server_id != 0 && i < lineage->capacity; i++) {
        struct lineage_machine *machine = &lineage->machines[i];
        if (machine->server_id != 0 && is_present(facts, count, machine->server_id))
            continue;
        *machine = (struct lineage_machine){ .server_id = server_id };
        return machine;
    }
    return NULL;
}

static bool is_origin(const struct lineage_machine *machine, uint32_t server_id)
{
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (machine->origins[i] == server_id)
            return true;
    return false;
}

/* ---- what is noted ---- */

/* A source that is away may have no id for a while, and a link that is stopped has none: what was known of
 * them stays. Of a machine that is seen for the first time nobody knows whether it turned. */
static void note_sources(struct lineage_machine *machine, const struct topology_facts *it, bool is_new)
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

static void note_openness(struct lineage_machine *machine, const struct topology_facts *it)
{
    if (!standing_is_open(it)) {
        machine->open_us = 0;
        machine->is_stray = machine->is_elected = false;
    } else if (machine->open_us == 0) {
        machine->open_us = it->answered_us;
    }
}

void lineage_note(struct lineage *lineage, const struct topology_facts *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!facts[i].is_up)
            continue;
        struct lineage_machine *machine = find(lineage, facts[i].server_id);
        bool is_new = machine == NULL;
        if (is_new)
            machine = add(lineage, facts, count, facts[i].server_id);
        if (machine == NULL)
            continue; /* it does not say its id */
        note_sources(machine, &facts[i], is_new);
        note_openness(machine, &facts[i]);
    }
}

static void begin_reign(struct lineage *lineage, const struct topology_facts *it, int primary)
{
    struct lineage_machine *machine = find(lineage, it->server_id);
    lineage->has_reigned = true;
    lineage->place = primary;
    lineage->primary_id = it->server_id;
    for (size_t i = 0; i < lineage->capacity; i++)
        lineage->machines[i].turned_to = 0;
    if (machine != NULL)
        machine->is_stray = machine->is_elected = false;
}

/* What is writable at a moment when the primary has answered, too. Asked later than the other one was heard:
 * or else it might have ended between the two, and somebody promoted the other one. */
static void find_strays(struct lineage *lineage, const struct topology_facts *facts, size_t count,
                        size_t primary)
{
    for (size_t i = 0; i < count; i++) {
        struct lineage_machine *machine = find(lineage, facts[i].server_id);
        if (machine == NULL || facts[i].server_id == lineage->primary_id || machine->open_us == 0)
            continue;
        machine->is_stray |=
            facts[primary].asked_us >= machine->open_us && !lineage_is_chosen(lineage, facts, count, i);
    }
}

void lineage_settle(struct lineage *lineage, const struct topology_facts *facts, size_t count, int primary)
{
    if (primary == TOPOLOGY_NO_PRIMARY)
        return;
    const struct topology_facts *it = &facts[primary];
    if (!lineage->has_reigned || lineage->place != primary || lineage->primary_id != it->server_id)
        begin_reign(lineage, it, primary);
    find_strays(lineage, facts, count, (size_t)primary);
}

/* ---- what is asked ---- */

int lineage_primary(const struct lineage *lineage, const struct topology_facts *facts, size_t count)
{
    int place = lineage->place < (int)count ? lineage->place : TOPOLOGY_NO_PRIMARY;
    if (place != TOPOLOGY_NO_PRIMARY && facts[place].server_id == lineage->primary_id)
        return place;
    for (size_t i = 0; i < count; i++)
        if (facts[i].is_up && lineage->primary_id != 0 && facts[i].server_id == lineage->primary_id)
            return (int)i;
    return TOPOLOGY_NO_PRIMARY;
}

bool lineage_is_chosen(const struct lineage *lineage, const struct topology_facts *facts, size_t count,
                       size_t i)
{
    for (size_t who = 0; who < count; who++) {
        const struct lineage_machine *machine = find(lineage, facts[who].server_id);
        if (machine != NULL && standing_follows(&facts[who], facts[i].server_id) &&
            machine->turned_to == facts[i].server_id)
            return true;
    }
    return false;
}

bool lineage_is_stray(const struct lineage *lineage, const struct topology_facts *it)
{
    const struct lineage_machine *machine = find(lineage, it->server_id);
    return machine != NULL && machine->is_stray;
}

bool lineage_is_elected(const struct lineage *lineage, const struct topology_facts *it)
{
    const struct lineage_machine *machine = find(lineage, it->server_id);
    return machine != NULL && machine->is_elected;
}

bool lineage_was_replica(const struct lineage *lineage, const struct topology_facts *it)
{
    const struct lineage_machine *machine = find(lineage, it->server_id);
    return machine != NULL && machine->was_replica;
}

/* Breadth is bounded by the links of one server, depth by their number: rings end. */
static bool descends(const struct lineage *lineage, const struct lineage_machine *machine, size_t depth)
{
    if (machine == NULL || depth == 0 || lineage->primary_id == 0)
        return false;
    if (is_origin(machine, lineage->primary_id))
        return true;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (machine->origins[i] != 0 && descends(lineage, find(lineage, machine->origins[i]), depth - 1))
            return true;
    return false;
}

#define DEPTH_MAX 4 /* replicas of replicas: nobody builds longer chains */

bool lineage_may_succeed(const struct lineage *lineage, const struct topology_facts *facts, size_t count,
                         size_t i)
{
    if (lineage_is_chosen(lineage, facts, count, i))
        return true;
    return !lineage_is_stray(lineage, &facts[i]) &&
           ((int)i == lineage->place || descends(lineage, find(lineage, facts[i].server_id), DEPTH_MAX));
}

/* ---- operators ---- */

void lineage_elect(struct lineage *lineage, uint32_t server_id)
{
    for (size_t i = 0; i < lineage->capacity; i++)
        lineage->machines[i].is_elected = server_id != 0 && lineage->machines[i].server_id == server_id;
}

void lineage_give_away(struct lineage *lineage, size_t i)
{
    if (lineage->place == (int)i)
        lineage->place = TOPOLOGY_NO_PRIMARY;
}
