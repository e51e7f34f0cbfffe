#include "command/kill_statement.h"

#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "sql/kill.h"

static enum step refuse(struct session *session, const char *reason)
{
    return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run: %s", reason);
}

enum step kill_statement_refuse(struct session *session)
{
    /* MariaDB itself refuses a KILL whose number would come from a query or a sequence. */
    struct span text = command_text(session);
    bool asks =
        span_mentions(text, "SELECT") || span_mentions(text, "LASTVAL") || span_mentions(text, "NEXTVAL");
    if (asks && session->job->facts.kind == SQL_KILL && session_view(session)->family == FAMILY_MARIADB)
        return command_refuse(session, ERR_SUBQUERIES_NOT_SUPPORTED, NULL,
                              "KILL does not support subqueries or stored functions");
    return refuse(session,
                  session->job->facts.kill == SQL_KILL_WIDE
                      ? "KILL USER and KILL QUERY ID would hit other sessions' connections; use KILL "
                        "with a number"
                      : "KILL must be the only statement of its text, and name a number, a parameter "
                        "of a prepared statement, or a user variable with a known value");
}

bool kill_statement_is_ours(const struct session *session)
{
    const struct sql_facts *facts = &session->job->facts;
    bool is_refused = facts->kill == SQL_KILL_OTHER || facts->kill == SQL_KILL_WIDE;
    if (session->job->command->byte == COM_STMT_PREPARE) /* PREPARE runs nothing */
        return is_refused;
    if (facts->kill == SQL_KILL_INNER) /* an SQL-level PREPARE runs nothing either */
        return facts->kind != SQL_PREPARE;
    return facts->kill != SQL_KILL_PARAMETER || facts->kind != SQL_KILL; /* `?` in a text is a syntax error */
}

/* The frontend runs the KILL (state KILLING). */
static enum step begin(struct session *session, uint64_t id)
{
    session->job->kill.id = id;
    return session_enter(session, SESSION_KILLING);
}

/* Runs or refuses a KILL. `sql`: the text of the KILL itself. */
static enum step run(struct session *session, struct span sql)
{
    const struct sql_facts *facts = &session->job->facts;
    uint64_t id = facts->kill_id;
    if (facts->kill == SQL_KILL_SELF)
        return begin(session, session->id);
    struct sql_dialect dialect = dialect_of(session);
    struct span name;
    bool is_known =
        facts->kill == SQL_KILL_NUMBER ||
        (facts->kill == SQL_KILL_VARIABLE && user_variables_name(kill_variable(sql, &dialect), &name) &&
         span_to_u64(user_variables_literal(&session->facets.user_vars, name), &id));
    return is_known ? begin(session, id) : kill_statement_refuse(session);
}

enum step kill_statement_run(struct session *session)
{
    struct span inner = text_span(&session->job->inner);
    return run(session, inner.len > 0 ? inner : command_text(session));
}

enum step kill_statement_execute(struct session *session, const struct stmt_execute *execute)
{
    const struct prepared *prepared = session->job->prepared;
    uint64_t id;
    if (session->job->facts.kill != SQL_KILL_PARAMETER)
        return run(session, prepared->sql);
    bool is_number = !prepared->has_long_data && !session->job->is_cut &&
                     stmt_first_number(command_payload(session), execute, text_span(&prepared->types), &id);
    return is_number ? begin(session, id) : refuse(session, "the parameter of this KILL is not a number");
}
