/* What statements do to user variables. A SET of literals says what they hold; anything else that names them,
 * and may write, leaves them unknown, and so does what runs stored code: triggers may set any. The unknown
 * ones live in the connection that ran the statement (session.variables), until they are read back.
 *
 * Which statement may have done what is told by its text alone; session tracking names no user variables.
 */
#include "state/variable_effects.h"

#include "pool/state_capture.h"
#include "sql/stored_code.h"
#include "state/pending_set.h"

bool variable_effects_note_names(struct session *session, struct span sql, const struct sql_dialect *dialect)
{
    struct job *job = &session->job;
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

/* What runs stored code that is not known, or writes and so may run triggers, may have set any of them. */
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
    const struct changes *changes = job->changes;
    return changes != NULL && !job->reply.has_error && !job->facts.is_multi && !changes->has_unknown_user &&
           !job->names.has_odd && changes->user_count == job->names.count;
}

/* All that its text names. */
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

/* What was learnt from elsewhere while it ran has not been said here. */
static void note_values(struct session *session)
{
    const struct job *job = &session->job;
    struct uservars *vars = &session->facets.user_vars;
    struct slot *slot = &session->slots[job->place];
    bool had_all = slot->user_version == vars->version;
    if (job->changes != NULL && is_plain_set(job))
        user_variables_merge(vars, &job->changes->user);
    else
        note_named(vars, job);
    if (may_set_unnamed(job)) {
        user_variables_forget_all(vars);
        vars->has_others = true;
    }
    if (session->facets.user_vars_base != session->facets.vars.version)
        user_variables_forget_strings(vars);
    if (had_all)
        slot->user_version = vars->version;
    session->facets.variables = user_variables_are_known(vars) ? VARIABLES_NOWHERE : here(job);
}

/* In a read-only transaction on a replica, or a question about what ran there. */
static void note_values_away(struct session *session)
{
    const struct job *job = &session->job;
    if (job->facts.writes_variables)
        note_values(session);
    else if (job->facts.may_hide_state && session->facets.variables == VARIABLES_NOWHERE)
        session->facets.variables = VARIABLES_MAYBE_REPLICA;
}

void variable_effects_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool has_any = session->facets.user_vars.count > 0 || session->facets.user_vars.has_odd ||
                   job->facts.touches_variables || job->facts.sets_unnamed;
    bool is_away = job->place == ROUTE_REPLICA && session->door->settings->mode == LISTENER_SPLIT;
    bool are_elsewhere =
        (session->facets.variables == VARIABLES_PRIMARY || session->facets.variables == VARIABLES_REPLICA) &&
        session->facets.variables != here(job);
    if (are_elsewhere)
        return;
    if (is_away)
        note_values_away(session);
    else if (job->is_home && has_any && !variable_effects_needs_none(session))
        note_values(session);
    if (job->is_home)
        session->facets.user_vars_base = session->facets.vars.version;
}

static bool is_without_variables(const struct session *session)
{
    return session->facets.variables == VARIABLES_REPLICA && session->job.place == ROUTE_PRIMARY &&
           !session->job.is_login && session->door->settings->mode == LISTENER_SPLIT;
}

static bool needs_variables(const struct job *job)
{
    return job->facts.touches_variables || job->facts.writes_variables;
}

/* About the statement before. */
static bool asks_before(const struct job *job)
{
    return job->facts.refers_previous || job->facts.asks_before != 0;
}

/* They are said on the primary then, which must not come between a question and what it is about. */
bool variable_effects_must_wait(struct session *session)
{
    const struct job *job = &session->job;
    bool is_concerned = needs_variables(job) || may_set_unnamed(job);
    return is_without_variables(session) && is_concerned && !asks_before(job) &&
           state_capture_ask_variables(session, ROUTE_REPLICA);
}

bool variable_effects_needs_none(const struct session *session)
{
    const struct job *job = &session->job;
    return asks_before(job) && !needs_variables(job) && !may_set_unnamed(job);
}

static bool lacks_known(const struct session *session)
{
    const struct slot *slot = &session->slots[ROUTE_PRIMARY];
    return session->job.place == ROUTE_PRIMARY && slot->upstream != NULL &&
           user_variables_has_since(&session->facets.user_vars, slot->user_version);
}

bool variable_effects_is_elsewhere(const struct session *session)
{
    const struct job *job = &session->job;
    if (asks_before(job) && !variable_effects_needs_none(session) && lacks_known(session))
        return true;
    return is_without_variables(session) && needs_variables(job);
}

bool variable_effects_may_be_lost(const struct session *session)
{
    const struct job *job = &session->job;
    if (job->facts.touches_variables && job->facts.writes_variables)
        return true;
    return session->facets.user_vars.count > 0 && may_set_unnamed(job);
}
