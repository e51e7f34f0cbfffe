#include "freshness/fresh_replica.h"

#include "cluster/balance.h"
#include "cluster/view.h"

/* ---- servers that meet the demand ---- */

/* For a Galera cluster the demand is only a moment, not a position: see positions.h. */
bool fresh_replica_has_all(const struct consistency *consistency, int server)
{
    struct positions *positions = consistency->positions;
    if (positions->view->is_galera)
        return positions_has_moment(positions, server, consistency->seen);
    return positions_has(positions, server, &consistency->position, consistency->needs_base);
}

static bool is_candidate(const struct view *view, const struct job *job, size_t server)
{
    bool is_right = job->hint.has_only ? (int)server == job->hint.only : (int)server != job->avoid;
    return view->servers[server].takes_reads && is_right;
}

bool fresh_replica_another_has(const struct consistency *consistency, const struct job *job, int present)
{
    const struct view *view = consistency->positions->view;
    for (size_t i = 0; i < view->count; i++)
        if ((int)i != present && is_candidate(view, job, i) && fresh_replica_has_all(consistency, (int)i))
            return true;
    return false;
}

/* ---- the trusted replica ---- */

/* Lost connections and failed connects of this worker to the server. A server that restarts may come back as
 * an older copy before the probes notice; the lost connections show it. */
static uint64_t troubles_of(const struct positions *positions, int server)
{
    const struct server_counters *row =
        &positions->view->servers[server].server->by_worker[positions->env->worker];
    return counter_read(&row->drops) + counter_read(&row->losses) + counter_read(&row->connect_failures);
}

void fresh_replica_trust(struct consistency *consistency, int server)
{
    const struct positions *positions = consistency->positions;
    consistency->fresh_replica = (struct fresh_replica){ .server = server,
                                                         .troubles = troubles_of(positions, server),
                                                         .moves = positions->view->servers[server].moves };
}

bool fresh_replica_is_held(const struct consistency *consistency, const struct job *job)
{
    const struct positions *positions = consistency->positions;
    const struct fresh_replica *fresh = &consistency->fresh_replica;
    return fresh->server != VIEW_NO_SERVER && is_candidate(positions->view, job, (size_t)fresh->server) &&
           fresh->troubles == troubles_of(positions, fresh->server) &&
           fresh->moves == positions->view->servers[fresh->server].moves;
}

void fresh_replica_forget(struct consistency *consistency)
{
    consistency->fresh_replica.server = VIEW_NO_SERVER;
}

void fresh_replica_note_view(struct consistency *consistency)
{
    int trusted = consistency->fresh_replica.server;
    if (trusted != VIEW_NO_SERVER && !consistency->positions->view->servers[trusted].takes_reads)
        fresh_replica_forget(consistency);
}

/* ---- the choice ---- */

/* A pseudo-random number for the balancer from the worker's turn (splitmix64). */
static uint64_t scatter(uint64_t turn, uint64_t worker)
{
    uint64_t x = (turn + (worker << 32)) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

int fresh_replica_pick_any(const struct consistency *consistency, const struct job *job)
{
    struct positions *positions = consistency->positions;
    if (job->hint.has_only)
        return positions->view->servers[job->hint.only].takes_reads ? job->hint.only : VIEW_NO_SERVER;
    unsigned turn = positions->turn++;
    struct balance_wish wish = { .avoid = job->avoid,
                                 .turn = turn,
                                 .random = scatter(turn, positions->env->worker),
                                 .now_us = positions->env->loop->now_us };
    return balance_pick(positions->view, &wish);
}

/* The balancer's choice if it meets the demand, as the primary does; otherwise the next server that meets it;
 * if there is none, the balancer's choice. */
static int pick(const struct consistency *consistency, const struct job *job)
{
    const struct view *view = consistency->positions->view;
    int first = fresh_replica_pick_any(consistency, job);
    if (first == VIEW_NO_SERVER || first == view->primary)
        return first;
    for (size_t i = 0; i < view->count; i++) {
        size_t at = ((size_t)first + i) % view->count;
        if (is_candidate(view, job, at) && fresh_replica_has_all(consistency, (int)at))
            return (int)at;
    }
    return first;
}

/* Is the replica known to meet the demand, or is there no demand? If the session has read on a replica, only
 * the trusted one is: others may be behind it. */
static bool is_proven(const struct consistency *consistency, const struct job *job, int server)
{
    if (server == consistency->fresh_replica.server && fresh_replica_is_held(consistency, job))
        return true;
    bool is_known = consistency->seen == 0 || consistency->positions->view->is_galera;
    return !consistency->has_read &&
           (!consistency->is_asking || (is_known && fresh_replica_has_all(consistency, server)));
}

bool fresh_replica_allows(const struct consistency *consistency, const struct job *job, int server)
{
    if (job->hint.has_only && server != job->hint.only)
        return false;
    return !consistency_is_asked(consistency, job) || server == consistency->positions->view->primary ||
           is_proven(consistency, job, server);
}

void fresh_replica_note_choice(struct consistency *consistency, const struct job *job, int server)
{
    bool is_replica = server != VIEW_NO_SERVER && server != consistency->positions->view->primary;
    bool is_good =
        consistency_is_asked(consistency, job) && is_replica && is_proven(consistency, job, server);
    fresh_replica_forget(consistency);
    if (is_good)
        fresh_replica_trust(consistency, server);
}

int fresh_replica_choose(struct consistency *consistency, const struct job *job)
{
    if (!consistency_is_asked(consistency, job))
        return fresh_replica_pick_any(consistency, job);
    if (fresh_replica_is_held(consistency, job))
        return consistency->fresh_replica.server;
    if (consistency->has_read)
        consistency_see(consistency);
    int server = consistency->is_asking ? pick(consistency, job) : fresh_replica_pick_any(consistency, job);
    fresh_replica_note_choice(consistency, job, server);
    return server;
}

bool fresh_replica_should_move(const struct consistency *consistency, int server, uint64_t id)
{
    const struct positions *positions = consistency->positions;
    uint64_t now_us = positions->env->loop->now_us;
    return balance_should_move(positions->view, server, scatter(id, now_us), now_us);
}

/* ---- the gate ---- */

/* A session keeps its replica if it can: another replica takes another connection, which is worth it only if
 * the present replica is far behind. */
enum gate_verdict fresh_replica_decide(const struct gate_state *state)
{
    if (!state->has_demand)
        return GATE_PASS;
    bool is_primary_s = !state->is_bound && !state->is_never_primary_s;
    if (!state->is_followed)
        return is_primary_s ? GATE_PRIMARY : GATE_WAIT;
    if (state->is_known && state->has_replica && state->replica_has)
        return GATE_PASS;
    if (state->is_bound)
        return GATE_WAIT;
    bool may_move = !state->has_replica || ((state->has_waited || !is_primary_s) && state->may_leave);
    if (state->is_known && state->another_has && may_move)
        return GATE_MOVE;
    return state->has_waited && is_primary_s ? GATE_PRIMARY : GATE_WAIT;
}
