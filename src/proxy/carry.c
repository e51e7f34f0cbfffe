#include "proxy/carry.h"

#include "mysql/reply.h"
#include "proxy/dispatch.h"
#include "proxy/session.h"

#define COLUMN "headgate_token"

static enum step answer(struct session *session, const struct gtid_token *token)
{
    char text[GTID_TOKEN_MAX];
    gtid_token_print(token, text);
    buf_drop_parsed(&session->client.in);
    reply_put_row(&session->client.out, (uint8_t)(session->job.run.seq + 1), session->caps, COLUMN,
                  span_cstr(text), session->status & STATUS_OF_SESSION);
    (void)stream_flush(&session->client);
    return dispatch_done(session);
}

/* Where the primary does not say in time how far it is, or keeps no GTIDs, whoever has the token asks it for
 * what it has then: that is more, but never less. */
static enum step try_answer(struct session *session, bool is_late)
{
    struct gtid_token token = { .family = session_view(session)->family };
    if (consistency_tell(session, &token))
        return answer(session, &token);
    token.is_newest = true;
    return is_late ? answer(session, &token) : consistency_wait(session);
}

enum step carry_begin(struct session *session)
{
    struct job *job = &session->job;
    if (job->command->byte == COM_STMT_PREPARE)
        return dispatch_refuse(
            session, ERR_UNSUPPORTED_PS, NULL,
            "headgate: SHOW HEADGATE TOKEN is answered as a query, not as a prepared statement");
    if (session->consistency.is_unlogged)
        return dispatch_refuse(
            session, ERR_NOT_SUPPORTED_YET, NULL,
            "headgate: no token says what was written under sql_log_bin = 0: no replica will have it");
    job->asks_token = true;
    consistency_begin_telling(session);
    return try_answer(session, false);
}

enum step carry_go_on(struct session *session, bool is_late)
{
    session_set_deadline(session, 0);
    return try_answer(session, is_late);
}

bool carry_read(struct span text, const struct view *view, struct gtid_token *token_r)
{
    return gtid_token_parse(text, token_r) && token_r->family == view->family;
}
