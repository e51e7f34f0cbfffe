#include "state/session_variables.h"

#include "state/facet.h"
#include "state/pending_set.h"
#include "state/pooled.h"

/* ---- what tells of a change ---- */

/* On MySQL insert_id = 0 is an id like others, and MySQL reports 0 also if insert_id is not set. So headgate
 * cannot see when a statement has used it up. */
static bool is_without_end(struct span name, struct span literal, enum server_family family)
{
    uint64_t id;
    return family == FAMILY_MYSQL && span_is_nocase(name, "insert_id") &&
           (!span_to_u64(literal, &id) || id == 0);
}

/* The session has set a VARS_HOLD variable on its connection. The session keeps the connection until the
 * variable has its default again. */
static void hold(struct facets *facets, struct span name, struct span literal, enum server_family family,
                 const struct pin_origin *origin)
{
    if (is_without_end(name, literal, family))
        facets_pin(facets, PIN_UNKNOWN_SET, origin);
    else if (vars_is_default(name, literal))
        pins_release(&facets->pins, PIN_HELD_SET, name);
    else
        pins_add(&facets->pins, PIN_HELD_SET, name, (struct span){ 0 }, origin);
}

static bool commit(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    const struct pending_set *changes = job->pending_set;
    const struct pin_origin origin = job_origin(job, now_us);
    struct span name, literal;
    for (size_t at = 0; vars_next(&changes->held, &at, &name, &literal);)
        hold(facets, name, literal, slot->upstream->family, &origin);
    bool is_known = pending_set_commit(changes, &facets->vars, job->vars_before);
    bool has_own_schema = facets->schema.len > 0 && !facets->keeps_schema;
    facets_note(facets, FACET_VARIABLES);
    facets->has_replica_refused = false; /* a replica may accept the session now */
    /* Without a schema of the session each server has its own collation. */
    return is_known && (has_own_schema || !vars_follows_schema(&facets->vars));
}

/* VARS_IGNORE variables whose change is no loss: headgate knows it from status flags or the schema, or the
 * variable is only a result. */
static bool is_known_anyway(struct span name)
{
    static const char *const names[] = { "autocommit",   "last_gtid",      "character_set_database",
                                         "statement_id", "in_transaction", "collation_database" };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

static void note_followed(const struct report *report, const struct sesstrack_change *change)
{
    struct text literal = { 0 };
    if (!vars_literal(change->name, change->value, &literal) ||
        !vars_set(&report->facets->vars, change->name, text_span(&literal)))
        report_pin(report, PIN_UNKNOWN_SET);
    facets_note(report->facets, FACET_VARIABLES);
    report->facets->has_replica_refused = false;
    text_fini(&literal);
}

static void note_held(const struct report *report, const struct sesstrack_change *change)
{
    struct job *job = report->job;
    job->reply.has_untold = true;
    if (job->pending_set != NULL) /* the value is taken from the text of the SET */
        return;
    const struct pin_origin origin = job_origin(job, report->now_us);
    hold(report->facets, change->name, change->value, report->slots[job->place]->upstream->family, &origin);
}

static void told(const struct report *report, const struct sesstrack_change *change)
{
    struct job *job = report->job;
    switch (vars_manner_of(change->name)) {
    case VARS_IGNORE:
        job->reply.has_untold |= !is_known_anyway(change->name);
        job->reply.has_last_gtid |= span_is_nocase(change->name, "last_gtid");
        break;
    case VARS_UNTRACKED:
        job->reply.has_untold |=
            job->pending_set == NULL; /* otherwise the value is taken from the SET's text */
        break;
    case VARS_EMULATE:
        break;
    case VARS_HOLD:
        note_held(report, change);
        break;
    case VARS_PIN:
        report_pin(report, PIN_UNKNOWN_SET);
        break;
    case VARS_APPLY:
    case VARS_APPLY_WRITES:
        note_followed(report, change);
        break;
    }
}

/* ---- a connection gets the variables ---- */

/* VARS_APPLY_WRITES variables are needed where writes run, and by statements that may ask for them. Reads
 * that are not harmless go to the primary, or are in the transaction that is open on the replica. The
 * statement that begins that transaction is no read either. A question about an earlier statement gets no SET
 * before it: the answer would be about the SET. */
static bool needs_writes(const struct facets *facets, const struct job *job)
{
    bool runs_writes = job->place == ROUTE_PRIMARY || facets->mode == LISTENER_REPLICA;
    bool may_ask = !job->facts.is_read && !job->facts.refers_previous && !job->is_login;
    return facets->vars.has_for_writes && (runs_writes || may_ask);
}

void session_variables_note_there(const struct facets *facets, const struct job *job, struct slot *slot)
{
    pooled_of(slot->upstream)->vars_version = facets->vars.version;
    if (needs_writes(facets, job))
        slot->writes_version = facets->vars.version;
}

static enum sync_task lacks(const struct replay *replay)
{
    const struct slot *slot = replay->slot;
    uint64_t version = replay->facets->vars.version;
    bool is_due = pooled_of(slot->upstream)->vars_version != version ||
                  (slot->writes_version != version && needs_writes(replay->facets, replay->job));
    return is_due ? SYNC_VARS : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    const struct slot *slot = replay->slot;
    vars_diff(&replay->facets->vars, pooled_of(slot->upstream)->vars_version,
              needs_writes(replay->facets, replay->job) ? slot->writes_version : VARS_NONE,
              &command->argument);
}

static void note(const struct replay *replay)
{
    session_variables_note_there(replay->facets, replay->job, replay->slot);
}

/* ---- the connection and its end ---- */

/* With sql_auto_is_null only the connection knows which row "IS NULL" finds. */
static uint32_t keeps(const struct facets *facets, enum route_place place)
{
    return facets->vars.is_auto_is_null && place == facets_home(facets) ? pin_bit(PIN_AUTO_IS_NULL) : 0;
}

/* The only variable of PIN_HELD_SET, if a statement may have used it up by now; NULL: there is none. */
static const char *held(const struct facets *facets)
{
    return vars_used_up(pins_only_name(&facets->pins, PIN_HELD_SET));
}

static bool is_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place)
{
    return !slots[place]->has_told_held && facets_has_pins_at(facets, place) && held(facets) != NULL;
}

static bool ask(const struct facets *facets, struct slot *slot, struct text *sql)
{
    (void)slot;
    (void)text_appendf(sql, "SELECT @@%s LIMIT 1", held(facets));
    return false;
}

static bool learn(struct facets *facets, struct slot *slot, const struct facet_answer *answer)
{
    uint64_t number;
    struct span value;
    if (answer->told->is_err || !rows_value(answer->rows, 0, 0, &value) || !span_to_u64(value, &number))
        return false;
    slot->has_told_held = number != 0;
    if (number == 0)
        pins_release_all(&facets->pins, PIN_HELD_SET); /* it was the only one */
    return true;
}

/* Two connections may differ although their variables are equal: with sql_auto_is_null rows are found by the
 * last id, only some connections of a session have the variables for writes, and a collation may be that of
 * the schema. */
static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    const struct vars *vars = &facets->vars;
    bool is_odd = vars->is_auto_is_null || vars->has_for_writes || vars_follows_schema(vars);
    bool has_all = pooled_look(slot->upstream)->vars_version == vars->version;
    return has_all && !is_odd ? LEFT_KNOWN : LEFT_TO_RESET;
}

static void reset(struct facets *facets)
{
    vars_clear(&facets->vars);
}

static void fini(struct facets *facets)
{
    vars_fini(&facets->vars);
}

static bool keeps_reads(const struct foreseen *foreseen)
{
    const struct pending_set *changes = foreseen->changes;
    return changes != NULL &&
           (changes->needs_pin || changes->is_malformed || changes->constants.is_auto_is_null);
}

const struct facet facet_session_variables = { .told_by = 1u << SESSTRACK_VARIABLE,
                                               .told = told,
                                               .commit = commit,
                                               .tasks = 1u << SYNC_VARS,
                                               .lacks = lacks,
                                               .say = say,
                                               .note = note,
                                               .keeps = keeps,
                                               .is_asked = is_asked,
                                               .may_end = 1u << PIN_HELD_SET,
                                               .ask = ask,
                                               .learn = learn,
                                               .left = left,
                                               .reset = reset,
                                               .keeps_bit = true,
                                               .fini = fini,
                                               .keeps_reads = keeps_reads };
