/* Metrics, health and the status page over HTTP. The one place that speaks libmicrohttpd.
 *
 * All of it is on the control thread, none of it blocks: libmicrohttpd polls its sockets through one epoll
 * descriptor, which is watched by the control loop like any other. A request waits, suspended, for its
 * document.
 *
 *      listener ──► MHD_add_connection ──► on_request ──► document_want ──► on_ready ──► the reply
 *
 * Clients can do little harm: a request's head is 16 KiB at most, its body is not read, one that is silent
 * for HTTP_PATIENCE_S is closed, and when HTTP_CONNECTIONS_MAX are open the oldest one makes room for the
 * next.
 */
#ifndef HEADGATE_ADMIN_HTTP_H
#define HEADGATE_ADMIN_HTTP_H

#include "admin/admin.h"
#include "admin/document.h"
#include "admin/http_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/listener.h"

#include <ev.h>

#define HTTP_CONNECTIONS_MAX 16 /* Prometheus, a load balancer's checks, and two browsers with six each */
#define HTTP_HEAD_MAX (16u * 1024u)
#define HTTP_PATIENCE_S 10u
#define HTTP_DOCUMENTS_MAX 8

struct MHD_Daemon;

struct http {
    struct admin *admin;       /* borrows; NULL: not open */
    char *hosts;               /* owns; names that are answered; NULL: none */
    bool is_local;             /* a unix socket: no browser gets there, and any name is answered */
    struct MHD_Daemon *daemon; /* owns */
    struct listener listener;
    ev_io ready;             /* libmicrohttpd has something to do … */
    struct loop_timer timer; /* … or will have */
    struct list guests;      /* open connections, the oldest first */
    struct document documents[HTTP_DOCUMENTS_MAX];
};

/* By the configuration of the start, of which nothing is kept; address is there. A socket is made with mode
 * 0660. */
bool http_open(struct http *http, struct admin *admin, const struct http_settings *settings,
               struct error *err);
/* Harmless when not open. After the last question to the workers has come home. */
void http_close(struct http *http);

#endif
