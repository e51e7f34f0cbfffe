#include "proxy/consistency.h"

#include "mysql/reply.h"
#include "proxy/attach.h"
#include "proxy/carry.h"
#include "proxy/changes.h"
#include "proxy/choice.h"
#include "proxy/dispatch.h"
#include "proxy/effects.h"
#include "proxy/gate.h"
#include "proxy/session.h"
#include "proxy/share.h"
#include "proxy/watch.h"

static struct watch *watch_of(const struct session *session)
{
    return session->worker->boxes[session->door->cluster].watch;
}

static const struct cluster_settings *settings_of(const struct session *session)
{
    return watch_of(session)->settings;
}

bool consistency_is_followed(const struct session *session)
{
    return session->consistency.level != CONSISTENCY_EVENTUAL &&
           session->door->settings->mode == LISTENER_SPLIT;
}

/* Then what it has seen stays a moment: see watch.h. */
static bool is_galera(const struct session *session)
{
    return session_view(session)->is_galera;
}

/* ---- levels ---- */

static int level_of(const struct session *session)
{
    if (session->user->consistency != CONSISTENCY_INHERIT)
        return session->user->consistency;
    if (session->door->settings->consistency != CONSISTENCY_INHERIT)
        return session->door->settings->consistency;
    return settings_of(session)->consistency;
}

/* Must the present read have anything at all? */
static bool is_asked(const struct session *session)
{
    enum consistency_need need = session->job.freshness;
    if (need == NEED_NEWEST || need == NEED_OWN)
        return session->door->settings->mode == LISTENER_SPLIT;
    return need != NEED_NOTHING && consistency_is_followed(session);
}

static bool wants_newest(const struct session *session)
{
    enum consistency_need need = session->job.freshness;
    return need == NEED_NEWEST ||
           (need == NEED_OF_SESSION && session->consistency.level == CONSISTENCY_STRONG);
}

void consistency_note_hint(struct session *session, enum hint_level level)
{
    bool is_followed = consistency_is_followed(session);
    enum consistency_need own = is_followed ? NEED_OWN : NEED_NEWEST;
    session->job.freshness = level == HINT_EVENTUAL ? NEED_NOTHING : level == HINT_STRONG ? NEED_NEWEST : own;
    if (session->job.freshness == NEED_NEWEST) /* what was trusted for less is looked at again */
        session->consistency.trusted = VIEW_NO_SERVER;
}

void consistency_begin(struct session *session)
{
    session->consistency.level = level_of(session);
    if (session->is_new)
        session->consistency.writer = VIEW_NO_SERVER;
    session->consistency.trusted = VIEW_NO_SERVER;
}

void consistency_end(struct session *session)
{
    watch_leave(watch_of(session), session);
}

/* ---- what replies say ---- */

/* After waits in vain, one after the other: so many times as long without any. Replicas that lag for long
 * cost a tenth of the time at most, and those that have recovered are found out. */
static const uint8_t rests[] = { 0, 0, 2, 4, 8, 10 };
#define RESTS_LAST (sizeof rests / sizeof *rests - 1)

/* More is asked for than before: no replica is known to have it. */
static void ask_more(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!consistency->is_asking)
        consistency->epoch = watch_epoch(watch_of(session));
    consistency->is_asking = true;
    consistency->trusted = VIEW_NO_SERVER;
}

/* It has seen what the primary has at this moment; and whatever it saw on replicas before. */
static void see(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    ask_more(session);
    consistency->seen = watch_happen(watch_of(session));
    consistency->has_read = false;
}

void consistency_note_settings(struct session *session)
{
    int level = level_of(session);
    bool was_followed = consistency_is_followed(session);
    if (level == session->consistency.level)
        return;
    consistency_begin(session);
    if (!was_followed && !session->is_new && consistency_is_followed(session))
        see(session); /* nobody has kept what it has written and seen: the primary has it */
}

static void note_written(struct session *session, enum server_family family, struct span gtids)
{
    struct consistency *consistency = &session->consistency;
    if (gtids.len == 0)
        return;
    ask_more(session);
    consistency->written = watch_happen(watch_of(session));
    gtid_position_read(&consistency->position, family, gtids);
    if (consistency->position.is_unknown) { /* too many sources: the primary's position will say it */
        consistency->position = (struct gtid_position){ 0 };
        see(session);
    }
    session->job.reply.has_gtid = true;
}

void consistency_note_tracked(struct session *session, const struct sesstrack_change *change)
{
    if (!consistency_is_followed(session) || session->job.place != ROUTE_PRIMARY)
        return;
    if (is_galera(session))
        return; /* each node numbers its own binary log */
    if (change->type == SESSTRACK_GTIDS)
        note_written(session, FAMILY_MYSQL, change->value);
    else if (span_is(change->name, "last_gtid"))
        note_written(session, FAMILY_MARIADB, change->value);
}

/* Nothing of other sessions' data can be known from the reply, nor can it have changed any. */
static bool shows_nothing(const struct job *job)
{
    static const uint32_t blind = 1u << SQL_EMPTY | 1u << SQL_BEGIN | 1u << SQL_COMMIT | 1u << SQL_ROLLBACK |
                                  1u << SQL_SAVEPOINT | 1u << SQL_SET | 1u << SQL_USE;
    bool is_command = job->command->manner != COMMAND_STATEMENT && job->command->manner != COMMAND_PREPARED;
    if (is_command || job->command->byte == COM_STMT_PREPARE)
        return !job->reply.has_error;
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
    ask_more(session);
    session->consistency.is_unlogged = true;
}

/* No reply of a Galera node tells what a COMMIT, or a SET autocommit, has made visible: whatever comes while
 * a transaction is open may be its end. */
static bool may_end_transaction(struct session *session)
{
    bool was_open = session->consistency.has_transaction;
    session->consistency.has_transaction = effects_has_transaction(session);
    return was_open;
}

static void note_writer(struct session *session)
{
    if (session->job.place == ROUTE_PRIMARY)
        session->consistency.writer = session->slots[ROUTE_PRIMARY].server;
}

bool consistency_is_new_writer(const struct session *session, int server)
{
    int writer = session->consistency.writer;
    return session->job.place == ROUTE_PRIMARY && is_galera(session) && writer != VIEW_NO_SERVER &&
           writer != server;
}

void consistency_note_done(struct session *session)
{
    const struct job *job = &session->job;
    bool is_end = is_galera(session) && may_end_transaction(session);
    if (is_galera(session))
        note_writer(session);
    if (!consistency_is_followed(session))
        return;
    if (job->changes != NULL && job->changes->sets_logging)
        note_logging(session);
    if (job->place == ROUTE_REPLICA)
        session->consistency.has_read = true;
    else if (is_end || (!shows_nothing(job) && !is_told(session)))
        see(session);
}

/* A command may have run all the same; and a replica that comes back may be an older copy. */
void consistency_note_drop(struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    if (slot->upstream == NULL || session->is_new || !consistency_is_followed(session))
        return;
    bool was_running = slot->upstream->state == UPSTREAM_BUSY;
    if (place == ROUTE_REPLICA && (was_running || slot->has_failed || slot->upstream->state == UPSTREAM_DEAD))
        session->consistency.trusted = VIEW_NO_SERVER;
    if (place == ROUTE_PRIMARY && was_running)
        see(session);
}

void consistency_note_leaving(struct session *session)
{
    session->consistency.trusted = VIEW_NO_SERVER;
}

/* A server that took no reads for a while may come back as an older copy, and a session without a connection
 * to it sees no end of one. */
void consistency_note_view(struct session *session)
{
    int trusted = session->consistency.trusted;
    if (session->user != NULL && trusted != VIEW_NO_SERVER &&
        !session_view(session)->servers[trusted].takes_reads)
        session->consistency.trusted = VIEW_NO_SERVER;
}

void consistency_note_reset(struct session *session)
{
    session->consistency.is_unlogged = false;
    if (!session->is_new && consistency_is_followed(session) && session->consistency.is_asking)
        see(session);
}

/* ---- what it asks for, as a position ---- */

static void drop_lost(struct session *session)
{
    struct watch *watch = watch_of(session);
    counter_add(&watch->counters.positions_dropped, 1);
    log_limited(LOG_LEVEL_WARNING, &session->scope,
                "%s does not have what this client has written or seen: lost with an old primary",
                session_view(session)->servers[watch->primary].server->name);
    session->consistency.position = (struct gtid_position){ 0 };
}

/* The primary has told where it is, in a poll that began after all was seen: that is what it asks for now. */
static void settle(struct session *session)
{
    struct watch *watch = watch_of(session);
    struct consistency *consistency = &session->consistency;
    bool is_over = watch_has_primary_since(watch, consistency->written);
    if (is_over && !watch_primary_reaches(watch, &consistency->position))
        drop_lost(session);
    if (is_over)
        consistency->position = watch->moved;
    else
        gtid_position_merge(&consistency->position, &watch->moved);
    consistency->needs_base = true;
    consistency->epoch = watch_epoch(watch);
    consistency->seen = 0;
    if (consistency->position.is_unknown) {
        consistency->position = (struct gtid_position){ 0 };
        see(session);
    }
}

/* The present job may wait for the newest, once. */
static void ask_newest(struct session *session)
{
    struct job *job = &session->job;
    if (!wants_newest(session) || job->wait.has_asked_newest)
        return;
    see(session);
    job->wait.has_asked_newest = true;
}

/* Another primary may have lost what the old one had; its own position tells. */
static void follow_primary(struct session *session)
{
    struct watch *watch = watch_of(session);
    struct consistency *consistency = &session->consistency;
    if (is_galera(session))
        return;
    if (consistency->is_asking && consistency->seen == 0 && consistency->epoch != watch_epoch(watch))
        consistency->seen = watch_happen(watch);
    if (consistency->seen != 0 && watch_has_primary_since(watch, consistency->seen))
        settle(session);
}

/* ---- carried to another connection ---- */

/* What it has seen on replicas, what it did while nobody followed it, and what another primary may have lost,
 * only the primary can tell. */
void consistency_begin_telling(struct session *session)
{
    const struct consistency *consistency = &session->consistency;
    struct watch *watch = watch_of(session);
    bool is_old = consistency->is_asking && consistency->epoch != watch_epoch(watch);
    bool is_known = consistency_is_followed(session) && !consistency->has_read && !is_old;
    session->job.token_since = is_known ? consistency->seen : watch_happen(watch);
    session->job.wait.replica_until_us = session_now(session) + settings_of(session)->consistency_wait_us;
}

bool consistency_tell(struct session *session, struct gtid_token *token_r)
{
    struct watch *watch = watch_of(session);
    const struct consistency *consistency = &session->consistency;
    uint64_t since = session->job.token_since;
    if (is_galera(session)) {
        token_r->is_newest = true;
        return true;
    }
    if (since != 0 && !watch_has_primary_since(watch, since)) {
        watch_demand(watch, since);
        return false;
    }
    bool is_over = since != 0 && watch_has_primary_since(watch, consistency->written);
    if (since != 0)
        token_r->position = watch->moved;
    if (!is_over && consistency->is_asking)
        gtid_position_merge(&token_r->position, &consistency->position);
    /* What was before the base cannot be said in a few words. */
    bool is_based = watch->base.count > 0 && (since != 0 || consistency->needs_base);
    token_r->is_newest = is_based || (watch->is_unfollowed && (since != 0 || consistency->is_asking));
    return true;
}

void consistency_note_token(struct session *session, const struct gtid_token *token)
{
    struct consistency *consistency = &session->consistency;
    if (!is_asked(session))
        session->job.freshness = NEED_OWN;
    if (token->is_newest || is_galera(session)) {
        see(session);
        return;
    }
    if (gtid_position_covers(&consistency->position, &token->position))
        return;
    ask_more(session);
    consistency->written = watch_happen(watch_of(session));
    gtid_position_merge(&consistency->position, &token->position);
    if (consistency->position.is_unknown) {
        consistency->position = (struct gtid_position){ 0 };
        see(session);
    }
}

/* ---- the gate ---- */

static bool has_all(const struct session *session, int server)
{
    const struct consistency *consistency = &session->consistency;
    if (is_galera(session))
        return watch_has_moment(watch_of(session), server, consistency->seen);
    return watch_has(watch_of(session), server, &consistency->position, consistency->needs_base);
}

static bool is_candidate(const struct session *session, size_t server)
{
    const struct job *job = &session->job;
    bool is_right = job->hint.has_only ? (int)server == job->hint.only : (int)server != job->avoid;
    return session_view(session)->servers[server].takes_reads && is_right;
}

/* A server that restarts may come back as an older copy, and faster than the probes notice: whoever had a
 * connection does. */
static uint64_t troubles_of(const struct session *session, int server)
{
    const struct server_counters *row =
        &session_view(session)->servers[server].server->by_worker[session->worker->index];
    return counter_read(&row->drops) + counter_read(&row->losses) + counter_read(&row->connect_failures);
}

static void trust(struct session *session, int server)
{
    session->consistency.trusted = server;
    session->consistency.trusted_troubles = troubles_of(session, server);
    session->consistency.trusted_moves = session_view(session)->servers[server].moves;
}

static bool is_trusted(const struct session *session)
{
    int trusted = session->consistency.trusted;
    return trusted != VIEW_NO_SERVER && is_candidate(session, (size_t)trusted) &&
           session->consistency.trusted_troubles == troubles_of(session, trusted) &&
           session->consistency.trusted_moves == session_view(session)->servers[trusted].moves;
}

static bool another_has(const struct session *session, int present)
{
    const struct view *view = session_view(session);
    for (size_t i = 0; i < view->count; i++)
        if ((int)i != present && is_candidate(session, i) && has_all(session, (int)i))
            return true;
    return false;
}

static bool has_waited(const struct session *session)
{
    return session->job.wait.was_in_vain || session_now(session) < session->consistency.rest_until_us ||
           settings_of(session)->consistency_wait_us == 0;
}

/* There is no primary to tell what it had, and reads go on without one: what the session has written must be
 * there, what it may have seen besides cannot be asked for. */
static void forget_seen(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (consistency->seen == 0 || session_view(session)->primary != VIEW_NO_SERVER || !has_waited(session) ||
        is_galera(session))
        return;
    counter_add(&watch_of(session)->counters.positions_dropped, 1);
    log_limited(
        LOG_LEVEL_INFO, &session->scope,
        "there is no primary to say what client %s has seen there: its reads ask for its own writes only",
        session->host);
    consistency->seen = 0;
    consistency->needs_base = false;
}

static struct gate_state state_of(const struct session *session)
{
    const struct consistency *consistency = &session->consistency;
    const struct slot *slot = &session->slots[ROUTE_REPLICA];
    const struct watch *watch = watch_of(session);
    bool has_replica = attach_is_current(session, ROUTE_REPLICA);
    return (struct gate_state){
        .has_demand = consistency->is_asking,
        .is_known = consistency->seen == 0 || is_galera(session),
        .is_followed = !watch->is_unfollowed && !consistency->is_unlogged,
        .has_replica = has_replica,
        .replica_has = has_replica && !attach_has_moved(session, ROUTE_REPLICA) &&
                       has_all(session, slot->server), /* of the machine that this server is now */
        .another_has = another_has(session, has_replica ? slot->server : VIEW_NO_SERVER),
        .may_leave = !consistency->has_read && !share_has_statements(session, ROUTE_REPLICA),
        .has_waited = has_waited(session),
        .is_bound = session->variables == VARIABLES_REPLICA,
        .is_never_primary_s = !choice_may_fall_back(session),
    };
}

/* Those that go to a replica for no other reason than that it can answer, and show data. */
static bool is_gated(const struct session *session)
{
    const struct job *job = &session->job;
    bool is_read = job->reason == ROUTE_REASON_READ || job->reason == ROUTE_REASON_READ_ONLY_TRANSACTION ||
                   (job->reason == ROUTE_REASON_VARIABLES && job->facts.uses_tables);
    return is_read && !job->is_login && !session->transaction.is_away && is_asked(session) &&
           job->command->byte != COM_STMT_PREPARE;
}

static void count(struct session *session, enum gate_verdict verdict)
{
    struct watch_counters *counters = &watch_of(session)->counters;
    struct job *job = &session->job;
    if (verdict == GATE_WAIT)
        counter_add(&counters->reads_waited, !job->wait.is_held_back);
    else if (verdict == GATE_PRIMARY)
        counter_add(&counters->reads_too_early, 1);
    else
        counter_add(&counters->reads_caught_up, job->wait.is_held_back);
    if (verdict == GATE_MOVE && session->slots[ROUTE_REPLICA].upstream != NULL)
        counter_add(&counters->reads_moved, 1);
    job->wait.is_held_back = verdict == GATE_WAIT;
}

static bool obey(struct session *session, enum gate_verdict verdict)
{
    struct job *job = &session->job;
    struct slot *slot = &session->slots[ROUTE_REPLICA];
    switch (verdict) {
    case GATE_WAIT:
        return true;
    case GATE_PRIMARY:
        job->place = ROUTE_PRIMARY;
        job->reason = ROUTE_REASON_NOT_CAUGHT_UP;
        return false;
    case GATE_MOVE:
        attach_drop(session, ROUTE_REPLICA);
        return false;
    case GATE_PASS:
        if (attach_is_current(session, ROUTE_REPLICA))
            trust(session, slot->server);
        break;
    }
    session->consistency.rest_until_us = 0;
    session->consistency.vain_waits = 0;
    return false;
}

/* A replica other than the one that it was on may be behind that one. */
static void note_leaving(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    bool is_there = attach_is_current(session, ROUTE_REPLICA) || is_trusted(session);
    if (consistency->has_read && !is_there)
        see(session);
}

bool consistency_holds(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!is_gated(session))
        return false;
    ask_newest(session);
    note_leaving(session);
    follow_primary(session);
    forget_seen(session);
    if (consistency->is_asking)
        watch_demand(watch_of(session), consistency->seen);
    struct gate_state state = state_of(session);
    enum gate_verdict verdict = gate_decide(&state);
    if (consistency->is_asking)
        count(session, verdict);
    return obey(session, verdict);
}

bool consistency_is_primary_s(const struct session *session)
{
    if (session->consistency.trusted != VIEW_NO_SERVER || !consistency_is_followed(session))
        return false;
    struct gate_state state = state_of(session);
    return gate_decide(&state) == GATE_PRIMARY;
}

/* The balancer's choice, or the next after it that has everything; the primary has. */
static int pick(struct session *session)
{
    const struct view *view = session_view(session);
    int first = choice_pick_replica(session);
    if (first == VIEW_NO_SERVER || first == view->primary)
        return first;
    for (size_t i = 0; i < view->count; i++) {
        size_t at = ((size_t)first + i) % view->count;
        if (is_candidate(session, at) && has_all(session, (int)at))
            return (int)at;
    }
    return first;
}

/* What it asks for is nothing, or there. Another replica may be behind the one that it was on. */
static bool is_proven(const struct session *session, int server)
{
    const struct consistency *consistency = &session->consistency;
    if (server == consistency->trusted && is_trusted(session))
        return true;
    return !consistency->has_read &&
           (!consistency->is_asking ||
            ((consistency->seen == 0 || is_galera(session)) && has_all(session, server)));
}

bool consistency_allows(const struct session *session, int server)
{
    if (session->job.hint.has_only && server != session->job.hint.only)
        return false;
    return !is_asked(session) || server == session_view(session)->primary || is_proven(session, server);
}

void consistency_note_choice(struct session *session, int server)
{
    bool is_replica = server != VIEW_NO_SERVER && server != session_view(session)->primary;
    bool is_good = is_asked(session) && is_replica && is_proven(session, server);
    session->consistency.trusted = VIEW_NO_SERVER;
    if (is_good)
        trust(session, server);
}

int consistency_choose(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!is_asked(session))
        return choice_pick_replica(session);
    if (is_trusted(session))
        return consistency->trusted;
    if (consistency->has_read)
        see(session);
    int server = consistency->is_asking ? pick(session) : choice_pick_replica(session);
    consistency_note_choice(session, server);
    return server;
}

/* ---- waiting ---- */

/* What may not go to the primary waits as long as for a server. */
static uint64_t patience(const struct session *session)
{
    return !choice_may_fall_back(session) ? session->worker->world->timeouts->primary_wait_us
                                          : settings_of(session)->consistency_wait_us;
}

enum step consistency_wait(struct session *session)
{
    struct job *job = &session->job;
    uint64_t now = session_now(session);
    if (job->wait.replica_until_us == 0)
        job->wait.replica_until_us = now + patience(session);
    session_set_deadline(session, job->wait.replica_until_us > now ? job->wait.replica_until_us - now : 1);
    watch_wait(watch_of(session), session);
    (void)session_enter(session, SESSION_CATCHING_UP);
    return STEP_WAIT;
}

enum step consistency_waiting(struct session *session)
{
    consistency_end(session);
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    if (session->job.asks_token)
        return carry_go_on(session, false);
    session_set_deadline(session, 0);
    return attach_begin(session);
}

enum step consistency_timed_out(struct session *session)
{
    consistency_end(session);
    if (session->job.asks_token)
        return carry_go_on(session, true);
    if (!choice_may_fall_back(session))
        return dispatch_refuse(
            session, ERR_READ_ONLY, NULL,
            "headgate: no replica that this read may go to has caught up with what the session "
            "has written or seen; the statement was not run");
    struct consistency *consistency = &session->consistency;
    if (consistency->vain_waits < RESTS_LAST)
        consistency->vain_waits++;
    consistency->rest_until_us =
        session_now(session) + rests[consistency->vain_waits] * settings_of(session)->consistency_wait_us;
    session->job.wait.was_in_vain = true;
    return attach_begin(session);
}
