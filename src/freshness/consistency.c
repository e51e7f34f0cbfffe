#include "freshness/consistency.h"

#include "access/listener_settings.h"
#include "access/users.h"
#include "cluster/view.h"
#include "freshness/fresh_replica.h"
#include "freshness/global_writes.h"
#include "state/pending_set.h"

#define NEWEST_WAIT_US 10000u /* some round trips to the primary and a replica near it */

uint64_t consistency_wait_us(const struct consistency *consistency)
{
    uint64_t wait_us = consistency->positions->settings->consistency_wait_us;
    return wait_us == CONSISTENCY_WAIT_AUTO ? NEWEST_WAIT_US : wait_us;
}

/* ---- levels ---- */

void consistency_init(struct consistency *consistency, struct positions *positions,
                      const struct listener_settings *listener)
{
    *consistency = (struct consistency){ .positions = positions,
                                         .listener = listener,
                                         .writer = VIEW_NO_SERVER,
                                         .fresh_replica.server = VIEW_NO_SERVER };
}

bool consistency_is_followed(const struct consistency *consistency)
{
    return consistency->level != CONSISTENCY_EVENTUAL && consistency->listener->mode == LISTENER_SPLIT;
}

static int level_of(const struct consistency *consistency, const struct user *user)
{
    if (user->consistency != CONSISTENCY_INHERIT)
        return user->consistency;
    if (consistency->listener->consistency != CONSISTENCY_INHERIT)
        return consistency->listener->consistency;
    return consistency->positions->settings->consistency;
}

bool consistency_is_asked(const struct consistency *consistency, const struct job *job)
{
    enum consistency_need need = job->freshness;
    if (need == NEED_NEWEST || need == NEED_GLOBAL || need == NEED_OWN)
        return consistency->listener->mode == LISTENER_SPLIT;
    return need != NEED_NOTHING && consistency_is_followed(consistency);
}

bool consistency_wants_newest(const struct consistency *consistency, const struct job *job)
{
    return job->freshness == NEED_NEWEST ||
           (job->freshness == NEED_OF_SESSION && consistency->level == CONSISTENCY_STRONG);
}

bool consistency_wants_global(const struct consistency *consistency, const struct job *job)
{
    return job->freshness == NEED_GLOBAL ||
           (job->freshness == NEED_OF_SESSION && consistency->level == CONSISTENCY_GLOBAL);
}

void consistency_note_hint(struct consistency *consistency, struct job *job, enum hint_level level)
{
    bool is_followed = consistency_is_followed(consistency);
    const enum consistency_need needs[] = { [HINT_SESSION] = is_followed ? NEED_OWN : NEED_NEWEST,
                                            [HINT_EVENTUAL] = NEED_NOTHING,
                                            [HINT_GLOBAL] = NEED_GLOBAL,
                                            [HINT_STRONG] = NEED_NEWEST };
    job->freshness = needs[level];
    if (job->freshness == NEED_NEWEST) /* the replica was trusted for a lower demand */
        fresh_replica_forget(consistency);
}

void consistency_begin(struct consistency *consistency, const struct user *user)
{
    consistency->level = level_of(consistency, user);
    fresh_replica_forget(consistency);
}

void consistency_note_settings(struct consistency *consistency, const struct user *user, bool is_new)
{
    bool was_followed = consistency_is_followed(consistency);
    if (level_of(consistency, user) == consistency->level)
        return;
    consistency_begin(consistency, user);
    if (!was_followed && !is_new && consistency_is_followed(consistency))
        consistency_see(consistency); /* its writes and reads were not noted: the primary has them */
}

/* ---- the demand ---- */

void consistency_ask_more(struct consistency *consistency)
{
    struct positions *positions = consistency->positions;
    if (!consistency->is_asking)
        consistency->epoch = positions_epoch(positions);
    consistency->is_asking = true;
    consistency->asked_us = positions->env->loop->now_us;
    fresh_replica_forget(consistency);
}

void consistency_see(struct consistency *consistency)
{
    consistency_ask_more(consistency);
    consistency->seen = positions_next_moment(consistency->positions);
    consistency->has_read = false;
}

static void settle_unknown_position(struct consistency *consistency)
{
    if (!consistency->position.is_unknown)
        return;
    consistency->position = (struct gtid_position){ 0 };
    consistency_see(consistency);
}

void consistency_add(struct consistency *consistency, const struct gtid_position *position)
{
    consistency_ask_more(consistency);
    consistency->written = positions_next_moment(consistency->positions);
    gtid_position_merge(&consistency->position, position);
    settle_unknown_position(consistency);
}

/* The primary has told its position in a poll that began after `seen`: that position replaces `seen`. */
static void settle(struct consistency *consistency, const struct log_scope *scope)
{
    struct positions *positions = consistency->positions;
    bool is_over = positions_has_primary_since(positions, consistency->written);
    if (is_over && !positions_primary_reaches(positions, &consistency->position)) {
        counter_add(&positions->counters.positions_dropped, 1);
        log_limited(LOG_LEVEL_WARNING, scope,
                    "%s does not have what this client has written or seen: lost with an old primary",
                    positions->view->servers[positions->primary].server->name);
        consistency->position = (struct gtid_position){ 0 };
    }
    if (is_over)
        consistency->position = positions->moved;
    else
        gtid_position_merge(&consistency->position, &positions->moved);
    consistency->needs_base = true;
    consistency->epoch = positions_epoch(positions);
    consistency->seen = 0;
    settle_unknown_position(consistency);
}

void consistency_follow_primary(struct consistency *consistency, const struct log_scope *scope)
{
    struct positions *positions = consistency->positions;
    if (positions->view->is_galera)
        return;
    if (consistency->is_asking && consistency->seen == 0 && consistency->epoch != positions_epoch(positions))
        consistency->seen = positions_next_moment(positions);
    if (consistency->seen != 0 && positions_has_primary_since(positions, consistency->seen))
        settle(consistency, scope);
}

void consistency_forget_seen(struct consistency *consistency)
{
    counter_add(&consistency->positions->counters.positions_dropped, 1);
    consistency->seen = 0;
    consistency->needs_base = false;
}

/* ---- what replies say ---- */

void consistency_note_gtid(struct consistency *consistency, struct job *job, uint64_t tag,
                           enum server_family family, struct span gtids)
{
    struct positions *positions = consistency->positions;
    struct gtid_position written = { 0 };
    if (job->place != ROUTE_PRIMARY || positions->view->is_galera || gtids.len == 0)
        return; /* each node of a Galera cluster numbers its own binary log */
    gtid_position_read(&written, family, gtids);
    global_writes_note_position(positions, tag, &written);
    job->reply.has_gtid = true;
    if (!consistency_is_followed(consistency))
        return;
    consistency_add(consistency, &written);
    positions_note_written(positions, &written);
}

/* True: the reply shows no data of other sessions, and the statement has changed no data. (The reply of a
 * PREPARE shows which columns a table has.) */
static bool shows_nothing(const struct job *job)
{
    static const uint32_t blind = 1u << SQL_EMPTY | 1u << SQL_BEGIN | 1u << SQL_COMMIT | 1u << SQL_ROLLBACK |
                                  1u << SQL_SAVEPOINT | 1u << SQL_SET | 1u << SQL_USE;
    bool is_command = job->command->manner != COMMAND_STATEMENT && job->command->manner != COMMAND_PREPARED;
    if (is_command || job->command->byte == COM_STMT_PREPARE)
        return !job->reply.has_error && !(job->facts.is_read && job->facts.uses_tables);
    return !job->reply.has_error && !job->reply.has_rows && !job->facts.is_multi && !job->is_cut &&
           !job->facts.may_hide_state && !job->facts.uses_tables && (blind & 1u << job->facts.kind) != 0;
}

/* True: the job is one write without a result set whose GTID was told. The data that it saw were committed
 * before that GTID. (The GTID tells nothing about other sources, but of their data the reply shows only a
 * number of rows.) If the reply of a statement cannot tell its GTID, MariaDB tells it with the next reply;
 * then the next statement has changed no rows. */
static bool is_told(const struct consistency *consistency, const struct job *job)
{
    return job->reply.has_gtid && job->reply.has_changed && consistency->seen == 0 && !job->reply.has_rows &&
           !job->reply.has_error && !job->facts.is_multi && !job->reply.has_multi && !job->is_cut &&
           job->facts.kind == SQL_WRITE;
}

bool consistency_is_new_writer(const struct consistency *consistency, const struct job *job, int server)
{
    int writer = consistency->writer;
    return job->place == ROUTE_PRIMARY && consistency->positions->view->is_galera &&
           writer != VIEW_NO_SERVER && writer != server;
}

void consistency_note_done(struct consistency *consistency, const struct job *job, int server, bool is_open)
{
    /* is_end: a transaction with statements in it has ended, and no GTID was told. It has written nothing, or its
     * writes are not tracked. Replies of a Galera node do not tell what a COMMIT or a SET autocommit has made
     * visible: there any statement while a transaction is open may be its end. */
    bool is_galera = consistency->positions->view->is_galera;
    bool was_open = consistency->has_transaction;
    consistency->has_transaction = is_open && (is_galera || was_open || !shows_nothing(job));
    bool is_end = was_open && (is_galera || (!is_open && !job->reply.has_gtid));
    if (consistency->positions->view->is_galera && job->place == ROUTE_PRIMARY)
        consistency->writer = server;
    if (!consistency_is_followed(consistency))
        return;
    /* A write that is not in the binary log reaches no replica. The text of the SET is used, because MariaDB
     * 11 reports other variables under the name sql_log_bin. */
    if (job->pending_set != NULL && job->pending_set->sets_logging) {
        consistency_ask_more(consistency);
        consistency->is_unlogged = true;
    }
    if (job->place == ROUTE_REPLICA)
        consistency->is_reader = consistency->has_read = true;
    else if (is_end || (!shows_nothing(job) && !is_told(consistency, job)))
        consistency_see(consistency);
    /* The session's next read may be for a replica, and needs the servers' positions then. */
    struct positions *positions = consistency->positions;
    if (job->place == ROUTE_PRIMARY && consistency->is_reader && consistency->is_asking &&
        consistency->asked_us == positions->env->loop->now_us)
        positions_demand(positions, consistency->seen);
}

void consistency_note_drop(struct consistency *consistency, const struct job *job, enum route_place place,
                           const struct slot *slot)
{
    bool was_running = slot->upstream->state == UPSTREAM_BUSY;
    bool has_failed = slot->has_failed || slot->upstream->state == UPSTREAM_DEAD;
    if (place == ROUTE_PRIMARY && was_running)
        global_writes_note_loss(consistency, job);
    if (!consistency_is_followed(consistency))
        return;
    if (place == ROUTE_REPLICA && (was_running || has_failed))
        fresh_replica_forget(consistency);
    if (place == ROUTE_PRIMARY && was_running)
        consistency_see(consistency);
}

void consistency_note_reset(struct consistency *consistency)
{
    consistency->is_unlogged = consistency->has_written = false;
    if (consistency_is_followed(consistency) && consistency->is_asking)
        consistency_see(consistency);
}
