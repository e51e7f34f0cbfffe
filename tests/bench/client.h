/* client: one connection of the load generator. It connects, logs in, prepares a statement if asked to, then
 * sends one request at a time.
 *
 *   client_open → client_run … CLIENT_READY → client_ask → client_run … CLIENT_REPLIED → client_ask …
 *   → client_quit
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "login.h"
#include "reply.h"
#include "sock.h"
#include "tls.h"

enum client_mode { CLIENT_QUERY, CLIENT_PREPARED, CLIENT_CONNECT, CLIENT_BIG };
enum client_step { CLIENT_CLOSED, CLIENT_CONNECTING, CLIENT_LOGIN, CLIENT_PREPARE, CLIENT_IDLE, CLIENT_BUSY };
enum client_event { CLIENT_NOTHING, CLIENT_READY, CLIENT_REPLIED, CLIENT_FAILED };

struct client_plan {
    struct sock_target target;
    enum client_mode mode;
    const char *user;
    const char *password;
    bool deprecate_eof;
    enum tls_start tls; /* TLS_NONE: no TLS */
    unsigned big_mib;
};

struct client {
    const struct client_plan *plan; /* borrows */
    int poll_fd;
    int fd;
    struct ssl_st *ssl; /* owns; NULL: no TLS */
    enum client_step step;
    bool is_bound; /* the statement's parameter types have been sent */
    struct login login;
    struct reply reply;
    struct bytes in; /* the beginning of an incomplete packet */
    struct bytes request;
    uint64_t next_id;
    uint64_t since_ns; /* when the request (in CONNECT mode: the connect) began or was due */
    uint64_t bytes;    /* received */
    char why[200];     /* the error, after CLIENT_FAILED */
};

/* The caller sets plan, poll_fd and next_id beforehand. The socket is added to poll_fd with the client as
 * data.ptr. */
bool client_open(struct client *c);
enum client_event client_run(struct client *c, uint32_t events);
bool client_ask(struct client *c); /* false: the error is in `why` */
void client_quit(struct client *c);
void client_close(struct client *c);

#endif
