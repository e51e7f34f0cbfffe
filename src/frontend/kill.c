#include "frontend/kill.h"

#include "base/log.h"
#include "base/mem.h"
#include "command/command_answer.h"
#include "command/wait_connection.h"
#include "command/wait_replica.h"
#include "mysql/client_login.h"
#include "mysql/reply.h"
#include "session/slot.h"
#include "state/pooled.h"
#include "upstream/upstream_exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum verdict { KILL_UNKNOWN, KILL_DENIED, KILL_UNASKED, KILL_SELF, KILL_DONE };

/* A question that is passed from worker to worker and returns to the worker that asked. */
struct inquiry {
    struct loop_message message;
    struct worker *const *workers; /* borrows: all workers */
    unsigned worker_count;
    unsigned next_worker; /* index of the worker that is asked next */
    unsigned from;        /* the asking worker */
    uint64_t asking;      /* session that waits for the verdict */
    uint64_t target;
    const struct server *server; /* borrows: server whose connection id `target` may be; NULL: none */
    struct addr addr;            /* address of `server`: another machine has other ids */
    uint64_t holder;             /* a session whose connection to `server` has that id */
    unsigned holders;            /* number of such sessions */
    bool is_query;
    char user[CLIENT_LOGIN_USER_MAX + 1]; /* account that sent KILL */
    struct auth_secret secret;            /* password of that account */
    struct proxy_ends client;             /* client of the session that sent KILL */
    uint16_t collation;
    struct server *home;   /* borrows: server that is asked for permissions; NULL: none now */
    struct addr home_addr; /* address of `home` */
    enum verdict verdict;
};

/* A connection that is used for one KILL only. */
struct killer {
    struct loop_corpse corpse;
    struct list_node in_worker;
    struct worker *worker;
    struct upstream *upstream; /* owns */
    uint64_t session;          /* id of the session whose statement is killed */
    uint64_t command;          /* number of that statement: a later one must not be killed */
    uint32_t connection;       /* the server's id of the connection that runs it */
    char sql[64];
};

/* May an account kill a session of another account? Only a server knows (CONNECTION ADMIN, SUPER, default roles,
 * MySQL's SYSTEM_USER), and a server tells only when it gets a KILL of a connection of that account. Two
 * connections to inquiry.home are opened for the question and used for nothing else. */
struct question {
    struct loop_corpse corpse;
    struct list_node in_worker;
    struct worker *worker;
    struct inquiry *inquiry;
    struct upstream *victim; /* owns: logs in as the account that owns the session, and stays idle */
    struct upstream *asker;  /* owns: logs in as the account that sent KILL when the victim has logged in, and
                                sends KILL QUERY of the victim: OK, or ERR 1095 */
};

/* The password with which the session's account logs in to servers. */
static const struct auth_secret *secret_of(const struct session *session)
{
    return session->user->secret.has_password ? &session->user->secret : session->seen;
}

/* ---- KILL at the server ---- */

static void bury(struct loop_corpse *corpse)
{
    mem_free(container_of(corpse, struct killer, corpse));
}

static void bury_question(struct loop_corpse *corpse)
{
    mem_free(container_of(corpse, struct question, corpse));
}

static void finish(struct killer *killer)
{
    upstream_close(&killer->upstream);
    list_unlink(&killer->worker->killers, &killer->in_worker);
    loop_bury(&killer->worker->loop, &killer->corpse, bury);
}

/* True if the statement has ended by itself, so that another one may run on its connection. If the session
 * does not have that connection any more, the server may still be running the statement. */
static bool is_too_late(const struct killer *killer)
{
    const struct session *session = session_find(killer->worker, killer->session);
    if (session == NULL || counter_read(&session->commands) == killer->command)
        return false;
    for (int place = 0; place < PREPARED_PLACES; place++) {
        const struct upstream *its = session->slots[place]->upstream;
        if (its != NULL && its->server == killer->upstream->server &&
            its->connection_id == killer->connection)
            return true;
    }
    return false;
}

static void on_ready(struct upstream *upstream)
{
    struct killer *killer = upstream->owner;
    if (is_too_late(killer)) {
        finish(killer);
        return;
    }
    upstream_exchange(upstream, REPLY_GENERIC, span_cstr(killer->sql), killer->worker->env.login_us);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    (void)answer; /* ERR 1094: the statement had ended by itself */
    finish(upstream->owner);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    log_limited(LOG_LEVEL_WARNING, NULL, "a KILL could not be passed on: %s", err->text);
    finish(upstream->owner);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    finish(upstream->owner);
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

/* Sends KILL as the session's own user, who may always kill own connections. */
static void send_kill(struct session *session, const struct upstream *running, bool is_query)
{
    struct worker *worker = session->worker;
    struct killer *killer = mem_zalloc(sizeof *killer);
    struct error err = { 0 };
    struct upstream_wish wish = {
        .addr = &running->addr,
        .user = session->user->name,
        .secret = secret_of(session),
        .collation = session->collation,
        .client = &session->ends,
    };
    if (killer == NULL)
        return;
    killer->worker = worker;
    killer->session = session->id;
    killer->command = counter_read(&session->commands);
    killer->connection = running->connection_id;
    (void)snprintf(killer->sql, sizeof killer->sql, "%cKILL %s%u", COM_QUERY, is_query ? "QUERY " : "",
                   running->connection_id);
    list_link_last(&worker->killers, &killer->in_worker);
    killer->upstream = upstream_open(&worker->env, running->server, &wish, &owner_ops, killer, &err);
    if (killer->upstream == NULL) {
        log_limited(LOG_LEVEL_WARNING, &session->scope, "a KILL could not be passed on: %s", err.text);
        finish(killer);
    }
}

/* True if the session waits for a server, for a connection or for a replica: there is no connection that a
 * KILL could be sent for. */
static bool is_waiting(const struct session *session)
{
    return !session->job->is_login &&
           (session->state == SESSION_WAITING || session->state == SESSION_QUEUED ||
            session->state == SESSION_CATCHING_UP || session->state == SESSION_ATTACHING);
}

enum step kill_interrupted(struct session *session)
{
    session->job->is_interrupted = false;
    if (!is_waiting(session))
        return STEP_MORE;
    wait_connection_leave(session);
    wait_replica_end(session);
    if (session->state == SESSION_ATTACHING)
        slot_drop_idle(session, session->job->place); /* no session can use an unfinished connection */
    return command_refuse(session, ERR_QUERY_INTERRUPTED, NULL, "Query execution was interrupted");
}

void kill_session(struct session *session, bool is_query)
{
    struct upstream *upstream = session->slots[session->job->place]->upstream;
    if (upstream != NULL && (upstream->state == UPSTREAM_BUSY || upstream->state == UPSTREAM_EXCHANGING)) {
        upstream->is_soiled = true; /* a late KILL must not hit another session there */
        send_kill(session, upstream, is_query);
    }
    if (!is_query) {
        session_abort(session, CLOSE_KILLED);
    } else if (is_waiting(session)) {
        session->job->is_interrupted = true;
        session_run(session);
    }
}

/* ---- finding the session ---- */

static void come_home(struct loop_message *message);

static void free_inquiry(struct inquiry *inquiry)
{
    auth_secret_wipe(&inquiry->secret);
    mem_free(inquiry);
}

static void answer(struct inquiry *inquiry, struct worker *worker)
{
    struct session *session = session_find(worker, inquiry->asking);
    if (session == NULL || session->state != SESSION_KILLING)
        return;
    session->job->kill.verdict = (uint8_t)inquiry->verdict;
    session->job->kill.has_verdict = true;
    session_run(session);
}

/* Sends the question to the next worker that still runs. False when all have been asked. */
static bool ask_next(struct inquiry *inquiry)
{
    while (inquiry->next_worker < inquiry->worker_count) {
        if (loop_post(&inquiry->workers[inquiry->next_worker]->loop, &inquiry->message))
            return true;
        inquiry->next_worker++;
    }
    return false;
}

/* No session has that id, but exactly one session has the server's connection with that id: asks all
 * workers again, for that session. */
static bool mean_the_holder(struct inquiry *inquiry)
{
    if (inquiry->server == NULL || inquiry->holders != 1)
        return false;
    inquiry->target = inquiry->holder;
    inquiry->server = NULL;
    inquiry->next_worker = 0;
    return true;
}

static void pass_on(struct inquiry *inquiry)
{
    bool is_open = inquiry->verdict == KILL_UNKNOWN;
    if (is_open && (ask_next(inquiry) || (mean_the_holder(inquiry) && ask_next(inquiry))))
        return;
    inquiry->message.run = come_home;
    if (!loop_post(&inquiry->workers[inquiry->from]->loop, &inquiry->message))
        free_inquiry(inquiry);
}

static void come_home(struct loop_message *message)
{
    struct inquiry *inquiry = (struct inquiry *)(void *)message;
    answer(inquiry, inquiry->workers[inquiry->from]);
    free_inquiry(inquiry);
}

static bool has_connection(const struct session *session, const struct inquiry *inquiry)
{
    for (int place = 0; place < PREPARED_PLACES; place++) {
        const struct slot *slot = session->slots[place];
        /* If another session had the connection before, the id may mean that session; except when the present
         * client has asked for the id: then no other session had the connection. */
        if (slot->upstream != NULL && !slot->has_failed && slot->upstream->server == inquiry->server &&
            slot->upstream->connection_id == inquiry->target &&
            (!pooled_look(slot->upstream)->is_second_hand || pooled_look(slot->upstream)->is_id_told) &&
            addr_equal(&slot->upstream->addr, &inquiry->addr))
            return true;
    }
    return false;
}

/* Counts the sessions whose connection has the id. A server gives an id to one connection at a time: with
 * two holders, the end of one connection is not known yet. */
static void count_holders(struct inquiry *inquiry, struct worker *worker)
{
    struct list_node *node = list_first(&worker->sessions);
    for (; inquiry->server != NULL && node != NULL; node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        if (!has_connection(session, inquiry))
            continue;
        inquiry->holder = session->id;
        inquiry->holders++;
    }
}

/* ---- permission ---- */

/* A server has answered whether the killer may kill; the session may have ended in the meantime. */
static void end_question(struct question *question, enum verdict verdict)
{
    struct inquiry *inquiry = question->inquiry;
    struct session *session = session_find(question->worker, inquiry->target);
    upstream_close(&question->victim);
    upstream_close(&question->asker);
    list_unlink(&question->worker->kill_questions, &question->in_worker);
    loop_bury(&question->worker->loop, &question->corpse, bury_question);
    inquiry->verdict = verdict;
    inquiry->next_worker++;
    if (verdict == KILL_DONE && session != NULL)
        kill_session(session, inquiry->is_query);
    pass_on(inquiry);
}

static void fail_question(struct question *question, const char *reason)
{
    log_limited(LOG_LEVEL_WARNING, NULL, "whether '%s' may kill another account's session is not known: %s",
                question->inquiry->user, reason);
    end_question(question, KILL_UNASKED);
}

static void on_verdict(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct question *question = upstream->owner;
    if (!answer->is_err)
        end_question(question, KILL_DONE);
    else if (answer->error.code == ERR_KILL_DENIED)
        end_question(question, KILL_DENIED);
    else
        fail_question(question, answer->error.text);
}

static void on_question_failed(struct upstream *upstream, const struct error *err)
{
    fail_question(upstream->owner, err->text);
}

static void on_question_io(struct upstream *upstream, int events)
{
    (void)events;
    fail_question(upstream->owner, "the server has closed a connection that was made to ask");
}

static void on_asker_ready(struct upstream *upstream)
{
    const struct question *question = upstream->owner;
    char sql[32];
    (void)snprintf(sql, sizeof sql, "%cKILL QUERY %u", COM_QUERY, question->victim->connection_id);
    upstream_exchange(upstream, REPLY_GENERIC, span_cstr(sql), question->worker->env.login_us);
}

/* Logs in at the server that is asked. NULL: the question has ended. */
static struct upstream *open_as(struct question *question, const char *user, const struct auth_secret *secret,
                                uint16_t collation, const struct proxy_ends *client,
                                const struct upstream_owner_ops *ops)
{
    const struct inquiry *inquiry = question->inquiry;
    struct error err = { 0 };
    struct upstream_wish wish = {
        .addr = &inquiry->home_addr, .user = user, .secret = secret, .collation = collation, .client = client
    };
    struct upstream *upstream =
        upstream_open(&question->worker->env, inquiry->home, &wish, ops, question, &err);
    if (upstream == NULL)
        fail_question(question, err.text);
    return upstream;
}

static void on_victim_ready(struct upstream *upstream)
{
    static const struct upstream_owner_ops ops = { .on_ready = on_asker_ready,
                                                   .on_answer = on_verdict,
                                                   .on_failed = on_question_failed,
                                                   .on_io = on_question_io };
    struct question *question = upstream->owner;
    const struct inquiry *inquiry = question->inquiry;
    struct upstream *asker =
        open_as(question, inquiry->user, &inquiry->secret, inquiry->collation, &inquiry->client, &ops);
    if (asker != NULL)
        question->asker = asker;
}

/* The session belongs to another account. */
static void ask_permission(struct inquiry *inquiry, struct worker *worker, const struct session *session)
{
    static const struct upstream_owner_ops ops = { .on_ready = on_victim_ready,
                                                   .on_answer = on_verdict,
                                                   .on_failed = on_question_failed,
                                                   .on_io = on_question_io };
    struct question *question = inquiry->home != NULL ? mem_zalloc(sizeof *question) : NULL;
    if (question == NULL) {
        inquiry->verdict = KILL_UNASKED;
        inquiry->next_worker++;
        pass_on(inquiry);
        return;
    }
    question->worker = worker;
    question->inquiry = inquiry;
    list_link_last(&worker->kill_questions, &question->in_worker);
    struct upstream *victim =
        open_as(question, session->user->name, secret_of(session), session->collation, &session->ends, &ops);
    if (victim != NULL)
        question->victim = victim;
}

static void ask_here(struct loop_message *message)
{
    struct inquiry *inquiry = (struct inquiry *)(void *)message;
    struct worker *worker = inquiry->workers[inquiry->next_worker];
    struct session *session = session_find(worker, inquiry->target);
    bool is_there = session != NULL && session->user != NULL;
    if (is_there && strcmp(session->user->name, inquiry->user) != 0) {
        ask_permission(inquiry, worker, session);
        return;
    }
    if (is_there && session->id == inquiry->asking) {
        inquiry->verdict = KILL_SELF;
    } else if (is_there) {
        inquiry->verdict = KILL_DONE;
        kill_session(session, inquiry->is_query);
    } else {
        count_holders(inquiry, worker);
    }
    inquiry->next_worker++;
    pass_on(inquiry);
}

/* Notes the server whose ids the client sees in CONNECTION_ID() and SHOW PROCESSLIST; other servers may
 * use the same numbers. None if there is no such server now. */
static void note_home_server(const struct session *session, struct inquiry *inquiry)
{
    enum route_place home = facets_home(&session->facets);
    const struct upstream *upstream = session->slots[home]->upstream;
    const struct view *view = session_view(session);
    if (upstream != NULL) {
        inquiry->home = upstream->server;
        inquiry->home_addr = upstream->addr;
    } else if (home == ROUTE_PRIMARY && view->primary != VIEW_NO_SERVER) {
        inquiry->home = view->servers[view->primary].server;
        inquiry->home_addr = view->servers[view->primary].addr;
    }
    if (inquiry->target != 0) { /* id 0: a connection that has no id yet */
        inquiry->server = inquiry->home;
        inquiry->addr = inquiry->home_addr;
    }
}

/* Starts the search for the session or the server's connection with the id job.kill.id. */
static enum step begin(struct session *session)
{
    const struct world *world = session->worker->world;
    struct inquiry *inquiry = mem_zalloc(sizeof *inquiry);
    if (inquiry == NULL)
        return session_close(session, CLOSE_OUT_OF_MEMORY, "KILL");
    inquiry->message.run = ask_here;
    inquiry->workers = world->workers; /* the world may be replaced during the question */
    inquiry->worker_count = world->worker_count;
    inquiry->target = session->job->kill.id;
    inquiry->from = session->worker->index;
    inquiry->asking = session->id;
    note_home_server(session, inquiry);
    inquiry->is_query = session->job->facts.kill_is_query;
    (void)snprintf(inquiry->user, sizeof inquiry->user, "%s", session->user->name);
    inquiry->secret = *secret_of(session);
    inquiry->client = session->ends;
    inquiry->collation = session->collation;
    session->job->kill.has_begun = true;
    pass_on(inquiry);
    return STEP_WAIT;
}

/* The session kills itself, or its own statement, which is this KILL. The answers are those of all three
 * servers that were tried. */
static enum step end_self(struct session *session)
{
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    if (session->job->facts.kill_is_query)
        return command_refuse(session, ERR_QUERY_INTERRUPTED, NULL, "Query execution was interrupted");
    reply_put_err(&session->client.out, (uint8_t)(session->job->run.seq + 1),
                  is_mysql ? ERR_QUERY_INTERRUPTED : ERR_CONNECTION_KILLED, NULL,
                  is_mysql ? "Query execution was interrupted" : "Connection was killed");
    return session_close(session, CLOSE_KILLED, NULL);
}

enum step kill_waiting(struct session *session)
{
    struct job *job = session->job;
    if (!job->kill.has_begun)
        return begin(session);
    if (!job->kill.has_verdict)
        return STEP_WAIT;
    switch ((enum verdict)job->kill.verdict) {
    case KILL_UNKNOWN:
        return command_refuse(session, ERR_NO_SUCH_THREAD, NULL, "Unknown thread id: %" PRIu64, job->kill.id);
    case KILL_DENIED:
        return command_refuse(session, ERR_KILL_DENIED, NULL, "You are not owner of thread %" PRIu64,
                              job->kill.id);
    case KILL_UNASKED:
        return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL,
                              "headgate: not run: session %" PRIu64 " is another account's, and no server "
                              "has answered whether '%s' may kill it",
                              job->kill.id, session->user->name);
    case KILL_SELF:
        return end_self(session);
    case KILL_DONE:
        break;
    }
    return command_answer_ok(session);
}

/* ---- the end ---- */

void kill_fini(struct worker *worker)
{
    struct list_node *node;
    while ((node = list_first(&worker->killers)) != NULL)
        finish(list_entry(node, struct killer, in_worker));
    while ((node = list_first(&worker->kill_questions)) != NULL)
        end_question(list_entry(node, struct question, in_worker), KILL_UNASKED);
}
