#include "command/ddl_notice.h"

#include "stored_code/stored_code.h"

static bool may_change_code(const struct job *job)
{
    static const uint32_t kinds = 1u << SQL_DDL | 1u << SQL_ADMIN | 1u << SQL_UNKNOWN;
    bool is_dynamic = job->inner.len > 0 || job->facts.execute_text.len > 0;
    return !job->facts.is_read && (is_dynamic || job->facts.is_multi || (kinds & 1u << job->facts.kind) != 0);
}

void ddl_notice_note(struct session *session, struct span sql, const struct sql_dialect *dialect)
{
    struct code_change change;
    struct code_changes *changes = session_view(session)->code_changes;
    if (changes == NULL || session->job.is_changing_code)
        return;
    if ((session->job.facts.code_effects & CODE_SCHEMA) != 0)
        change = (struct code_change){ .count = 1 }; /* hash 0: every name changes */
    else if (!may_change_code(&session->job) || !code_change_read(sql, dialect, &change))
        return;
    code_changes_begin(changes, &change);
    session->job.is_changing_code = true;
}

void ddl_notice_end(struct session *session)
{
    if (!session->job.is_changing_code)
        return;
    session->job.is_changing_code = false;
    code_changes_end(session_view(session)->code_changes);
    worker_note_code_change(session->worker, session->door->cluster);
}
