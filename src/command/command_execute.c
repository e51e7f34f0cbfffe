/* Commands on prepared statements. The decision uses what was noted at the PREPARE, or the connection that
 * has the statement's long data or cursor. */

#include "command/command.h"

#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "prepared/upstream_statements.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "command/command_route.h"
#include "command/hints.h"
#include "command/kill_statement.h"
#include "command/pending_effects.h"

/* True if the command must run on the connection of an earlier one: long data must be where the statement
 * is executed, a cursor is where it was opened. */
static bool is_bound(const struct session *session, const struct prepared *prepared, uint8_t byte)
{
    if (prepared->last_place < 0)
        return false;
    const struct prepared_copy *copy = &prepared->copies[prepared->last_place];
    if (copy->generation == 0 || copy->generation != session->slots[prepared->last_place]->generation)
        return false;
    return byte == COM_STMT_FETCH || byte == COM_STMT_RESET || prepared->has_long_data;
}

/* True if long data was lost: the connection that had some of it is gone, or it is not the connection of
 * the open transaction. */
static bool has_lost_data(const struct session *session, const struct prepared *prepared)
{
    if (prepared->is_data_lost)
        return true;
    if (!prepared->has_long_data)
        return false;
    bool is_home = prepared->last_place == (int)facets_home(&session->facets);
    return !is_bound(session, prepared, COM_STMT_SEND_LONG_DATA) ||
           (facets_is_in_transaction(&session->facets) && !is_home);
}

/* Sends the command to the connection with the statement's long data or cursor, if the hints agree. In a
 * read-only transaction on a replica, a statement that may commit and write is refused: it would have to
 * leave the replica, but its long data is there. */
static enum step go_bound(struct session *session)
{
    bool is_execution = session->job->command->byte == COM_STMT_EXECUTE;
    if (is_execution && session->facets.transaction.is_away && session->job->facts.may_commit)
        return command_refuse_route(session, ROUTE_REASON_CALL_AWAY);
    struct route route = { .place = (enum route_place)session->job->prepared->last_place,
                           .reason = ROUTE_REASON_PREVIOUS };
    struct hints hints = { 0 };
    if (is_execution)
        hints_read_job(session, &hints);
    route = hints_route(&hints, route, &session->job->facts, session_view(session), session);
    if (route.is_refused)
        return command_refuse_route(session, route.reason);
    if (hints.has_any)
        hints_apply(session, &hints, route.place);
    return command_go(session, route.place, route.reason);
}

static bool read_execute(struct session *session, struct stmt_execute *execute_r)
{
    struct job *job = session->job;
    if (!stmt_parse_execute(command_payload(session), job->prepared->params, command_has_attributes(session),
                            execute_r))
        return false;
    job->reply.has_cursor = (execute_r->flags & STMT_CURSOR_READ_ONLY) != 0;
    hints_look_for_attributes(session);
    return !execute_r->has_types || prepared_note_types(job->prepared, execute_r->types);
}

/* Uses the servers' own words: MariaDB names the command (mysqld_stmt_fetch), MySQL uses one name for all
 * commands. */
static enum step refuse_unknown(struct session *session, uint32_t id)
{
    char name[40];
    size_t len = 0;
    for (const char *from = session->job->command->name + 3; *from != '\0' && len < sizeof name - 1; from++)
        name[len++] = (char)(*from >= 'A' && *from <= 'Z' ? *from + 32 : *from);
    name[len] = '\0';
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    return command_refuse(session, ERR_UNKNOWN_STMT, NULL,
                          "Unknown prepared statement handler (%u) given to %s%s", id,
                          is_mysql ? "mysql_stmt_precheck" : "mysqld", is_mysql ? "" : name);
}

enum step command_prepared(struct session *session)
{
    struct job *job = session->job;
    uint8_t byte = job->command->byte;
    struct span payload = command_payload(session);
    bool is_silent = job->command->shape == REPLY_NONE;
    if (payload.len < 5)
        return is_silent ? command_ignore(session) : command_refuse_malformed(session);
    uint32_t id = wire_load_u32(payload.data + 1);
    struct prepared *prepared = prepared_find(&session->prepared, id);
    if (prepared == NULL)
        return is_silent ? command_ignore(session) : refuse_unknown(session, id);
    job->prepared = prepared;
    if (byte ==
        COM_STMT_CLOSE) { /* closed on the servers that know it, unless another session uses the same one */
        job->prepared = NULL;
        upstream_statements_leave(session->slots, prepared);
        prepared_remove(&session->prepared, prepared);
        buf_drop_parsed(&session->client.in);
        return command_done(session);
    }
    struct sql_dialect names = dialect_of_names(session);
    prepared_refresh(prepared, &names);
    job->facts = prepared->facts;
    if (byte == COM_STMT_EXECUTE || byte == COM_STMT_FETCH)
        cost_begin(session, job->prepared->sql, job->prepared->facts.shape, false);
    if (has_lost_data(session, prepared)) {
        prepared->is_data_lost = byte == COM_STMT_SEND_LONG_DATA;
        prepared->has_long_data = false;
        if (byte == COM_STMT_SEND_LONG_DATA)
            return command_ignore(session);
        if (byte != COM_STMT_RESET)
            return command_refuse_pieces(session);
    }
    struct stmt_execute execute;
    if (byte == COM_STMT_EXECUTE && !read_execute(session, &execute)) {
        /* MariaDB reports an execution that ends before the types as one with too few parameters. */
        bool is_headless = command_payload(session).len < STMT_EXECUTE_FIXED;
        if (is_headless || execute.has_types || session_view(session)->family != FAMILY_MARIADB)
            return command_refuse_malformed(session);
        return command_refuse(session, ERR_WRONG_ARGUMENTS, NULL,
                              "Incorrect arguments to mysqld_stmt_execute");
    }
    if (job->facts.kill != SQL_KILL_NONE && byte == COM_STMT_EXECUTE)
        return kill_statement_execute(session, &execute);
    if (job->facts.kill != SQL_KILL_NONE && byte == COM_STMT_BULK_EXECUTE)
        return kill_statement_refuse(session);
    if (byte == COM_STMT_EXECUTE && !pending_effects_note_prepared(session))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "what a statement is about to change");
    if (byte == COM_STMT_RESET || byte == COM_STMT_FETCH) /* these commands run no statement */
        job->facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
    if (byte == COM_STMT_RESET && !is_bound(session, prepared, byte))
        return command_answer_ok(session); /* no server has state of the statement that could be reset */
    if (is_bound(session, prepared, byte))
        return go_bound(session);
    if (byte == COM_STMT_FETCH)
        return command_refuse_pieces(session);
    return command_by_facts(session);
}
