#include "state/diagnostics.h"

#include "state/facet.h"

bool diagnostics_note(const struct job *job, struct slot *slot, bool has_set, bool is_kept, uint64_t now_us)
{
    if (has_set) {
        slot->has_warnings = job->reply.has_warnings || job->reply.has_error;
        slot->has_our_warnings = false;
        slot->set |= slot->has_warnings ? facet_bit(FACET_DIAGNOSTICS) : 0;
    }
    bool has_count = job->facts.reason == SQL_REASON_FOUND_ROWS;
    bool has_answers = is_kept && (slot->has_warnings || has_count);
    bool is_first = has_answers && slot->answers_us == 0;
    slot->answers_us = has_answers ? now_us : 0;
    return is_first;
}

bool diagnostics_keep(const struct slot *slot, uint64_t kept_us, uint64_t now_us)
{
    uint64_t since = slot->drawn_us > slot->answers_us ? slot->drawn_us : slot->answers_us;
    return since != 0 && now_us < since + kept_us;
}

void diagnostics_lose(uint64_t *knows, const struct slot *slot)
{
    if (*knows == slot->generation)
        *knows = ANSWERS_LOST;
}

static void note_ours(struct slot *slot)
{
    slot->has_our_warnings = true;
    slot->set |= facet_bit(FACET_DIAGNOSTICS);
}

void diagnostics_note_refusal(struct answers *answers, struct slot *slot)
{
    note_ours(slot);
    diagnostics_lose(&answers->last, slot);
    diagnostics_lose(&answers->diagnostics, slot);
}

void diagnostics_note_own(struct answers *answers, struct slot *slot)
{
    if (slot->answer.warnings == 0)
        return;
    note_ours(slot);
    if (answers->has_diagnostics)
        diagnostics_lose(&answers->diagnostics, slot);
}

void diagnostics_note_table_read(struct answers *answers, struct slot *slot)
{
    diagnostics_lose(&answers->found, slot);
    if (answers->has_diagnostics)
        diagnostics_lose(&answers->diagnostics, slot);
    slot->has_our_warnings = slot->has_warnings = false;
}

static uint64_t who_knows(const struct answers *answers, enum sql_question question)
{
    switch (question) {
    case SQL_ASKS_FOUND_ROWS:
        return answers->found;
    case SQL_ASKS_DIAGNOSTICS: /* if there are none, any connection can tell so */
        return answers->has_diagnostics ? answers->diagnostics : 0;
    case SQL_ASKS_NOTHING:
    case SQL_ASKS_LAST:
        break;
    }
    return answers->last;
}

static uint64_t generation_at(struct slot *const slots[SLOT_COUNT], enum route_place place, bool is_current)
{
    return is_current ? slots[place]->generation : 0;
}

/* Does another connection than that of generation `here` know the answer to one of `questions` (bit
 * 1 << enum sql_question)? */
static bool any_is_elsewhere(const struct answers *answers, unsigned questions, uint64_t here)
{
    for (unsigned q = SQL_ASKS_LAST; q <= SQL_ASKS_DIAGNOSTICS; q++) {
        uint64_t knows = who_knows(answers, (enum sql_question)q);
        if ((questions & 1u << q) != 0 && knows != 0 && knows != here)
            return true;
    }
    return false;
}

bool diagnostics_are_elsewhere(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                               const struct sql_facts *facts, enum route_place place, bool is_current)
{
    bool is_in_passing = facts->asks_before != 0 && !facts->refers_previous && facts->kind != SQL_SHOW;
    return is_in_passing &&
           any_is_elsewhere(answers, facts->asks_before, generation_at(slots, place, is_current));
}

/* A PREPARE asks nothing itself; its executions do. */
static bool is_prepare(const struct job *job)
{
    return job->command != NULL && job->command->byte == COM_STMT_PREPARE;
}

bool diagnostics_forbid(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                        const struct job *job, bool is_current)
{
    return !is_prepare(job) && diagnostics_are_elsewhere(answers, slots, &job->facts, job->place, is_current);
}

bool diagnostics_are_gone(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                          const struct job *job, bool is_current)
{
    if (!job->facts.refers_previous || job->facts.kind == SQL_SHOW || is_prepare(job))
        return false;
    uint64_t knows = who_knows(answers, job->facts.question);
    uint64_t here = generation_at(slots, job->place, is_current);
    return (knows != 0 && knows != here) || any_is_elsewhere(answers, job->facts.questions, here);
}

/* ---- the facet ---- */

/* Must SYNC_QUIET clear the connection's warnings? They are of headgate's own statements. Or they are older
 * than the session's last answer: the session has no warnings, as another connection knows. SYNC_QUIET
 * changes FOUND_ROWS(): where the client may ask for that, SYNC_QUIET runs only before a question about
 * warnings. */
static bool needs_quiet(const struct replay *replay)
{
    const struct answers *answers = &replay->facets->answers;
    const struct sql_facts *facts = &replay->job->facts;
    const struct slot *slot = replay->slot;
    bool is_asked = ((facts->questions | facts->asks_before) & 1u << SQL_ASKS_DIAGNOSTICS) != 0;
    bool is_old = slot->has_warnings && !answers->has_diagnostics &&
                  answers->diagnostics != slot->generation && answers->diagnostics != 0;
    return (slot->has_our_warnings && (is_asked || answers->found != slot->generation)) ||
           (is_old && is_asked);
}

static enum sync_task lacks(const struct replay *replay)
{
    if (replay->slot->must_count)
        return SYNC_COUNT;
    return needs_quiet(replay) ? SYNC_QUIET : SYNC_NOTHING;
}

/* The queries have a derived table, because MariaDB clears warnings only at a statement with a table. */
static void say(const struct replay *replay, enum sync_task task, struct replay_command *command)
{
    (void)replay;
    (void)text_appendf(&command->argument, "SELECT 1 FROM (SELECT 1) a%s",
                       task == SYNC_COUNT ? " LIMIT 0" : "");
}

static bool note(const struct replay *replay, enum sync_task task, uint64_t now_us)
{
    (void)now_us;
    struct slot *slot = replay->slot;
    slot->has_our_warnings = false;
    if (task == SYNC_COUNT) {
        slot->must_count = false;
    } else {
        slot->has_warnings = false;
        diagnostics_lose(&replay->facets->answers.found, slot);
    }
    return true;
}

static bool is_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place)
{
    return facets->answers.found == slots[place]->generation && facets->answers.is_calculated;
}

static void learn(struct facets *facets, struct slot *slot, uint64_t number)
{
    (void)slot;
    facets->answers.found_rows = (struct recalled){ .is_known = true, .value = (int64_t)number };
}

static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    (void)facets;
    return slot->has_warnings || slot->has_our_warnings ? LEFT_TO_RESET : LEFT_KNOWN;
}

static void reset(struct facets *facets)
{
    enum route_place home = facets_home(facets);
    facets->answers = (struct answers){ .last_place = home, .found_place = home, .diagnostics_place = home };
}

const struct facet facet_diagnostics = { .tasks = 1u << SYNC_COUNT | 1u << SYNC_QUIET,
                                         .lacks = lacks,
                                         .say = say,
                                         .note = note,
                                         .is_asked = is_asked,
                                         .number = "FOUND_ROWS()",
                                         .learn_number = learn,
                                         .left = left,
                                         .reset = reset };
