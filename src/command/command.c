/* Finds out which command the client sends. Reads as much of the command as the decision needs, never more
 * than the SQL reader's cap, and passes it to command_prepared or a handler here. */

#include "command/command.h"

#include "mysql/reply.h"
#include "mysql/stmt.h"
#include "mysql/wire.h"
#include "session/state_capture.h"
#include "session/yield.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "command/command_route.h"
#include "command/gtid_token.h"
#include "command/hints.h"
#include "command/kill_statement.h"
#include "command/pending_effects.h"
#include "session/compression.h"
#include "session/slot.h"
#include "state/transaction.h"

/* ---- IDLE and READING ---- */

enum step command_idle(struct session *session)
{
    struct buf *in = &session->client.in;
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, NULL);
    /* No command is read from a client that does not read its answers. */
    switch (stream_flush(&session->client)) {
    case STREAM_OK:
        break;
    case STREAM_BLOCKED:
        return STEP_WAIT;
    case STREAM_EOF:
    case STREAM_FAILED:
        return session_close(session, CLOSE_CLIENT_FAILED, NULL);
    }
    for (int place = 0; place < PREPARED_PLACES; place++) {
        const struct upstream *upstream = session->slots[place]->upstream;
        if (upstream != NULL && upstream_wanted(upstream) != NULL) /* another session waits for it */
            yield_give_up(session, (enum route_place)place);
    }
    if (session->worker->is_draining && !facets_has_transaction(&session->facets))
        return session_close(session, CLOSE_SHUTDOWN, NULL);
    if (buf_unparsed(in).len > 0)
        return session_enter(session, SESSION_READING);
    if (session->is_client_eof && !state_capture_is_running(session))
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    stream_trim(&session->client);
    return STEP_WAIT;
}

/* The most bytes that the types of all parameters can take. With query attributes the types have names,
 * whose length is not known: more than the window holds is waited for only if the window was not enough. */
static uint32_t most_for_types(const struct session *session, uint16_t params, struct span payload)
{
    struct stmt_execute execute;
    uint32_t fixed = 10 + (params + 7u) / 8 + 1 + params * 2u;
    if (!command_has_attributes(session) || stmt_parse_execute(payload, params, true, &execute))
        return fixed;
    return fixed + params + SQL_TEXT_MAX;
}

/* COM_STMT_EXECUTE: how many bytes must be in the window. The types of all parameters must be visible, and
 * there may be 65535 parameters. */
static uint32_t wanted_for_types(struct session *session, const struct packet_header *header,
                                 struct span bytes)
{
    if (bytes.len < PACKET_HEADER_BYTES + 5)
        return PACKET_HEADER_BYTES + (header->len < 5 ? header->len : 5);
    size_t there = bytes.len - PACKET_HEADER_BYTES;
    struct span payload =
        span_of(bytes.data + PACKET_HEADER_BYTES, header->len < there ? header->len : there);
    struct prepared *prepared = prepared_find(&session->prepared, wire_load_u32(payload.data + 1));
    uint32_t most = prepared != NULL ? most_for_types(session, prepared->params, payload) : 0;
    return PACKET_HEADER_BYTES + (header->len < most ? header->len : most);
}

static enum step wait_for_client(struct session *session)
{
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

static enum step dispatch(struct session *session);

enum step command_reading(struct session *session)
{
    struct buf *in = &session->client.in;
    struct span bytes = buf_unparsed(in);
    struct packet_header header;
    if (!packet_peek(bytes, &header) || (header.len > 0 && bytes.len == PACKET_HEADER_BYTES))
        return wait_for_client(session);
    if (!session_begin_job(session))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "a command");
    struct job *job = session->job;
    job->command = command_find(header.len > 0 ? bytes.data[PACKET_HEADER_BYTES] : 0);
    if (job->command->byte == COM_QUIT && state_capture_is_running(session))
        return STEP_WAIT;
    /* The decision needs of a statement at most the SQL reader's cap, of other commands at most a window. */
    uint32_t cap = job->command->manner == COMMAND_STATEMENT ? PACKET_HEADER_BYTES + 1 + SQL_TEXT_MAX
                                                             : LOOP_WINDOW_BYTES;
    uint32_t whole = PACKET_HEADER_BYTES + header.len;
    uint32_t wanted = whole < cap ? whole : cap;
    if (job->command->byte == COM_STMT_EXECUTE) {
        uint32_t types = wanted_for_types(session, &header, bytes);
        wanted = types > wanted ? types : wanted;
    }
    if (bytes.len < wanted) {
        if (in->cap - in->kept < wanted && !stream_grow(&session->client, wanted))
            return session_close(session, CLOSE_OUT_OF_MEMORY, "a long statement");
        return wait_for_client(session);
    }
    if (stream_is_packed(&session->client)) {
        stream_restart(&session->client); /* frame numbers start again */
        compression_count(session);
    }
    packet_run_begin(&job->run);
    buf_mark_parsed(in, packet_run_feed(&job->run, bytes));
    job->is_cut = !job->run.is_complete;
    job->started_us = session_now(session);
    session_set_deadline(session, 0);
    if (header.seq != 0) {
        reply_put_err(&session->client.out, (uint8_t)(header.seq + 1), ERR_PACKETS_OUT_OF_ORDER, NULL,
                      "Got packets out of order");
        return session_close(session, CLOSE_CLIENT_NONSENSE, "packets out of order");
    }
    counter_add(&session->commands, 1);
    return session->lost.len > 0 && job->command->byte != COM_QUIT ? command_tell_lost(session)
                                                                   : dispatch(session);
}

/* ---- commands with a text ---- */

/* Finds where the text of a COM_QUERY begins, after its query attributes. If the attributes are so long
 * that the text does not begin within the window, nothing is known of the text. False: malformed, every
 * server would refuse it. */
static bool find_text(struct session *session)
{
    struct job *job = session->job;
    struct attributes attributes;
    if (job->command->byte != COM_QUERY || !command_has_attributes(session))
        return true;
    struct span payload = command_payload(session);
    if (attributes_find_text(span_of(payload.data + 1, payload.len - 1), &attributes, &job->text_offset))
        return true;
    job->text_offset = payload.len - 1;
    return job->is_cut;
}

/* COM_QUERY and COM_STMT_PREPARE: the text decides what happens. */
static enum step run_statement(struct session *session)
{
    struct job *job = session->job;
    if (!find_text(session))
        return command_refuse_malformed(session);
    struct span sql = command_text(session);
    struct sql_dialect dialect = dialect_of(session);
    job->facts = classify(sql, job->is_cut, &dialect);
    if (command_has_attributes(session))
        hints_look_for_attributes(session);
    cost_begin(session, sql, job->facts.shape, job->is_cut);
    if (job->command->byte == COM_STMT_PREPARE)
        session->prepared.has_last_failed = true; /* until a server has answered OK */
    if (job->facts.asks_token)
        return gtid_token_begin(session);
    bool may_change = !job->facts.is_read || job->facts.touches_variables || job->facts.has_holds;
    if (may_change && job->command->byte == COM_QUERY && !pending_effects_note(session, sql, &dialect))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "what a statement is about to change");
    if (job->facts.kill != SQL_KILL_NONE && kill_statement_is_ours(session))
        return kill_statement_run(session);
    return command_by_facts(session);
}

/* ---- commands with a handler of their own ---- */

static enum step run_init_db(struct session *session)
{
    session->job->facts = (struct sql_facts){ .kind = SQL_USE, .reason = SQL_REASON_UNKNOWN };
    return command_by_facts(session);
}

/* COM_RESET_CONNECTION is sent to replicas when they are used again: see slot.is_reset. */
static enum step run_reset(struct session *session)
{
    struct job *job = session->job;
    transaction_come_home(&session->facets);
    if (session->facets.variables != VARIABLES_PRIMARY)
        session->facets.variables = VARIABLES_NOWHERE; /* lost with the replica's connection */
    enum route_place place = facets_home(&session->facets);
    slot_drop(session, place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY);
    job->facts = (struct sql_facts){ .kind = SQL_ADMIN };
    job->place = place;
    return session_enter(session, SESSION_ACQUIRING);
}

static enum step run_set_option(struct session *session)
{
    struct span payload = command_payload(session);
    if (payload.len < 3)
        return command_refuse_malformed(session);
    session->job->facts = (struct sql_facts){ .kind = SQL_ADMIN };
    session->job->kill.id = payload.data[1]; /* 0: on, 1: off; used by after_command, after an OK */
    return command_by_facts(session);
}

static enum step run_process_kill(struct session *session)
{
    struct span payload = command_payload(session);
    if (payload.len < 5)
        return command_refuse_malformed(session);
    session->job->kill.id = wire_load_u32(payload.data + 1);
    return session_enter(session, SESSION_KILLING);
}

static enum step run_change_user(struct session *session)
{
    return session->job->is_cut ? command_refuse_malformed(session) : session_enter(session, SESSION_LOGIN);
}

static const struct {
    uint8_t byte;
    enum step (*run)(struct session *session);
} handlers[] = {
    { COM_INIT_DB, run_init_db },           { COM_CHANGE_USER, run_change_user },
    { COM_RESET_CONNECTION, run_reset },    { COM_SET_OPTION, run_set_option },
    { COM_PROCESS_KILL, run_process_kill },
};

static enum step run_local(struct session *session)
{
    if (session->job->command->byte == COM_QUIT)
        return session_close(session, CLOSE_CLIENT_QUIT, NULL);
    if (session->job->is_cut)
        return command_refuse_malformed(session);
    if (session->facets.transaction.is_unknown && session->job->command->byte == COM_PING) {
        session->job->facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
        return command_go(session, facets_home(&session->facets),
                          ROUTE_REASON_UNKNOWN_TRANSACTION); /* its OK tells */
    }
    return command_answer_ok(session);
}

static enum step dispatch(struct session *session)
{
    struct job *job = session->job;
    switch (job->command->manner) {
    case COMMAND_STATEMENT:
        return run_statement(session);
    case COMMAND_PREPARED:
        return command_prepared(session);
    case COMMAND_SESSION:
        for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
            if (handlers[i].byte == job->command->byte)
                return handlers[i].run(session);
        return command_refuse(session, ERR_UNKNOWN_COM, NULL, "Unknown command");
    case COMMAND_PRIMARY:
        job->facts = (struct sql_facts){ .kind = SQL_SHOW, .reason = SQL_REASON_UNKNOWN };
        return command_by_facts(session);
    case COMMAND_LOCAL:
        return run_local(session);
    case COMMAND_REFUSED:
        break;
    }
    if (job->command->error == ERR_UNKNOWN_COM)
        return command_refuse(session, ERR_UNKNOWN_COM, NULL, "Unknown command");
    return command_refuse(session, job->command->error, NULL, "headgate does not pass %s on",
                          job->command->name);
}
