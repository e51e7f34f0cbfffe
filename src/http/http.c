#include "http/http.h"

#include "http/http_host.h"
#include "http/metrics.h"
#include "http/ready.h"
#include "http/status.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_MODE 0660

/* ---- documents ---- */

static const struct document_kind kinds[] = {
    { "/", "text/html; charset=utf-8", status_make_page },
    { "/status.json", "application/json", status_make },
    { "/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_make },
    { "/health", "application/json", ready_make },
    { "/health/ready", "application/json", ready_make },
    { "/health/live", "application/json", ready_make_live },
};
#define KINDS (sizeof kinds / sizeof *kinds)
_Static_assert(KINDS <= HTTP_DOCUMENTS_MAX, "more documents than there is room for");

/* Kinds whose `make` takes session counts, and the function that receives them. */
static const struct {
    void (*make)(struct document *document);
    void (*note)(struct session_counts *counts);
} counted[] = {
    { metrics_make, metrics_note_counts },
    { ready_make_live, ready_note_counts },
};

static struct document *find(struct http *http, const char *path)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(path, kinds[i].path) == 0)
            return &http->documents[i];
    return NULL;
}

/* ---- connections ---- */

struct guest {
    struct list_node in_http;
    int fd;              /* owned by libmicrohttpd */
    struct visit *visit; /* borrows; its request; NULL: none */
};

static void on_connection(void *context, struct MHD_Connection *connection, void **guest_r,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http *http = context;
    struct guest *guest = *guest_r;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        guest = mem_zalloc(sizeof *guest);
        if (guest == NULL)
            return; /* the connection is then not closed to make room */
        guest->fd = info->connect_fd;
        list_link_last(&http->guests, &guest->in_http);
    } else if (guest != NULL) {
        list_unlink(&http->guests, &guest->in_http);
        mem_free(guest);
        guest = NULL;
    }
    *guest_r = guest;
}

static void run(struct http *http);
static void cut_visit(struct visit *visit);

/* Shuts down the oldest connection if too many are open. libmicrohttpd then closes it. */
static void make_room(struct http *http)
{
    if (http->guests.count >= HTTP_CONNECTIONS_MAX)
        run(http); /* first remove connections that have ended */
    if (http->guests.count < HTTP_CONNECTIONS_MAX)
        return;
    struct list_node *node = list_first(&http->guests);
    struct guest *guest = list_entry(node, struct guest, in_http);
    (void)shutdown(guest->fd, SHUT_RDWR);
    if (guest->visit != NULL)
        cut_visit(guest->visit);
    list_unlink(&http->guests, node);
    list_link_last(&http->guests, node); /* so that the next call does not choose it again */
    run(http);
}

static void on_accept(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct http *http = acceptor->owner;
    make_room(http);
    if (MHD_add_connection(http->daemon, take_fd, &peer->u.any, peer->len) != MHD_YES)
        log_limited(LOG_LEVEL_WARNING, NULL, "http: a connection was closed: %s", strerror(errno));
    run(http);
}

/* ---- requests ---- */

struct visit {
    struct document_reader reader;
    struct MHD_Connection *connection; /* borrows */
    struct guest *guest;               /* borrows; NULL: memory was out when the connection began */
    struct http *http;                 /* borrows */
    struct document *document;         /* borrows */
    bool is_ready;
    struct MHD_Response *response; /* owns; NULL with is_ready: the connection is to be closed */
    unsigned status;
};

static const char *const headers[][2] = {
    { MHD_HTTP_HEADER_CACHE_CONTROL, "no-store" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                                 "connect-src 'self'; img-src data:; frame-ancestors 'none'" },
};

/* A response with all headers; NULL: memory is out. */
static struct MHD_Response *respond(struct span body, const char *type)
{
    void *bytes; /* the bytes are copied; the parameter is not const for historical reasons */
    memcpy(&bytes, &body.data, sizeof bytes);
    struct MHD_Response *response = MHD_create_response_from_buffer(body.len, bytes, MHD_RESPMEM_MUST_COPY);
    bool is_good =
        response != NULL && MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
    for (size_t i = 0; i < sizeof headers / sizeof *headers && is_good; i++)
        is_good = MHD_add_response_header(response, headers[i][0], headers[i][1]) == MHD_YES;
    if (is_good)
        return response;
    if (response != NULL)
        MHD_destroy_response(response);
    return NULL;
}

/* Queues a response without a document. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, struct span body,
                             const char *type)
{
    struct MHD_Response *response = respond(body, type);
    if (response == NULL)
        return MHD_NO;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    return reply(connection, status, span_cstr(why), "text/plain; charset=utf-8");
}

/* Lets libmicrohttpd call on_request again, which then answers. */
static void resume(struct visit *visit)
{
    visit->is_ready = true;
    MHD_resume_connection(visit->connection);
    loop_timer_start(&visit->http->timer, visit->http->admin->loop,
                     0); /* MHD_run then runs in the next turn */
}

/* Ends the wait of a request without a response, so that the connection is closed. */
static void cut_visit(struct visit *visit)
{
    bool is_waiting = visit->reader.document != NULL;
    document_leave(&visit->reader);
    if (is_waiting)
        resume(visit);
}

static void on_ready(struct document_reader *reader, unsigned status, struct span body)
{
    struct visit *visit = container_of(reader, struct visit, reader);
    visit->status = status;
    visit->response = respond(body, visit->document->kind->type);
    resume(visit);
}

/* Answers paths that are not documents: the health of one part, made at once. */
static enum MHD_Result answer_health(struct http *http, struct MHD_Connection *connection, const char *url)
{
    struct text body = { 0 };
    unsigned status = ready_answer(http->admin, url, &body);
    enum MHD_Result result =
        status == 0
            ? refuse(connection, MHD_HTTP_NOT_FOUND,
                     "there are /, /metrics, /health/ready, /health/live, /health/primary, "
                     "/health/replicas, /health/cluster/NAME, /health/listener/NAME and /status.json\n")
        : body.is_oom ? MHD_NO
                      : reply(connection, status, text_span(&body), "application/json");
    text_fini(&body);
    return result;
}

static bool is_for_us(const struct http *http, struct MHD_Connection *connection)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    return http->is_local || http_host_is_ours(host, http->hosts);
}

/* Called when a request's head has arrived. Refuses invalid requests at once; a refused request with a body
 * also closes the connection. */
static enum MHD_Result begin_visit(struct http *http, struct MHD_Connection *connection, const char *url,
                                   const char *method, void **visit_r)
{
    bool is_reading = strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!is_reading)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL ||
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH) != NULL)
        return refuse(connection, MHD_HTTP_BAD_REQUEST, "no body, please\n");
    if (!is_for_us(http, connection))
        return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST,
                      "the Host header has a name that is not in http.hosts\n");
    struct document *document = find(http, url);
    if (document == NULL)
        return answer_health(http, connection, url);
    struct visit *visit = mem_zalloc(sizeof *visit);
    if (visit == NULL)
        return MHD_NO;
    visit->connection = connection;
    visit->http = http;
    visit->document = document;
    visit->reader.on_ready = on_ready;
    visit->guest = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (visit->guest != NULL)
        visit->guest->visit = visit;
    *visit_r = visit;
    return MHD_YES;
}

/* Called by libmicrohttpd when a request's head has arrived, when the request is complete, and again after
 * the connection was resumed. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body, size_t *body_len,
                                  void **visit_r)
{
    struct visit *visit = *visit_r;
    (void)version;
    (void)body;
    (void)body_len;
    if (visit == NULL)
        return begin_visit(context, connection, url, method, visit_r);
    if (visit->is_ready)
        return visit->response == NULL ? MHD_NO
                                       : MHD_queue_response(connection, visit->status, visit->response);
    MHD_suspend_connection(connection);
    document_want(visit->document, &visit->reader);
    return MHD_YES;
}

/* Called when a request has ended, for whatever reason. */
static void on_completed(void *context, struct MHD_Connection *connection, void **visit_r,
                         enum MHD_RequestTerminationCode how)
{
    struct visit *visit = *visit_r;
    (void)context;
    (void)connection;
    (void)how;
    if (visit == NULL)
        return;
    document_leave(&visit->reader);
    if (visit->guest != NULL)
        visit->guest->visit = NULL;
    if (visit->response != NULL)
        MHD_destroy_response(visit->response);
    mem_free(visit);
    *visit_r = NULL;
}

/* ---- in the control loop ---- */

static void run(struct http *http)
{
    MHD_UNSIGNED_LONG_LONG after_ms;
    (void)MHD_run(http->daemon);
    if (MHD_get_timeout(http->daemon, &after_ms) == MHD_YES)
        loop_timer_start(&http->timer, http->admin->loop, after_ms * 1000);
    else
        loop_timer_stop(&http->timer);
}

static void on_readable(struct ev_loop *ev, ev_io *watcher, int events)
{
    (void)ev;
    (void)events;
    run(watcher->data);
}

static void on_timer(struct loop_timer *timer)
{
    run(container_of(timer, struct http, timer));
}

static bool start_daemon(struct http *http, struct error *err)
{
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        /* More than HTTP_CONNECTIONS_MAX: connections that make room may still be closing. */
        MHD_OPTION_CONNECTION_LIMIT, 2u * HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (http->daemon == NULL)
        return error_set(err, 0, "libmicrohttpd does not start");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    ev_io_init(&http->ready, on_readable, info->epoll_fd, EV_READ);
    http->ready.data = http;
    ev_io_start(http->admin->loop->ev, &http->ready);
    return true;
}

bool http_open(struct http *http, struct admin *admin, const struct http_settings *settings,
               struct error *err)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];
    *http = (struct http){ .admin = admin };
    list_init(&http->guests);
    loop_timer_init(&http->timer, on_timer);
    for (size_t i = 0; i < KINDS; i++) {
        struct document *document = &http->documents[i];
        document_init(document, &kinds[i], http->admin);
        for (size_t j = 0; j < sizeof counted / sizeof *counted; j++)
            if (kinds[i].make == counted[j].make)
                session_counts_init(&document->counts, http->admin, counted[j].note, document);
    }
    http->hosts = settings->hosts != NULL ? mem_strdup(settings->hosts) : NULL;
    if (settings->hosts != NULL && http->hosts == NULL)
        return error_set(err, 0, "http: out of memory");
    if (!addr_parse_listen(settings->address, &addr, err) || !start_daemon(http, err) ||
        !acceptor_open(&http->acceptor, admin->loop, &addr, SOCKET_MODE, on_accept, http, err))
        return error_wrap(err, "http");
    http->is_local = addr_is_local(&addr);
    log_info(NULL, "metrics, health and status are at http://%s", addr_format(&http->acceptor.addr, text));
    return true;
}

void http_close(struct http *http)
{
    if (http->admin == NULL)
        return;
    acceptor_close(&http->acceptor);
    for (size_t i = 0; i < KINDS; i++) {
        session_counts_stop(&http->documents[i].counts);
        document_fini(&http->documents[i]); /* requests that wait are answered with 503 */
    }
    loop_timer_stop(&http->timer);
    if (http->daemon != NULL) {
        ev_io_stop(http->admin->loop->ev, &http->ready);
        MHD_stop_daemon(http->daemon);
    }
    assert(http->guests.count == 0);
    mem_free(http->hosts);
    http->hosts = NULL;
    http->admin = NULL;
}
