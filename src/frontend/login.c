/* Greeting, login and COM_CHANGE_USER of a client. The client gets its OK only after a server has accepted
 * the login with the client's schema: errors 1044 and 1049 arrive at login, as on a direct connection.
 */
#include "frontend/login.h"

#include "access/directory.h"
#include "base/mem.h"
#include "frontend/client_address.h"
#include "frontend/login_account.h"
#include "mysql/reply.h"
#include "net/stream_tls.h"
#include "command/command_answer.h"
#include "command/command_end.h"
#include "session/compression.h"
#include "session/slot.h"
#include "state/role.h"
#include "state/option.h"

#include <assert.h>
#include <stdio.h>

static bool find_user(void *context, const char *name, struct auth_secret *secret_r)
{
    const struct user *user = login_account_find(context, name);
    if (user == NULL)
        login_account_decoy(context, name, secret_r);
    if (user == NULL)
        return false;
    *secret_r = user->secret;
    return true;
}

static uint64_t offered_caps(const struct session *session, const struct view *view)
{
    uint64_t caps =
        (view->caps & CAPS_END_TO_END) | CAPS_PER_HOP | compression_offered(session, view->family);
    if (session->listener->tls != NULL)
        caps |= CAP_SSL;
    if (view->family == FAMILY_MYSQL)
        return (caps & UINT32_MAX) | CAP_CLIENT_MYSQL;
    return caps; /* CAP_CLIENT_MYSQL is clear: the greeting has MariaDB's extended capabilities */
}

/* The servers, and their accounts if clients log in with them. */
static bool are_servers_known(struct session *session)
{
    const struct view *view = session_view(session);
    struct directory *directories = session->worker->world->directories;
    if (view == NULL || view->family == FAMILY_UNKNOWN)
        return false;
    if (directories == NULL || directory_is_tried(&directories[session->listener->cluster]))
        return true;
    worker_retry(session->worker);
    return false;
}

enum step login_greeting(struct session *session)
{
    const struct view *view = session_view(session);
    bool is_known = are_servers_known(session);
    if (!is_known && session->worker->world->timeouts->primary_wait_us == 0) {
        reply_put_err(&session->client.out, 0, ERR_SERVER_SHUTDOWN, NULL,
                      "headgate: no server of this cluster has answered yet");
        return session_close(session, CLOSE_SERVER_REFUSED, "no server has answered yet");
    }
    if (!is_known)
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL) : STEP_WAIT;
    struct greeting greeting = {
        .version = span_cstr(view->version),
        .connection_id = (uint32_t)session->id,
        .caps = offered_caps(session, view),
        .collation = view->collation,
        .status = STATUS_AUTOCOMMIT,
    };
    session->login = mem_zalloc(sizeof *session->login);
    if (session->login == NULL || !client_login_greet(session->login, &greeting, &session->client.out))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "greeting");
    session->login->must_be_safe = session->listener->settings->tls.mode == TLS_MODE_REQUIRED;
    memcpy(session->nonce, greeting.nonce, NONCE_BYTES);
    session->facets.reading.ansi_quotes = view->ansi_quotes;
    session->facets.reading.oracle = view->oracle;
    session->facets.reading.no_backslash_escapes = view->no_backslash_escapes;
    (void)stream_flush(&session->client);
    session_set_deadline(session, session->worker->world->timeouts->client_login_us);
    return session_enter(session, SESSION_LOGIN);
}

/* Takes the next complete packet of the client. False: there is none yet (*step_r is STEP_WAIT), or the
 * session is closing (*step_r). */
static bool next_packet(struct session *session, struct span *payload_r, uint8_t *seq_r, enum step *step_r)
{
    struct buf *in = &session->client.in;
    struct packet_header header;
    *step_r = STEP_WAIT;
    if (packet_peek(buf_unparsed(in), &header)) {
        if (header.len > CLIENT_LOGIN_PACKET_MAX ||
            !stream_grow(&session->client, PACKET_HEADER_BYTES + header.len)) {
            reply_put_err(&session->client.out, (uint8_t)(header.seq + 1), ERR_HANDSHAKE, NULL,
                          "Bad handshake");
            *step_r = session_close(session, CLOSE_CLIENT_NONSENSE, "a login packet of more than 64 KiB");
            return false;
        }
        struct span bytes = buf_unparsed(in);
        if (bytes.len >= PACKET_HEADER_BYTES + header.len) {
            *payload_r = span_of(bytes.data + PACKET_HEADER_BYTES, header.len);
            *seq_r = header.seq;
            buf_mark_parsed(in, PACKET_HEADER_BYTES + header.len);
            return true;
        }
    }
    if (session->is_client_eof)
        *step_r = session_close(session, CLOSE_CLIENT_GONE, NULL);
    return false;
}

/* The session's account is the one of the login in progress. */
static void set_user(struct session *session, const struct user *user)
{
    if (session->user_limit != NULL)
        limit_give(session->user_limit); /* it belongs to the former account, which may be freed now */
    session->user_limit = NULL;
    directory_leave(session->user);
    directory_hold(user);
    session->user = user;
}

static bool keep_identity(struct session *session, const struct user *user)
{
    struct client_login *login = session->login;
    if (session->user == NULL) /* COM_CHANGE_USER keeps what COM_SET_OPTION has changed (seen) */
        session->upstream_caps = login->caps & CAPS_END_TO_END;
    set_user(session, user);
    session->who = digests_who(session->listener->settings->cluster, session->user->name);
    session->caps = login->caps;
    session->collation = login->collation;
    text_clear(&session->facets.schema);
    text_clear(&session->attributes);
    mem_free_secret(session->seen, sizeof *session->seen);
    session->seen = NULL;
    return (user->secret.has_password || session_keep_secret(session, &login->secret)) &&
           text_append_cstr(&session->facets.schema, login->schema) &&
           text_append_span(&session->attributes, text_span(&login->attributes));
}

/* The client hears the same as after a wrong password; the log gets the reason. */
static enum step deny(struct session *session, uint8_t seq, const char *reason)
{
    char text[256], detail[256];
    (void)snprintf(text, sizeof text, "Access denied for user '%.80s'@'%.64s' (using password: %s)",
                   session->login->user, session->host, session->login->has_password ? "YES" : "NO");
    (void)snprintf(detail, sizeof detail, "login as '%.80s': %s", session->login->user, reason);
    reply_put_err(&session->client.out, seq, ERR_ACCESS_DENIED, NULL, text);
    return session_close(session, CLOSE_LOGIN_REFUSED, detail);
}

/* headgate has accepted the client's password; now a server must accept the login. */
static enum step go_inside(struct session *session, uint8_t seq)
{
    const struct view *view = session_view(session);
    bool is_change_user = !session->is_new;
    const struct user *user = login_account_found(session);
    if (user == NULL)
        return deny(session, seq, "the account was removed a moment ago");
    const char *missing = tls_requirement_missing(&user->requirement, &session->client);
    if (missing != NULL)
        return deny(session, seq, missing);
    if (!keep_identity(session, user) || !session_begin_job(session))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "login");
    if (!limit_move(&session->user_limit, session->user->connections)) {
        char text[256];
        (void)snprintf(text, sizeof text, "headgate: max_connections = %lld of user '%.100s' is reached",
                       (long long)session->user->connections->max, session->user->name);
        reply_put_err(&session->client.out, seq, ERR_TOO_MANY_USER_CONNECTIONS, NULL, text);
        return session_close(session, CLOSE_LIMIT, text);
    }
    command_end_reset(session);
    consistency_begin(&session->consistency, session->user);
    session->facets.was_reset = session->facets.keeps_schema = false;
    session_begin_rights(session);
    struct job *job = session->job;
    job->is_login = true;
    job->is_change_user = is_change_user;
    job->own.seq = seq;
    bool is_reader = session->listener->settings->mode == LISTENER_REPLICA ||
                     (session->listener->settings->mode == LISTENER_SPLIT && view->primary == VIEW_NO_SERVER);
    job->place = is_reader ? ROUTE_REPLICA : ROUTE_PRIMARY;
    return session_enter(session, SESSION_ACQUIRING);
}

/* ---- TLS ---- */

static void count_handshake(const struct session *session, enum listener_tls result)
{
    counter_add(&session->listener->by_worker[session->worker->index].tls[result], 1);
}

static enum step tls_has_failed(struct session *session, const struct error *err)
{
    count_handshake(session, LISTENER_TLS_FAILED);
    return session_close(session, CLOSE_TLS_FAILED, err->text);
}

/* Bytes that came with the request are the beginning of the handshake: nothing behind the request is read as a
 * packet. */
static enum step begin_tls(struct session *session)
{
    struct error err = { 0 };
    if (stream_flush(&session->client) != STREAM_OK)
        return session_close(session, CLOSE_CLIENT_NONSENSE, "it has not read the greeting");
    struct buf *in = &session->client.in;
    if (!stream_secure_client(&session->client, session->listener->tls->context, buf_unparsed(in), &err))
        return tls_has_failed(session, &err);
    buf_mark_parsed(in, buf_unparsed(in).len);
    buf_drop_parsed(in);
    return session_enter(session, SESSION_SECURING);
}

enum step login_securing(struct session *session)
{
    struct error err = { 0 };
    int want = EV_READ;
    switch (stream_handshake(&session->client, &want, &err)) {
    case STREAM_OK:
        count_handshake(session,
                        stream_is_resumed(&session->client) ? LISTENER_TLS_RESUMED : LISTENER_TLS_FULL);
        return session_enter(session, SESSION_LOGIN);
    case STREAM_BLOCKED:
        return session->is_client_eof ? session_close(session, CLOSE_CLIENT_GONE, NULL) : STEP_WAIT;
    case STREAM_EOF:
    case STREAM_FAILED:
        break;
    }
    return tls_has_failed(session, &err);
}

/* ---- verdicts ---- */

static enum step obey(struct session *session, enum client_login_verdict verdict, const struct error *err)
{
    switch (verdict) {
    case CLIENT_LOGIN_MORE:
        (void)stream_flush(&session->client);
        return STEP_MORE;
    case CLIENT_LOGIN_TLS:
        return begin_tls(session);
    case CLIENT_LOGIN_ACCEPTED:
        return go_inside(session, session->login->seq);
    case CLIENT_LOGIN_REFUSED:
        if (err->code == ERR_ACCESS_DENIED)
            worker_note_account_doubt(session->worker, session->listener->cluster);
        return session_close(session, CLOSE_LOGIN_REFUSED, err->text);
    }
    return STEP_MORE;
}

/* The connections of the old user leave the session at once, to the pool or closed: the new user must not see
 * their state. */
static enum step change_user(struct session *session)
{
    struct error err = { 0 };
    struct packet_header header;
    struct buf *in = &session->client.in;
    struct span packet = buf_unsent(in);
    (void)packet_peek(packet, &header); /* the whole packet is there */
    session->login = mem_zalloc(sizeof *session->login);
    if (session->login == NULL)
        return session_close(session, CLOSE_OUT_OF_MEMORY, "COM_CHANGE_USER");
    session->login->caps = session->caps;
    session->login->collation = session->collation;
    session->login->is_safe = session_is_safe(session);
    memcpy(session->login->nonce, session->nonce, NONCE_BYTES);
    slot_leave_all(session);
    role_note_login(&session->facets);
    command_end_reset(session);
    option_note_login(&session->facets);
    struct span payload = span_of(packet.data + PACKET_HEADER_BYTES, header.len);
    enum client_login_verdict verdict = client_login_change_user(
        session->login, payload, header.seq, session->host, find_user, session, &session->client.out, &err);
    buf_drop_parsed(in);
    session_set_deadline(session, session->worker->world->timeouts->client_login_us);
    return obey(session, verdict, &err);
}

static void tell_login(const struct session *session)
{
    char buffer[CLIENT_ADDRESS_VIA_MAX];
    const char *via = client_address_via(session, buffer);
    log_info(&session->scope, "client %s%s%s logged in as '%s' on listener %s", session->host,
             via != NULL ? " via " : "", via != NULL ? via : "", session->user->name,
             session->listener->settings->name);
}

/* A server has accepted the login or COM_CHANGE_USER: the client gets OK. */
static enum step accepted(struct session *session)
{
    struct reply_ok ok = { .status = (uint16_t)(session->facets.status & ~STATUS_SESSION_STATE_CHANGED) };
    struct job *job = session->job;
    uint8_t proof[CERTIFICATE_PROOF_BYTES];
    const struct tls_server *tls = session->listener->tls;
    if (tls != NULL) /* a server's own proof is about the server's certificate: it is never passed on */
        ok.info = client_login_prove(session->login, tls_server_fingerprint(tls), proof);
    reply_put_ok(&session->client.out, job->own.seq, session->caps, &ok, false);
    if (session->client.out.is_oom || (session->is_new && !compression_begin(session)))
        return session_close(session, CLOSE_OUT_OF_MEMORY, "login");
    if (session->is_new)
        tell_login(session);
    session->is_new = false;
    client_login_fini(session->login);
    login_account_end(session);
    mem_free(session->login);
    session->login = NULL;
    return command_done(session);
}

/* Could accounts that are read anew change the refusal? Of a dialogue, only its first packet can be judged again. */
static bool is_doubtful(const struct session *session, const struct client_login *before,
                        enum client_login_verdict verdict, const struct error *err)
{
    return verdict == CLIENT_LOGIN_REFUSED && err->code == ERR_ACCESS_DENIED && session->is_new &&
           before->candidate == NULL;
}

enum step login_login(struct session *session)
{
    struct span payload;
    uint8_t seq;
    enum step step;
    struct error err = { 0 };
    if (session->job->is_login)
        return accepted(session);
    if (session->login == NULL)
        return change_user(session);
    if (!login_account_goes_on(session))
        return STEP_WAIT;
    if (!client_address_look(session, &step) || !next_packet(session, &payload, &seq, &step))
        return step;
    session->login->is_safe = session_is_safe(session); /* a header of a load balancer may just have come */
    struct client_login before = *session->login;
    size_t said = session->client.out.len;
    enum client_login_verdict verdict = client_login_feed(session->login, payload, seq, session->host,
                                                          find_user, session, &session->client.out, &err);
    if (is_doubtful(session, &before, verdict, &err) && login_account_wait(session)) {
        *session->login = before;
        session->client.out.len = said;
        session->client.in.parsed -= PACKET_HEADER_BYTES + (uint32_t)payload.len;
        return STEP_WAIT;
    }
    buf_drop_parsed(&session->client.in);
    return obey(session, verdict, &err);
}
