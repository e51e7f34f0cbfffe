#include "state/wait_timeout.h"

#include "mysql/packet.h"
#include "stored_code/stored_code.h"
#include "sql/traces.h"
#include "state/pending_set.h"

#include <stdio.h>

uint64_t wait_timeout_us(const struct facets *facets, uint64_t idle_us)
{
    uint64_t wait_us = facets->wait_s * UINT64_C(1000000);
    return wait_us != 0 && (idle_us == 0 || wait_us < idle_us) ? wait_us : idle_us;
}

/* SHOW PROFILES lists the statements on the connection, and would also list a SET of headgate. A session with
 * profiles keeps its connection, so the connection may have the client's wait_timeout. */
static bool is_profiled(const struct facets *facets, const struct job *job)
{
    const struct pending_set *changes = job->pending_set;
    return facets->has_profiles || (changes != NULL && changes->sets_profiling);
}

/* Can the SET be sent without its number? The number must be in the text of this command, and the client must
 * not see the value that session tracking reports. */
static bool is_rewritable(const struct facets *facets, const struct job *job)
{
    return job->pending_set != NULL && job->pending_set->wait_len > 0 && job->command->byte == COM_QUERY &&
           job->facts.kind == SQL_SET && !job->facts.is_multi && !job->is_cut &&
           facets->tracking.asked == 0 && !is_profiled(facets, job);
}

void wait_timeout_rewrite(const struct facets *facets, struct job *job, struct buf *in)
{
    static const struct span instead = SPAN_LITERAL("DEFAULT");
    struct span packet = buf_unsent(in);
    if (!is_rewritable(facets, job))
        return;
    size_t from = PACKET_HEADER_BYTES + 1 + job->text_offset + job->pending_set->wait_at;
    size_t to = from + job->pending_set->wait_len;
    size_t len = packet.len - PACKET_HEADER_BYTES - job->pending_set->wait_len + instead.len;
    const uint8_t header[PACKET_HEADER_BYTES] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
                                                  packet.data[3] };
    (void)text_append_span(&job->rewritten, span_of(header, sizeof header));
    (void)text_append_span(&job->rewritten, span_of(packet.data + sizeof header, from - sizeof header));
    (void)text_append_span(&job->rewritten, instead);
    (void)text_append_span(&job->rewritten, span_of(packet.data + to, packet.len - to));
    job->is_wait_rewritten = !job->rewritten.is_oom;
    if (job->rewritten.is_oom) { /* the command is sent as it is */
        text_fini(&job->rewritten);
        return;
    }
    buf_mark_sent(in, packet.len);
    if (!job->is_kept)
        buf_release_sent(in);
}

bool wait_timeout_commit(struct facets *facets, const struct job *job, struct slot *slot)
{
    const struct pending_set *changes = job->pending_set;
    if (!changes->sets_wait)
        return true;
    if (!changes->is_wait_known)
        return job->reply.has_told_wait;
    facets->wait_s = changes->wait_s;
    slot->has_wait = changes->wait_s != 0 && !job->is_wait_rewritten;
    return true;
}

void wait_timeout_note_told(struct facets *facets, struct job *job, struct slot *slot, struct span value)
{
    uint64_t wait_s;
    if ((job->pending_set != NULL && job->pending_set->is_wait_known) || !span_to_u64(value, &wait_s))
        return; /* the value is taken from the text of the SET */
    facets->wait_s = wait_s > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_s;
    slot->has_wait = true;
    job->reply.has_told_wait = true;
}

static bool asks(const struct job *job, struct span sql)
{
    if (job->is_login || job->facts.is_read)
        return false;
    bool is_show = job->facts.kind == SQL_SHOW;
    return job->facts.may_hide_state || (job->facts.code_effects & CODE_PRIMARY) != 0 ||
           span_mentions(sql, "wait_timeout") ||
           (is_show && (sql_traces(sql, true) & SQL_TRACE_TABLES) != 0) || span_mentions(sql, "_variables");
}

const char *wait_timeout_lacks(const struct facets *facets, const struct job *job, const struct slot *slot,
                               struct span sql, char *buffer)
{
    if (!wait_timeout_may_lack(facets, slot) || facets->has_profiles || job->facts.refers_previous)
        return NULL; /* the answer to a question about an earlier statement would be about the SET */
    bool is_needed = is_profiled(facets, job) || asks(job, sql);
    bool is_wanted = facets->wait_s != 0 && !is_rewritable(facets, job) && is_needed;
    if (is_wanted == slot->has_wait)
        return NULL;
    (void)snprintf(buffer, WAIT_TIMEOUT_TEXT_MAX, "%u", facets->wait_s);
    return is_wanted ? buffer : "DEFAULT";
}
