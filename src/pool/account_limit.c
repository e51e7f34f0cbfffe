#include "pool/account_limit.h"

#include "cluster/quota.h"
#include "pool/yield.h"

#include <inttypes.h>

static struct quota *learn(const struct session *session, struct server *server)
{
    const struct worker *worker = session->worker;
    bool is_new;
    struct quota *quota = quota_learn(server, session->user->account, session->user->name, &is_new);
    if (quota == NULL || !is_new)
        return quota;
    for (unsigned i = 0; i < worker->world->worker_count; i++)
        if (i != worker->index)
            atomic_store(&server->permits.holders[i].must_enlist, true);
    quota_enlist_all(server, worker->index);
    yield_call_others(worker, &server->permits);
    return quota;
}

bool account_limit_note_refusal(struct session *session, struct upstream *upstream, const struct error *err)
{
    struct quota *quota = learn(session, upstream->server);
    if (quota == NULL)
        return false;
    if (upstream->quota.permits == NULL)
        quota_enlist(quota, upstream);
    session->job.wait.goes_first = true;
    if (quota_refused(quota, err, session_now(session)))
        log_warning(&session->scope,
                    "'%s' is at a limit of connections of its own at %s: its statements wait for one another "
                    "there, pool_wait at most; logins refused so far: %" PRIu64 ": %s",
                    quota->user, upstream->server->name, counter_read(&quota->refused), err->text);
    return true;
}

void account_limit_hold(struct session *session, struct upstream *upstream)
{
    struct quota *quota = session->queue.quota;
    session->queue.quota = NULL;
    if (quota != NULL && upstream != NULL)
        quota_hold(quota, upstream);
    else if (quota != NULL)
        permits_give(&quota->permits);
    else if (upstream != NULL && (quota = quota_find(upstream->server, upstream->key.account)) != NULL)
        quota_enlist(quota, upstream);
}

void account_limit_release(struct session *session)
{
    if (session->queue.quota != NULL)
        permits_give(&session->queue.quota->permits);
    session->queue.quota = NULL;
}
