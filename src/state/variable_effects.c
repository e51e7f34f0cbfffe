/* What statements do to user variables. A SET of literals tells the new values. Any other statement that
 * names user variables, and may write, leaves them unknown, and so does a statement that runs stored code:
 * triggers may set any. Unknown values are known to the connection that ran the statement (facets.variables)
 * until it is asked for them.
 *
 * Only the statement's text tells what it may have done: session tracking names no user variables. */
#include "state/variable_effects.h"

#include "stored_code/stored_code.h"
#include "mysql/reply.h"
#include "state/facet.h"
#include "state/pending_set.h"

bool variable_effects_note_names(struct job *job, struct span sql, const struct sql_dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    lexer_begin(&lexer, sql, dialect);
    for (token = lexer_next(&lexer); token.type != TOKEN_END; token = lexer_next(&lexer)) {
        struct span name;
        bool is_system = token.text.len > 1 && token.text.data[1] == '@';
        if (token.type != TOKEN_VARIABLE || is_system)
            continue;
        job->names.count++;
        if (!user_variables_name(token.text, &name))
            job->names.has_odd = true;
        else if (!text_append_span(&job->names.text, name) || !text_append_byte(&job->names.text, '\0'))
            return false;
    }
    job->names.has_odd |= lexer.doubts != 0 || job->is_cut;
    return true;
}

/* May the statement have set user variables that its text does not name? That is so if it runs unknown stored
 * code, or if it writes, because it may run triggers. */
static bool may_set_unnamed(const struct job *job)
{
    static const uint32_t harmless = 1u << SQL_EMPTY | 1u << SQL_SELECT | 1u << SQL_SHOW |
                                     1u << SQL_DIAGNOSTICS | 1u << SQL_SET | 1u << SQL_USE | 1u << SQL_BEGIN |
                                     1u << SQL_COMMIT | 1u << SQL_ROLLBACK | 1u << SQL_SAVEPOINT |
                                     1u << SQL_CALL | 1u << SQL_PREPARE | 1u << SQL_DDL | 1u << SQL_LOCK |
                                     1u << SQL_HANDLER | 1u << SQL_XA | 1u << SQL_KILL | 1u << SQL_ADMIN;
    bool runs_text = job->facts.execute_name.len > 0 || job->facts.execute_text.len > 0;
    bool is_harmless = runs_text ? job->is_inner_set : (harmless & 1u << job->facts.kind) != 0;
    return !is_harmless || job->facts.may_hide_state || job->facts.is_multi || job->is_cut ||
           job->facts.sets_unnamed || (job->facts.code_effects & CODE_WRITES) != 0;
}

/* A SET that assigns literals, and names user variables nowhere else. */
static bool is_plain_set(const struct job *job)
{
    const struct pending_set *changes = job->pending_set;
    return changes != NULL && !job->reply.has_error && !job->facts.is_multi && !changes->has_unknown_user &&
           !job->names.has_odd && changes->user_count == job->names.count;
}

/* Notes the user variables that the text names. */
static void note_named(struct uservars *vars, const struct job *job)
{
    for (size_t at = 0; at < job->names.text.len;) {
        struct span name = span_cstr(job->names.text.data + at);
        if (job->facts.writes_variables)
            user_variables_forget(vars, name);
        else
            user_variables_mention(vars, name);
        at += name.len + 1;
    }
    vars->has_odd |= job->names.has_odd && job->facts.writes_variables;
}

static enum route_variables here(const struct job *job)
{
    return job->place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
}

/* Notes the values after a job on the slot's connection. The connection is up to date only if it was before
 * the job: another connection may have told values that this one lacks. */
static void note_values(struct facets *facets, struct slot *slot, const struct job *job)
{
    struct uservars *vars = &facets->user_vars;
    if ((facets->set & facet_bit(FACET_USER_VARIABLES)) ==
        0) /* the first ones: in the present character sets */
        facets->user_vars_base = job->vars_before;
    facets_note(facets, FACET_USER_VARIABLES);
    bool had_all = slot->user_version == vars->version;
    if (job->pending_set != NULL && is_plain_set(job))
        user_variables_merge(vars, &job->pending_set->user);
    else
        note_named(vars, job);
    if (may_set_unnamed(job)) {
        user_variables_forget_all(vars);
        vars->has_others = true;
    }
    if (facets->user_vars_base != facets->vars.version)
        user_variables_forget_strings(vars);
    if (had_all)
        slot->user_version = vars->version;
    facets->variables = user_variables_are_known(vars) ? VARIABLES_NOWHERE : here(job);
}

/* The same for a job on the replica of a split port: in a read-only transaction, or a question about a
 * statement that ran there. */
static void note_values_away(struct facets *facets, struct slot *slot, const struct job *job)
{
    if (job->facts.writes_variables)
        note_values(facets, slot, job);
    else if (job->facts.may_hide_state && facets->variables == VARIABLES_NOWHERE) {
        facets->variables = VARIABLES_MAYBE_REPLICA;
        facets_note(facets, FACET_USER_VARIABLES);
    }
}

void variable_effects_note_done(struct facets *facets, struct slot *const slots[SLOT_COUNT],
                                const struct job *job)
{
    struct slot *slot = slots[job->place];
    bool has_any = facets->user_vars.count > 0 || facets->user_vars.has_odd || job->facts.touches_variables ||
                   job->facts.sets_unnamed;
    bool is_away = job->place == ROUTE_REPLICA && facets->mode == LISTENER_SPLIT;
    bool are_elsewhere = (facets->variables == VARIABLES_PRIMARY || facets->variables == VARIABLES_REPLICA) &&
                         facets->variables != here(job);
    if (are_elsewhere)
        return;
    if (is_away)
        note_values_away(facets, slot, job);
    else if (job->is_home && has_any && !variable_effects_needs_none(job))
        note_values(facets, slot, job);
    if (job->is_home)
        facets->user_vars_base = facets->vars.version;
}

static bool is_without_variables(const struct facets *facets, const struct job *job)
{
    return facets->variables == VARIABLES_REPLICA && job->place == ROUTE_PRIMARY && !job->is_login &&
           facets->mode == LISTENER_SPLIT;
}

static bool needs_variables(const struct job *job)
{
    return job->facts.touches_variables || job->facts.writes_variables;
}

static bool asks_before(const struct job *job)
{
    return job->facts.refers_previous || job->facts.asks_before != 0;
}

/* The values from the replica are set on the primary. That SET must not come between a question and the
 * statement that it asks about. */
bool variable_effects_are_away(const struct facets *facets, const struct job *job)
{
    bool is_concerned = needs_variables(job) || may_set_unnamed(job);
    return is_without_variables(facets, job) && is_concerned && !asks_before(job);
}

bool variable_effects_needs_none(const struct job *job)
{
    return asks_before(job) && !needs_variables(job) && !may_set_unnamed(job);
}

static bool lacks_known(const struct facets *facets, const struct slot *slot, const struct job *job)
{
    return job->place == ROUTE_PRIMARY && slot->upstream != NULL &&
           user_variables_has_since(&facets->user_vars, slot->user_version);
}

bool variable_effects_are_lost(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                               const struct job *job)
{
    if (asks_before(job) && !variable_effects_needs_none(job) &&
        lacks_known(facets, slots[ROUTE_PRIMARY], job))
        return true;
    return is_without_variables(facets, job) && needs_variables(job);
}

bool variable_effects_may_be_lost(const struct facets *facets, const struct job *job)
{
    if (job->facts.touches_variables && job->facts.writes_variables)
        return true;
    return facets->user_vars.count > 0 && may_set_unnamed(job);
}

/* ---- the facet ---- */

/* At home (facets_home) any statement may read user variables, by a trigger or a stored function. */
static enum sync_task lacks(const struct replay *replay)
{
    const struct job *job = replay->job;
    if (replay->slot->user_version == replay->facets->user_vars.version)
        return SYNC_NOTHING;
    bool is_home = job->place == facets_home(replay->facets);
    bool is_needed = is_home ? !variable_effects_needs_none(job)
                             : job->facts.touches_variables && !job->facts.refers_previous;
    return is_needed ? SYNC_USER_VARS : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    user_variables_say(&replay->facets->user_vars, replay->slot->user_version, &command->argument);
}

static void note(const struct replay *replay)
{
    replay->slot->user_version = replay->facets->user_vars.version;
}

static uint32_t keeps(const struct facets *facets, enum route_place place)
{
    enum route_variables variables = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    return facets->variables == variables ? pin_bit(PIN_USER_VARIABLES) : 0;
}

static bool is_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place)
{
    (void)slots;
    return keeps(facets, place) != 0 && user_variables_may_ask(&facets->user_vars);
}

/* The names of the variables are needed before their values. */
static bool ask(const struct facets *facets, struct slot *slot, struct text *sql)
{
    const struct uservars *vars = &facets->user_vars;
    if (vars->has_others)
        (void)text_append_cstr(sql, user_variables_list_query(slot->upstream->family == FAMILY_MYSQL));
    else
        user_variables_ask(vars, sql);
    return vars->has_others;
}

/* The server refused. It is asked again after the variables have changed: the reason may have been a KILL
 * QUERY. If it refused the list of names for another reason, it is not asked for the list again. */
static void note_refusal(struct uservars *vars, int code)
{
    vars->stuck_version = vars->version;
    vars->is_unlisted |= vars->has_others && code != ERR_QUERY_INTERRUPTED;
}

/* After any answer, the connection has all known values. False: it will not tell the values that are unknown
 * still. */
static bool learn(struct facets *facets, struct slot *slot, const struct facet_answer *answer)
{
    struct uservars *vars = &facets->user_vars;
    if (answer->version != vars->version) /* reset meanwhile */
        vars->stuck_version = vars->version;
    else if (answer->told->is_err)
        note_refusal(vars, answer->told->error.code);
    else if (vars->has_others)
        user_variables_note_list(vars, answer->rows);
    else
        user_variables_learn(vars, answer->rows);
    slot->user_version = vars->version;
    if (user_variables_are_known(vars))
        facets->variables = VARIABLES_NOWHERE;
    return user_variables_are_known(vars) || user_variables_may_ask(vars);
}

static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    (void)facets;
    return slot->user_version != 0 ? LEFT_TO_RESET : LEFT_KNOWN;
}

static void reset(struct facets *facets)
{
    user_variables_clear(&facets->user_vars);
    facets->variables = VARIABLES_NOWHERE;
}

static void fini(struct facets *facets)
{
    user_variables_fini(&facets->user_vars);
}

const struct facet facet_variable_effects = { .tasks = 1u << SYNC_USER_VARS,
                                              .lacks = lacks,
                                              .say = say,
                                              .note = note,
                                              .keeps = keeps,
                                              .is_asked = is_asked,
                                              .may_end = 1u << PIN_USER_VARIABLES,
                                              .ask = ask,
                                              .learn = learn,
                                              .left = left,
                                              .reset = reset,
                                              .keeps_bit = true,
                                              .fini = fini };
