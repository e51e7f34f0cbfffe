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

/* ---- what a statement leaves for later questions ---- */

static bool runs_code(const struct job *job)
{
    return job->facts.may_hide_state || job->facts.runs_code;
}

/* True if the statement may have set the server's warnings. MariaDB keeps them during statements without
 * tables and without warnings of their own; a sequence counts as a table. What stored code does, only the
 * server knows. */
static bool may_set_warnings(const struct job *job, bool is_mariadb)
{
    bool is_run = job->command->byte != COM_STMT_PREPARE;
    if (job->command->byte == COM_INIT_DB) /* the warnings that its OK counts are from an earlier statement */
        return job->reply.has_error;
    return job->reply.has_error || job->reply.has_warnings || job->facts.uses_tables ||
           job->facts.has_sequence || (is_run && runs_code(job)) || !is_mariadb;
}

/* True if may_set_warnings is true only because stored code, or an unknown text of an SQL-level PREPARE or
 * EXECUTE, might have set warnings. If that code used no tables, the warnings are still those of an
 * earlier statement. */
static bool may_leave_warnings(const struct job *job, bool is_mariadb)
{
    bool is_dark = job->facts.kind == SQL_PREPARE && job->inner.len == 0;
    bool is_code = runs_code(job) && !job->facts.uses_tables;
    return is_mariadb && (is_dark || is_code) && !job->reply.has_error && !job->reply.has_warnings &&
           !job->facts.has_sequence;
}

/* For a statement that may have left the warnings unchanged: true if it is not known whether the present
 * warnings are from this statement, from an earlier one on this connection, or on another connection. */
static bool are_lost(const struct answers *answers, const struct slot *slot)
{
    return answers->diagnostics != slot->generation && (answers->has_diagnostics || slot->has_warnings);
}

/* From now on the warnings are those of this statement. If that is not known: those that the connection
 * already has, or no connection can tell. */
static void note_warnings(struct answers *answers, const struct job *job, const struct slot *slot,
                          bool may_leave)
{
    bool is_lost = may_leave && are_lost(answers, slot);
    if (may_leave && answers->has_diagnostics && !is_lost)
        return;
    answers->diagnostics_place = job->place;
    answers->diagnostics = is_lost ? ANSWERS_LOST : slot->generation;
    answers->has_diagnostics = is_lost || job->reply.has_warnings || job->reply.has_error;
}

/* MariaDB: SHOW COLUMNS, SHOW INDEX and DESCRIBE of a missing table leave ROW_COUNT() unchanged, and so
 * does HELP always. Other statements that fail set it. */
static bool may_leave_row_count(const struct job *job, bool is_mariadb)
{
    return is_mariadb && job->facts.kind == SQL_SHOW && (job->reply.has_error || job->facts.leaves_row_count);
}

/* Does the reply tell ROW_COUNT()? Yes for a single statement of these kinds (seen on both families). No for
 * a GET DIAGNOSTICS that succeeds: it leaves ROW_COUNT() as it was, except if there is no such condition. */
static bool tells_row_count(const struct job *job)
{
    static const uint32_t kinds = 1u << SQL_SELECT | 1u << SQL_SHOW | 1u << SQL_DIAGNOSTICS |
                                  1u << SQL_WRITE | 1u << SQL_DDL | 1u << SQL_BEGIN | 1u << SQL_COMMIT |
                                  1u << SQL_ROLLBACK | 1u << SQL_SAVEPOINT | 1u << SQL_SET | 1u << SQL_USE;
    bool is_run =
        job->command->byte == COM_QUERY || (job->command->byte == COM_STMT_EXECUTE && !job->reply.has_cursor);
    bool has_both = job->facts.kind == SQL_WRITE && job->reply.has_rows; /* a write with RETURNING */
    bool has_none = job->facts.kind == SQL_DIAGNOSTICS && !job->reply.has_rows && !job->reply.has_error;
    return is_run && (kinds & 1u << job->facts.kind) != 0 && !job->facts.is_multi && !job->reply.has_multi &&
           !job->facts.may_hide_state && job->facts.code_effects == 0 && !job->is_cut && !has_both &&
           !has_none;
}

static void note_row_count(struct answers *answers, const struct job *job, uint64_t generation,
                           bool is_mariadb)
{
    if (job->command->byte == COM_STMT_PREPARE && !job->reply.has_error)
        return; /* PREPARE leaves ROW_COUNT() unchanged */
    bool may_leave = may_leave_row_count(job, is_mariadb);
    bool knows = !may_leave || answers->last == generation;
    answers->last = knows ? generation : ANSWERS_LOST;
    answers->last_place = job->place;
    struct recalled *rows =
        &answers->row_count; /* unknown if it may be that of an earlier statement, or -1 */
    rows->is_known = may_leave ? rows->is_known && rows->value == -1 : tells_row_count(job);
    if (!may_leave)
        rows->value = job->reply.has_error || job->reply.has_rows ? -1 : (int64_t)job->reply.affected;
}

enum diagnostics_count diagnostics_count_of(const struct sql_facts *facts, bool is_mariadb, uint32_t results,
                                            bool has_error)
{
    if (!facts->counts_rows)
        return COUNT_LEFT;
    if (!has_error || results > facts->first_count)
        return COUNT_SET;
    return results == facts->first_count && is_mariadb ? COUNT_UNKNOWN : COUNT_LEFT;
}

/* True if the statement may have set FOUND_ROWS() or left it unchanged: stored code without a result set,
 * a text that headgate has not read, CREATE TABLE IF NOT EXISTS … SELECT that created no table. */
static bool may_leave_count(const struct job *job)
{
    bool is_dark = job->facts.kind == SQL_PREPARE && job->inner.len == 0;
    bool is_code = runs_code(job) || job->facts.kind == SQL_UNKNOWN || is_dark;
    bool is_idle = job->facts.may_run_nothing && (!job->reply.has_changed || job->facts.is_multi);
    return job->facts.counts_rows && (is_code || is_idle) && !job->reply.has_rows;
}

/* Notes which connection knows FOUND_ROWS(). If it may be this connection or another one, no connection
 * counts as knowing it. */
static void note_count(struct answers *answers, const struct job *job, const struct slot *slot,
                       bool is_mariadb)
{
    uint64_t generation = slot->generation;
    enum diagnostics_count count =
        diagnostics_count_of(&job->facts, is_mariadb, slot->upstream->tracker.results, job->reply.has_error);
    bool may_leave = count == COUNT_UNKNOWN || may_leave_count(job);
    if (!may_leave && count == COUNT_LEFT)
        return;
    bool is_elsewhere = answers->found != 0 && answers->found != generation;
    answers->found_place = job->place;
    answers->found = may_leave && is_elsewhere ? ANSWERS_LOST : generation;
    answers->is_calculated = job->facts.reason == SQL_REASON_FOUND_ROWS && !job->facts.is_multi;
    answers->found_rows.is_known = false;
}

bool diagnostics_note_done(struct facets *facets, const struct job *job, struct slot *slot, bool is_kept,
                           uint64_t now_us)
{
    struct answers *answers = &facets->answers;
    bool is_mariadb = slot->upstream->family == FAMILY_MARIADB;
    bool is_statement = (job->command->manner != COMMAND_SESSION && job->command->manner != COMMAND_LOCAL) ||
                        job->command->byte == COM_INIT_DB;
    bool adds = job->reply.has_error || job->reply.has_warnings; /* ERR 1758: there is no such condition */
    bool is_question = job->facts.kind == SQL_DIAGNOSTICS && !adds;
    bool has_set = may_set_warnings(job, is_mariadb), may_leave = may_leave_warnings(job, is_mariadb);
    bool is_first = false;
    note_row_count(answers, job, slot->generation, is_mariadb);
    if (is_statement && has_set && !is_question)
        note_warnings(answers, job, slot, may_leave);
    bool has_any = adds || job->facts.reason == SQL_REASON_FOUND_ROWS;
    bool had_any = slot->has_warnings || slot->has_our_warnings || slot->answers_us != 0;
    if (is_statement && (has_set || job->facts.counts_rows) && !is_question && (has_any || had_any))
        is_first = diagnostics_note(job, slot, has_set && !may_leave, is_kept, now_us);
    if (is_statement && job->command->byte != COM_STMT_PREPARE)
        note_count(answers, job, slot, is_mariadb);
    return is_first;
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
static void say(const struct replay *replay, struct replay_command *command)
{
    (void)text_appendf(&command->argument, "SELECT 1 FROM (SELECT 1) a%s",
                       replay->task == SYNC_COUNT ? " LIMIT 0" : "");
}

static void note(const struct replay *replay)
{
    struct slot *slot = replay->slot;
    slot->has_our_warnings = false;
    if (replay->task == SYNC_COUNT) {
        slot->must_count = false;
    } else {
        slot->has_warnings = false;
        diagnostics_lose(&replay->facets->answers.found, slot);
    }
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
