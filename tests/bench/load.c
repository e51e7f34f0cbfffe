/* load: sends the same small request to the null server over many connections, one request at a time on each,
 * and checks every reply.
 *
 *   load --port N | --socket PATH [--host IPV4] [--user U] [--password P] [--connections C] [--threads T]
 *        [--mode query|prepared|connect|big] [--requests N | --seconds S] [--rate PER_SECOND] [--big MIB]
 *        [--eof] [--tls first|request] [--warm] [--sync]
 *
 *   query     SELECT of one row by its number
 *   prepared  the same SELECT, prepared once per connection
 *   connect   a request is: connect, log in, one query, quit
 *   big       a request is a result of --big MiB in rows of 1 KiB
 *   --rate    requests per second, all connections together; a latency counts from when its request was due
 *   --eof     do not ask for DEPRECATE_EOF, as most drivers do not
 *   --tls     encrypt: from the first byte on, or after MySQL's request for it
 *   --warm    every connection sends one request before the run, so that a proxy has found its server
 *   --sync    log all clients in, print "ready", wait for a line on stdin, run, print the JSON, wait for
 *             another line, quit: a measurement between these moments contains no login and no quit.
 *             With --requests 0 the connections stay idle.
 *
 * Prints one line of JSON on stdout, with latencies in microseconds. Exit status 1 when a reply was wrong,
 * missing or later than 30 s.
 *
 *   worker_main: log_in ‖ run → worker_event → worker_next … ‖ quit        (‖: all threads and main meet)
 */
#include "client.h"
#include "hist.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    LOGINS_AT_ONCE = 64, /* well below any listener's backlog */
    COMPLAINTS = 5,      /* errors printed per thread */
    PATIENCE_MS = 30 * 1000,
};

static const uint64_t second_ns = 1000000000;
static const char *const mode_names[] = { "query", "prepared", "connect", "big" };

struct options {
    struct client_plan plan;
    unsigned connections;
    unsigned threads;
    uint64_t requests;
    double seconds; /* 0: the run ends when all requests are done */
    double rate;    /* 0: each request follows the reply before it */
    bool is_sync;
    bool is_warm;
};

struct worker {
    const struct options *options; /* borrows */
    pthread_t thread;
    int poll_fd;
    struct client *clients; /* owns */
    unsigned count;
    struct client **waiting; /* owns; idle clients under --rate: a stack, the last one is used first */
    unsigned waiting_count;
    unsigned in_flight;
    uint64_t quota;
    uint64_t started;
    uint64_t errors;
    uint64_t begin_ns;
    uint64_t bytes;
    struct hist latencies; /* ns */
};

static pthread_barrier_t meeting;

static void worker_complain(struct worker *w, struct client *c)
{
    if (w->errors++ < COMPLAINTS)
        fprintf(stderr, "load: connection %td: %s\n", c - w->clients, c->why);
    client_close(c);
}

/* epoll_pwait2 is used only with --rate: valgrind and kernels before 5.11 do not have it. */
static int worker_wait(struct worker *w, struct epoll_event *events, uint64_t timeout_ns)
{
    struct timespec timeout = { .tv_sec = (time_t)(timeout_ns / second_ns),
                                .tv_nsec = (long)(timeout_ns % second_ns) };
    int n = w->options->rate > 0 ? epoll_pwait2(w->poll_fd, events, EVENTS, &timeout, NULL)
                                 : epoll_wait(w->poll_fd, events, EVENTS, (int)(timeout_ns / 1000000));
    if (n < 0 && errno != EINTR)
        die("load: epoll: %s", strerror(errno));
    return n;
}

/* ---- login, a limited number at a time ---- */

static unsigned open_next(struct worker *w, unsigned opened, unsigned settled)
{
    for (; opened < w->count && opened - settled < LOGINS_AT_ONCE; opened++) {
        if (!client_open(&w->clients[opened])) {
            worker_complain(w, &w->clients[opened]);
            settled++;
        }
    }
    return opened;
}

/* True when the client is ready for the run (logged in and, with --warm, one request answered) or has failed.
 */
static bool worker_settle(struct worker *w, struct client *c, uint32_t events)
{
    enum client_event event = client_run(c, events);
    if (event == CLIENT_READY && w->options->is_warm) {
        if (client_ask(c))
            return false;
        event = CLIENT_FAILED;
    }
    if (event == CLIENT_FAILED)
        worker_complain(w, c);
    return event != CLIENT_NOTHING;
}

static void worker_log_in(struct worker *w)
{
    struct epoll_event events[EVENTS];
    unsigned opened = 0;
    unsigned settled = 0;
    if (w->options->plan.mode == CLIENT_CONNECT)
        return;
    while (settled < w->count && !w->errors) {
        opened = open_next(w, opened, settled);
        int n = w->errors ? 0 : worker_wait(w, events, PATIENCE_MS * (second_ns / 1000));
        if (n == 0)
            break;
        for (int i = 0; i < n; i++) {
            settled += worker_settle(w, events[i].data.ptr, events[i].events);
        }
    }
    if (settled < w->count && !w->errors++)
        fprintf(stderr, "load: no answer to a login within 30 s\n");
}

/* ---- run ---- */

static bool worker_is_over(const struct worker *w, uint64_t now)
{
    if (w->options->seconds > 0 && (double)(now - w->begin_ns) >= w->options->seconds * (double)second_ns)
        return true;
    return w->started >= w->quota;
}

static void worker_start(struct worker *w, struct client *c, uint64_t since)
{
    c->since_ns = since;
    w->started++;
    if (w->options->plan.mode == CLIENT_CONNECT ? client_open(c) : client_ask(c))
        w->in_flight++;
    else
        worker_complain(w, c);
}

static void worker_next(struct worker *w, struct client *c, uint64_t now)
{
    if (worker_is_over(w, now))
        return;
    if (w->options->rate > 0)
        w->waiting[w->waiting_count++] = c;
    else
        worker_start(w, c, now);
}

static uint64_t worker_due(const struct worker *w)
{
    double every_ns = (double)second_ns * w->options->threads / w->options->rate;
    return w->begin_ns + (uint64_t)((double)w->started * every_ns);
}

/* Starts the requests that are due. Returns how long to wait for the next one. */
static uint64_t worker_pace(struct worker *w)
{
    uint64_t now = clock_ns();
    while (w->waiting_count && !worker_is_over(w, now)) {
        uint64_t due = worker_due(w);
        if (due > now)
            return due - now;
        worker_start(w, w->waiting[--w->waiting_count], due);
    }
    return PATIENCE_MS * (second_ns / 1000);
}

static void worker_event(struct worker *w, struct client *c, uint32_t events)
{
    switch (client_run(c, events)) {
    case CLIENT_NOTHING:
        return;
    case CLIENT_FAILED:
        w->in_flight--;
        worker_complain(w, c);
        return;
    case CLIENT_READY: /* only in CONNECT mode: logged in, the query follows */
        if (!client_ask(c)) {
            w->in_flight--;
            worker_complain(w, c);
        }
        return;
    case CLIENT_REPLIED:
        break;
    }
    uint64_t now = clock_ns();
    hist_add(&w->latencies, now - c->since_ns);
    w->in_flight--;
    if (w->options->plan.mode == CLIENT_CONNECT)
        client_quit(c);
    worker_next(w, c, now);
}

static void worker_run(struct worker *w)
{
    struct epoll_event events[EVENTS];
    w->begin_ns = clock_ns();
    for (unsigned i = 0; i < w->count; i++)
        worker_next(w, &w->clients[i], clock_ns());
    for (;;) {
        uint64_t timeout_ns = worker_pace(w);
        if (!w->in_flight && (!w->waiting_count || worker_is_over(w, clock_ns())))
            return;
        int n = worker_wait(w, events, timeout_ns);
        for (int i = 0; i < n; i++)
            worker_event(w, events[i].data.ptr, events[i].events);
        if (n == 0 && timeout_ns == PATIENCE_MS * (second_ns / 1000)) {
            fprintf(stderr, "load: %u requests without a reply for 30 s\n", w->in_flight);
            w->errors += w->in_flight;
            return;
        }
    }
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    worker_log_in(w);
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    if (!w->errors)
        worker_run(w);
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    for (unsigned i = 0; i < w->count; i++) {
        w->bytes += w->clients[i].bytes;
        client_quit(&w->clients[i]);
    }
    close(w->poll_fd);
    return NULL;
}

/* ---- main: threads, synchronization, report ---- */

static unsigned share(uint64_t total, unsigned parts, unsigned index)
{
    return (unsigned)(total / parts + (index < total % parts));
}

static void worker_init(struct worker *w, const struct options *o, unsigned index)
{
    *w = (struct worker){ .options = o, .count = share(o->connections, o->threads, index) };
    w->quota = o->requests / o->threads + (index < o->requests % o->threads);
    w->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->clients = calloc(w->count, sizeof *w->clients);
    w->waiting = calloc(w->count, sizeof *w->waiting);
    if (!w->clients || !w->waiting)
        die("out of memory");
    for (unsigned i = 0; i < w->count; i++) {
        w->clients[i].plan = &o->plan;
        w->clients[i].poll_fd = w->poll_fd;
        w->clients[i].next_id = (uint64_t)index * 100000000 + (uint64_t)i * 10000;
    }
    if (pthread_create(&w->thread, NULL, worker_main, w))
        die("pthread_create failed");
}

static void wait_for_line(const struct options *o)
{
    int c = '\n';
    if (o->is_sync)
        while ((c = getchar()) != '\n' && c != EOF)
            continue;
}

static void report(const struct options *o, const struct hist *h, uint64_t errors, double seconds)
{
    printf("{\"mode\": \"%s\", \"connections\": %u, \"threads\": %u, \"requests\": %" PRIu64
           ", \"seconds\": %.6f, "
           "\"per_second\": %.1f, ",
           mode_names[o->plan.mode], o->connections, o->threads, h->count, seconds,
           seconds > 0 ? (double)h->count / seconds : 0);
    printf("\"p50_us\": %.1f, \"p95_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"errors\": %" PRIu64
           "}\n",
           (double)hist_quantile(h, 0.50) / 1e3, (double)hist_quantile(h, 0.95) / 1e3,
           (double)hist_quantile(h, 0.99) / 1e3, (double)h->max / 1e3, errors);
    fflush(stdout);
}

static int run(const struct options *o)
{
    struct worker *workers = calloc(o->threads, sizeof *workers);
    static struct hist total;
    uint64_t errors = 0;
    if (!workers || pthread_barrier_init(&meeting, NULL, o->threads + 1))
        die("out of memory");
    for (unsigned i = 0; i < o->threads; i++)
        worker_init(&workers[i], o, i);
    pthread_barrier_wait(&meeting);
    if (o->is_sync)
        puts("ready");
    fflush(stdout);
    wait_for_line(o);
    uint64_t begin = clock_ns();
    pthread_barrier_wait(&meeting);
    pthread_barrier_wait(&meeting);
    double seconds = (double)(clock_ns() - begin) / (double)second_ns;
    for (unsigned i = 0; i < o->threads; i++) {
        hist_merge(&total, &workers[i].latencies);
        errors += workers[i].errors;
    }
    report(o, &total, errors, seconds);
    wait_for_line(o);
    pthread_barrier_wait(&meeting);
    for (unsigned i = 0; i < o->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        free(workers[i].clients);
        free(workers[i].waiting);
    }
    free(workers);
    return errors ? 1 : 0;
}

static enum client_mode mode_of(const char *name)
{
    for (unsigned i = 0; i < sizeof mode_names / sizeof *mode_names; i++) {
        if (!strcmp(name, mode_names[i]))
            return (enum client_mode)i;
    }
    die("no mode %s: query, prepared, connect, big", name);
}

static void set_option(struct options *o, int letter, const char *value)
{
    switch (letter) {
    case 'h':
        o->plan.target.host = value;
        break;
    case 'P':
        o->plan.target.port = (unsigned)strtoul(value, NULL, 10);
        break;
    case 'S':
        o->plan.target.socket = value;
        break;
    case 'u':
        o->plan.user = value;
        break;
    case 'p':
        o->plan.password = value;
        break;
    case 'c':
        o->connections = (unsigned)strtoul(value, NULL, 10);
        break;
    case 't':
        o->threads = (unsigned)strtoul(value, NULL, 10);
        break;
    case 'n':
        o->requests = strtoull(value, NULL, 10);
        break;
    case 's':
        o->seconds = strtod(value, NULL);
        break;
    case 'r':
        o->rate = strtod(value, NULL);
        break;
    case 'm':
        o->plan.mode = mode_of(value);
        break;
    case 'b':
        o->plan.big_mib = (unsigned)strtoul(value, NULL, 10);
        break;
    case 'e':
        o->plan.deprecate_eof = false;
        break;
    case 'T':
        o->plan.tls = strcmp(value, "first") == 0 ? TLS_FIRST : TLS_REQUEST;
        break;
    case 'w':
        o->is_warm = true;
        break;
    case 'y':
        o->is_sync = true;
        break;
    default:
        die("usage: see the head of tests/bench/load.c");
    }
}

int main(int argc, char **argv)
{
    static const struct option longs[] = { { "host", required_argument, NULL, 'h' },
                                           { "port", required_argument, NULL, 'P' },
                                           { "socket", required_argument, NULL, 'S' },
                                           { "user", required_argument, NULL, 'u' },
                                           { "password", required_argument, NULL, 'p' },
                                           { "connections", required_argument, NULL, 'c' },
                                           { "threads", required_argument, NULL, 't' },
                                           { "requests", required_argument, NULL, 'n' },
                                           { "seconds", required_argument, NULL, 's' },
                                           { "rate", required_argument, NULL, 'r' },
                                           { "mode", required_argument, NULL, 'm' },
                                           { "big", required_argument, NULL, 'b' },
                                           { "eof", no_argument, NULL, 'e' },
                                           { "tls", required_argument, NULL, 'T' },
                                           { "sync", no_argument, NULL, 'y' },
                                           { "warm", no_argument, NULL, 'w' },
                                           { 0 } };
    struct options o = { .connections = 1, .threads = 1, .requests = UINT64_MAX };
    o.plan = (struct client_plan){ .user = "app", .password = "", .deprecate_eof = true, .big_mib = 64 };
    o.plan.target.host = "127.0.0.1";
    for (int letter; (letter = getopt_long(argc, argv, "", longs, NULL)) != -1;)
        set_option(&o, letter, optarg);
    if (!o.plan.target.port && !o.plan.target.socket)
        die("load: --port or --socket is needed");
    if (o.requests == UINT64_MAX && o.seconds <= 0)
        die("load: --requests or --seconds is needed");
    if (!o.threads || o.connections < o.threads)
        die("load: at least one thread, and a connection for each");
    sock_raise_file_limit();
    return run(&o);
}
