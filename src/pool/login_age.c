#include "pool/login_age.h"

#include "base/clock.h"
#include "freshness/global_writes.h"
#include "session/session.h"

/* A replica's lag is told in whole seconds, as of its last probe. */
#define LAG_SLACK_US 2000000

static const struct cluster_settings *settings_of(const struct worker *worker, unsigned cluster)
{
    return worker->world->clusters != NULL ? &worker->world->clusters[cluster] : NULL;
}

static uint64_t last_change(const struct worker *worker, unsigned cluster)
{
    return atomic_load_explicit(&worker->boxes[cluster].accounts_us, memory_order_acquire);
}

/* May a replica that takes reads lack the last change? */
static bool is_recent(const struct worker *worker, unsigned cluster)
{
    const struct cluster_settings *settings = settings_of(worker, cluster);
    uint64_t changed = last_change(worker, cluster);
    if (changed == 0 || settings == NULL)
        return false;
    return settings->max_lag_us == 0 || worker->loop.now_us < changed + settings->max_lag_us + LAG_SLACK_US;
}

/* ---- what sessions must have ---- */

static void see_change(struct session *session)
{
    if (is_recent(session->worker, session->door->cluster) && consistency_is_followed(&session->consistency))
        global_writes_ask(&session->consistency);
}

void login_age_begin(struct session *session)
{
    const struct cluster_settings *settings = settings_of(session->worker, session->door->cluster);
    uint64_t now = session_now(session), trust = settings != NULL ? settings->pool_login_trust_us : 0;
    uint64_t changed = last_change(session->worker, session->door->cluster);
    uint64_t trusted = now > trust ? now - trust : 0;
    session->rights = (struct rights){ .login_us = now, .since_us = changed > trusted ? changed : trusted };
    see_change(session);
}

void login_age_note_use(struct session *session)
{
    uint64_t changed = last_change(session->worker, session->door->cluster);
    if (changed <= session->rights.since_us)
        return;
    session->rights.since_us = changed;
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (place != (int)session->job.place && session->slots[place].upstream != NULL)
            text_clear(&session->slots[place].upstream->schema); /* it is said again */
    see_change(session);
}

/* ---- changes ---- */

static void note_later(_Atomic uint64_t *time_us, uint64_t now_us)
{
    uint64_t known = atomic_load_explicit(time_us, memory_order_relaxed);
    while (known < now_us && !atomic_compare_exchange_weak_explicit(
                                 time_us, &known, now_us, memory_order_release, memory_order_relaxed)) {
    }
}

/* By the clock, not the turn's time: the server has run the statement in this turn, perhaps. */
void login_age_note_change(struct session *session)
{
    const struct world *world = session->worker->world;
    uint64_t now = clock_monotonic_us();
    for (unsigned i = 0; i < world->worker_count; i++)
        note_later(&world->workers[i]->boxes[session->door->cluster].accounts_us, now);
}

/* ---- connections ---- */

/* A replica that the session's reads may be on has all that there was at its login, and perhaps no more. */
void login_age_note_login(const struct session *session, struct upstream *upstream)
{
    bool may_lack = is_recent(session->worker, session->door->cluster) && !consistency_is_followed(&session->consistency);
    if (session->job.place == ROUTE_PRIMARY)
        upstream->proved_us = session_now(session);
    else
        upstream->proved_us = may_lack ? 0 : session->rights.login_us;
}

void login_age_note_ahead(struct worker *worker, struct upstream *upstream)
{
    upstream->proved_us = is_recent(worker, upstream->key.cluster) ? 0 : worker->loop.now_us;
}

bool login_age_are_old(const struct session *session, const struct upstream *upstream)
{
    return upstream->proved_us < session->rights.since_us;
}
