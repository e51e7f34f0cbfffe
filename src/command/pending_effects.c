/* Notes, before a statement is sent, what its text is about to change in the session's state: the changes of
 * a SET, and pins, which are state that exists on one connection only. For an EXECUTE, the text that it runs
 * is read. */
#include "command/pending_effects.h"

#include "session/command_text.h"
#include "state/pending_pins.h"
#include "state/pending_set.h"
#include "state/variable_effects.h"
#include "stored_code/stored_code.h"
#include "tokens/unquote.h"

/* ---- stored code ---- */

static bool may_change_code(const struct job *job)
{
    static const uint32_t kinds = 1u << SQL_DDL | 1u << SQL_ADMIN | 1u << SQL_UNKNOWN;
    bool is_dynamic = job->inner.len > 0 || job->facts.execute_text.len > 0;
    return !job->facts.is_read && (is_dynamic || job->facts.is_multi || (kinds & 1u << job->facts.kind) != 0);
}

static void note_code_change(struct session *session, struct span sql, const struct sql_dialect *dialect)
{
    struct code_change change;
    struct code_changes *changes = session_view(session)->code_changes;
    if (changes == NULL || session->job->is_changing_code)
        return;
    if ((session->job->facts.code_effects & CODE_SCHEMA) != 0)
        change = (struct code_change){ .count = 1 }; /* hash 0: every name changes */
    else if (!may_change_code(session->job) || !code_change_read(sql, dialect, &change))
        return;
    code_changes_begin(changes, &change);
    session->job->is_changing_code = true;
}

void pending_effects_end(struct session *session)
{
    session->job->is_changing_code = false;
    code_changes_end(session_view(session)->code_changes);
    worker_note_code_change(session->worker, session->listener->cluster);
}

/* ---- the session's state ---- */

/* Finds the text that an EXECUTE runs: the text of its PREPARE, or its own literal. False: unknown. */
static bool find_inner(struct session *session, const struct sql_dialect *dialect)
{
    struct job *job = session->job;
    if (job->facts.execute_text.len > 0)
        return sql_unquote(job->facts.execute_text, dialect, &job->inner) && job->inner.len > 0;
    struct span name = job->facts.execute_name;
    if (name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"'))
        name = span_of(name.data + 1, name.len - 2);
    struct span text = pins_text(&session->facets.pins, PIN_PREPARED, name);
    return name.len > 0 && text.len > 0 && text_append_span(&job->inner, text);
}

/* May the text end the open transaction, and do more than that? */
static bool may_commit(const struct sql_facts *facts)
{
    static const uint32_t cannot = 1u << SQL_EMPTY | 1u << SQL_SELECT | 1u << SQL_SHOW |
                                   1u << SQL_DIAGNOSTICS | 1u << SQL_WRITE | 1u << SQL_SET | 1u << SQL_USE |
                                   1u << SQL_CALL | 1u << SQL_COMMIT | 1u << SQL_ROLLBACK |
                                   1u << SQL_SAVEPOINT;
    return facts->may_commit || (cannot & 1u << facts->kind) == 0;
}

/* The effects of an EXECUTE are those of the text that it runs: takes over the facts about them. */
static void look_inside(struct session *session, const struct sql_dialect *dialect)
{
    struct sql_facts *facts = &session->job->facts;
    struct sql_facts inner = classify(text_span(&session->job->inner), false, dialect);
    facts->may_hide_state = facts->runs_code && (facts->code_effects & CODE_HIDES) != 0; /* … USING f() */
    facts_take_code(facts, &inner);
    facts->has_holds = inner.has_holds;
    facts->may_commit = may_commit(&inner);
    facts->touches_variables |= inner.touches_variables;
    facts->writes_variables |= inner.writes_variables;
    facts->sets_next_transaction = inner.sets_next_transaction;
    facts->releases = inner.releases;
    facts->gives_insert_id |= inner.gives_insert_id;
    facts->is_load |= inner.is_load;
    facts->has_sequence |= inner.has_sequence;
    facts->changes_accounts = inner.changes_accounts;
    facts->uses_tables = inner.uses_tables;
    facts->asks_id |= inner.asks_id;
    facts->asks_before |= inner.asks_before | inner.questions;
    facts->sets_for_itself = inner.sets_for_itself;
    facts->counts_rows = inner.counts_rows;
    facts->may_run_nothing = inner.may_run_nothing;
    facts->first_count = inner.first_count;
    facts->kill = inner.kill;
    facts->kill_id = inner.kill_id;
    facts->kill_is_query = inner.kill_is_query;
    session->job->is_inner_set = inner.kind == SQL_SET;
}

bool pending_effects_note(struct session *session, struct span sql, const struct sql_dialect *dialect)
{
    struct job *job = session->job;
    struct span schema =
        job->prepared != NULL ? text_span(&job->prepared->schema) : text_span(&session->facets.schema);
    bool is_set = job->facts.kind == SQL_SET;
    if (job->facts.touches_variables && !variable_effects_note_names(job, sql, dialect))
        return false;
    bool is_execute = job->facts.execute_name.len > 0 || job->facts.execute_text.len > 0;
    if (is_execute && find_inner(session, dialect)) {
        look_inside(session, dialect);
        sql = text_span(&job->inner);
        if (job->facts.touches_variables && !variable_effects_note_names(job, sql, dialect))
            return false;
        is_set = job->is_inner_set;
        if (job->facts.execute_name.len > 0 &&
            session->facets.has_left_schema) /* names mean the schema at its PREPARE: unknown */
            schema = (struct span){ 0 };
    }
    if (is_set && (job->pending_set = pending_set_read(sql, dialect)) == NULL)
        return false;
    if (job->facts.has_holds && (job->pending_pins = pending_pins_read(sql, dialect, schema)) == NULL)
        return false;
    if (!job->facts.is_read)
        note_code_change(session, sql, dialect);
    return true;
}

bool pending_effects_note_prepared(struct session *session)
{
    struct job *job = session->job;
    bool changes = job->facts.kind == SQL_SET || job->facts.has_holds;
    bool changes_code = job->facts.kind == SQL_DDL || (job->facts.code_effects & CODE_SCHEMA) != 0;
    if (!changes && !job->facts.touches_variables && !changes_code)
        return true;
    struct sql_dialect dialect = dialect_of(session);
    if (job->prepared->sql.len > 0)
        return pending_effects_note(session, job->prepared->sql, &dialect);
    job->facts.may_hide_state |= changes;
    job->names.has_odd = true;
    return true;
}
