/* The steps of a command until its connection has the state of the session: a connection is found or opened,
 * gets the session's state, and knows the prepared statement.
 *
 *      acquire_begin ─► WAITING (no server) ─► ATTACHING ─► SYNCING ─► PREPARING ─► SENDING
 *
 * slot.c opens connections, and takes them from the pool and returns them. */
#include "command/acquire.h"

#include "base/clock.h"
#include "monitor/outcome.h"
#include "upstream/quota.h"
#include "mysql/reply.h"
#include "pool/search.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "command/command_route.h"
#include "command/local_answers.h"
#include "command/pick_server.h"
#include "session/slot.h"
#include "session/state_capture.h"
#include "command/wait_connection.h"
#include "command/wait_replica.h"
#include "session/yield.h"
#include "state/diagnostics.h"
#include "state/insert_id.h"
#include "state/sequences.h"
#include "state/variable_effects.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

/* ---- WAITING ---- */

enum step acquire_wait(struct session *session)
{
    struct job *job = session->job;
    uint64_t now = session_now(session);
    if (job->wait.server_until_us == 0)
        job->wait.server_until_us = now + session->worker->world->timeouts->primary_wait_us;
    session_set_deadline(session, job->wait.server_until_us > now ? job->wait.server_until_us - now : 1);
    worker_retry(session->worker);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

/* The operator has paused the cluster: waits until `resume` or the end of the pause, without a deadline. The
 * client gets no error because of the pause. */
static enum step wait_resumed(struct session *session)
{
    session->job->wait.server_until_us = 0;
    session_set_deadline(session, 0);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

enum step acquire_waiting(struct session *session)
{
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    const struct slot *asked = session->job->wait.asked;
    bool is_told = asked != NULL && asked->capture == NULL;
    if (!session->worker->is_retrying && !is_told)
        return STEP_WAIT;
    return session_enter(session, SESSION_ACQUIRING);
}

/* ---- reasons why the command cannot run yet, or cannot run at all ---- */

/* The present command is for the primary, and the session has a connection at that place. */
static bool has_primary_slot(const struct session *session)
{
    const struct slot *slot = session->slots[ROUTE_PRIMARY];
    return session->job->place == ROUTE_PRIMARY && slot->upstream != NULL && !slot->has_failed;
}

/* The session's state is on a server that is not the primary any more, and there is another primary. An
 * open transaction may end on the old server if that server refuses writes; otherwise what it still writes
 * would be lost. If the server's name now belongs to another machine, it is not known whether the old one
 * refuses writes: no command runs there. */
static bool is_stranded(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = session->slots[ROUTE_PRIMARY];
    if (!has_primary_slot(session))
        return false;
    if (slot_has_moved(session, ROUTE_PRIMARY))
        return slot_has_lost_state(session, ROUTE_PRIMARY);
    if (view->primary == VIEW_NO_SERVER || slot->server == view->primary)
        return false;
    bool may_end_there =
        facets_is_in_transaction(&session->facets) && !view->servers[slot->server].is_contender;
    return !may_end_there && slot_has_lost_state(session, ROUTE_PRIMARY);
}

/* The session's state is on a server that accepts writes and is not the primary, and there is no other
 * primary. That server may become the primary again, or other workers may already have another primary:
 * the command waits. A server that an operator drains stays in use. */
static bool is_in_limbo(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct slot *slot = session->slots[ROUTE_PRIMARY];
    if (!has_primary_slot(session) || view->primary != VIEW_NO_SERVER ||
        facets_is_in_transaction(&session->facets))
        return false;
    const struct view_server *entry = &view->servers[slot->server];
    return entry->is_contender && entry->state != SERVER_DRAINING &&
           slot_has_lost_state(session, ROUTE_PRIMARY);
}

static enum step refuse_stranded(struct session *session)
{
    struct text state = { 0 };
    pins_describe(&session->facets.pins, &state);
    session->must_close = true;
    enum step step =
        command_refuse(session, ERR_SERVER_SHUTDOWN, NULL,
                       "headgate: the primary has changed, and this session had state on the old one: %s",
                       state.len > 0 && !state.is_oom ? state.data : "user variables");
    text_fini(&state);
    return step;
}

/* The primary has just refused a write as read-only: no new command starts there. */
static bool is_doubtful(const struct session *session)
{
    int primary = session_view(session)->primary;
    return session->job->place == ROUTE_PRIMARY && !session->job->is_login && primary != VIEW_NO_SERVER &&
           worker_doubts(session->worker, session->listener->cluster, primary) &&
           !slot_has_lost_state(session, ROUTE_PRIMARY);
}

/* The statement's long data or cursor is on a connection that is gone or must not be used any more.
 * Without them the command would do something else. */
static bool has_lost_pieces(const struct session *session)
{
    const struct job *job = session->job;
    if (job->prepared == NULL)
        return false;
    uint8_t byte = job->command->byte;
    bool takes_pieces = byte == COM_STMT_EXECUTE || byte == COM_STMT_SEND_LONG_DATA;
    bool needs_pieces = takes_pieces && job->prepared->has_long_data;
    bool needs_cursor = byte == COM_STMT_FETCH && job->prepared->has_cursor;
    return (needs_pieces || needs_cursor) &&
           !(slot_is_current(session, job->place) && slot_continues_there(session, job->place));
}

/* The command asks for LAST_INSERT_ID() in a read-only transaction on the replica, and only the primary's
 * connection knows it. */
static bool needs_id_of_primary(const struct session *session)
{
    uint64_t known_by = session->facets.insert_id.known_by;
    bool is_away = session->job->place == ROUTE_REPLICA && facets_home(&session->facets) == ROUTE_REPLICA;
    return known_by != 0 && known_by == session->slots[ROUTE_PRIMARY]->generation && is_away &&
           insert_id_is_asked_for(command_sql(session));
}

/* Another connection of the session knows what the command needs. headgate asks that connection, and the
 * command waits for the answer. */
static bool must_ask(struct session *session)
{
    return (needs_id_of_primary(session) &&
            state_capture_ask_for(session, ROUTE_PRIMARY, &facet_insert_id)) ||
           (variable_effects_are_away(&session->facets, session->job) &&
            state_capture_ask_for(session, ROUTE_REPLICA, &facet_variable_effects)) ||
           (session->job->is_aside && session->facets.transaction.is_unknown &&
            state_capture_ask_for(session, ROUTE_PRIMARY, &facet_transaction));
}

static bool has_lost_draws(const struct session *session)
{
    const struct job *job = session->job;
    if (!session->facets.has_lost_draws || !job->facts.has_sequence || job->command->byte == COM_STMT_PREPARE)
        return false;
    const struct sql_dialect dialect = dialect_of(session);
    return sequences_are_lost(session->slots[job->place], command_inner_sql(session), command_schema(session),
                              &dialect);
}

/* The command asks about an earlier statement, and the connection that knows the answer is gone, or is not
 * the one that the command is for. `is_current`: the connection at the job's place is to be used. */
static bool has_lost_answer(const struct session *session, bool is_current)
{
    const struct facets *facets = &session->facets;
    bool has_lost_id =
        insert_id_is_lost(&facets->insert_id, session->slots) && insert_id_is_asked_for(command_sql(session));
    return has_lost_id || has_lost_draws(session) ||
           diagnostics_are_gone(&facets->answers, session->slots, session->job, is_current);
}

/* False: no other connection of the session can know anything that the command needs: may_run_here is true. */
static bool may_need_another(const struct session *session)
{
    const struct facets *facets = &session->facets;
    const struct sql_facts *facts = &session->job->facts;
    return facts->refers_previous || facts->asks_before != 0 || facts->has_sequence ||
           facets->variables == VARIABLES_REPLICA || facets->insert_id.known_by != 0 ||
           facets->transaction.is_unknown;
}

/* False: another connection of the session knows what the command needs and is asked, or no connection knows it
 * any more and the command is answered or refused (*step_r). */
static bool may_run_here(struct session *session, bool is_current, enum step *step_r)
{
    const struct job *job = session->job;
    if (must_ask(session))
        *step_r = acquire_wait(session);
    else if (variable_effects_are_lost(&session->facets, session->slots, job))
        *step_r = command_refuse_route(session, ROUTE_REASON_VARIABLES_AWAY);
    else if (diagnostics_forbid(&session->facets.answers, session->slots, job, is_current))
        *step_r = command_refuse_route(session, ROUTE_REASON_ANSWERS_AWAY);
    else if (has_lost_answer(session, is_current))
        *step_r =
            local_answers_may_answer(session) ? local_answers_answer(session) : local_answers_refuse(session);
    else
        return true;
    return false;
}

/* ---- the beginning ---- */

/* The session's replica is known to have all data that the read needs: the normal case. */
static bool is_where_it_trusts(const struct session *session)
{
    return session->slots[ROUTE_REPLICA]->server == session->consistency.fresh_replica.server &&
           session->consistency.level != CONSISTENCY_STRONG &&
           (!consistency_wants_global(&session->consistency, session->job) ||
            global_writes_is_current(&session->consistency));
}

enum step acquire_begin(struct session *session)
{
    struct job *job = session->job;
    const uint64_t now_us = session_now(session);
    enum step step;
    job->wait.asked = NULL;
    slot_listen(session, job->place);
    if (session->lost.len > 0 && !job->is_login) /* state was lost while this command waited */
        return command_tell_lost(session);
    /* The operator has paused the cluster: open transactions may go on to their end, new commands wait. */
    if (session_view(session)->is_paused && !facets_has_transaction(&session->facets))
        return wait_resumed(session);
    const struct upstream *upstream = session->slots[job->place]->upstream;
    if (upstream != NULL && now_us - upstream->opened_us >= session->worker->pool.rules.young_us)
        yield_retire_old(session);
    if (job->place == ROUTE_PRIMARY && job->facts.is_read)
        pick_look_again(session);
    if (job->place == ROUTE_REPLICA && (session->shared != NULL || now_us >= session->balance_at_us))
        pick_settle(session);
    bool is_current = slot_is_current(session, job->place);
    if (job->place == ROUTE_REPLICA && !(is_current && is_where_it_trusts(session))) {
        if (wait_replica_holds(session))
            return wait_replica_wait(session);
        is_current = slot_is_current(session, job->place);
    }
    if (is_doubtful(session))
        return acquire_wait(session);
    if (is_stranded(session))
        return refuse_stranded(session);
    if (is_in_limbo(session))
        return acquire_wait(session);
    if (has_lost_pieces(session))
        return command_refuse_pieces(session);
    if (may_need_another(session) && !may_run_here(session, is_current, &step))
        return step;
    if (!is_current) {
        slot_drop(session, job->place);
        int server = pick_server(session);
        if (slot_is_current(session, job->place)) /* pick_server may have moved the read to the primary */
            return session_enter(session, SESSION_ATTACHING);
        slot_drop(session, job->place);
        if (server == VIEW_NO_SERVER)
            return acquire_wait(session);
        return wait_connection_attach(session, server);
    }
    (void)session_enter(session, SESSION_ATTACHING);
    return acquire_attaching(session); /* called directly, not by the driver: most commands take this way */
}

/* ---- no connection ---- */

/* "Too many connections" means "try again later". */
static bool is_overload(const struct error *err)
{
    return err->code == ERR_CON_COUNT || quota_is_limit(err);
}

/* The server had no free connection for all of pool_wait. The message names the limit, if the server's own
 * message does not. */
static enum step refuse_full(struct session *session, int at, const struct error *err)
{
    const struct server *server = session_view(session)->servers[at].server;
    uint32_t own = atomic_load_explicit(&server->own_max, memory_order_relaxed);
    char limit[48] = "", waited[32];
    if (err->code == ERR_CON_COUNT && own > 0)
        (void)snprintf(limit, sizeof limit, " (its own max_connections is %u)", own);
    return command_refuse(
        session, (uint16_t)err->code, err->sqlstate,
        "headgate: %s had no room for another connection for %s: %.200s%s", server->name,
        clock_format_duration(session->worker->world->timeouts->pool_wait_us, waited, sizeof waited),
        err->text, limit);
}

/* The server has refused the account's login, or headgate cannot prove the password: an error for the
 * client, in the server's words. */
static enum step refuse_login(struct session *session, int at, const struct error *err)
{
    const char *server = session_view(session)->servers[at].server->name;
    const char *whose = err->code == ERR_AUTH_MODE ? "headgate: " : "";
    if (err->code == ERR_ACCESS_DENIED || err->code == ERR_ACCESS_DENIED_NO_PASSWORD)
        return command_refuse(session, (uint16_t)err->code, err->sqlstate,
                              "%.300s (headgate: %s refused the password of headgate's `users`)", err->text,
                              server);
    return command_refuse(session, (uint16_t)(err->code != 0 ? err->code : ERR_SERVER_SHUTDOWN),
                          err->sqlstate, "%s%s", whose, err->text);
}

static enum step failed(struct session *session)
{
    struct job *job = session->job;
    struct slot *slot = session->slots[job->place];
    if (slot == slot_without_memory()) {
        slot_drop(session, job->place);
        return command_refuse(session, ERR_OUT_OF_RESOURCES, NULL,
                              "headgate: out of memory for a connection");
    }
    struct error err = slot->failure;
    int server = slot->server;
    bool has_server_said = err.sqlstate[0] != '\0';
    bool is_state_lost = !job->is_login && slot_has_lost_state(session, job->place);
    bool is_at_limit = has_server_said && slot->upstream != NULL && quota_is_limit(&err) &&
                       wait_connection_note_limit(session, slot->upstream, &err);
    if (!is_at_limit) /* that case writes its own log line */
        log_limited(LOG_LEVEL_WARNING, &session->scope, "%s%s as '%s': %s",
                    has_server_said ? "no login at " : "no connection to ",
                    session_view(session)->servers[server].server->name, session->user->name, err.text);
    slot_drop(session, job->place);
    if (has_server_said && err.code == ERR_BAD_DB && pick_is_lacking(session, (uint16_t)err.code)) {
        pick_leave_lacking(session);
        return session_enter(session, SESSION_ACQUIRING);
    }
    if (err.code == ERR_BAD_DB && has_server_said && !job->is_login && !job->has_no_schema &&
        !is_state_lost) {
        job->has_no_schema = true;
        return session_enter(session, SESSION_ACQUIRING);
    }
    if (is_state_lost) {
        session->must_close = true;
        return command_refuse(session, has_server_said ? (uint16_t)err.code : ERR_SERVER_SHUTDOWN,
                              err.sqlstate, "%s", err.text);
    }
    if (err.code == ENOMEM && !has_server_said) /* headgate's own memory: another server would not help */
        return command_refuse(session, ERR_OUT_OF_RESOURCES, NULL, "headgate: out of memory: %s", err.text);
    if (session->listener->settings->mode == LISTENER_SPLIT && job->place == ROUTE_REPLICA &&
        !job->is_login) {
        job->avoid = server;
        if (++job->attempts < ATTEMPTS_MAX && (!has_server_said || is_overload(&err)))
            return session_enter(session, SESSION_ACQUIRING);
        if (!pick_may_fall_back(session))
            return acquire_wait(session);
        pick_become_primary_s(session, ROUTE_REASON_NO_REPLICA); /* the primary may accept the session */
        return session_enter(session, SESSION_ACQUIRING);
    }
    if (job->is_login && (err.code == EMFILE || err.code == ENFILE) && !has_server_said)
        return command_refuse(session, ERR_CON_COUNT, NULL, "headgate: %s", err.text);
    if (is_at_limit) /* the session enters the queue for a connection of its account */
        return session_enter(session, SESSION_ACQUIRING);
    /* The failure may pass. Idle connections of other sessions may use up the server's connections: parked ones
     * are closed. */
    bool may_wait = has_server_said && is_overload(&err);
    if (may_wait && err.code == ERR_CON_COUNT)
        (void)search_unpark(&session->worker->pool, session_view(session)->servers[server].server);
    if (may_wait && wait_connection_may_wait(session))
        return wait_connection_wait(session);
    if (may_wait)
        return refuse_full(session, server, &err);
    if (has_server_said)
        return refuse_login(session, server, &err);
    return acquire_wait(session);
}

/* COM_CHANGE_USER was refused, or the connection was lost during it. The client gets an error only if a
 * new login fails too. */
static enum step open_instead(struct session *session)
{
    struct slot *slot = session->slots[session->job->place];
    const int index = slot->server;
    const struct view_server *entry = &session_view(session)->servers[index];
    counter_add(&pool_counters(&session->worker->pool, session->listener->cluster)->pool_changes_failed, 1);
    log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s could not be made one of '%s': %s",
                entry->server->name, session->user->name, slot->failure.text);
    if (slot->failure.sqlstate[0] != '\0' && slot->failure.code == ERR_UNKNOWN_COM)
        entry->server->permits.holders[session->worker->index].has_no_change = true;
    if (entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED) {
        slot_drop(session, session->job->place);
        return session_enter(session, SESSION_ACQUIRING);
    }
    bool has_permit = upstream_take_permit(slot->upstream);
    assert(has_permit);
    slot_drop(session, session->job->place);
    slot_open(session, index);
    return STEP_MORE;
}

/* The server refuses the account that the connection had logged in as before. A new login would get the
 * same error, and servers that count failed logins would count a second one. */
static bool is_refused_anew(const struct slot *slot)
{
    const struct error *err = &slot->failure;
    return slot->is_renewing && err->sqlstate[0] != '\0' &&
           (err->code == ERR_BAD_DB || outcome_of_error(err->code) == OUTCOME_REFUSED);
}

/* ---- ATTACHING ---- */

enum step acquire_attaching(struct session *session)
{
    struct slot *slot = session->slots[session->job->place];
    if (slot->has_failed)
        return slot->is_changing && !is_refused_anew(slot) ? open_instead(session) : failed(session);
    if (slot->upstream->state != UPSTREAM_READY)
        return STEP_WAIT;
    struct pool_counters *pool = pool_counters(&session->worker->pool, session->listener->cluster);
    if (slot->is_changing)
        counter_add(slot->is_renewing ? &pool->pool_logged_in_anew : &pool->pool_changed_user, 1);
    slot->is_changing = slot->is_renewing = false;
    return session_enter(session, SESSION_SYNCING);
}
