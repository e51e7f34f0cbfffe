/* cluster_scene: a whole cluster, probed over loopback. Its servers are simulated on the same loop and answer
 * as the test wants. */
#pragma once

#include "../upstream/upstream_test.h"

#include "../net/net_test.h"

#include "base/list.h"
#include "base/log.h"
#include "cluster/cluster.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "net/acceptor.h"

#include <sys/mman.h>

#define SERVERS 3
#define NAMES_MAX 8
#define SESSIONS 0 /* row of the servers' counters */
#define PROBES 1

/* ---- a simulated server ---- */

struct fake {
    struct loop *loop;
    struct acceptor acceptor;
    struct list callers;
    bool is_writable, is_replica, is_stopped; /* its answers to probes */
    bool is_link_broken, is_link_stopped;
    const char *link_error;     /* of the SQL thread; NULL: none */
    unsigned server_id, source; /* its own id, and the number of the server that it follows */
    unsigned lag_s;
    bool hides_lag;         /* as with a stopped SQL thread: the lag is NULL */
    bool is_silent;         /* accepts connections and sends nothing, as a stopped process does */
    bool hides_replication; /* never answers SHOW REPLICA STATUS, as with a full disk */
    bool is_mariadb;        /* a MariaDB server among MySQL servers */
    bool is_full;           /* sends ERR 1040 instead of a greeting */
    unsigned queries;       /* answered */
    unsigned started_s;     /* start time by its clock; 0: it refuses to tell */
    unsigned uptime_s;
    /* Its stored code, its answers about it, and how often they were asked for. */
    const char *const *code; /* kind, schema, name, body; ... */
    unsigned code_count;
    unsigned repeats;  /* how many more times the last row is sent */
    const char *hides; /* a kind of rows: the list with this kind comes without its proof; NULL: no list */
    uint16_t refusal;  /* number of the error that it answers with; 0: none */
    bool is_thinking;  /* it never answers */
    bool is_restless;  /* each checksum differs from the one before */
    unsigned long restless;
    unsigned surveys, pages;
};

struct caller {
    struct loop_corpse corpse;
    struct list_node in_fake;
    struct fake *fake;
    struct stream stream;
    bool has_logged_in;
};

static inline void bury_caller(struct loop_corpse *corpse)
{
    free(corpse);
}

static inline void drop_caller(struct caller *caller)
{
    list_unlink(&caller->fake->callers, &caller->in_fake);
    stream_close(&caller->stream);
    loop_bury(caller->fake->loop, &caller->corpse, bury_caller);
}

static inline void put_table(struct text *out, const char *const *names, const char *const *values,
                             unsigned rows)
{
    uint8_t seq = 1;
    unsigned columns = 0;
    while (columns < NAMES_MAX && names[columns] != NULL)
        columns++;
    size_t at = packet_begin(out);
    wire_put_u8(out, (uint8_t)columns);
    packet_end(out, at, seq++);
    for (unsigned i = 0; i < columns; i++) {
        const char *const texts[] = { "def", "", "", "", names[i], names[i] };
        at = packet_begin(out);
        for (size_t n = 0; n < COUNT_OF(texts); n++)
            wire_put_lenenc_span(out, span_cstr(texts[n]));
        wire_put_u8(out, 12);
        wire_put_zeros(out, 12);
        packet_end(out, at, seq++);
    }
    reply_put_eof(out, seq++, STATUS_AUTOCOMMIT, 0);
    for (unsigned row = 0; row < rows; row++) {
        at = packet_begin(out);
        for (unsigned i = 0; i < columns; i++)
            wire_put_lenenc_span(out, span_cstr(values[row * columns + i]));
        packet_end(out, at, seq++);
    }
    reply_put_eof(out, seq, STATUS_AUTOCOMMIT, 0);
}

/* Returns the kinds of rows of the list that this query asks for. */
static inline const char *kinds_of_list(struct span query)
{
    if (memmem(query.data, query.len, "LOADABLE", 8) != NULL)
        return "FUNCTION PROCEDURE LOADABLE";
    return memmem(query.data, query.len, "ACTION_STATEMENT", 16) != NULL ? "TRIGGER" : "VIEW";
}

static inline unsigned collect_code(const struct fake *fake, const char *kinds, const char **values)
{
    unsigned rows = 0, count = 0;
    for (unsigned i = 0; i < fake->code_count + fake->repeats; i++) {
        unsigned of = i < fake->code_count ? i : fake->code_count - 1;
        const char *const *row = &fake->code[(size_t)4 * of];
        if (strstr(kinds, row[0]) == NULL)
            continue;
        const char *const cells[] = { row[0], row[1], row[2], "", "", row[3], "" };
        memcpy(&values[(size_t)7 * rows++], cells, sizeof cells);
        count++;
    }
    return count;
}

static inline void put_sum(struct caller *caller, const char *kinds, const char *const *values,
                           unsigned count)
{
    static const char *const names[NAMES_MAX] = { "count", "hash", "proof" };
    unsigned long hash = 5381;
    char counted[24], hashed[24];
    for (unsigned i = 0; i < 7 * count; i++)
        for (const char *c = values[i]; *c != '\0'; c++)
            hash = hash * 33 + (unsigned char)*c;
    (void)snprintf(counted, sizeof counted, "%u", count);
    (void)snprintf(hashed, sizeof hashed, "%lu", caller->fake->is_restless ? ++caller->fake->restless : hash);
    bool is_hidden = caller->fake->hides != NULL && strstr(kinds, caller->fake->hides) != NULL;
    put_table(&caller->stream.out, names, (const char *const[]){ counted, hashed, is_hidden ? "0" : "1" }, 1);
}

static inline void put_page(struct caller *caller, struct span query, const char *const *values,
                            unsigned count)
{
    static const char *const names[NAMES_MAX] = { "kind",       "place", "name", "part",
                                                  "parameters", "body",  "mode" };
    unsigned from = 0, size = 0;
    char limit[32] = "";
    const char *at = memmem(query.data, query.len, " LIMIT ", 7);
    assert_non_null(at);
    (void)span_copy_cstr(span_of(at, (size_t)((const char *)query.data + query.len - at)), limit,
                         sizeof limit);
    assert_int_equal(sscanf(limit, " LIMIT %u, %u", &from, &size), 2);
    unsigned left = count > from ? count - from : 0;
    caller->fake->pages++;
    put_table(&caller->stream.out, names, &values[(size_t)7 * from], left < size ? left : size);
}

static inline void answer_survey(struct caller *caller, struct span query)
{
    struct fake *fake = caller->fake;
    bool is_sum = memmem(query.data, query.len, " AS hash", 8) != NULL;
    const char **values = calloc(7 * ((size_t)fake->code_count + fake->repeats + 1), sizeof *values);
    assert_non_null(values);
    unsigned count = collect_code(fake, kinds_of_list(query), values);
    if (fake->refusal != 0)
        reply_put_err(&caller->stream.out, 1, fake->refusal, "42000", "SELECT command denied");
    else if (!fake->is_thinking && is_sum)
        put_sum(caller, kinds_of_list(query), values, count);
    else if (!fake->is_thinking)
        put_page(caller, query, values, count);
    free(values);
}

static inline void answer_replication(struct caller *caller)
{
    static const char *const names[NAMES_MAX] = { "Source_Host",         "Replica_IO_Running",
                                                  "Replica_SQL_Running", "Seconds_Behind_Source",
                                                  "Source_Server_Id",    "Last_IO_Error",
                                                  "Last_SQL_Error" };
    const struct fake *fake = caller->fake;
    const char *error = fake->link_error != NULL ? fake->link_error : "";
    char source[16], lag[16] = "";
    (void)snprintf(source, sizeof source, "%u", fake->source);
    if (!fake->hides_lag)
        (void)snprintf(lag, sizeof lag, "%u", fake->lag_s);
    put_table(&caller->stream.out, names,
              (const char *const[]){ "db1",
                                     fake->is_link_stopped  ? "No"
                                     : fake->is_link_broken ? "Connecting"
                                                            : "Yes",
                                     fake->is_stopped || fake->is_link_stopped ? "No" : "Yes", lag, source,
                                     "", error },
              fake->is_replica);
}

static inline void answer_start(struct caller *caller)
{
    static const char *const names[NAMES_MAX] = { "started", "uptime" };
    const struct fake *fake = caller->fake;
    char started[16], uptime[16];
    (void)snprintf(started, sizeof started, "%u", fake->started_s);
    (void)snprintf(uptime, sizeof uptime, "%u", fake->uptime_s);
    if (fake->started_s == 0)
        reply_put_err(&caller->stream.out, 1, 1142, "42000", "SELECT command denied");
    else
        put_table(&caller->stream.out, names, (const char *const[]){ started, uptime }, 1);
}

static inline void answer(struct caller *caller, struct span query)
{
    const struct fake *fake = caller->fake;
    if (memmem(query.data, query.len, "UNIX_TIMESTAMP", 14) != NULL) {
        answer_start(caller);
        return;
    }
    if (memmem(query.data, query.len, "group_concat_max_len", 20) != NULL) {
        caller->fake->surveys++;
        reply_put_ok(&caller->stream.out, 1, 0, &(struct reply_ok){ .status = STATUS_AUTOCOMMIT }, false);
        return;
    }
    if (memmem(query.data, query.len, " AS list", 8) != NULL) {
        answer_survey(caller, query);
        return;
    }
    if (memmem(query.data, query.len, "read_only", 9) != NULL) {
        static const char *const names[NAMES_MAX] = { "read_only", "sql_mode", "server_id" };
        char id[16];
        (void)snprintf(id, sizeof id, "%u", fake->server_id);
        put_table(&caller->stream.out, names,
                  (const char *const[]){ fake->is_writable ? "0" : "1", "STRICT_TRANS_TABLES", id }, 1);
    } else if (!fake->hides_replication) {
        answer_replication(caller);
    }
    caller->fake->queries++;
}

static inline void on_caller(struct stream *stream, int events)
{
    struct caller *caller = stream->owner;
    struct packet_header header;
    (void)events;
    enum stream_result result = stream_fill(stream);
    if (result == STREAM_EOF || result == STREAM_FAILED) {
        drop_caller(caller);
        return;
    }
    while (packet_peek(buf_unparsed(&stream->in), &header) &&
           buf_unparsed(&stream->in).len >= PACKET_HEADER_BYTES + header.len) {
        struct span payload = span_of(buf_unparsed(&stream->in).data + PACKET_HEADER_BYTES, header.len);
        struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
        if (!caller->has_logged_in)
            reply_put_ok(&stream->out, (uint8_t)(header.seq + 1), CAPS_PER_HOP, &ok, false);
        else if (payload.len > 0 && payload.data[0] == COM_QUERY && !caller->fake->is_silent)
            answer(caller, payload);
        caller->has_logged_in = true;
        buf_mark_parsed(&stream->in, PACKET_HEADER_BYTES + header.len);
        buf_drop_parsed(&stream->in);
    }
    stream_trim(stream);
    (void)stream_flush(stream);
}

static inline void greet(struct caller *caller)
{
    bool is_mariadb = caller->fake->is_mariadb;
    struct greeting greeting = { .version = span_cstr(is_mariadb ? "5.5.5-10.11.6-MariaDB" : "8.0.36"),
                                 .connection_id = 1,
                                 .caps =
                                     CAPS_PER_HOP | CAP_MULTI_RESULTS | (is_mariadb ? 0 : CAP_CLIENT_MYSQL),
                                 .collation = 45,
                                 .status = STATUS_AUTOCOMMIT,
                                 .plugin = SPAN_LITERAL(AUTH_NATIVE) };
    memcpy(greeting.nonce, "abcdefghijklmnopqrst", NONCE_BYTES);
    greeting_put(&caller->stream.out, &greeting);
}

static inline void on_call(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct fake *fake = acceptor->owner;
    struct caller *caller = calloc(1, sizeof *caller);
    (void)peer;
    assert_non_null(caller);
    caller->fake = fake;
    stream_open(&caller->stream, fake->loop, take_fd, on_caller, caller);
    list_link_last(&fake->callers, &caller->in_fake);
    if (fake->is_full)
        reply_put_err(&caller->stream.out, 0, ERR_CON_COUNT, NULL, "Too many connections");
    else if (!fake->is_silent)
        greet(caller);
    (void)stream_flush(&caller->stream);
    stream_want(&caller->stream, EV_READ);
}

/* Ends a server's silence: connections made in the meantime get their greeting. */
static inline void speak(struct fake *fake)
{
    fake->is_silent = false;
    for (struct list_node *node = list_first(&fake->callers); node != NULL;
         node = list_after(&fake->callers, node)) {
        struct caller *caller = list_entry(node, struct caller, in_fake);
        greet(caller);
        (void)stream_flush(&caller->stream);
    }
}

static inline void hang_up_all(struct fake *fake)
{
    struct list_node *node;
    while ((node = list_first(&fake->callers)) != NULL)
        drop_caller(list_entry(node, struct caller, in_fake));
}

static inline bool fake_open(struct fake *fake, const char *address)
{
    struct addr addr;
    struct error err = { 0 };
    assert_true(addr_parse_listen(address, &addr, &err));
    return acceptor_open(&fake->acceptor, fake->loop, &addr, 0, on_call, fake, &err);
}

static inline void fake_close(struct fake *fake)
{
    hang_up_all(fake);
    acceptor_close(&fake->acceptor);
}

/* ---- a cluster of simulated servers ---- */

struct scene {
    struct loop loop;
    struct fake fakes[SERVERS];
    struct cluster_settings settings;
    struct server_settings servers[SERVERS];
    char names[SERVERS][8], addresses[SERVERS][ADDR_TEXT_MAX];
    struct cluster cluster;
    struct view *view; /* one reference; NULL: no view yet */
    unsigned views;
    int log; /* descriptor: see keep_log; -1: none */
};

static inline void on_view(struct cluster *cluster, struct view *view)
{
    struct scene *scene = cluster->owner;
    /* only a server whose address has changed is in state STARTING again */
    for (size_t i = 0; i < view->count; i++)
        assert_true(view->servers[i].state != SERVER_STARTING || view->servers[i].moves > 0);
    view_release(&scene->view);
    scene->view = view_acquire(view);
    scene->views++;
}

static inline void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    scene->log = -1;
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
    open_loop(&scene->loop);
    static char nothing[] = "", name[] = "main", user[] = "monitor";
    for (unsigned i = 0; i < SERVERS; i++) {
        struct fake *fake = &scene->fakes[i];
        fake->loop = &scene->loop;
        list_init(&fake->callers);
        fake->is_writable = i == 0;
        fake->is_replica = i > 0;
        fake->server_id = i + 1;
        fake->source = 1;
        fake->lag_s = 2;
        assert_true(fake_open(fake, "127.0.0.1:0"));
        (void)snprintf(scene->names[i], sizeof scene->names[i], "db%u", i + 1);
        (void)addr_format(&fake->acceptor.addr, scene->addresses[i]);
        scene->servers[i] =
            (struct server_settings){ .name = scene->names[i], .address = scene->addresses[i], .weight = 1 };
    }
    scene->settings = (struct cluster_settings){
        .name = name,
        .read_functions_interval_us = 3600000000,
        .monitor = { .user = user,
                     .password = nothing,
                     .interval_us = 2000,
                     .timeout_us = 30000000,
                     .rise = 2,
                     .fall = 3 },
        .servers = scene->servers,
        .server_count = SERVERS,
    };
    struct upstream_env env = {
        .loop = &scene->loop, .connect_us = 20000000, .login_us = 20000000, .worker = PROBES
    };
    assert_true(cluster_init(&scene->cluster, &scene->settings, 0, 2, &env, NULL, &err));
}

static inline void close_scene(struct scene *scene)
{
    cluster_stop(&scene->cluster);
    for (unsigned i = 0; i < SERVERS; i++)
        fake_close(&scene->fakes[i]);
    view_release(&scene->view);
    turn_without_waiting(&scene->loop);
    cluster_fini(&scene->cluster);
    assert_int_equal(scene->loop.windows.lent, 0);
    close_loop(&scene->loop);
    if (scene->log >= 0)
        (void)close(scene->log);
}

/* Letters, one per server: P primary, R replica that takes reads, r replica that takes none, d down, ? other.
 */
static inline bool looks_like(const struct scene *scene, const char *letters)
{
    if (scene->view == NULL)
        return false;
    for (unsigned i = 0; i < SERVERS; i++) {
        const struct view_server *server = &scene->view->servers[i];
        char letter = server->state == SERVER_DOWN     ? 'd'
                      : server->role == SERVER_PRIMARY ? 'P'
                      : server->role != SERVER_REPLICA ? '?'
                      : server->takes_reads            ? 'R'
                                                       : 'r';
        assert_int_equal(server->role == SERVER_PRIMARY, (int)i == scene->view->primary);
        if (letter != letters[i])
            return false;
    }
    return true;
}

static inline void turn_until_it_looks_like(struct scene *scene, const char *letters)
{
    while (!looks_like(scene, letters))
        turn(&scene->loop);
}

/* Waits for three probes of every server that answers, begun after the call. */
static inline void probe_thrice(struct scene *scene)
{
    for (unsigned i = 0; i < SERVERS; i++) {
        unsigned enough = scene->fakes[i].queries + 8;
        while (scene->fakes[i].queries < enough)
            turn(&scene->loop);
    }
}

static inline void start(struct scene *scene)
{
    cluster_start(&scene->cluster, on_view, scene);
}

/* ---- helpers of several test files ---- */

static inline void probe_thrice_of(struct scene *scene, unsigned server)
{
    unsigned enough = scene->fakes[server].queries + 8;
    while (scene->fakes[server].queries < enough)
        turn(&scene->loop);
}

static inline void turn_until_probed(struct scene *scene, unsigned server)
{
    while (!scene->cluster.members[server].was_probed)
        turn(&scene->loop);
}

static inline struct server_counters *sessions_of(const struct scene *scene, unsigned server)
{
    return &scene->cluster.members[server].server->by_worker[SESSIONS];
}

static inline void settle(struct scene *scene, const char *letters)
{
    start(scene);
    turn_until_it_looks_like(scene, letters);
    while (scene->view->primary != VIEW_NO_SERVER && scene->view->catalog == NULL)
        turn(&scene->loop); /* the catalog comes with a view of its own */
}

static inline void open_settled_scene(struct scene *scene)
{
    open_scene(scene);
    settle(scene, "PRR");
}

/* An hour between probes: whatever the cluster learns, it learns from a probe that was requested. */
static inline void open_lazy_scene(struct scene *scene)
{
    open_scene(scene);
    scene->settings.monitor.interval_us = 3600000000;
    settle(scene, "PRR");
}

static inline const struct event *last_event(const struct scene *scene)
{
    assert_true(events_count(&scene->cluster.events) > 0);
    return events_at(&scene->cluster.events, events_count(&scene->cluster.events) - 1);
}

/* Returns the newest event of that server. */
static inline const struct event *last_of(const struct scene *scene, int server)
{
    const struct events *events = &scene->cluster.events;
    for (size_t i = events_count(events); i-- > 0;)
        if (events_at(events, i)->server == server)
            return events_at(events, i);
    return NULL;
}

static inline const struct event *find_event(const struct scene *scene, const char *was, const char *is)
{
    const struct events *events = &scene->cluster.events;
    for (size_t i = 0; i < events_count(events); i++)
        if (strcmp(events_at(events, i)->was, was) == 0 && strcmp(events_at(events, i)->is, is) == 0)
            return events_at(events, i);
    return NULL;
}

/* Warnings are written to a file that read_log reads. */
static inline void keep_log(struct scene *scene)
{
    scene->log = memfd_create("log", MFD_CLOEXEC);
    assert_true(scene->log >= 0);
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT, scene->log);
}

static inline void read_log(const struct scene *scene, char *text, size_t size)
{
    ssize_t len = pread(scene->log, text, size - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
}

/* Opens another server at `where`; its address with the port is written to `address`. */
static inline void open_another(struct scene *scene, struct fake *another, const char *where, char *address)
{
    memset(another, 0, sizeof *another);
    another->loop = &scene->loop;
    list_init(&another->callers);
    another->server_id = 9;
    another->source = 1;
    assert_true(fake_open(another, where));
    (void)addr_format(&another->acceptor.addr, address);
}

/* A test of a cluster that has not been started; of one that is settled. */
#define SCENE_TEST(name) TEST_OF(struct scene, scene, open_scene, close_scene, name)
#define SETTLED_TEST(name) TEST_OF(struct scene, scene, open_settled_scene, close_scene, name)
