#include "command/wait_server.h"

enum step wait_server(struct session *session)
{
    struct job *job = &session->job;
    uint64_t now = session_now(session);
    if (job->wait.server_until_us == 0)
        job->wait.server_until_us = now + session->worker->world->timeouts->primary_wait_us;
    session_set_deadline(session, job->wait.server_until_us > now ? job->wait.server_until_us - now : 1);
    worker_retry(session->worker);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

enum step wait_server_resumed(struct session *session)
{
    session->job.wait.server_until_us = 0;
    session_set_deadline(session, 0);
    (void)session_enter(session, SESSION_WAITING);
    return STEP_WAIT;
}

enum step wait_server_step(struct session *session)
{
    if (session->is_client_eof)
        return session_close(session, CLOSE_CLIENT_GONE, NULL);
    const struct slot *asked = session->job.wait.asked;
    bool is_told = asked != NULL && asked->parting == NULL;
    if (!session->worker->is_retrying && !is_told)
        return STEP_WAIT;
    return session_enter(session, SESSION_ACQUIRING);
}
