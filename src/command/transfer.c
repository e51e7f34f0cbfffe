#include "command/transfer.h"

#include "command/command_answer.h"
#include "command/command_end.h"
#include "command/retry.h"
#include "freshness/global_writes.h"
#include "freshness/written.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "pool/login_age.h"
#include "prepared/upstream_statements.h"
#include "relay/execution.h"
#include "relay/relay.h"
#include "session/command_text.h"
#include "session/slot.h"
#include "state/client_tracking.h"
#include "state/reply_effects.h"
#include "state/wait_timeout.h"

/* ---- SENDING ---- */

/* Does the command do no harm if it runs after the session has given it up? It only reads, or its transaction
 * is rolled back with the connection. Then the connection is closed with a FIN, which TCP repeats until it
 * arrives. A RST that is lost in a broken network would leave the server with a dead connection for hours. */
static bool may_be_late(const struct session *session)
{
    const struct sql_facts *facts = &session->job->facts;
    bool is_within = facts->kind == SQL_SELECT || facts->kind == SQL_WRITE || facts->kind == SQL_ROLLBACK;
    bool is_undone = (session->facets.status & STATUS_IN_TRANS) != 0 && is_within && !facts->is_multi &&
                     !session->job->is_cut;
    return facts->is_read || is_undone;
}

static void begin(struct session *session, struct upstream *upstream)
{
    struct job *job = session->job;
    upstream_begin(upstream, job->command->shape, job->reply.has_cursor);
    upstream->may_be_late = may_be_late(session);
    upstream->tracker.hands_out_eofs = job->is_aside;
    upstream->tracker.columns_told = job->prepared != NULL ? job->prepared->columns : 0;
    job->sent_us = session_now(session);
    job->server = upstream->server;
    job->vars_before = session->facets.vars.version;
    job->is_kept = !job->is_cut && job->command->shape != REPLY_NONE;
    job->is_home = job->place == facets_home(&session->facets);
    if (job->pending_set != NULL)
        wait_timeout_rewrite(&session->facets, job, &session->client.in);
    if (job->prepared == NULL)
        return;
    execution_address(job, &session->client, (session->caps & CAP_QUERY_ATTRIBUTES) != 0);
    if (job->command->byte != COM_STMT_SEND_LONG_DATA)
        return;
    if (!job->prepared->has_long_data)
        prepared_note_pin(job->prepared, PIN_LONG_DATA, session_now(session),
                          &session->worker->boxes[session->listener->cluster].pins);
    job->prepared->has_long_data = true;
}

/* The server has closed the connection. An ERR with the reason may have come before: it is read first. */
static enum step fail_command(struct session *session, struct upstream *upstream)
{
    session->job->is_unread = relay_has_sent_nothing(session->job, &session->client);
    if (session->job->is_unread)
        return retry_by_stream(session, "sending a command");
    session->must_close = session->must_close || !session->job->run.is_complete;
    (void)stream_fill(&upstream->stream);
    if (buf_unparsed(&upstream->stream.in).len > 0)
        return session_enter(session, SESSION_REPLYING);
    return retry_by_stream(session, "sending a command");
}

enum step transfer_command(struct session *session)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &(struct error){ slot->failure.code, "", "declared down" });
    if (upstream->state == UPSTREAM_READY)
        begin(session, upstream);
    switch (relay_send_command(job, &session->client, &upstream->stream)) {
    case RELAY_SENT_IN_VAIN:
        return fail_command(session, upstream);
    case RELAY_SENT_SLOWLY:
        return STEP_WAIT;
    case RELAY_SENT_SOME:
        if (upstream->stream.is_eof || upstream->stream.error != 0)
            return fail_command(session, upstream);
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL) : STEP_WAIT;
    case RELAY_SENT_ALL:
        break;
    }
    if (job->command->shape == REPLY_NONE) { /* SEND_LONG_DATA */
        struct prepared *prepared = job->prepared;
        upstream_end(upstream);
        job->prepared = NULL; /* otherwise command_done clears its has_long_data */
        enum step step = command_done(session);
        prepared->has_long_data = true;
        return step;
    }
    session_set_deadline(session, session_query_us(session));
    return session_enter(session, SESSION_REPLYING);
}

/* ---- packets as the client would have seen them directly ---- */

/* METADATA_CHANGED says that a statement has other columns than the client was told. A server knows only what
 * it told on this connection, where the statement may have been prepared later, or executed for another
 * session. So headgate compares the number of columns, and sets or clears the flag itself. */
static uint16_t with_columns(const struct upstream *upstream, uint16_t status)
{
    const struct tracker *tracker = &upstream->tracker;
    if (tracker->columns_told == 0 || tracker->columns == 0)
        return status;
    bool has_others = tracker->columns != tracker->columns_told;
    return (uint16_t)((status & ~STATUS_METADATA_CHANGED) | (has_others ? STATUS_METADATA_CHANGED : 0));
}

/* A reply of another connection than the one with the open transaction gets the session's own status flags. */
static uint16_t status_for_client(const struct session *session, const struct upstream *upstream,
                                  uint16_t status)
{
    status = with_columns(upstream, status);
    if (!session->job->is_aside || session->job->is_home)
        return status;
    return (uint16_t)((status & ~STATUS_OF_SESSION) | (session->facets.status & STATUS_OF_SESSION));
}

static bool is_same_for_client(const struct session *session, const struct upstream *upstream,
                               const struct tracker_info *info)
{
    if (info->is_cut || info->kind == TRACKER_ERR || info->kind == TRACKER_INFILE ||
        info->kind == TRACKER_PREPARED)
        return true;
    return (info->status & STATUS_SESSION_STATE_CHANGED) == 0 &&
           status_for_client(session, upstream, info->status) == info->status;
}

/* Sends an OK or EOF of headgate's instead of the server's packet. */
static void replace_packet(struct session *session, struct upstream *upstream,
                           const struct tracker_info *info)
{
    struct text *out = &session->client.out;
    uint16_t status = status_for_client(session, upstream, info->status);
    relay_keep_passed(&session->client, &upstream->stream);
    if (info->kind == TRACKER_EOF) {
        reply_put_eof(out, info->seq, (uint16_t)(status & ~STATUS_SESSION_STATE_CHANGED), info->warnings);
    } else {
        struct reply_ok ok = { 0 };
        struct text tracking = { 0 };
        (void)reply_parse_ok(info->payload, upstream->caps, &ok);
        ok.status = status;
        if (session->caps & CAP_SESSION_TRACK)
            client_tracking_filter(&session->facets.tracking, ok.session, &tracking);
        ok.session = text_span(&tracking);
        if (tracking.len == 0)
            ok.status = (uint16_t)(ok.status & ~STATUS_SESSION_STATE_CHANGED);
        reply_put_ok(out, info->seq, session->caps, &ok, info->payload.data[0] == 0xFE);
        text_fini(&tracking);
    }
    relay_remove(session->job, &session->client, upstream, info);
}

/* A read-only transaction runs on a replica, and the replica has refused a statement because of its
 * read_only. On the primary the client would get the error of the read-only transaction: headgate sends that
 * one instead. */
static void replace_refusal(struct session *session, struct upstream *upstream,
                            const struct tracker_info *info)
{
    bool is_mysql = upstream->family == FAMILY_MYSQL;
    relay_keep_passed(&session->client, &upstream->stream);
    session->job->own.told = ERR_READ_ONLY_TRANSACTION;
    reply_put_err(&session->client.out, info->seq, ERR_READ_ONLY_TRANSACTION, NULL,
                  is_mysql ? "Cannot execute statement in a READ ONLY transaction."
                           : "Cannot execute statement in a READ ONLY transaction");
    relay_remove(session->job, &session->client, upstream, info);
}

/* A PREPARE has succeeded: adds the statement to the session's table. The packet is the next one in the
 * window; the server's id in it is replaced by the client's. False: out of memory. */
static bool name_statement(struct session *session, struct upstream *upstream,
                           const struct tracker_info *info)
{
    struct job *job = session->job;
    struct buf *in = &upstream->stream.in;
    struct span sql = { 0 };
    if (job->is_kept) {
        struct span packet = span_of(session->client.in.data + session->client.in.kept,
                                     session->client.in.sent - session->client.in.kept);
        sql = span_of(packet.data + PACKET_HEADER_BYTES + 1, packet.len - PACKET_HEADER_BYTES - 1);
    }
    struct prepared *prepared = prepared_add(&session->prepared, sql, text_span(&session->facets.schema),
                                             &session->facets.vars, &job->facts);
    if (prepared == NULL)
        return false;
    prepared->dialect = dialect_of(session);
    prepared->params = info->params;
    prepared->columns = info->columns;
    const struct slot *slot = session->slots[job->place];
    upstream_statements_make_room(slot->upstream, job->place, job->prepared,
                                  pool_prepared_max(&session->worker->pool, session->listener->cluster));
    if (!upstream_statements_add(slot, job->place, &session->facets.vars, prepared, info->stmt_id))
        return false;
    upstream_statements_replace(prepared, job->place);
    if (sql.len == 0)
        prepared_note_pin(prepared, PIN_LONG_PREPARED, session_now(session),
                          &session->worker->boxes[session->listener->cluster].pins);
    wire_store_u32(in->data + in->parsed + PACKET_HEADER_BYTES + 1, prepared->id);
    return true;
}

/* ---- one packet ---- */

/* Notes the commits and writes that a packet of the primary reports, before the client gets the packet. */
static void note_writes(struct session *session, const struct upstream *upstream,
                        const struct tracker_info *info)
{
    struct job *job = session->job;
    const struct slot *slot = session->slots[ROUTE_PRIMARY];
    if (job->reply.gtids.len > 0)
        consistency_note_gtid(&session->consistency, job, written_tag(slot->server, slot->moves),
                              upstream->family, job->reply.gtids);
    job->reply.gtids = (struct span){ 0 };
    global_writes_note_packet(&session->consistency, job, session->facets.status, info);
}

static void note_account_change(const struct session *session)
{
    login_age_note_change(&session->worker->pool, session->listener->cluster);
    worker_note_account_change(session->worker, session->listener->cluster);
}

/* Passes one packet to the client. False: out of memory; the session must end. */
static bool pass_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = session->job;
    if (job->facts.changes_accounts)
        note_account_change(session);
    reply_effects_note(&session->facets, job, session->slots, info, session_now(session));
    if (job->place == ROUTE_PRIMARY)
        note_writes(session, upstream, info);
    job->reply.bytes += info->len;
    if (session->facets.transaction.is_away && retry_is_read_only(info)) {
        replace_refusal(session, upstream, info);
        return !session->client.out.is_oom;
    }
    if (info->kind == TRACKER_PREPARED && !name_statement(session, upstream, info))
        return false;
    if (is_same_for_client(session, upstream, info))
        relay_pass(job, &session->client, upstream, info);
    else
        replace_packet(session, upstream, info);
    const struct tracker *tracker = &upstream->tracker;
    if (info->is_last && tracker->columns_told != 0 && tracker->columns != 0)
        job->prepared->columns = (uint16_t)tracker->columns; /* those that the client was told */
    return !session->client.out.is_oom;
}

/* ---- all packets that have come ---- */

enum news {
    NEWS_PASSED,   /* all packets may go to the client */
    NEWS_FILE,     /* all packets may go to the client; the last one asks for the client's file */
    NEWS_FAREWELL, /* the server had ended the connection before it read the command */
    NEWS_REFUSAL,  /* an ERR that is no answer: see command/retry.h */
    NEWS_NONSENSE,
    NEWS_NO_MEMORY
};

/* Parses the packets in the window, each once, up to the first one that needs a decision. */
static enum news look(struct session *session, struct upstream *upstream, struct tracker_info *info,
                      enum refusal *refusal_r)
{
    struct job *job = session->job;
    for (;;) {
        enum relay_seen seen = relay_look(job, &session->client, upstream, info);
        if (seen != RELAY_SEEN_PACKET)
            return seen == RELAY_SEEN_ALL ? NEWS_PASSED : NEWS_NONSENSE;
        /* The server chooses the file's name: the request goes only to a client that has sent LOAD DATA LOCAL. */
        bool may_ask = job->facts.is_load_local && (session->caps & CAP_LOCAL_FILES) != 0;
        if (info->kind == TRACKER_INFILE && !may_ask)
            return NEWS_NONSENSE;
        if (!job->reply.has_begun && info->kind == TRACKER_ERR && reply_is_farewell(info->error, info->seq))
            return NEWS_FAREWELL;
        if (info->kind == TRACKER_ERR && (*refusal_r = retry_note_refusal(session, info)) != REFUSAL_NONE)
            return NEWS_REFUSAL;
        if (!pass_packet(session, upstream, info))
            return NEWS_NO_MEMORY;
        if (info->kind == TRACKER_INFILE)
            return NEWS_FILE;
    }
}

static enum step nonsense(struct session *session, struct upstream *upstream, const char *what)
{
    bool is_between = upstream->tracker.left == 0 && !upstream->tracker.is_continued;
    uint8_t seq = relay_next_seq(session->job, upstream);
    if (session->job->reply.has_begun)
        relay_keep_passed(&session->client, &upstream->stream);
    if (is_between)
        reply_put_err(&session->client.out, seq, ERR_MALFORMED, NULL,
                      "headgate: the server's reply makes no sense");
    log_limited(LOG_LEVEL_ERROR, &session->scope, "%s: %s; closing both sides", upstream->server->name, what);
    slot_drop(session, session->job->place);
    return session_close(session, CLOSE_SERVER_NONSENSE, what);
}

static enum step pass_on(struct session *session, struct upstream *upstream)
{
    struct job *job = session->job;
    struct tracker_info
        info; /* filled when a packet is handed out; its kind is asked for after nonsense too */
    enum refusal refusal = REFUSAL_NONE;
    info.kind = TRACKER_OK;
    enum stream_result result = stream_flush(&session->client); /* headgate's own packets go first */
    if (result == STREAM_OK) {
        switch (look(session, upstream, &info, &refusal)) {
        case NEWS_FAREWELL:
            return retry_unread(session, info.error);
        case NEWS_REFUSAL:
            return retry_refused(session, refusal, &info);
        case NEWS_NO_MEMORY:
            /* the rest of the reply cannot be passed on */
            if (!job->reply.has_begun)
                reply_put_err(&session->client.out, (uint8_t)(job->run.seq + 1), ERR_OUT_OF_RESOURCES, NULL,
                              "headgate: out of memory");
            slot_drop(session, job->place);
            return session_close(session, CLOSE_OUT_OF_MEMORY, "a reply");
        case NEWS_NONSENSE:
            return nonsense(session, upstream,
                            info.kind == TRACKER_INFILE
                                ? "it asked for a file of a client that had sent no LOAD DATA LOCAL"
                                : "not a reply to this command");
        case NEWS_FILE:
            if (session->state == SESSION_INFILE)
                break;
            relay_begin_file(job, info.seq);
            (void)session_enter(session, SESSION_INFILE);
            break;
        case NEWS_PASSED:
            if (!relay_make_room(upstream))
                return session_close(session, CLOSE_OUT_OF_MEMORY, "a long packet of the server");
            break;
        }
        if (job->reply.has_begun)
            session_set_deadline(session, 0); /* the query timeout ends with the first byte */
        if (job->reply.is_over && job->reply.over_us == 0)
            job->reply.over_us = session_now(session);
        result = relay_pump(&session->client, &upstream->stream);
    }
    if (result == STREAM_BLOCKED)
        return STEP_WAIT;
    return result == STREAM_OK ? STEP_MORE : session_close(session, CLOSE_CLIENT_FAILED, NULL);
}

/* ---- REPLYING ---- */

static enum step finish(struct session *session, struct upstream *upstream)
{
    struct job *job = session->job;
    struct server_counters *counters = &upstream->server->by_worker[session->worker->index];
    struct listener_counters *ours = &session->listener->by_worker[session->worker->index];
    counter_add(&counters->queries, 1);
    hist_note(&ours->commands, session_now(session) - job->started_us);
    if (job->reply.has_error) {
        counter_add(&counters->errors, 1);
        counter_add(&ours->errors, 1);
    }
    job->reply.rows = upstream->tracker.rows;
    upstream_end(upstream);
    command_end(session, upstream);
    if (job->prepared != NULL && upstream_statements_note_cursor(job, upstream))
        prepared_note_pin(job->prepared, PIN_CURSOR, session_now(session),
                          &session->worker->boxes[session->listener->cluster].pins);
    if (buf_unparsed(&upstream->stream.in).len > 0) {
        struct slot *slot = session->slots[job->place];
        slot->has_failed = true;
        (void)error_set(&slot->failure, 0, "the server went on after its reply");
    }
    stream_trim(&upstream->stream);
    cost_end(session, NULL);
    if (session->must_close)
        return session_close(session, CLOSE_SERVER_LOST, "state was lost with a server");
    bool is_run = job->command->byte == COM_QUERY || job->command->byte == COM_STMT_EXECUTE;
    if (job->facts.releases && is_run && !job->reply.has_error)
        return session_close(session, CLOSE_RELEASED, NULL);
    return command_done(session);
}

enum step transfer_reply(struct session *session)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &slot->failure);
    /* The command has just been sent: nothing has come, and neither side has closed its connection. */
    if (!job->reply.has_begun && upstream->stream.in.data == NULL && !upstream->stream.is_eof &&
        upstream->stream.error == 0 && !stream_has_pending(&upstream->stream) && !session->is_client_eof &&
        !stream_has_output(&session->client))
        return STEP_WAIT;
    do {
        enum step step = pass_on(session, upstream);
        if (step != STEP_MORE || session->state != SESSION_REPLYING)
            return step;
        if (job->reply.is_over)
            return finish(session, upstream);
    } while (stream_has_pending(&upstream->stream) && stream_fill(&upstream->stream) == STREAM_OK);
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return retry_by_stream(session, "waiting for the reply");
    /* The client has closed its side and sent no further command: the rest of the reply is not waited for. */
    if (session->is_client_eof && buf_unparsed(&session->client.in).len == 0)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    return STEP_WAIT;
}

/* ---- INFILE ---- */

enum step transfer_file(struct session *session)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    struct upstream *upstream = slot->upstream;
    if (slot->has_failed)
        return retry_of_upstream(session, &slot->failure);
    enum step step = pass_on(session, upstream);
    if (step == STEP_WAIT || session->state != SESSION_INFILE)
        return step;
    switch (relay_send_file(job, &session->client, &upstream->stream)) {
    case RELAY_SENT_IN_VAIN:
        if (!session->job->reply.is_over && stream_fill(&upstream->stream) == STREAM_OK)
            return STEP_MORE; /* the reply is passed on; then sending fails again */
        return retry_by_stream(session, "sending the client's file");
    case RELAY_SENT_ALL:
        return session_enter(session, SESSION_REPLYING);
    case RELAY_SENT_SOME:
    case RELAY_SENT_SLOWLY:
        break;
    }
    if (upstream->stream.is_eof || upstream->stream.error != 0)
        return retry_by_stream(session, "sending the client's file");
    return session->is_client_eof && buf_unparsed(&session->client.in).len == 0
               ? session_close(session, CLOSE_CLIENT_GONE, NULL)
               : STEP_WAIT;
}
