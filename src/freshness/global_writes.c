#include "freshness/global_writes.h"

#include "cluster/view.h"
#include "freshness/consistency.h"
#include "freshness/written.h"
#include "mysql/tracker.h"

/* ---- what replies say ---- */

#define KIND(name) (1u << SQL_##name)

/* These statements write nothing, unless they run stored code. */
static const uint32_t harmless_kinds = KIND(EMPTY) | KIND(SHOW) | KIND(DIAGNOSTICS) | KIND(BEGIN) |
                                       KIND(COMMIT) | KIND(ROLLBACK) | KIND(SAVEPOINT) | KIND(SET) |
                                       KIND(USE) | KIND(KILL);
/* These statements leave an open transaction open. */
static const uint32_t staying_kinds = KIND(EMPTY) | KIND(SHOW) | KIND(DIAGNOSTICS) | KIND(SELECT) |
                                      KIND(WRITE) | KIND(SAVEPOINT) | KIND(SET) | KIND(USE) | KIND(HANDLER);

static bool is_opaque(const struct job *job)
{
    return job->is_cut || job->facts.may_hide_state || job->facts.may_commit || job->facts.is_multi;
}

/* A query without tables that is not a harmless read only because it reads variables, the last insert id or
 * answers about earlier statements. It writes nothing. */
static bool is_mere_question(const struct sql_facts *facts)
{
    bool is_known = facts->reason == SQL_REASON_SYSTEM_VARIABLE ||
                    facts->reason == SQL_REASON_USER_VARIABLE || facts->reason == SQL_REASON_LAST_INSERT_ID ||
                    facts->reason == SQL_REASON_PREVIOUS_STATEMENT;
    return !facts->uses_tables && is_known;
}

/* May the job have written? `tells`: if there was a commit, this packet or the end of the transaction tells
 * its GTID. */
static bool may_write(const struct job *job, bool tells)
{
    const struct sql_facts *facts = &job->facts;
    if (facts->is_read)
        return false;
    if (is_opaque(job))
        return true;
    if (facts->kind == SQL_SELECT) /* a view, or a function, may write */
        return !tells && !facts->reads_but_for_variables && !is_mere_question(facts);
    return (harmless_kinds & 1u << facts->kind) == 0;
}

static bool is_statement(const struct job *job)
{
    bool has_text = job->command->manner == COMMAND_STATEMENT || job->command->manner == COMMAND_PREPARED;
    return has_text && job->command->byte != COM_STMT_PREPARE && !job->is_login;
}

/* An OK tells the GTID of a commit, if the server keeps GTIDs; an EOF and an ERR tell none. An OK of a write
 * without changed rows has written nothing. */
void global_writes_note_packet(struct consistency *consistency, const struct job *job, uint16_t status,
                               const struct tracker_info *info)
{
    struct written *written = consistency->positions->all_written;
    if (job->facts.is_read || !is_statement(job) || written == NULL)
        return;
    bool tells = info->kind == TRACKER_OK && !info->is_cut;
    bool is_idle = tells && job->facts.kind == SQL_WRITE && info->affected == 0 && !job->reply.has_rows &&
                   !is_opaque(job);
    bool is_error = info->kind == TRACKER_ERR;
    bool is_open = ((is_error ? status : info->status) & STATUS_IN_TRANS) != 0;
    bool stays = is_open && !is_error && !is_opaque(job) && (staying_kinds & 1u << job->facts.kind) != 0;
    consistency->has_written |= may_write(job, tells || is_open) && !is_idle && !job->reply.is_unbegun;
    if (consistency->has_written && !stays && !(tells && job->reply.has_gtid))
        written_note_unknown(written);
    if (!is_open)
        consistency->has_written = false;
}

static bool is_of_primary(const struct view *view, uint64_t tag)
{
    return view->primary != VIEW_NO_SERVER &&
           tag == written_tag(view->primary, view->servers[view->primary].moves);
}

void global_writes_note_position(struct positions *positions, uint64_t tag,
                                 const struct gtid_position *position)
{
    if (positions->all_written != NULL)
        written_note(positions->all_written, tag, is_of_primary(positions->view, tag), position);
}

void global_writes_note_loss(struct consistency *consistency, const struct job *job)
{
    struct written *written = consistency->positions->all_written;
    consistency->has_written = false;
    if (written != NULL && job->command != NULL && is_statement(job) && !job->facts.is_read)
        written_note_unknown(written);
}

/* ---- what reads ask for ---- */

/* Adds new writes to the worker's demand. While there is no primary, positions of the last one are valid. */
static void take_news(struct positions *positions)
{
    const struct view *view = positions->view;
    struct global_demand *demand = &positions->global;
    struct written_state state;
    written_read(positions->all_written, &state);
    bool is_new_primary = demand->number != 0 && demand->epoch != positions_epoch(positions);
    if (state.version == demand->version && !is_new_primary)
        return;
    bool is_known = state.tag == 0 || view->primary == VIEW_NO_SERVER || is_of_primary(view, state.tag);
    if (is_known)
        gtid_position_merge(&demand->position, &state.position);
    if (demand->position.is_unknown) { /* too many sources: the primary's position will replace it */
        demand->position = (struct gtid_position){ 0 };
        is_known = false;
    }
    demand->written = positions_next_moment(positions);
    if (state.unknown != demand->unknown || is_new_primary || !is_known)
        demand->seen = demand->written;
    demand->version = state.version;
    demand->unknown = state.unknown;
    demand->epoch = positions_epoch(positions);
    demand->number++;
}

/* If the primary has told its position in a poll that began after demand->seen, that position replaces
 * `seen`. Later writes stay in the demand. */
static void settle(struct positions *positions)
{
    struct global_demand *demand = &positions->global;
    if (demand->seen == 0 || !positions_has_primary_since(positions, demand->seen))
        return;
    bool is_over = positions_has_primary_since(positions, demand->written);
    if (is_over && !positions_primary_reaches(positions, &demand->position)) {
        struct log_scope scope = { .key = "cluster", .text = positions->settings->name };
        counter_add(&positions->counters.positions_dropped, 1);
        log_limited(LOG_LEVEL_WARNING, &scope,
                    "%s does not have all that clients have written: lost with an old primary",
                    positions->view->servers[positions->primary].server->name);
    }
    if (is_over)
        demand->position = (struct gtid_position){ 0 };
    gtid_position_merge(&demand->position, &positions->moved);
    demand->needs_base = true;
    demand->seen = 0;
    demand->number++;
}

bool global_writes_is_current(const struct consistency *consistency)
{
    const struct written *written = consistency->positions->all_written;
    const struct global_demand *demand = &consistency->positions->global;
    return written == NULL ||
           (written_version(written) == demand->version && consistency->global_number == demand->number);
}

void global_writes_ask(struct consistency *consistency)
{
    struct positions *positions = consistency->positions;
    const struct global_demand *demand = &positions->global;
    if (positions->all_written == NULL)
        return;
    take_news(positions);
    settle(positions);
    if (consistency->global_number == demand->number)
        return;
    consistency->global_number = demand->number;
    bool is_covered = gtid_position_covers(&consistency->position, &demand->position) &&
                      (consistency->needs_base || !demand->needs_base);
    if (is_covered && consistency->is_asking && demand->seen <= consistency->seen)
        return;
    consistency_ask_more(consistency);
    consistency->needs_base |= demand->needs_base;
    if (demand->seen > consistency->seen)
        consistency->seen = demand->seen;
    if (!is_covered)
        consistency_add(consistency, &demand->position);
}

bool global_writes_is_at_replica(struct positions *positions)
{
    const struct view *view = positions->view;
    struct written_state state = { 0 };
    if (positions->all_written != NULL)
        written_read(positions->all_written, &state);
    bool is_known =
        state.unknown == positions->global.unknown && positions->global.seen == 0 && !view->is_galera;
    for (int i = 0; is_known && i < (int)view->count; i++)
        if (view->servers[i].takes_reads &&
            positions_has(positions, i, &state.position, positions->global.needs_base))
            return true;
    return false;
}
