#include "session/reuse.h"

#include "pool/fit.h"
#include "pool/lifetime.h"
#include "prepared/upstream_statements.h"
#include "session/command_text.h"
#include "session/slot.h"
#include "session/yield.h"
#include "stored_code/catalog.h"
#include "sql/traces.h"
#include "state/pending_set.h"
#include "state/facet_table.h"
#include "state/pooled.h"
#include "state/schema.h"

/* An OK reports an id that the client gave in an INSERT in the same way as a generated one. So
 * LAST_INSERT_ID() is known only as long as no OK has reported an id. */
#define INSERT_ID_UNKNOWN UINT64_MAX

/* ---- what a statement leaves ---- */

/* For these kinds of statement the text shows all effects, unless its facts say otherwise. (SQL_CALL: DO.) */
static bool is_of_plain_kind(const struct sql_facts *facts)
{
    static const uint32_t kinds = 1u << SQL_EMPTY | 1u << SQL_SELECT | 1u << SQL_SHOW |
                                  1u << SQL_DIAGNOSTICS | 1u << SQL_WRITE | 1u << SQL_DDL | 1u << SQL_BEGIN |
                                  1u << SQL_COMMIT | 1u << SQL_ROLLBACK | 1u << SQL_SAVEPOINT |
                                  1u << SQL_SET | 1u << SQL_USE | 1u << SQL_CALL;
    return (kinds & 1u << facts->kind) != 0;
}

static bool is_plain(const struct job *job)
{
    const struct sql_facts *facts = &job->facts;
    if (facts->is_read)
        return true;
    return is_of_plain_kind(facts) && !facts->is_multi && !facts->may_hide_state && !facts->runs_code &&
           !facts->has_holds && !facts->touches_variables && !facts->writes_variables && !job->is_cut;
}

static bool is_followed(const struct job *job)
{
    switch (job->command->manner) {
    case COMMAND_STATEMENT:
    case COMMAND_PREPARED:
        return true;
    case COMMAND_SESSION:
        return job->command->byte == COM_INIT_DB;
    case COMMAND_LOCAL:
        return job->command->byte == COM_PING;
    case COMMAND_PRIMARY:
    case COMMAND_REFUSED:
        break;
    }
    return false;
}

/* May the statement have run stored code that headgate does not know, by a view, trigger or function? Such
 * code may leave any state. */
static bool may_run_unknown_code(const struct session *session)
{
    const struct sql_facts *facts = &session->job->facts;
    const struct cluster_settings *clusters = session->worker->world->clusters;
    bool is_write = facts->kind == SQL_WRITE || facts->kind == SQL_DDL;
    return (facts->uses_tables || is_write) && !catalog_is_whole(session_view(session)->catalog, is_write) &&
           !(clusters != NULL && clusters[session->listener->cluster].pool_trust_code);
}

static bool leaves_nothing_unknown(const struct session *session)
{
    const struct job *job = session->job;
    const struct sql_facts *facts = &job->facts;
    bool has_results = job->reply.has_multi && !facts->is_multi; /* results of stored code */
    if (!is_followed(job) || !is_plain(job) || has_results)
        return false;
    if (facts->gives_insert_id || facts->sets_next_transaction || facts->has_sequence)
        return false;
    if (job->reply.has_untold || (job->pending_set != NULL && job->pending_set->sets_untold))
        return false;
    /* A write may have run a trigger that sets a variable before it failed, and the ERR does not report that. */
    return (!job->reply.has_error || job->facts.is_read || job->facts.kind == SQL_SELECT ||
            job->facts.kind == SQL_SHOW || job->facts.kind == SQL_DIAGNOSTICS || job->facts.kind == SQL_USE ||
            job->command->byte == COM_STMT_PREPARE) &&
           !may_run_unknown_code(session);
}

void reuse_note_job(struct session *session, struct upstream *upstream)
{
    const struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    bool is_write = job->facts.kind == SQL_WRITE || job->facts.kind == SQL_DDL || job->facts.has_sequence ||
                    !is_plain(job);
    is_write &= job->command->byte != COM_RESET_CONNECTION; /* it leaves no write to ask about */
    slot->has_own_gtid |= job->reply.has_last_gtid;
    slot->has_own_writes |= is_write || job->reply.has_last_gtid;
    struct pooled *pooled = pooled_of(upstream);
    pooled->has_told_gtid |= job->reply.has_last_gtid;
    if (!pooled->is_touched)
        pooled->is_touched = !leaves_nothing_unknown(session) || session->facets.pins.causes != 0;
    if (job->facts.sets_global && !job->reply.has_error) /* new connections begin with other values now */
        (void)atomic_fetch_add_explicit(&upstream->server->defaults, 1, memory_order_relaxed);
}

/* ---- the session leaves the connection ---- */

static bool may_leave(const struct session *session, enum route_place place)
{
    const struct slot *slot = session->slots[place];
    if (pooled_of(slot->upstream)->is_touched ||
        lifetime_trust_us(&session->worker->pool, slot->upstream) == 0)
        return false;
    bool is_settled =
        slot->upstream->is_set_up && slot->task == SYNC_NOTHING && !slot->must_renew && !slot->lacks_charsets;
    bool was_reset =
        session->facets.was_reset || slot->is_reset; /* character sets are not those of the login */
    return is_settled && !was_reset && facets_left(&session->facets, slot) == LEFT_KNOWN;
}

bool reuse_leave(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    struct left_state *legacy = &pooled_of(slot->upstream)->left;
    struct fingerprint fingerprint = { .said = legacy->said };
    if (!may_leave(session, place))
        return false;
    upstream_statements_part(slot->upstream, place);
    bool is_whole = fingerprint_take(&fingerprint, &session->facets.vars);
    legacy->said = fingerprint.said; /* its memory is reused */
    legacy->hash = fingerprint.hash;
    bool has_none = slot->insert_id == 0 && session->facets.insert_id.known_by != slot->generation;
    legacy->insert_id = has_none ? 0 : INSERT_ID_UNKNOWN;
    legacy->is_there = is_whole;
    return is_whole;
}

/* ---- a session takes the connection ---- */

static struct pool_counters *counters_of(const struct session *session)
{
    return pool_counters(&session->worker->pool, session->listener->cluster);
}

void reuse_adopt(struct session *session, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    struct fingerprint wish = { 0 };
    bool has_wish = fingerprint_take(&wish, &session->facets.vars);
    enum fit fit =
        has_wish ? fit_state(&session->worker->pool, upstream, &session->facets, &wish) : FIT_RENEW;
    bool is_left = pooled_of(upstream)->left.is_there;
    fingerprint_fini(&wish);
    if (is_left) {
        slot->is_inherited = true;
        slot->must_renew = fit == FIT_RENEW;
        slot->insert_id = pooled_of(upstream)->left.insert_id;
        slot->set |= slot->insert_id != 0 ? facet_bit(FACET_INSERT_ID) : 0;
        pooled_of(upstream)->vars_version = fit >= FIT_SCHEMA ? session->facets.vars.version : 0;
    }
    if (session->job->is_login) /* the schema is set again: the server's answer is for the client */
        schema_note_left(slot);
    pooled_of(upstream)->left.is_there = false;
    counter_add(is_left && !slot->must_renew ? &counters_of(session)->connections_taken_as_left
                                             : &counters_of(session)->connections_taken_new,
                1);
}

/* ---- questions about earlier statements ---- */

static unsigned own_traces(const struct session *session, const struct slot *slot)
{
    const struct answers *answers = &session->facets.answers;
    unsigned own = slot->has_own_gtid ? SQL_TRACE_GTID : 0;
    own |= slot->has_own_writes ? SQL_TRACE_SEQUENCE | SQL_TRACE_TABLES : 0;
    own |= answers->last == slot->generation ? SQL_TRACE_LAST : 0;
    own |= answers->found == slot->generation ? SQL_TRACE_FOUND_ROWS : 0;
    own |= answers->diagnostics == slot->generation ? SQL_TRACE_DIAGNOSTICS : 0;
    return own;
}

/* Used if the text does not show what the statement asks, as with stored code: it may ask anything. */
#define TRACES_UNKNOWN ((unsigned)SQL_TRACE_ALL & ~(unsigned)SQL_TRACE_STATUS)

static unsigned asked_traces(const struct session *session)
{
    const struct job *job = session->job;
    bool is_show = job->facts.kind == SQL_SHOW || job->facts.kind == SQL_DIAGNOSTICS;
    if (job->command->byte == COM_STMT_PREPARE) /* a PREPARE runs nothing */
        return 0;
    if (job->command->manner == COMMAND_STATEMENT)
        return is_plain(job) ? sql_traces(command_text(session), is_show) : TRACES_UNKNOWN;
    if (job->command->manner != COMMAND_PREPARED || job->facts.kind == SQL_EMPTY)
        return 0;
    bool is_known = is_plain(job) && job->prepared->sql.len > 0;
    return is_known ? sql_traces(job->prepared->sql, is_show) : TRACES_UNKNOWN;
}

/* Would a reset of the connection lose no state of this session? */
static bool may_renew(const struct session *session, const struct slot *slot)
{
    enum route_place place = slot_place_of(session->slots, slot->upstream);
    bool is_id_unknown = session->facets.insert_id.known_by == slot->generation;
    return session->facets.option.version == 0 && !slot_has_lost_state(session, place) && !is_id_unknown &&
           !slot->has_warnings && !yield_has_statements(session, place);
}

/* Must headgate run a query with one row first? FOUND_ROWS() of another session outlives a reset (seen on
 * both families), so headgate's own count must replace it. Not if that query would overwrite what the
 * session's own statements have left. */
static bool must_count(const struct session *session, const struct slot *slot, unsigned asked, unsigned own)
{
    bool is_autocommit = (session->facets.status & STATUS_AUTOCOMMIT) != 0;
    return (asked & ~own & SQL_TRACE_FOUND_ROWS) != 0 && (asked & SQL_TRACE_LAST) == 0 && is_autocommit &&
           !slot->has_warnings;
}

/* Does the statement ask for traces that another session has left, so that the connection should be reset?
 * Not if it also asks for the session's own traces, or the session has written there: a reset would lose
 * these. For status counters a reset is always needed. */
static bool asks_strangers(const struct slot *slot, unsigned asked, unsigned own)
{
    unsigned others = asked & ~own & ~(unsigned)SQL_TRACE_FOUND_ROWS;
    if ((others & SQL_TRACE_STATUS) != 0)
        return true;
    return others != 0 && (asked & own) == 0 && !slot->has_own_writes;
}

bool reuse_look(struct session *session, struct slot *slot)
{
    bool asks_count = session->job->facts.question == SQL_ASKS_FOUND_ROWS;
    bool is_stranger_s = slot->is_inherited || (asks_count && pooled_of(slot->upstream)->is_second_hand);
    if (!is_stranger_s || session->job->is_login || slot->must_renew)
        return true;
    unsigned asked = asked_traces(session), own = own_traces(session, slot);
    if (!pooled_of(slot->upstream)->has_told_gtid)
        asked &= ~(unsigned)SQL_TRACE_GTID;
    slot->must_count = must_count(session, slot, asked, own);
    slot->set |= slot->must_count ? facet_bit(FACET_DIAGNOSTICS) : 0;
    slot->must_renew = slot->is_inherited && asks_strangers(slot, asked, own) && may_renew(session, slot);
    bool is_told_gtid = (asked & (SQL_TRACE_GTID | SQL_TRACE_SEQUENCE)) == SQL_TRACE_GTID &&
                        (own & SQL_TRACE_GTID) == 0; /* TRACES_UNKNOWN does not count */
    return slot->must_renew || !slot->is_inherited || !is_told_gtid;
}

void reuse_note_renewed(struct session *session, struct slot *slot)
{
    uint64_t before = slot->generation;
    struct answers *answers = &session->facets.answers;
    slot->generation = ++session->generations; /* its prepared statements are gone */
    answers->found = answers->found == before ? slot->generation : answers->found;
    answers->diagnostics = answers->diagnostics == before ? slot->generation : answers->diagnostics;
    slot->is_inherited = slot->must_renew = slot->has_own_gtid = slot->has_our_warnings = false;
    slot->has_own_writes = slot->has_wait = false;
    slot->draws.count = 0;
    slot->insert_id = slot->user_version = slot->writes_version = slot->drawn_us = 0;
    pooled_of(slot->upstream)->vars_version = 0;
}
