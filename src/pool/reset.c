#include "pool/reset.h"

#include "cluster/upstream_exchange.h"
#include "cluster/upstream_setup.h"
#include "mysql/reply.h"
#include "pool/cross_worker.h"
#include "pool/fit.h"
#include "pool/open_ahead.h"
#include "pool/pool_inside.h"
#include "prepared/upstream_statements.h"

void pool_reset(struct worker *worker, struct upstream *upstream)
{
    counter_add(&worker->boxes[upstream->key.cluster].pool.connections_reset, 1);
    upstream_statements_forget(upstream);
    upstream_reset(upstream);
}

void pool_begin_reset(struct upstream *upstream)
{
    upstream->cleaning = CLEANING_RESET;
    text_fini(&upstream->schema);
    upstream->vars_version = 0;
    pool_reset(upstream->owner, upstream);
}

/* The next session has generated no id yet, most likely. */
static void begin_id(struct upstream *upstream)
{
    upstream->cleaning = CLEANING_ID;
    upstream_exchange(upstream, REPLY_GENERIC, SPAN_LITERAL("\x03SET last_insert_id=0"),
                      upstream->env->login_us);
}

/* By somebody who waits for a permit that it holds, whether one is made ready for that one or not. */
static bool is_wanted(const struct upstream *upstream)
{
    const struct permits *quota = upstream->quota.permits;
    return permits_is_wanted(upstream->permit.permits) || (quota != NULL && permits_is_wanted(quota));
}

/* At once: nobody is run by that. */
static void park_as_left(struct upstream *upstream)
{
    pool_leave(upstream);
    upstream->cleaning = CLEANING_NOTHING;
    upstream->idle_us = upstream->env->loop->now_us;
    if (pool_is_full(upstream->owner, upstream) && !is_wanted(upstream)) {
        pool_retire(upstream);
        return;
    }
    pool_shelve(upstream);
    pool_give_way_to_all(upstream);
}

void pool_park_new(struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    pool_leave(upstream);
    upstream->cleaning = CLEANING_NOTHING;
    upstream->is_unclean = false;
    upstream->vars_version = 0;
    upstream->idle_us = worker->loop.now_us;
    if (pool_is_full(worker, upstream) && !is_wanted(upstream)) {
        pool_retire(upstream);
        return;
    }
    counter_add(&pool_counters_of(upstream)->pool_parked, 1);
    pool_shelve(upstream);
    pool_end_opening(upstream);
    pool_give_way_to_all(upstream);
}

void pool_note_refusal(struct upstream *upstream, const struct error *err)
{
    if (upstream->asked == COM_RESET_CONNECTION && err->code == ERR_UNKNOWN_COM)
        pool_holders(upstream)->has_no_reset = true;
    log_limited(LOG_LEVEL_INFO, NULL, "a connection to %s is not kept: it could not be made new: %d %s",
                upstream->server->name, err->code, err->text);
}

static void refuse(struct upstream *upstream, const struct error *err)
{
    pool_note_refusal(upstream, err);
    counter_add(&pool_counters_of(upstream)->pool_unclean, 1);
    pool_drop(upstream);
}

void pool_on_cleaned(struct upstream *upstream, const struct upstream_answer *answer)
{
    bool is_mysql = upstream->family == FAMILY_MYSQL;
    /* A collation that the server does not know was not set by the handshake either. */
    bool is_unknown =
        upstream->cleaning == CLEANING_CHARSETS && answer->error.code == ERR_UNKNOWN_CHARACTER_SET;
    if (answer->is_err && !is_unknown) {
        refuse(upstream, &answer->error);
    } else if (upstream->cleaning == CLEANING_ID) {
        upstream->legacy.insert_id = 0;
        park_as_left(upstream);
    } else if (upstream->cleaning == CLEANING_RESET) {
        upstream->cleaning = CLEANING_SETUP;
        upstream_set_up(upstream);
    } else if (upstream->cleaning == CLEANING_SETUP && is_mysql) {
        upstream->cleaning = CLEANING_CHARSETS;
        upstream_restore_charsets(upstream);
    } else {
        pool_park_new(upstream);
    }
}

void pool_park(struct worker *worker, struct upstream *take_upstream, bool is_promised)
{
    struct upstream *upstream = take_upstream;
    upstream->key.has_schema |= upstream->schema.len > 0;
    upstream_hand_over(upstream, &pool_ops, worker);
    upstream->is_second_hand = true;
    if (upstream->legacy.is_there) {
        if (upstream->legacy.insert_id != 0 && !is_promised)
            begin_id(upstream);
        else
            park_as_left(upstream);
        return;
    }
    text_fini(&upstream->schema);
    upstream->is_unclean = true;
    if (is_promised && pool_pass_unclean(upstream))
        return;
    upstream->promised_to = is_promised ? upstream_wanted(upstream) : NULL;
    if (upstream->promised_to != NULL)
        permits_promise(upstream->promised_to, 1);
    pool_begin_reset(upstream);
}
