#include "freshness/consistency.h"

#include "freshness/consistency_inside.h"
#include "state/pending_set.h"
#include "state/reply_effects.h"

#define NEWEST_WAIT_US 10000u /* some round trips to the primary and a replica near it */

struct watch *consistency_watch(const struct session *session)
{
    return session->worker->boxes[session->door->cluster].watch;
}

const struct cluster_settings *consistency_settings(const struct session *session)
{
    return consistency_watch(session)->settings;
}

uint64_t consistency_wait_us(const struct session *session)
{
    uint64_t wait_us = consistency_settings(session)->consistency_wait_us;
    return wait_us == CONSISTENCY_WAIT_AUTO ? NEWEST_WAIT_US : wait_us;
}

bool consistency_is_followed(const struct session *session)
{
    return session->consistency.level != CONSISTENCY_EVENTUAL &&
           session->door->settings->mode == LISTENER_SPLIT;
}

/* ---- levels ---- */

static int level_of(const struct session *session)
{
    if (session->user->consistency != CONSISTENCY_INHERIT)
        return session->user->consistency;
    if (session->door->settings->consistency != CONSISTENCY_INHERIT)
        return session->door->settings->consistency;
    return consistency_settings(session)->consistency;
}

bool consistency_is_asked(const struct session *session)
{
    enum consistency_need need = session->job.freshness;
    if (need == NEED_NEWEST || need == NEED_GLOBAL || need == NEED_OWN)
        return session->door->settings->mode == LISTENER_SPLIT;
    return need != NEED_NOTHING && consistency_is_followed(session);
}

bool consistency_wants_newest(const struct session *session)
{
    enum consistency_need need = session->job.freshness;
    return need == NEED_NEWEST ||
           (need == NEED_OF_SESSION && session->consistency.level == CONSISTENCY_STRONG);
}

bool consistency_wants_global(const struct session *session)
{
    enum consistency_need need = session->job.freshness;
    return need == NEED_GLOBAL ||
           (need == NEED_OF_SESSION && session->consistency.level == CONSISTENCY_GLOBAL);
}

void consistency_note_hint(struct session *session, enum hint_level level)
{
    bool is_followed = consistency_is_followed(session);
    const enum consistency_need needs[] = { [HINT_SESSION] = is_followed ? NEED_OWN : NEED_NEWEST,
                                            [HINT_EVENTUAL] = NEED_NOTHING,
                                            [HINT_GLOBAL] = NEED_GLOBAL,
                                            [HINT_STRONG] = NEED_NEWEST };
    session->job.freshness = needs[level];
    if (session->job.freshness == NEED_NEWEST) /* what was trusted for less is looked at again */
        fresh_replica_forget(session);
}

void consistency_begin(struct session *session)
{
    session->consistency.level = level_of(session);
    if (session->is_new)
        session->consistency.writer = VIEW_NO_SERVER;
    fresh_replica_forget(session);
}

/* ---- what it asks for ---- */

void consistency_ask_more(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!consistency->is_asking)
        consistency->epoch = watch_epoch(consistency_watch(session));
    consistency->is_asking = true;
    consistency->asked_us = session_now(session);
    fresh_replica_forget(session);
}

void consistency_see(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    consistency_ask_more(session);
    consistency->seen = watch_happen(consistency_watch(session));
    consistency->has_read = false;
}

void consistency_note_position(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!consistency->position.is_unknown)
        return;
    consistency->position = (struct gtid_position){ 0 };
    consistency_see(session);
}

void consistency_note_settings(struct session *session)
{
    int level = level_of(session);
    bool was_followed = consistency_is_followed(session);
    if (level == session->consistency.level)
        return;
    consistency_begin(session);
    if (!was_followed && !session->is_new && consistency_is_followed(session))
        consistency_see(session); /* nobody has kept what it has written and seen: the primary has it */
}

/* ---- what replies say ---- */

static void note_written(struct session *session, enum server_family family, struct span gtids)
{
    struct consistency *consistency = &session->consistency;
    struct gtid_position written = { 0 };
    if (gtids.len == 0)
        return;
    gtid_position_read(&written, family, gtids);
    global_writes_note_position(session, &written);
    session->job.reply.has_gtid = true;
    if (!consistency_is_followed(session))
        return;
    consistency_ask_more(session);
    consistency->written = watch_happen(consistency_watch(session));
    watch_note_written(consistency_watch(session), &written);
    gtid_position_merge(&consistency->position, &written);
    consistency_note_position(session);
}

void consistency_note_tracked(struct session *session, const struct sesstrack_change *change)
{
    if (session->job.place != ROUTE_PRIMARY || session_view(session)->is_galera)
        return; /* each node numbers its own binary log */
    if (change->type == SESSTRACK_GTIDS)
        note_written(session, FAMILY_MYSQL, change->value);
    else if (span_is(change->name, "last_gtid"))
        note_written(session, FAMILY_MARIADB, change->value);
}

/* Nothing of other sessions' data can be known from the reply, nor can it have changed any. (Of a read that
 * is prepared it tells what columns there are.) */
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

/* One write whose GTID was told, with no result set: what it saw was committed before it. (Sources other than
 * its own have a history of their own, of which it tells nothing; it shows no more of them than a number of
 * rows.) MariaDB tells a GTID late when the statement before could not: then nothing was changed here. */
static bool is_told(const struct session *session)
{
    const struct job *job = &session->job;
    return job->reply.has_gtid && job->reply.has_changed && session->consistency.seen == 0 &&
           !job->reply.has_rows && !job->reply.has_error && !job->facts.is_multi && !job->reply.has_multi &&
           !job->is_cut && job->facts.kind == SQL_WRITE;
}

/* What is not in the binary log reaches no replica. The text tells: MariaDB 11 reports other variables under
 * this one's name. */
static void note_logging(struct session *session)
{
    consistency_ask_more(session);
    session->consistency.is_unlogged = true;
}

/* A transaction in which there was more than its beginning has ended, and no GTID was told: it has written
 * nothing, or that is not tracked. No reply of a Galera node tells what a COMMIT, or a SET autocommit, has
 * made visible: there whatever comes while one is open may be its end. */
static bool has_ended_untold(struct session *session)
{
    const struct job *job = &session->job;
    bool is_galera = session_view(session)->is_galera;
    bool was_open = session->consistency.has_transaction;
    bool is_open = effects_has_transaction(session);
    session->consistency.has_transaction = is_open && (is_galera || was_open || !shows_nothing(job));
    return was_open && (is_galera || (!is_open && !job->reply.has_gtid));
}

static void note_writer(struct session *session)
{
    if (session->job.place == ROUTE_PRIMARY)
        session->consistency.writer = session->slots[ROUTE_PRIMARY].server;
}

bool consistency_is_new_writer(const struct session *session, int server)
{
    int writer = session->consistency.writer;
    return session->job.place == ROUTE_PRIMARY && session_view(session)->is_galera &&
           writer != VIEW_NO_SERVER && writer != server;
}

/* Its next read may be for a replica: that it is known then where the replicas are is asked for now. */
static void look_ahead(struct session *session)
{
    const struct consistency *consistency = &session->consistency;
    if (session->job.place == ROUTE_PRIMARY && consistency->is_reader && consistency->is_asking &&
        consistency->asked_us == session_now(session))
        watch_demand(consistency_watch(session), consistency->seen);
}

void consistency_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool is_end = has_ended_untold(session);
    if (session_view(session)->is_galera)
        note_writer(session);
    if (!consistency_is_followed(session))
        return;
    if (job->changes != NULL && job->changes->sets_logging)
        note_logging(session);
    if (job->place == ROUTE_REPLICA)
        session->consistency.is_reader = session->consistency.has_read = true;
    else if (is_end || (!shows_nothing(job) && !is_told(session)))
        consistency_see(session);
    look_ahead(session);
}

/* A command may have run all the same; and a replica that comes back may be an older copy. */
void consistency_note_drop(struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    if (slot->upstream == NULL || session->is_new)
        return;
    bool was_running = slot->upstream->state == UPSTREAM_BUSY;
    if (place == ROUTE_PRIMARY && was_running)
        global_writes_note_loss(session);
    if (!consistency_is_followed(session))
        return;
    if (place == ROUTE_REPLICA && (was_running || slot->has_failed || slot->upstream->state == UPSTREAM_DEAD))
        fresh_replica_forget(session);
    if (place == ROUTE_PRIMARY && was_running)
        consistency_see(session);
}

void consistency_note_reset(struct session *session)
{
    session->consistency.is_unlogged = session->consistency.has_written = false;
    if (!session->is_new && consistency_is_followed(session) && session->consistency.is_asking)
        consistency_see(session);
}
