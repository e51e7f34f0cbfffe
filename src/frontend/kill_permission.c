#include "frontend/kill_permission.h"

#include "base/log.h"
#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "mysql/client_login.h"
#include "mysql/reply.h"

#include <stddef.h>
#include <stdio.h>

struct question {
    struct loop_corpse corpse;
    struct list_node in_worker;
    struct worker *worker;
    struct server *server; /* borrows */
    struct addr addr;
    struct upstream *victim; /* owns */
    struct upstream *asker;  /* owns; NULL until the victim has logged in */
    char killer[CLIENT_LOGIN_USER_MAX + 1];
    struct auth_secret secret; /* of the killer */
    uint16_t collation;
    void (*done)(void *context, enum kill_permission permission);
    void *context;
};

static void bury(struct loop_corpse *corpse)
{
    mem_free((char *)corpse - offsetof(struct question, corpse));
}

static void end(struct question *question, enum kill_permission permission)
{
    upstream_close(&question->victim);
    upstream_close(&question->asker);
    auth_secret_wipe(&question->secret);
    list_unlink(&question->worker->kill_questions, &question->in_worker);
    loop_bury(&question->worker->loop, &question->corpse, bury);
    question->done(question->context, permission);
}

static void fail(struct question *question, const char *reason)
{
    log_limited(LOG_LEVEL_WARNING, NULL, "whether '%s' may kill another account's session is not known: %s",
                question->killer, reason);
    end(question, KILL_PERMISSION_UNKNOWN);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct question *question = upstream->owner;
    if (!answer->is_err)
        end(question, KILL_PERMISSION_YES);
    else if (answer->error.code == ERR_KILL_DENIED)
        end(question, KILL_PERMISSION_NO);
    else
        fail(question, answer->error.text);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    fail(upstream->owner, err->text);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    fail(upstream->owner, "the server has closed a connection that was made to ask");
}

static void on_asker_ready(struct upstream *upstream)
{
    const struct question *question = upstream->owner;
    char sql[32];
    (void)snprintf(sql, sizeof sql, "%cKILL QUERY %u", COM_QUERY, question->victim->connection_id);
    upstream_exchange(upstream, REPLY_GENERIC, span_cstr(sql), question->worker->env.login_us);
}

static struct upstream *open_as(struct question *question, const struct kill_account *account,
                                const struct upstream_owner_ops *ops, struct error *err)
{
    struct upstream_wish wish = { .addr = &question->addr,
                                  .user = account->user,
                                  .secret = account->secret,
                                  .collation = account->collation };
    return upstream_open(&question->worker->env, question->server, &wish, ops, question, err);
}

static void on_victim_ready(struct upstream *upstream)
{
    static const struct upstream_owner_ops ops = {
        .on_ready = on_asker_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
    };
    struct question *question = upstream->owner;
    struct kill_account killer = { question->killer, &question->secret, question->collation };
    struct error err = { 0 };
    question->asker = open_as(question, &killer, &ops, &err);
    if (question->asker == NULL)
        fail(question, err.text);
}

void kill_permission_ask(struct worker *worker, struct server *server, const struct addr *addr,
                         const struct kill_account *killer, const struct kill_account *owner,
                         void (*done)(void *context, enum kill_permission permission), void *context)
{
    static const struct upstream_owner_ops ops = {
        .on_ready = on_victim_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
    };
    struct question *question = mem_zalloc(sizeof *question);
    struct error err = { 0 };
    if (question == NULL) {
        done(context, KILL_PERMISSION_UNKNOWN);
        return;
    }
    *question = (struct question){ .worker = worker,
                                   .server = server,
                                   .addr = *addr,
                                   .secret = *killer->secret,
                                   .collation = killer->collation,
                                   .done = done,
                                   .context = context };
    (void)snprintf(question->killer, sizeof question->killer, "%s", killer->user);
    list_link_last(&worker->kill_questions, &question->in_worker);
    question->victim = open_as(question, owner, &ops, &err);
    if (question->victim == NULL)
        fail(question, err.text);
}

void kill_permission_fini(struct worker *worker)
{
    struct list_node *node;
    while ((node = list_first(&worker->kill_questions)) != NULL)
        end(list_entry(node, struct question, in_worker), KILL_PERMISSION_UNKNOWN);
}
