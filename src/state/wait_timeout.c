#include "state/wait_timeout.h"

#include "mysql/packet.h"
#include "stored_code/stored_code.h"
#include "sql/traces.h"
#include "state/facet.h"

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

/* headgate knows the value of a number in the range of both families, 1 … WAIT_MAX_S seconds, and of DEFAULT.
 * The server changes other numbers so that they fit. */
#define WAIT_MAX_S 31536000

void wait_timeout_read(struct pending_set *changes, const struct setvar_change *change)
{
    struct wait_set *set = &changes->wait;
    uint64_t wait_s = 0;
    bool is_default = !change->is_string && span_is_nocase(change->value, "DEFAULT");
    bool is_number = change->is_constant && !change->is_string && span_to_u64(change->value, &wait_s) &&
                     wait_s >= 1 && wait_s <= WAIT_MAX_S;
    set->is_known = !set->is_there && (is_number || is_default);
    set->is_there = true;
    set->wait_s = (uint32_t)wait_s;
    set->len = set->is_known && is_number ? change->value.len : 0;
    set->at = set->len > 0 ? (size_t)(change->value.data - changes->sql.data) : 0;
}

/* Can the SET be sent without its number? The number must be in the text of this command, and the client must
 * not see the value that session tracking reports. */
static bool is_rewritable(const struct facets *facets, const struct job *job)
{
    return job->pending_set != NULL && job->pending_set->wait.len > 0 && job->command->byte == COM_QUERY &&
           job->facts.kind == SQL_SET && !job->facts.is_multi && !job->is_cut &&
           facets->tracking.asked == 0 && !is_profiled(facets, job);
}

void wait_timeout_rewrite(const struct facets *facets, struct job *job, struct buf *in)
{
    static const struct span instead = SPAN_LITERAL("DEFAULT");
    struct span packet = buf_unsent(in);
    if (!is_rewritable(facets, job))
        return;
    size_t from = PACKET_HEADER_BYTES + 1 + job->text_offset + job->pending_set->wait.at;
    size_t to = from + job->pending_set->wait.len;
    size_t len = packet.len - PACKET_HEADER_BYTES - job->pending_set->wait.len + instead.len;
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

/* ---- the facet ---- */

static bool commit(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    (void)now_us;
    const struct wait_set *set = &job->pending_set->wait;
    facets->has_profiles |= job->pending_set->sets_profiling;
    if (!set->is_there)
        return true;
    facets_note(facets, FACET_WAIT_TIMEOUT);
    if (!set->is_known)
        return job->reply.has_told_wait;
    facets->wait_s = set->wait_s;
    slot->has_wait = set->wait_s != 0 && !job->is_wait_rewritten;
    return true;
}

static void told(const struct report *report, const struct sesstrack_change *change)
{
    struct job *job = report->job;
    uint64_t wait_s;
    bool is_in_text =
        job->pending_set != NULL && job->pending_set->wait.is_known; /* taken from the text of the SET */
    if (!span_is_nocase(change->name, "wait_timeout") || is_in_text || !span_to_u64(change->value, &wait_s))
        return;
    report->facets->wait_s = wait_s > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_s;
    report->slots[job->place]->has_wait = true;
    job->reply.has_told_wait = true;
    facets_note(report->facets, FACET_WAIT_TIMEOUT);
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

/* Must the connection have the client's value for the job? A question about an earlier statement gets no SET
 * before it: the answer would be about the SET. */
static enum sync_task lacks(const struct replay *replay)
{
    const struct facets *facets = replay->facets;
    const struct job *job = replay->job;
    bool may_lack = facets->wait_s != 0 || replay->slot->has_wait;
    if (!may_lack || facets->has_profiles || job->facts.refers_previous)
        return SYNC_NOTHING;
    bool is_needed = is_profiled(facets, job) || asks(job, replay->sql);
    bool is_wanted = facets->wait_s != 0 && !is_rewritable(facets, job) && is_needed;
    return is_wanted != replay->slot->has_wait ? SYNC_VARS : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    struct text *sql = &command->argument;
    (void)text_appendf(sql, "%swait_timeout=", replay_glue(sql));
    if (replay->slot->has_wait)
        (void)text_append_cstr(sql, "DEFAULT");
    else
        (void)text_appendf(sql, "%u", replay->facets->wait_s);
}

static void note(const struct replay *replay)
{
    if (lacks(replay) == replay->task)
        replay->slot->has_wait = !replay->slot->has_wait;
}

static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    (void)facets;
    return slot->has_wait ? LEFT_TO_RESET : LEFT_KNOWN;
}

static void reset(struct facets *facets)
{
    facets->wait_s = 0;
    facets->has_profiles = false;
}

const struct facet facet_wait_timeout = { .told_by = 1u << SESSTRACK_VARIABLE,
                                          .told = told,
                                          .commit = commit,
                                          .tasks = 1u << SYNC_VARS,
                                          .lacks = lacks,
                                          .say = say,
                                          .note = note,
                                          .left = left,
                                          .reset = reset };
