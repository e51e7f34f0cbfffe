#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM_BYTES = 256 * 1024, ROWS_PER_MIB = 1024 };

static const char point_query[] = "SELECT name FROM t WHERE id=";

static bool client_fail(struct client *c, const char *what, int error)
{
    snprintf(c->why, sizeof c->why, "%s: %s", what, strerror(error));
    return false;
}

static bool client_watch(struct client *c, int how, uint32_t interest)
{
    struct epoll_event event = { .events = interest, .data.ptr = c };
    return !epoll_ctl(c->poll_fd, how, c->fd, &event) || client_fail(c, "epoll_ctl", errno);
}

static bool client_send(struct client *c, const struct bytes *b)
{
    ssize_t n = c->ssl ? tls_send(c->ssl, b->data, b->len) : send(c->fd, b->data, b->len, MSG_NOSIGNAL);
    if (n == (ssize_t)b->len)
        return true;
    /* requests are small: a full socket is an error */
    return client_fail(c, "send", n < 0 ? errno : ENOBUFS);
}

bool client_open(struct client *c)
{
    c->step = CLIENT_CONNECTING;
    c->is_bound = false;
    c->in.len = 0;
    c->login = (struct login){ .user = c->plan->user,
                               .password = c->plan->password,
                               .wants_deprecate_eof = c->plan->deprecate_eof };
    c->fd = sock_connect(&c->plan->target);
    if (c->fd < 0) {
        c->step = CLIENT_CLOSED;
        return client_fail(c, "connect", errno);
    }
    return client_watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/* ---- requests ---- */

static void put_command(struct bytes *b, uint8_t command, const char *text)
{
    uint8_t seq = 0;
    size_t at = packet_begin(b);
    bytes_int(b, command, 1);
    bytes_add(b, text, strlen(text));
    packet_end(b, at, &seq);
}

static void put_execute(struct client *c, struct bytes *b)
{
    uint8_t seq = 0;
    size_t at = packet_begin(b);
    bytes_int(b, COM_STMT_EXECUTE, 1);
    bytes_int(b, c->reply.stmt, 4);
    bytes_int(b, 0, 1);
    bytes_int(b, 1, 4);
    bytes_int(b, 0, 1); /* NULL bitmap: no NULLs */
    bytes_int(b, !c->is_bound, 1);
    if (!c->is_bound)
        bytes_int(b, TYPE_LONGLONG, 2); /* sent once: the receiver must remember the type */
    bytes_int(b, c->next_id, 8);
    packet_end(b, at, &seq);
    c->is_bound = true;
}

static void put_point(const struct client *c, struct bytes *b)
{
    char text[64];
    snprintf(text, sizeof text, "%s%" PRIu64, point_query, c->next_id);
    put_command(b, COM_QUERY, text);
}

static void put_big(const struct client *c, struct bytes *b)
{
    char text[64];
    snprintf(text, sizeof text, "SELECT big %u", c->plan->big_mib);
    put_command(b, COM_QUERY, text);
}

bool client_ask(struct client *c)
{
    const uint32_t stmt = c->reply.stmt;
    c->request.len = 0;
    c->next_id = (c->next_id + 1) % 1000000000;
    if (c->plan->mode == CLIENT_PREPARED) {
        put_execute(c, &c->request);
        reply_expect(&c->reply, REPLY_POINT_BINARY, c->next_id, 1);
        c->reply.stmt = stmt;
    } else if (c->plan->mode == CLIENT_BIG) {
        put_big(c, &c->request);
        reply_expect(&c->reply, REPLY_BIG, 0, (uint64_t)c->plan->big_mib * ROWS_PER_MIB);
    } else {
        put_point(c, &c->request);
        reply_expect(&c->reply, REPLY_POINT, c->next_id, 1);
    }
    c->step = CLIENT_BUSY;
    return client_send(c, &c->request);
}

static bool client_prepare(struct client *c)
{
    char text[64];
    c->request.len = 0;
    snprintf(text, sizeof text, "%s?", point_query);
    put_command(&c->request, COM_STMT_PREPARE, text);
    reply_expect(&c->reply, REPLY_PREPARE, 0, 0);
    c->step = CLIENT_PREPARE;
    return client_send(c, &c->request);
}

/* ---- TLS ---- */

static bool client_secure(struct client *c)
{
    c->ssl = tls_open(c->fd);
    return c->ssl != NULL || client_fail(c, "TLS handshake", EPROTO);
}

/* Sends the first answer to the greeting with TLS: its first 32 bytes alone, the handshake, then all of it. */
static bool send_response(struct client *c, struct bytes *answer)
{
    enum { REQUEST_BYTES = 32, CAP_SSL_BYTE = 1, CAP_SSL = 8 };
    struct bytes request = { 0 };
    uint8_t *header = (uint8_t *)answer->data;
    uint8_t seq = header[3];
    header[3 + 1 + CAP_SSL_BYTE] |= CAP_SSL;
    header[3] = (uint8_t)(seq + 1);
    size_t at = packet_begin(&request);
    bytes_add(&request, header + 4, REQUEST_BYTES);
    packet_end(&request, at, &seq);
    bool is_sent = client_send(c, &request) && client_secure(c) && client_send(c, answer);
    bytes_free(&request);
    return is_sent;
}

/* ---- replies ---- */

static enum client_event login_packet(struct client *c, const struct packet *p)
{
    struct bytes answer = { 0 };
    enum login_status status = login_step(&c->login, p, &answer, c->why);
    bool is_response = answer.len > 0 && c->plan->tls == TLS_REQUEST && c->ssl == NULL;
    bool is_sent = !answer.len || (is_response ? send_response(c, &answer) : client_send(c, &answer));
    bytes_free(&answer);
    if (status == LOGIN_FAILED || !is_sent)
        return CLIENT_FAILED;
    if (status == LOGIN_MORE)
        return CLIENT_NOTHING;
    c->reply.deprecate_eof = c->login.caps & CAP_DEPRECATE_EOF;
    if (c->plan->mode == CLIENT_PREPARED)
        return client_prepare(c) ? CLIENT_NOTHING : CLIENT_FAILED;
    c->step = CLIENT_IDLE;
    return CLIENT_READY;
}

static enum client_event reply_packet(struct client *c, const struct packet *p)
{
    enum reply_status status = reply_feed(&c->reply, p, c->why);
    if (status == REPLY_MORE)
        return CLIENT_NOTHING;
    if (status == REPLY_WRONG)
        return CLIENT_FAILED;
    enum client_event event = c->step == CLIENT_PREPARE ? CLIENT_READY : CLIENT_REPLIED;
    c->step = CLIENT_IDLE;
    return event;
}

static enum client_event take_packet(struct client *c, const struct packet *p)
{
    switch (c->step) {
    case CLIENT_LOGIN:
        return login_packet(c, p);
    case CLIENT_PREPARE:
    case CLIENT_BUSY:
        return reply_packet(c, p);
    case CLIENT_IDLE:
    case CLIENT_CLOSED:
    case CLIENT_CONNECTING:
        break;
    }
    snprintf(c->why, sizeof c->why, "a packet of %zu bytes nobody asked for", p->len);
    return CLIENT_FAILED;
}

/* Takes the whole packets and keeps the rest. At most one of these packets ends a step: the client sends one
 * request at a time. */
static enum client_event take_packets(struct client *c, const uint8_t *data, size_t len)
{
    struct packet p;
    size_t used = 0;
    enum client_event event = CLIENT_NOTHING;
    for (size_t n; event != CLIENT_FAILED && (n = packet_peek(data + used, len - used, &p)); used += n) {
        enum client_event next = take_packet(c, &p);
        event = next == CLIENT_NOTHING ? event : next;
    }
    c->in.len = 0;
    bytes_add(&c->in, data + used, len - used);
    return event;
}

static bool connected(struct client *c)
{
    int error = sock_error(c->fd);
    if (error)
        return client_fail(c, "connect", error);
    c->step = CLIENT_LOGIN;
    if (c->plan->tls == TLS_FIRST && !client_secure(c))
        return false;
    return client_watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static enum client_event client_receive(struct client *c)
{
    static _Thread_local uint8_t room[ROOM_BYTES];
    size_t kept = c->in.len;
    if (kept == sizeof room) {
        (void)client_fail(c, "packet too long for a reply of the null server", EMSGSIZE);
        return CLIENT_FAILED;
    }
    if (kept)
        memcpy(room, c->in.data, kept);
    ssize_t n = c->ssl ? tls_recv(c->ssl, room + kept, sizeof room - kept)
                       : recv(c->fd, room + kept, sizeof room - kept, 0);
    if (n < 0 && errno == EAGAIN)
        return CLIENT_NOTHING;
    if (n <= 0) {
        (void)client_fail(c, "connection lost", n < 0 ? errno : 0);
        return CLIENT_FAILED;
    }
    c->bytes += (uint64_t)n;
    return take_packets(c, room, kept + (size_t)n);
}

enum client_event client_run(struct client *c, uint32_t events)
{
    if (c->step == CLIENT_CONNECTING)
        return connected(c) ? CLIENT_NOTHING : CLIENT_FAILED;
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return CLIENT_NOTHING;
    enum client_event event = client_receive(c);
    while (event == CLIENT_NOTHING && c->ssl && tls_holds_more(c->ssl))
        event = client_receive(c); /* the room was too small for all that TLS holds */
    return event;
}

void client_close(struct client *c)
{
    if (c->step == CLIENT_CLOSED)
        return;
    tls_close(&c->ssl);
    close(c->fd);
    bytes_free(&c->in);
    bytes_free(&c->request);
    c->step = CLIENT_CLOSED;
}

void client_quit(struct client *c)
{
    static const uint8_t quit[] = { 1, 0, 0, 0, COM_QUIT };
    /* COM_QUIT leaves together with the FIN. TIME_WAIT then stays on this side, where the kernel lets ports
     * be reused. */
    if (c->step == CLIENT_IDLE && c->ssl)
        (void)tls_send(c->ssl, quit, sizeof quit);
    else if (c->step == CLIENT_IDLE)
        (void)!send(c->fd, quit, sizeof quit, MSG_NOSIGNAL | MSG_MORE);
    client_close(c);
}
