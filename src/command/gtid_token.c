#include "command/gtid_token.h"

#include "freshness/consistency.h"
#include "mysql/reply.h"
#include "command/command_answer.h"
#include "command/wait_replica.h"

#define COLUMN "headgate_token"

/* ---- SHOW HEADGATE TOKEN ---- */

/* Fills the token. False: the primary is being asked, and CATCHING_UP has to wait for its answer. */
static bool tell(struct session *session, struct gtid_token *token_r)
{
    const struct consistency *consistency = &session->consistency;
    struct positions *positions = consistency->positions;
    uint64_t since = session->job->token_since;
    if (session_view(session)->is_galera) {
        token_r->is_newest = true;
        return true;
    }
    if (since != 0 && !positions_has_primary_since(positions, since)) {
        positions_demand(positions, since);
        return false;
    }
    bool is_over = since != 0 && positions_has_primary_since(positions, consistency->written);
    if (since != 0)
        token_r->position = positions->moved;
    if (!is_over && consistency->is_asking)
        gtid_position_merge(&token_r->position, &consistency->position);
    /* The base position has too many sources for a token. */
    bool is_based = positions->base.count > 0 && (since != 0 || consistency->needs_base);
    token_r->is_newest = is_based || (positions->is_unfollowed && (since != 0 || consistency->is_asking));
    return true;
}

static enum step answer(struct session *session, const struct gtid_token *token)
{
    char text[GTID_TOKEN_MAX];
    gtid_token_print(token, text);
    buf_drop_parsed(&session->client.in);
    reply_put_row(&session->client.out, (uint8_t)(session->job->run.seq + 1), session->caps, COLUMN,
                  span_cstr(text), session->facets.status & STATUS_OF_SESSION);
    (void)stream_flush(&session->client);
    return command_done(session);
}

/* If the primary does not tell its position in time, or uses no GTIDs, the token says "newest": a session
 * with that token needs what the primary has at that later time, which is never less. */
static enum step try_answer(struct session *session, bool is_late)
{
    struct gtid_token token = { .family = session_view(session)->family };
    if (tell(session, &token))
        return answer(session, &token);
    token.is_newest = true;
    return is_late ? answer(session, &token) : wait_replica_wait(session);
}

enum step gtid_token_begin(struct session *session)
{
    struct job *job = session->job;
    if (job->command->byte == COM_STMT_PREPARE)
        return command_refuse(
            session, ERR_UNSUPPORTED_PS, NULL,
            "headgate: SHOW HEADGATE TOKEN is answered as a query, not as a prepared statement");
    if (session->consistency.is_unlogged)
        return command_refuse(
            session, ERR_NOT_SUPPORTED_YET, NULL,
            "headgate: no token says what was written under sql_log_bin = 0: no replica will have it");
    job->asks_token = true;
    /* Only the primary can tell what the session has seen on replicas, what it did while its writes were not
     * followed, and what is left of a position from before a change of primary. */
    const struct consistency *consistency = &session->consistency;
    struct positions *positions = consistency->positions;
    bool is_old = consistency->is_asking && consistency->epoch != positions_epoch(positions);
    bool is_known = consistency_is_followed(consistency) && !consistency->has_read && !is_old;
    job->token_since = is_known ? consistency->seen : positions_next_moment(positions);
    job->wait.replica_until_us = session_now(session) + consistency_wait_us(consistency);
    return try_answer(session, false);
}

enum step gtid_token_go_on(struct session *session, bool is_late)
{
    session_set_deadline(session, 0);
    return try_answer(session, is_late);
}

/* ---- after= ---- */

void gtid_token_note(struct session *session, const struct gtid_token *token)
{
    struct consistency *consistency = &session->consistency;
    if (!consistency_is_asked(consistency, session->job))
        session->job->freshness = NEED_OWN;
    if (token->is_newest || session_view(session)->is_galera) {
        consistency_see(consistency);
        return;
    }
    if (!gtid_position_covers(&consistency->position, &token->position))
        consistency_add(consistency, &token->position);
}
