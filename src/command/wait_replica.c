#include "command/wait_replica.h"

#include "freshness/consistency.h"
#include "freshness/fresh_replica.h"
#include "freshness/global_writes.h"
#include "mysql/reply.h"
#include "session/yield.h"
#include "command/command_answer.h"
#include "command/gtid_token.h"
#include "command/pick_server.h"
#include "session/slot.h"

/* ---- what the session asks for ---- */

/* How long a wait for a replica may take, in microseconds, and still be cheaper than a read on the primary:
 * the longest time of all replicas that the read may go to. 0: the primary is cheaper. */
static uint64_t cheaper_us(const struct session *session)
{
    const struct consistency *consistency = &session->consistency;
    const struct view *view = session_view(session);
    uint64_t elapsed_us = session_now(session) - consistency->asked_us, most_us = 0;
    bool is_known = consistency->seen == 0 || view->is_galera;
    bool is_there = slot_is_current(session, ROUTE_REPLICA);
    for (int i = 0; is_known && i < (int)view->count; i++) {
        bool is_candidate =
            is_there ? i == session->slots[ROUTE_REPLICA]->server : view->servers[i].takes_reads;
        uint64_t us = is_candidate ? positions_wait_us(session->consistency.positions, i, elapsed_us) : 0;
        most_us = us > most_us ? us : most_us;
    }
    return most_us;
}

/* How long the present read may wait before it goes to the primary, in microseconds. With consistency_wait =
 * auto it does not wait for the primary's position (`seen`): that takes as long as the read there. */
static uint64_t wait_us(const struct session *session)
{
    bool is_auto = session->consistency.positions->settings->consistency_wait_us == CONSISTENCY_WAIT_AUTO;
    bool is_cheap = is_auto && !consistency_wants_newest(&session->consistency, session->job) &&
                    session_view(session)->primary != VIEW_NO_SERVER;
    return is_cheap ? cheaper_us(session) : consistency_wait_us(&session->consistency);
}

static bool has_waited(const struct session *session)
{
    return session->job->wait.was_in_vain || session_now(session) < session->consistency.rest_until_us ||
           wait_us(session) == 0;
}

/* Moving to another replica costs one more connection. It is not worth that while the session's own replica
 * has been behind for less than this, in microseconds. */
#define FAR_BEHIND_US 100000u

/* Without a primary its position is not known, but reads continue. The session still asks for its own writes,
 * and no longer for what else it may have seen on the primary. */
static void forget_seen(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (consistency->seen == 0 || session_view(session)->primary != VIEW_NO_SERVER || !has_waited(session) ||
        session_view(session)->is_galera)
        return;
    log_limited(
        LOG_LEVEL_INFO, &session->scope,
        "there is no primary to say what client %s has seen there: its reads ask for its own writes only",
        session->host);
    consistency_forget_seen(consistency);
}

/* ---- the gate ---- */

/* Only the present replica can answer: it has the session's user variables, or what an earlier statement has
 * left. */
static bool is_bound(const struct session *session)
{
    enum route_reason reason = session->job->reason;
    bool begins_there = reason == ROUTE_REASON_READ_ONLY_TRANSACTION;
    return reason == ROUTE_REASON_VARIABLES || reason == ROUTE_REASON_PREVIOUS ||
           (begins_there && session->facets.variables == VARIABLES_REPLICA);
}

static struct gate_state state_of(const struct session *session)
{
    const struct consistency *consistency = &session->consistency;
    const struct slot *slot = session->slots[ROUTE_REPLICA];
    const struct positions *positions = session->consistency.positions;
    bool has_replica = slot_is_current(session, ROUTE_REPLICA);
    return (struct gate_state){
        .has_demand = consistency->is_asking,
        .is_known = consistency->seen == 0 || session_view(session)->is_galera,
        .is_followed = !positions->is_unfollowed && !consistency->is_unlogged,
        .has_replica = has_replica,
        .replica_has =
            has_replica && !slot_has_moved(session, ROUTE_REPLICA) &&
            fresh_replica_has_all(&session->consistency, slot->server), /* of the server's present machine */
        .another_has = fresh_replica_another_has(&session->consistency, session->job,
                                                 has_replica ? slot->server : VIEW_NO_SERVER),
        .may_leave =
            (session->consistency.positions->settings->consistency_wait_us != CONSISTENCY_WAIT_AUTO ||
             !pick_may_fall_back(session) ||
             (session->consistency.behind_us != 0 &&
              session_now(session) - session->consistency.behind_us >= FAR_BEHIND_US)) &&
            !consistency->has_read && !yield_has_statements(session, ROUTE_REPLICA) &&
            session->facets.variables != VARIABLES_REPLICA,
        .has_waited = has_waited(session),
        .is_bound = is_bound(session),
        .is_never_primary_s = !pick_may_fall_back(session),
    };
}

/* Must the replica have what the session asks for? Yes for harmless reads and read-only transactions, also
 * when they are only prepared: a PREPARE reads which tables there are. Yes for statements on tables that only
 * this replica can answer, because of user variables or an earlier statement. (If the connection of the
 * earlier statement is gone, only a PREPARE can run: diagnostics_are_gone.) */
static bool is_gated(const struct session *session)
{
    const struct job *job = session->job;
    bool is_read = job->reason == ROUTE_REASON_READ || job->reason == ROUTE_REASON_READ_ONLY_TRANSACTION;
    bool is_of_variables = job->reason == ROUTE_REASON_VARIABLES && job->facts.uses_tables;
    bool is_prepare = !job->is_login && job->command->byte == COM_STMT_PREPARE;
    bool is_question = job->reason == ROUTE_REASON_PREVIOUS && job->facts.uses_tables &&
                       (is_prepare || slot_is_current(session, ROUTE_REPLICA));
    return (is_read || is_of_variables || is_question) && !job->is_login &&
           !session->facets.transaction.is_away && consistency_is_asked(&session->consistency, session->job);
}

static void count(struct session *session, enum gate_verdict verdict)
{
    struct position_counters *counters = &session->consistency.positions->counters;
    struct job *job = session->job;
    if (verdict == GATE_WAIT)
        counter_add(&counters->reads_waited, !job->wait.is_held_back);
    else if (verdict == GATE_PRIMARY)
        counter_add(&counters->reads_too_early, 1);
    else
        counter_add(&counters->reads_caught_up, job->wait.is_held_back);
    if (verdict == GATE_MOVE && session->slots[ROUTE_REPLICA]->upstream != NULL)
        counter_add(&counters->reads_moved, 1);
    job->wait.is_held_back = verdict == GATE_WAIT;
}

static bool obey(struct session *session, enum gate_verdict verdict)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[ROUTE_REPLICA];
    switch (verdict) {
    case GATE_WAIT:
        return true;
    case GATE_PRIMARY:
        job->place = ROUTE_PRIMARY;
        job->reason = ROUTE_REASON_NOT_CAUGHT_UP;
        if (session->consistency.behind_us == 0)
            session->consistency.behind_us = session_now(session);
        return false;
    case GATE_MOVE:
        slot_drop(session, ROUTE_REPLICA);
        return false;
    case GATE_PASS:
        if (slot_is_current(session, ROUTE_REPLICA))
            fresh_replica_trust(&session->consistency, slot->server);
        break;
    }
    session->consistency.behind_us = session->consistency.rest_until_us = 0;
    session->consistency.vain_waits = 0;
    return false;
}

bool wait_replica_holds(struct session *session)
{
    struct consistency *consistency = &session->consistency;
    if (!is_gated(session))
        return false;
    struct job *job = session->job;
    if (consistency_wants_newest(consistency, job) && !job->wait.has_asked_newest) { /* once per job */
        consistency_see(consistency);
        job->wait.has_asked_newest = true;
    }
    if (consistency_wants_global(consistency, job))
        global_writes_ask(consistency);
    /* The session has read on a replica and is leaving it: another replica may be behind. */
    if (consistency->has_read && !slot_is_current(session, ROUTE_REPLICA) &&
        !fresh_replica_is_held(consistency, job))
        consistency_see(consistency);
    consistency_follow_primary(consistency, &session->scope);
    forget_seen(session);
    consistency->is_reader = true;
    if (consistency->is_asking)
        positions_demand(session->consistency.positions, consistency->seen);
    struct gate_state state = state_of(session);
    enum gate_verdict verdict = fresh_replica_decide(&state);
    if (consistency->is_asking)
        count(session, verdict);
    return obey(session, verdict);
}

bool wait_replica_is_primary_s(const struct session *session)
{
    bool has_news = consistency_wants_global(&session->consistency, session->job) &&
                    !global_writes_is_current(&session->consistency);
    if (!consistency_is_followed(&session->consistency) ||
        (session->consistency.fresh_replica.server != VIEW_NO_SERVER && !has_news))
        return false;
    if (has_news && has_waited(session) && !global_writes_is_at_replica(session->consistency.positions))
        return true;
    struct gate_state state = state_of(session);
    return fresh_replica_decide(&state) == GATE_PRIMARY;
}

/* ---- waiting ---- */

static bool may_be_primary_s(const struct session *session)
{
    return pick_may_fall_back(session) && !is_bound(session);
}

enum step wait_replica_wait(struct session *session)
{
    struct job *job = session->job;
    uint64_t now = session_now(session);
    if (job->wait.replica_until_us == 0)
        job->wait.replica_until_us =
            now + (may_be_primary_s(session) ? wait_us(session)
                                             : session->worker->world->timeouts->primary_wait_us);
    session_set_deadline(session, job->wait.replica_until_us > now ? job->wait.replica_until_us - now : 1);
    positions_wait(session->consistency.positions, &session->in_waiting);
    (void)session_enter(session, SESSION_CATCHING_UP);
    return STEP_WAIT;
}

void wait_replica_end(struct session *session)
{
    positions_leave(session->consistency.positions, &session->in_waiting);
}

enum step wait_replica_step(struct session *session)
{
    wait_replica_end(session);
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    if (session->job->asks_token)
        return gtid_token_go_on(session, false);
    session_set_deadline(session, 0);
    return session_enter(session, SESSION_ACQUIRING);
}

/* After n waits in vain in a row, no read of the session waits for rests[n] times the length of a wait. So
 * replicas that lag for long cost about a tenth of the time at most, and a replica that has caught up is used
 * again. */
static const uint8_t rests[] = { 0, 0, 2, 4, 8, 10 };
#define RESTS_LAST (sizeof rests / sizeof *rests - 1)

enum step wait_replica_time_out(struct session *session)
{
    wait_replica_end(session);
    if (session->job->asks_token)
        return gtid_token_go_on(session, true);
    if (!may_be_primary_s(session))
        return command_refuse(
            session, ERR_READ_ONLY, NULL,
            "headgate: no replica that this read may go to has caught up with what the session "
            "has written or seen; the statement was not run");
    struct consistency *consistency = &session->consistency;
    if (consistency->vain_waits < RESTS_LAST)
        consistency->vain_waits++;
    consistency->rest_until_us = session_now(session) + rests[consistency->vain_waits] * wait_us(session);
    session->job->wait.was_in_vain = true;
    return session_enter(session, SESSION_ACQUIRING);
}
