#include "frontend/client_address.h"

#include "base/mem.h"
#include "mysql/reply.h"

#include <errno.h>
#include <stdio.h>

/* The bytes before which a packet's header is not whole. No first packet has the sequence number 'X' or 0x0A, as
 * the beginnings of PROXY headers would have. */
#define TELLING_BYTES PACKET_HEADER_BYTES

/* Answers ERR and closes. After the greeting (sequence number 0) and the client's packet (1) the answer has 2. */
static enum step refuse(struct session *session, uint16_t code, const char *text)
{
    uint8_t seq = session->state == SESSION_PROXY_HEADER ? 0 : 2;
    reply_put_err(&session->client.out, seq, code, NULL, text);
    return session_close(session, CLOSE_CLIENT_NONSENSE, text);
}

/* From now on the client counts for its address. */
static bool count_client(struct session *session, enum step *step_r)
{
    struct error err = { 0 };
    struct limits *limits = session->worker->world->limits;
    if (session->is_counted)
        return true;
    session->is_counted = limits == NULL || limits_enter_address(limits, session->host, &err);
    if (session->is_counted)
        return true;
    uint8_t seq = session->state == SESSION_PROXY_HEADER ? 0 : 2;
    reply_put_err(&session->client.out, seq, err.code == ENOMEM ? ERR_OUT_OF_RESOURCES : ERR_CON_COUNT, NULL,
                  err.text);
    *step_r = session_close(session, CLOSE_LIMIT, err.text);
    return false;
}

/* The session gets the address of the header. False: the session is closing. */
static bool take_header(struct session *session, const struct proxy_header *header, enum step *step_r)
{
    if (header->is_local)
        return count_client(session, step_r);
    session->proxied = mem_zalloc(sizeof *session->proxied);
    if (session->proxied == NULL) {
        *step_r = session_close(session, CLOSE_OUT_OF_MEMORY, "PROXY header");
        return false;
    }
    session->proxied->header = *header;
    session->is_local = false; /* only the load balancer's way here is a unix socket, if any */
    memcpy(session->proxied->via, session->host, strlen(session->host) + 1);
    session->ends = proxy_ends_of(&header->from, &header->to);
    (void)addr_format_host(&header->from, session->host);
    log_debug(&session->scope, "client %s came by %s", session->host, session->proxied->via);
    return count_client(session, step_r);
}

/* Reads the header that the bytes begin with, or may begin with. True: it is read. False: *step_r. */
static bool read_header(struct session *session, enum step *step_r)
{
    struct buf *in = &session->client.in;
    struct proxy_header header;
    struct error err = { 0 };
    char text[256];
    size_t len = 0;
    *step_r = STEP_WAIT;
    switch (proxy_header_read(buf_unparsed(in), &header, &len, &err)) {
    case PROXY_MORE:
        if (session->is_client_eof)
            *step_r = session_close(session, CLOSE_CLIENT_GONE, NULL);
        return false;
    case PROXY_DONE:
        buf_mark_parsed(in, (uint32_t)len);
        buf_drop_parsed(in);
        return take_header(session, &header, step_r);
    case PROXY_NONE:
        (void)snprintf(
            text, sizeof text,
            "headgate: listener '%.64s' requires a PROXY protocol header from %.64s; other bytes came",
            session->listener->settings->name, session->host);
        break;
    case PROXY_BAD:
        (void)snprintf(text, sizeof text, "headgate: %.64s sent %.160s", session->host, err.text);
        break;
    }
    *step_r = refuse(session, ERR_HANDSHAKE, text);
    return false;
}

enum step client_address_step(struct session *session)
{
    enum step step;
    if (!read_header(session, &step))
        return step;
    session_set_deadline(session, session->worker->world->timeouts->primary_wait_us);
    return session_enter(session, SESSION_GREETING);
}

enum step client_address_late(struct session *session)
{
    char text[256];
    (void)snprintf(
        text, sizeof text,
        "headgate: listener '%.64s' requires a PROXY protocol header from %.64s; none came in time",
        session->listener->settings->name, session->host);
    reply_put_err(&session->client.out, 0, ERR_HANDSHAKE, NULL, text);
    return session_close(session, CLOSE_LOGIN_TIMEOUT, text);
}

static bool may_send_header(const struct session *session)
{
    return session->comes_proxied && session->proxied == NULL &&
           session->listener->settings->proxy_protocol == LISTENER_PROXY_OPTIONAL;
}

bool client_address_look(struct session *session, enum step *step_r)
{
    struct proxy_header header;
    char text[256];
    size_t len;
    struct span bytes = buf_unparsed(&session->client.in);
    *step_r = STEP_WAIT;
    if (session->has_begun)
        return true;
    if (bytes.len < TELLING_BYTES)
        return true; /* the login waits for a whole packet */
    if (proxy_header_read(bytes, &header, &len, NULL) == PROXY_NONE) {
        session->has_begun = true;
        return count_client(session, step_r);
    }
    if (may_send_header(session)) {
        session->has_begun = read_header(session, step_r);
        return session->has_begun;
    }
    (void)snprintf(text, sizeof text,
                   session->comes_proxied
                       ? "headgate: listener '%.64s' does not expect another PROXY protocol header from %.64s"
                       : "headgate: a PROXY protocol header is not accepted by listener '%.64s' from %.64s, "
                         "which is not in its proxy_protocol_from",
                   session->listener->settings->name, session->host);
    *step_r = refuse(session, ERR_HOST_NOT_PRIVILEGED, text);
    return false;
}

const char *client_address_via(const struct session *session, char buffer[static CLIENT_ADDRESS_VIA_MAX])
{
    const struct proxied *proxied = session->proxied;
    if (proxied == NULL)
        return NULL;
    const struct proxy_header *header = &proxied->header;
    const char *tls = header->tls_version[0] != '\0' ? header->tls_version : "TLS";
    (void)snprintf(buffer, CLIENT_ADDRESS_VIA_MAX, "%s%s%s", proxied->via, header->has_tls ? ", " : "",
                   header->has_tls ? tls : "");
    return buffer;
}
