#include "pool/reset.h"

#include "base/log.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_setup.h"
#include "mysql/reply.h"
#include "pool/waiters.h"
#include "pool/fit.h"
#include "pool/parked.h"
#include "pool/prewarm.h"
#include "prepared/upstream_statements.h"
#include "state/pooled.h"

void reset_send(struct pool *pool, struct upstream *upstream)
{
    counter_add(&pool_counters(pool, upstream->key.cluster)->connections_reset, 1);
    upstream_statements_forget(upstream);
    pooled_note_beginning(upstream);
    upstream_reset(upstream);
}

void reset_begin(struct upstream *upstream)
{
    pooled_of(upstream)->task = RESET_STATE;
    text_fini(&upstream->schema);
    pooled_of(upstream)->vars_version = 0;
    reset_send(upstream->owner, upstream);
}

/* Parks the connection. False: there was no room, and it was closed. */
static bool park(struct upstream *upstream)
{
    const struct pool *pool = upstream->owner;
    parked_remove(upstream);
    pooled_of(upstream)->task = RESET_NOTHING;
    pooled_of(upstream)->idle_us = pool_now(pool);
    /* A permit counts as wanted even if another connection is being prepared for the session that waits. */
    const struct permits *quota = upstream->quota.permits;
    if (fit_is_full(pool, upstream) &&
        !(permits_is_wanted(upstream->permit.permits) || (quota != NULL && permits_is_wanted(quota)))) {
        parked_retire(upstream);
        return false;
    }
    parked_add(upstream);
    return true;
}

static void park_with_state(struct upstream *upstream)
{
    if (park(upstream))
        waiters_serve_all(upstream);
}

void reset_done(struct upstream *upstream)
{
    pooled_of(upstream)->is_unclean = false;
    pooled_of(upstream)->vars_version = 0;
    if (!park(upstream))
        return;
    counter_add(&parked_counters(upstream)->pool_parked, 1);
    prewarm_end_opening(upstream);
    waiters_serve_all(upstream);
}

void reset_note_refusal(struct pool *pool, const struct upstream *upstream, const struct error *err)
{
    if (upstream->asked == COM_RESET_CONNECTION && err->code == ERR_UNKNOWN_COM)
        pool_holders(pool, upstream->permit.permits)->has_no_reset = true;
    log_limited(LOG_LEVEL_INFO, NULL, "a connection to %s is not kept: it could not be made new: %d %s",
                upstream->server->name, err->code, err->text);
}

void reset_on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    bool is_mysql = upstream->family == FAMILY_MYSQL;
    /* If the server does not know the collation, the handshake has not set it either. */
    bool is_unknown =
        pooled_of(upstream)->task == RESET_CHARSETS && answer->error.code == ERR_UNKNOWN_CHARACTER_SET;
    if (answer->is_err && !is_unknown) {
        reset_note_refusal(upstream->owner, upstream, &answer->error);
        counter_add(&parked_counters(upstream)->pool_unclean, 1);
        parked_close(upstream);
    } else if (pooled_of(upstream)->task == RESET_ID) {
        pooled_of(upstream)->left.insert_id = 0;
        park_with_state(upstream);
    } else if (pooled_of(upstream)->task == RESET_STATE) {
        pooled_of(upstream)->task = RESET_SETUP;
        upstream_set_up(upstream);
    } else if (pooled_of(upstream)->task == RESET_SETUP && is_mysql) {
        pooled_of(upstream)->task = RESET_CHARSETS;
        upstream_restore_charsets(upstream);
    } else {
        reset_done(upstream);
    }
}

void reset_and_park(struct pool *pool, struct upstream *take_upstream, bool is_promised)
{
    struct upstream *upstream = take_upstream;
    upstream->key.has_schema |= upstream->schema.len > 0;
    upstream_hand_over(upstream, &parked_ops, pool);
    pooled_of(upstream)->is_second_hand = true;
    if (pooled_of(upstream)->left.is_there) {
        if (pooled_of(upstream)->left.insert_id != 0 && !is_promised) {
            /* last_insert_id becomes 0: the next session most likely has generated no id yet. */
            pooled_of(upstream)->task = RESET_ID;
            upstream_exchange(upstream, REPLY_GENERIC, SPAN_LITERAL("\x03SET last_insert_id=0"),
                              upstream->env->login_us);
        } else
            park_with_state(upstream);
        return;
    }
    text_fini(&upstream->schema);
    pooled_of(upstream)->is_unclean = true;
    if (is_promised && waiters_pass_unclean(upstream))
        return;
    pooled_of(upstream)->promised_to = is_promised ? upstream_wanted(upstream) : NULL;
    if (pooled_of(upstream)->promised_to != NULL)
        permits_promise(pooled_of(upstream)->promised_to, 1);
    reset_begin(upstream);
}
