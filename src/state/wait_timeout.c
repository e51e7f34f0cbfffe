#include "state/wait_timeout.h"

#include "mysql/packet.h"
#include "session/command_payload.h"
#include "sql/stored_code.h"
#include "sql/traces.h"
#include "state/pending_set.h"

#include <stdio.h>
#include <string.h>

uint64_t wait_timeout_us(const struct session *session)
{
    uint64_t idle_us = session->worker->world->timeouts->idle_client_us;
    uint64_t wait_us = session->facets.wait_s * UINT64_C(1000000);
    return wait_us != 0 && (idle_us == 0 || wait_us < idle_us) ? wait_us : idle_us;
}

/* The present command, or those that follow it, are listed by SHOW PROFILES: with a SET of headgate's own, if
 * there were one. The session keeps its connection, so that this one may have the client's wait_timeout. */
static bool is_profiled(const struct session *session)
{
    const struct changes *changes = session->job.changes;
    return session->facets.has_profiles || (changes != NULL && changes->sets_profiling);
}

/* The number stands in the text of this very command, and nobody is to see what the server says of it. */
static bool is_rewritable(const struct session *session)
{
    const struct job *job = &session->job;
    return job->changes != NULL && job->changes->wait_len > 0 && job->command->byte == COM_QUERY &&
           job->facts.kind == SQL_SET && !job->facts.is_multi && !job->is_cut &&
           session->facets.tracking.asked == 0 && !is_profiled(session);
}

void wait_timeout_rewrite(struct session *session)
{
    static const struct span instead = SPAN_LITERAL("DEFAULT");
    struct job *job = &session->job;
    struct buf *in = &session->client.in;
    struct span packet = buf_unsent(in);
    if (!is_rewritable(session))
        return;
    size_t from = PACKET_HEADER_BYTES + 1 + job->text_offset + job->changes->wait_at;
    size_t to = from + job->changes->wait_len;
    size_t len = packet.len - PACKET_HEADER_BYTES - job->changes->wait_len + instead.len;
    const uint8_t header[PACKET_HEADER_BYTES] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                                                  packet.data[3] };
    (void)text_append_span(&job->rewritten, span_of(header, sizeof header));
    (void)text_append_span(&job->rewritten, span_of(packet.data + sizeof header, from - sizeof header));
    (void)text_append_span(&job->rewritten, instead);
    (void)text_append_span(&job->rewritten, span_of(packet.data + to, packet.len - to));
    job->is_wait_rewritten = !job->rewritten.is_oom;
    if (job->rewritten.is_oom) { /* then as it is */
        text_fini(&job->rewritten);
        return;
    }
    buf_mark_sent(in, packet.len);
    if (!job->is_kept)
        buf_release_sent(in);
}

bool wait_timeout_commit(struct session *session)
{
    const struct job *job = &session->job;
    const struct changes *changes = job->changes;
    struct slot *slot = &session->slots[job->place];
    if (!changes->sets_wait)
        return true;
    if (!changes->is_wait_known)
        return job->reply.has_told_wait;
    session->facets.wait_s = changes->wait_s;
    slot->has_wait = changes->wait_s != 0 && !job->is_wait_rewritten;
    return true;
}

void wait_timeout_note_told(struct session *session, struct span value)
{
    struct job *job = &session->job;
    uint64_t wait_s;
    if ((job->changes != NULL && job->changes->is_wait_known) || !span_to_u64(value, &wait_s))
        return; /* its text tells */
    session->facets.wait_s = wait_s > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_s;
    session->slots[job->place].has_wait = true;
    job->reply.has_told_wait = true;
}

static bool asks(const struct session *session)
{
    const struct job *job = &session->job;
    struct span sql = { 0 };
    if (job->is_login || job->facts.is_read)
        return false;
    if (job->command->manner == COMMAND_STATEMENT)
        sql = command_text(session);
    else if (job->command->manner == COMMAND_PREPARED && job->prepared != NULL)
        sql = job->prepared->sql;
    bool is_show = job->facts.kind == SQL_SHOW;
    return job->facts.may_hide_state || (job->facts.code_effects & CODE_PRIMARY) != 0 ||
           span_mentions(sql, "wait_timeout") ||
           (is_show && (sql_traces(sql, true) & SQL_TRACE_TABLES) != 0) || span_mentions(sql, "_variables");
}

const char *wait_timeout_lacks(const struct session *session, const struct slot *slot, char *buffer)
{
    bool is_none = session->facets.wait_s == 0 && !slot->has_wait;
    if (is_none || session->facets.has_profiles || session->job.facts.refers_previous)
        return NULL; /* a question about an earlier statement would find the SET */
    bool is_needed = is_profiled(session) || asks(session);
    bool is_wanted = session->facets.wait_s != 0 && !is_rewritable(session) && is_needed;
    if (is_wanted == slot->has_wait)
        return NULL;
    (void)snprintf(buffer, PATIENCE_TEXT_MAX, "%u", session->facets.wait_s);
    return is_wanted ? buffer : "DEFAULT";
}

void wait_timeout_note_said(struct session *session, struct slot *slot)
{
    char buffer[PATIENCE_TEXT_MAX];
    if (wait_timeout_lacks(session, slot, buffer) != NULL)
        slot->has_wait = !slot->has_wait;
}
