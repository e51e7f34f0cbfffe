#include "state/facet_table.h"

#include "mysql/command.h"
#include "state/diagnostics.h"

static const struct facet *const table[FACET_COUNT] = {
#define FACET(NAME, name, told, lacked, said, pins, asked) [FACET_##NAME] = &facet_##name,
#include "state/tbl/facets.h"
#undef FACET
};

/* ---- a reply tells of a change ---- */

void facet_table_told(const struct report *report, const struct sesstrack_change *change)
{
    for (size_t i = 0; i < FACET_COUNT && change->type < 32; i++)
        if ((table[i]->told_by & UINT32_C(1) << change->type) != 0)
            table[i]->told(report, change);
}

bool facet_table_commit(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    bool is_known = true;
    for (size_t i = 0; i < FACET_COUNT; i++)
        is_known &= table[i]->commit == NULL || table[i]->commit(facets, job, slot, now_us);
    return is_known;
}

/* ---- a connection gets the session's state ---- */

/* The task that comes first in enum sync_task. Autocommit has no bit in the masks. */
enum sync_task replay_next(const struct replay *replay)
{
    uint32_t set = replay->facets->set | replay->slot->set | facet_bit(FACET_TRANSACTION);
    enum sync_task first = SYNC_NOTHING;
    for (; set != 0; set &= set - 1) {
        const struct facet *facet = table[__builtin_ctz(set)];
        enum sync_task task = facet->lacks != NULL ? facet->lacks(replay) : SYNC_NOTHING;
        if (task != SYNC_NOTHING && (first == SYNC_NOTHING || task < first))
            first = task;
    }
    return first;
}

static void note(const struct replay *replay)
{
    for (size_t i = 0; i < FACET_COUNT; i++)
        if ((table[i]->tasks & 1u << replay->task) != 0)
            table[i]->note(replay);
}

void replay_say(const struct replay *replay, enum sync_task task, struct replay_command *command_r)
{
    struct replay said = *replay;
    said.task = task;
    *command_r = (struct replay_command){ .shape = REPLY_GENERIC, .byte = COM_QUERY };
    for (size_t i = 0; i < FACET_COUNT; i++)
        if ((table[i]->tasks & 1u << task) != 0 && table[i]->lacks(&said) == task)
            table[i]->say(&said, command_r);
    if (command_r->argument.len == 0 && !command_r->argument.is_oom)
        note(&said);
}

/* A SET may leave warnings; MySQL has one for _utf8mb3. */
bool replay_note(const struct replay *replay, uint64_t now_us)
{
    static const uint32_t sets = 1u << SYNC_VARS | 1u << SYNC_OWN_CHARSET | 1u << SYNC_USER_VARS;
    struct replay done = *replay;
    done.task = replay->slot->task;
    done.now_us = now_us;
    if ((sets & 1u << done.task) != 0)
        diagnostics_note_own(&replay->facets->answers, replay->slot);
    note(&done);
    return !replay->slot->answer.is_err;
}

/* ---- what keeps a connection for the session ---- */

uint32_t facets_all_pins(const struct facets *facets, enum route_place place)
{
    uint32_t causes = facets_has_pins_at(facets, place) ? facets->pins.causes : 0;
    uint32_t set = (facets->set & FACETS_THAT_KEEP) | facet_bit(FACET_TRANSACTION);
    for (; set != 0; set &= set - 1)
        causes |= table[__builtin_ctz(set)]->keeps(facets, place);
    return causes;
}

uint32_t facets_pins(const struct facets *facets, enum route_place place)
{
    return facets_all_pins(facets, place) & ~pin_bit(PIN_AUTO_IS_NULL);
}

/* Causes of the third block (tbl/pin_causes.h) whose origin pins_note() keeps. Transactions begin too often
 * for that: their origin is in facets.transaction. */
static const uint32_t noted = UINT32_C(1) << PIN_USER_VARIABLES | UINT32_C(1) << PIN_AUTO_IS_NULL;

uint32_t facets_note_pins(struct facets *facets, const struct job *job, uint64_t now_us,
                          struct pin_counters *counters)
{
    uint32_t causes = facets_all_pins(facets, ROUTE_PRIMARY) | facets_all_pins(facets, ROUTE_REPLICA);
    uint32_t fresh = causes & ~facets->pins.noted;
    struct pin_origin origin = { .since_us = now_us };
    if (causes == facets->pins.noted)
        return 0;
    if ((fresh & pin_bit(PIN_TRANSACTION)) != 0) {
        facets->transaction.since_us = now_us;
        facets->transaction.shape = job->facts.shape;
    }
    if ((fresh & noted) != 0)
        origin.statement = job_statement(job);
    pins_note(&facets->pins, causes, noted, &origin, counters);
    return fresh;
}

/* ---- the connection is asked for what only it knows ---- */

static bool is_asked(const struct facet *facet, const struct facets *facets,
                     struct slot *const slots[SLOT_COUNT], enum route_place place)
{
    bool is_kept = facet->number != NULL && facets_pins(facets, place) != 0;
    return facet->is_asked != NULL && !is_kept && facet->is_asked(facets, slots, place);
}

const struct facet *facet_table_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                      enum route_place place)
{
    for (size_t i = 0; i < FACET_COUNT; i++)
        if (is_asked(table[i], facets, slots, place))
            return table[i];
    return NULL;
}

uint32_t facet_table_may_end(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                             enum route_place place)
{
    uint32_t causes = 0;
    for (size_t i = 0; i < FACET_COUNT; i++)
        causes |= is_asked(table[i], facets, slots, place) ? table[i]->may_end : 0;
    return causes;
}

/* LIMIT 1: sql_select_limit may be 0. */
uint32_t facet_table_ask_numbers(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                 enum route_place place, struct text *sql)
{
    uint32_t asked = 0;
    for (size_t i = 0; i < FACET_COUNT; i++)
        if (table[i]->number != NULL && table[i]->is_asked(facets, slots, place)) {
            (void)text_appendf(sql, "%s%s", asked != 0 ? "," : "SELECT ", table[i]->number);
            asked |= 1u << i;
        }
    (void)text_append_cstr(sql, " LIMIT 1");
    return asked;
}

bool facet_table_learn_numbers(struct facets *facets, struct slot *slot, uint32_t asked,
                               const struct rows *rows)
{
    for (int column = 0; asked != 0; asked &= asked - 1) {
        struct span value;
        uint64_t number;
        if (!rows_value(rows, 0, column++, &value) || !span_to_u64(value, &number))
            return false;
        table[__builtin_ctz(asked)]->learn_number(facets, slot, number);
    }
    return true;
}

/* ---- the end ---- */

/* The tests show for each family that a reset undoes the pins in `undone`. */
static enum facet_left left_by_pins(const struct pins *pins)
{
    static const uint32_t undone = 1u << PIN_TEMPORARY_TABLE | 1u << PIN_TABLE_LOCK | 1u << PIN_USER_LOCK |
                                   1u << PIN_HANDLER | 1u << PIN_PREPARED | 1u << PIN_NEXT_TRANSACTION |
                                   1u << PIN_HELD_SET;
    if ((pins->causes & ~undone) != 0)
        return LEFT_LASTING;
    return pins->causes != 0 ? LEFT_TO_RESET : LEFT_KNOWN;
}

enum facet_left facets_left(const struct facets *facets, const struct slot *slot)
{
    enum facet_left worst = left_by_pins(&facets->pins);
    for (size_t i = 0; i < FACET_COUNT; i++) {
        enum facet_left left = table[i]->left != NULL ? table[i]->left(facets, slot) : LEFT_KNOWN;
        worst = left > worst ? left : worst;
    }
    return worst;
}

/* Prepared statements, which has_left_schema is about, are gone. */
void facets_reset(struct facets *facets, const struct view *view, uint16_t collation,
                  const struct pin_origin *origin)
{
    bool is_schema_unknown = pins_has(&facets->pins, PIN_UNKNOWN_SCHEMA);
    for (size_t i = 0; i < FACET_COUNT; i++) {
        if (table[i]->reset != NULL)
            table[i]->reset(facets);
        facets->set &= table[i]->keeps_bit ? UINT32_MAX : ~(UINT32_C(1) << i);
    }
    facets->has_replica_refused = facets->has_left_schema = false;
    pins_clear(&facets->pins);
    client_tracking_begin(&facets->tracking, view);
    reading_begin(&facets->reading, view, collation);
    if (facets->role.is_unsayable)
        facets_pin(facets, PIN_UNKNOWN_SET, origin);
    if (is_schema_unknown)
        facets_pin(facets, PIN_UNKNOWN_SCHEMA, origin);
}

void facets_fini(struct facets *facets)
{
    for (size_t i = 0; i < FACET_COUNT; i++)
        if (table[i]->fini != NULL)
            table[i]->fini(facets);
    text_fini(&facets->tracking.names);
    pins_clear(&facets->pins);
}

/* ---- explain ---- */

bool facet_table_keeps_reads(const struct foreseen *foreseen)
{
    bool keeps = false;
    for (size_t i = 0; i < FACET_COUNT; i++)
        keeps |= table[i]->keeps_reads != NULL && table[i]->keeps_reads(foreseen);
    return keeps;
}

/* ---- documentation ---- */

void facet_table_write(struct text *out)
{
    static const struct {
        const char *file, *told, *lacked, *said, *pins, *asked;
    } words[FACET_COUNT] = {
#define FACET(NAME, name, told, lacked, said, pins, asked)                                                   \
    [FACET_##NAME] = { #name, told, lacked, said, pins, asked },
#include "state/tbl/facets.h"
#undef FACET
    };
    (void)text_append_cstr(
        out,
        "# Facets of a session's state\n\nWritten from `state/tbl/facets.h` by `make docs`; change the rows, "
        "not this page. Each facet is a file of `src/state`.\n\n"
        "| file | a change is told by | a connection lacks it if | the connection gets it by | pins | it is "
        "asked for, before it is given up | a reset |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < FACET_COUNT; i++)
        (void)text_appendf(out, "| `%s.c` | %s | %s | %s | %s | %s | %s |\n", words[i].file, words[i].told,
                           words[i].lacked, words[i].said, words[i].pins, words[i].asked,
                           table[i]->reset != NULL ? "ends it" : "leaves it");
}
