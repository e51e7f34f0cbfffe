/* Metrics, health and the status page over HTTP. Only this room's http.c uses libmicrohttpd.
 *
 * All of it runs on the control thread and never blocks. libmicrohttpd polls its sockets through one epoll
 * descriptor, which the control loop watches. A request is suspended while it waits for its document.
 *
 *      acceptor ──► MHD_add_connection ──► on_request ──► document_want ──► on_ready ──► the reply
 *
 * Limits on clients: a request's head is 16 KiB at most, a request's body is not read, a connection that is
 * silent for HTTP_IDLE_S is closed, and when HTTP_CONNECTIONS_MAX are open the oldest connection is
 * closed for a new one. */
#pragma once

#include "admin/admin.h"
#include "http/document.h"
#include "http/http_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/acceptor.h"

#include <ev.h>

#define HTTP_CONNECTIONS_MAX 16 /* Prometheus, a load balancer, and two browsers with six connections each */
#define HTTP_HEAD_MAX (16u * 1024u)
#define HTTP_IDLE_S 10u
#define HTTP_DOCUMENTS_MAX 8

struct MHD_Daemon;

struct http {
    struct admin *admin;       /* borrows; NULL: not open */
    char *hosts;               /* owns; names accepted in the Host header; NULL: none */
    bool is_local;             /* a unix socket: browsers cannot reach it, so any name in the Host header is
                                * accepted */
    struct MHD_Daemon *daemon; /* owns */
    struct acceptor acceptor;
    ev_io ready;             /* libmicrohttpd's epoll descriptor */
    struct loop_timer timer; /* libmicrohttpd's next timeout */
    struct list guests;      /* open connections, oldest first */
    struct document documents[HTTP_DOCUMENTS_MAX];
};

/* Opens settings->address, which must be set. `settings` is not kept. A unix socket gets mode 0660. False:
 * *err. */
bool http_open(struct http *http, struct admin *admin, const struct http_settings *settings,
               struct error *err);
/* Harmless when not open. To be called when no visit of the workers is under way. */
void http_close(struct http *http);
