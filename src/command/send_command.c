#include "command/send_command.h"

#include "relay/execution.h"
#include "relay/relay.h"
#include "command/command_answer.h"
#include "command/retry.h"
#include "state/wait_timeout.h"

/* Does the command do no harm if it runs after the session has given it up? It only reads, or its transaction
 * is rolled back with the connection. Then the connection is closed with a FIN, which TCP repeats until it
 * arrives. A RST that is lost in a broken network would leave the server with a dead connection for hours. */
static bool may_be_late(const struct session *session)
{
    const struct sql_facts *facts = &session->job.facts;
    bool is_within = facts->kind == SQL_SELECT || facts->kind == SQL_WRITE || facts->kind == SQL_ROLLBACK;
    bool is_undone = (session->facets.status & STATUS_IN_TRANS) != 0 && is_within && !facts->is_multi &&
                     !session->job.is_cut;
    return facts->is_read || is_undone;
}

static void note_long_data(struct session *session, struct prepared *prepared)
{
    if (!prepared->has_long_data)
        prepared_note_pin(prepared, PIN_LONG_DATA, session_now(session),
                          &session->worker->boxes[session->door->cluster].pins);
    prepared->has_long_data = true;
}

static void begin(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    upstream_begin(upstream, job->command->shape, job->reply.has_cursor);
    upstream->may_be_late = may_be_late(session);
    upstream->tracker.hands_out_eofs = job->is_aside;
    upstream->tracker.columns_told = job->prepared != NULL ? job->prepared->columns : 0;
    job->sent_us = session_now(session);
    job->server = upstream->server;
    job->vars_before = session->facets.vars.version;
    job->is_kept = !job->is_cut && job->command->shape != REPLY_NONE;
    job->is_home = job->place == facets_home(&session->facets);
    if (job->prepared == NULL) {
        wait_timeout_rewrite(&session->facets, job, &session->client.in);
        return;
    }
    execution_address(job, &session->client, (session->caps & CAP_QUERY_ATTRIBUTES) != 0);
    if (job->command->byte == COM_STMT_SEND_LONG_DATA)
        note_long_data(session, job->prepared);
}

/* The server has closed the connection. An ERR with the reason may have come before: it is read first. */
static enum step fail(struct session *session, struct upstream *upstream)
{
    session->job.is_unread = relay_has_sent_nothing(&session->job, &session->client);
    if (session->job.is_unread)
        return retry_by_stream(session, "sending a command");
    session->must_close = session->must_close || !session->job.run.is_complete;
    (void)stream_fill(&upstream->stream);
    if (buf_unparsed(&upstream->stream.in).len > 0)
        return session_enter(session, SESSION_REPLYING);
    return retry_by_stream(session, "sending a command");
}

/* The command was SEND_LONG_DATA, which has no reply. */
static enum step end_without_reply(struct session *session, struct upstream *upstream)
{
    struct prepared *prepared = session->job.prepared;
    upstream_end(upstream);
    session->job.prepared = NULL; /* otherwise command_done clears its has_long_data */
    enum step step = command_done(session);
    prepared->has_long_data = true;
    return step;
}

enum step send_command_step(struct session *session)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &(struct error){ slot->failure.code, "", "declared down" });
    if (upstream->state == UPSTREAM_READY)
        begin(session, upstream);
    switch (relay_send_command(job, &session->client, &upstream->stream)) {
    case RELAY_SENT_IN_VAIN:
        return fail(session, upstream);
    case RELAY_SENT_SLOWLY:
        return STEP_WAIT;
    case RELAY_SENT_SOME:
        if (upstream->stream.is_eof || upstream->stream.error != 0)
            return fail(session, upstream);
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL) : STEP_WAIT;
    case RELAY_SENT_ALL:
        break;
    }
    if (job->command->shape == REPLY_NONE)
        return end_without_reply(session, upstream);
    session_set_deadline(session, session_query_us(session));
    return session_enter(session, SESSION_REPLYING);
}
