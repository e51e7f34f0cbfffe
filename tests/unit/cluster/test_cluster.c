/* A whole cluster, probed over loopback: its servers are played on the same loop and say what the test wants.
 */
#include "cluster_test.h"

#include "../net/net_test.h"

#include "base/list.h"
#include "base/log.h"
#include "cluster/cluster.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "net/listener.h"

#include <sys/mman.h>

#define SERVERS 3
#define NAMES_MAX 8
#define SESSIONS 0 /* rows of counters */
#define PROBES 1

/* ---- a server ---- */

struct fake {
    struct loop *loop;
    struct listener listener;
    struct list callers;
    bool is_writable, is_replica, is_stopped; /* what it says of itself */
    bool is_link_broken, is_link_stopped;
    unsigned server_id, source; /* of it, and whom it follows */
    unsigned lag_s;
    bool is_silent;         /* takes connections and says nothing, as a stopped process does */
    bool hides_replication; /* never answers how it replicates, as with a full disk */
    bool is_mariadb;        /* among MySQL servers */
    bool is_full;           /* ERR 1040 instead of a greeting */
    unsigned queries;       /* answered */
    /* Of its stored functions: what it answers, and how often it was asked. */
    const char *const *functions; /* schema, name, access; ... */
    unsigned function_count;
    unsigned repeats; /* of the last one: as many more */
    bool hides_some;  /* the proof is missing */
    uint16_t refusal; /* an error's number; 0: none */
    bool is_thinking; /* and never done */
    unsigned surveys;
};

struct caller {
    struct loop_corpse corpse;
    struct list_node in_fake;
    struct fake *fake;
    struct stream stream;
    bool has_logged_in;
};

static void bury_caller(struct loop_corpse *corpse)
{
    free(corpse);
}

static void drop_caller(struct caller *caller)
{
    list_unlink(&caller->fake->callers, &caller->in_fake);
    stream_close(&caller->stream);
    loop_bury(caller->fake->loop, &caller->corpse, bury_caller);
}

static void put_table(struct text *out, const char *const *names, const char *const *values, unsigned rows)
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

static void answer_survey(struct caller *caller)
{
    static const char *const names[NAMES_MAX] = { "place", "name", "access" };
    struct fake *fake = caller->fake;
    unsigned rows = 0, own = fake->function_count + fake->repeats;
    const char **values = calloc(3 * (own + 1), sizeof *values);
    assert_non_null(values);
    for (unsigned i = 0; i < own; i++, rows++) {
        unsigned of = i < fake->function_count ? i : fake->function_count - 1;
        memcpy(&values[(size_t)3 * rows], &fake->functions[(size_t)3 * of], 3 * sizeof *values);
    }
    if (!fake->hides_some)
        memcpy(&values[(size_t)3 * rows++], (const char *const[]){ "", "", "ALL" }, 3 * sizeof *values);
    fake->surveys++;
    if (fake->refusal != 0)
        reply_put_err(&caller->stream.out, 1, fake->refusal, "42000", "SELECT command denied");
    else if (!fake->is_thinking)
        put_table(&caller->stream.out, names, values, rows);
    free(values);
}

static void answer_replication(struct caller *caller)
{
    static const char *const names[NAMES_MAX] = { "Source_Host", "Replica_IO_Running", "Replica_SQL_Running",
                                                  "Seconds_Behind_Source", "Source_Server_Id" };
    const struct fake *fake = caller->fake;
    char source[16], lag[16];
    (void)snprintf(source, sizeof source, "%u", fake->source);
    (void)snprintf(lag, sizeof lag, "%u", fake->lag_s);
    put_table(&caller->stream.out, names,
              (const char *const[]){ "db1",
                                     fake->is_link_stopped  ? "No"
                                     : fake->is_link_broken ? "Connecting"
                                                            : "Yes",
                                     fake->is_stopped || fake->is_link_stopped ? "No" : "Yes", lag, source },
              fake->is_replica);
}

static void answer(struct caller *caller, struct span query)
{
    const struct fake *fake = caller->fake;
    if (memmem(query.data, query.len, "LOADABLE", 8) != NULL) {
        answer_survey(caller);
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

static void on_caller(struct stream *stream, int events)
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

static void greet(struct caller *caller)
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

static void on_call(struct listener *listener, int take_fd, const struct addr *peer)
{
    struct fake *fake = listener->owner;
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

/* A server that was silent finds its tongue: those who called meanwhile are greeted now. */
static void speak(struct fake *fake)
{
    fake->is_silent = false;
    for (struct list_node *node = list_first(&fake->callers); node != NULL;
         node = list_after(&fake->callers, node)) {
        struct caller *caller = list_entry(node, struct caller, in_fake);
        greet(caller);
        (void)stream_flush(&caller->stream);
    }
}

static void hang_up_all(struct fake *fake)
{
    struct list_node *node;
    while ((node = list_first(&fake->callers)) != NULL)
        drop_caller(list_entry(node, struct caller, in_fake));
}

static bool fake_open(struct fake *fake, const char *address)
{
    struct addr addr;
    struct error err = { 0 };
    assert_true(addr_parse_listen(address, &addr, &err));
    return listener_open(&fake->listener, fake->loop, &addr, 0, on_call, fake, &err);
}

static void fake_close(struct fake *fake)
{
    hang_up_all(fake);
    listener_close(&fake->listener);
}

/* ---- a cluster of them ---- */

struct scene {
    struct loop loop;
    struct fake fakes[SERVERS];
    struct cluster_settings settings;
    struct server_settings servers[SERVERS];
    char names[SERVERS][8], addresses[SERVERS][ADDR_TEXT_MAX];
    struct cluster cluster;
    struct view *view; /* one reference; NULL: none yet */
    unsigned views;
};

static void on_view(struct cluster *cluster, struct view *view)
{
    struct scene *scene = cluster->owner;
    for (size_t i = 0; i < view->count; i++) /* only who has moved is unknown again */
        assert_true(view->servers[i].state != SERVER_STARTING || view->servers[i].moves > 0);
    view_release(&scene->view);
    scene->view = view_acquire(view);
    scene->views++;
}

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
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
        (void)addr_format(&fake->listener.addr, scene->addresses[i]);
        scene->servers[i] =
            (struct server_settings){ .name = scene->names[i], .address = scene->addresses[i], .weight = 1 };
    }
    scene->settings = (struct cluster_settings){
        .name = name,
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

static void close_scene(struct scene *scene)
{
    cluster_stop(&scene->cluster);
    for (unsigned i = 0; i < SERVERS; i++)
        fake_close(&scene->fakes[i]);
    view_release(&scene->view);
    turn_without_waiting(&scene->loop);
    cluster_fini(&scene->cluster);
    assert_int_equal(scene->loop.windows.lent, 0);
    close_loop(&scene->loop);
}

/* P primary, R replica that takes reads, r one that does not, d down, ? else. */
static bool looks_like(const struct scene *scene, const char *letters)
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

static void turn_until_it_looks_like(struct scene *scene, const char *letters)
{
    while (!looks_like(scene, letters))
        turn(&scene->loop);
}

/* Three probes of every server that answers, begun after now. */
static void probe_thrice(struct scene *scene)
{
    for (unsigned i = 0; i < SERVERS; i++) {
        unsigned enough = scene->fakes[i].queries + 8;
        while (scene->fakes[i].queries < enough)
            turn(&scene->loop);
    }
}

static void start(struct scene *scene)
{
    cluster_start(&scene->cluster, on_view, scene);
}

static void roles_come_from_what_servers_say(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    assert_true(cluster_is_probed(&scene.cluster));
    assert_string_equal(scene.view->version, "8.0.36");
    assert_int_equal(scene.view->family, FAMILY_MYSQL);
    assert_int_equal(scene.view->collation, 45);
    assert_true(scene.view->servers[1].lag_ms == 2000);
    assert_string_equal(scene.view->cluster_name, "main");
    close_scene(&scene);
}

static void nothing_new_is_not_published(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    unsigned views = scene.views;
    uint64_t epoch = scene.view->epoch;
    probe_thrice(&scene);
    assert_int_equal(scene.views, views);
    scene.fakes[2].is_stopped = true;
    turn_until_it_looks_like(&scene, "PRr");
    assert_true(scene.view->epoch > epoch);
    close_scene(&scene);
}

static void a_probe_keeps_its_connection(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    for (unsigned i = 0; i < SERVERS; i++)
        scene.cluster.members[i].probe.renew_us = UINT64_MAX; /* not within this test */
    turn_until_it_looks_like(&scene, "PRR");
    probe_thrice(&scene);
    for (unsigned i = 0; i < SERVERS; i++) {
        assert_true(counter_read(&scene.cluster.members[i].server->by_worker[PROBES].connects) == 1);
        assert_true(counter_read(&scene.cluster.members[i].server->by_worker[PROBES].connections_active) ==
                    0);
    }
    /* A server may close it between probes: that is no failure. */
    while (scene.cluster.members[0].probe.is_running)
        turn(&scene.loop);
    unsigned views = scene.views;
    hang_up_all(&scene.fakes[0]);
    probe_thrice(&scene);
    assert_true(looks_like(&scene, "PRR"));
    assert_int_equal(scene.views, views);
    close_scene(&scene);
}

static void a_server_that_goes_is_down_after_its_falls_and_up_after_its_rises(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    assert_int_equal(scene.view->primary, VIEW_NO_SERVER);
    assert_non_null(strstr(scene.view->servers[0].detail, "Connection refused"));
    assert_true(fake_open(&scene.fakes[0], scene.addresses[0]));
    turn_until_it_looks_like(&scene, "PRR");
    assert_string_equal(scene.view->servers[0].detail, "");
    close_scene(&scene);
}

/* A process that is stopped still takes connections: only the deadline tells. */
static void a_silent_server_is_down(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.timeout_us = 30000;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    scene.fakes[1].is_silent = true;
    turn_until_it_looks_like(&scene, "PdR");
    scene.fakes[1].is_silent = false;
    turn_until_it_looks_like(&scene, "PRR");
    close_scene(&scene);
}

static void a_server_without_room_is_not_dead(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    scene.fakes[0].is_full = true;
    hang_up_all(&scene.fakes[0]);
    const counter *refused = &scene.cluster.members[0].server->by_worker[PROBES].refusals;
    while (counter_read(refused) < 6)
        turn(&scene.loop);
    assert_true(looks_like(&scene, "PRR"));
    assert_non_null(strstr(scene.view->servers[0].detail, "Too many connections"));
    close_scene(&scene);
}

static void fail_probes(struct scene *scene, unsigned server, unsigned count)
{
    const struct cluster_member *member = &scene->cluster.members[server];
    uint64_t until = member->probe_failures + count;
    while (member->probe_failures < until)
        turn(&scene->loop);
}

static void a_server_that_answers_a_part_of_the_probe_is_not_dead(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.timeout_us = 100000;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    scene.fakes[1].hides_replication = true;
    fail_probes(&scene, 1, 5);
    assert_true(looks_like(&scene, "PRR"));
    assert_string_equal(scene.view->servers[1].detail,
                        "overloaded: no answer to SHOW REPLICA STATUS within the probe's timeout");
    scene.fakes[1].is_silent = true;
    turn_until_it_looks_like(&scene, "PdR");
    close_scene(&scene);
}

/* Sessions are answered for as long as it looks so; then nobody is. */
static void a_server_that_answers_sessions_is_not_dead(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.timeout_us = 100000;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    const struct cluster_member *member = &scene.cluster.members[0];
    scene.fakes[0].is_silent = true;
    for (uint64_t until = member->probe_failures + 5; member->probe_failures < until;) {
        counter_add(&member->server->by_worker[SESSIONS].queries, 1);
        turn(&scene.loop);
    }
    assert_true(looks_like(&scene, "PRR"));
    assert_non_null(strstr(scene.view->servers[0].detail, "but sessions have been answered"));
    turn_until_it_looks_like(&scene, "dRR");
    close_scene(&scene);
}

/* The ring's youngest event of that server. */
static const struct event *last_of(const struct scene *scene, int server)
{
    const struct events *events = &scene->cluster.events;
    for (size_t i = events_count(events); i-- > 0;)
        if (events_at(events, i)->server == server)
            return events_at(events, i);
    return NULL;
}

static void overload_is_told_when_it_begins_and_when_it_is_over(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    scene.fakes[0].is_full = true;
    hang_up_all(&scene.fakes[0]);
    fail_probes(&scene, 0, 3);
    assert_string_equal(last_of(&scene, 0)->is, "overloaded");
    assert_string_equal(last_of(&scene, 0)->reason, "overloaded: 1040 Too many connections");
    uint64_t told = scene.cluster.events.total;
    fail_probes(&scene, 0, 2);
    assert_int_equal(scene.cluster.events.total, told);
    scene.fakes[0].is_full = false;
    while (scene.cluster.events.total == told)
        turn(&scene.loop);
    assert_string_equal(last_of(&scene, 0)->was, "overloaded");
    assert_string_equal(last_of(&scene, 0)->is, "has room");
    close_scene(&scene);
}

static void a_full_server_that_refuses_writes_is_not_believed_any_more(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    scene.fakes[0].is_full = true;
    hang_up_all(&scene.fakes[0]);
    fail_probes(&scene, 0, 5);
    assert_true(looks_like(&scene, "PRR"));
    counter_add(&scene.cluster.members[0].server->by_worker[SESSIONS].demotions, 1);
    turn_until_it_looks_like(&scene, "dRR");
    close_scene(&scene);
}

static void a_promoted_replica_is_followed_and_the_old_primary_not_taken_back(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    scene.fakes[2].source = 2; /* db3 was pointed to it */
    turn_until_it_looks_like(&scene, "dPR");
    assert_true(fake_open(&scene.fakes[0], scene.addresses[0])); /* comes back writable, as it went */
    turn_until_it_looks_like(&scene, "?PR");
    probe_thrice(&scene);
    assert_true(looks_like(&scene, "?PR"));
    close_scene(&scene);
}

static void a_server_of_another_family_is_up_and_says_why_it_is_left_out(void **state)
{
    (void)state;
    for (unsigned is_static = 0; is_static < 2; is_static++) {
        struct scene scene;
        open_scene(&scene);
        scene.settings.topology = is_static ? TOPOLOGY_STATIC : TOPOLOGY_AUTO;
        for (unsigned i = 0; is_static && i < SERVERS; i++)
            scene.cluster.members[i].server->role_setting =
                i == 0 ? ROLE_SETTING_PRIMARY : ROLE_SETTING_REPLICA;
        scene.fakes[1].is_mariadb = true;
        start(&scene);
        turn_until_it_looks_like(&scene, is_static ? "PrR" : "P?R");
        const struct view_server *left_out = &scene.view->servers[1];
        assert_int_equal(left_out->state, SERVER_UP);
        assert_string_equal(left_out->reason, "not of the first server's family (MySQL, MariaDB)");
        close_scene(&scene);
    }
}

static void clients_are_not_greeted_with_what_a_left_out_server_can(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.fakes[0].is_mariadb = scene.fakes[1].is_mariadb = true; /* db3 is MySQL 8, which is older than 10 */
    start(&scene);
    turn_until_it_looks_like(&scene, "PR?");
    assert_int_equal(scene.view->family, FAMILY_MARIADB);
    assert_string_equal(scene.view->version, "5.5.5-10.11.6-MariaDB");
    close_scene(&scene);
}

static void probe_thrice_of(struct scene *scene, unsigned server)
{
    unsigned enough = scene->fakes[server].queries + 8;
    while (scene->fakes[server].queries < enough)
        turn(&scene->loop);
}

/* ---- the start ---- */

static void turn_until_probed(struct scene *scene, unsigned server)
{
    while (!scene->cluster.members[server].was_probed)
        turn(&scene->loop);
}

static void two_writable_servers_at_the_start_are_nobody_in_whatever_order_they_answer(void **state)
{
    (void)state;
    for (unsigned late = 0; late < SERVERS; late++) {
        struct scene scene;
        open_scene(&scene);
        scene.fakes[1].is_writable = true;
        scene.fakes[1].is_replica = false;
        scene.fakes[2].source = 99;
        scene.fakes[late].is_silent = true;
        start(&scene);
        for (unsigned i = 0; i < SERVERS; i++)
            if (i != late)
                turn_until_probed(&scene, i);
        assert_false(cluster_is_probed(&scene.cluster));
        assert_null(scene.view);
        speak(&scene.fakes[late]);
        turn_until_it_looks_like(&scene, "??R");
        assert_int_equal(scene.views, 1);
        probe_thrice(&scene);
        assert_true(looks_like(&scene, "??R"));
        scene.fakes[0].is_writable = false; /* somebody has decided */
        turn_until_it_looks_like(&scene, "?PR");
        close_scene(&scene);
    }
}

/* What clients are greeted with is not taken from those that happened to be first. */
static void a_silent_server_delays_the_first_view_by_its_probe_deadline_and_no_more(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.timeout_us = 30000;
    scene.fakes[2].is_silent = true;
    start(&scene);
    turn_until_probed(&scene, 2);
    assert_true(looks_like(&scene, "PRd"));
    assert_int_equal(scene.views, 1);
    assert_non_null(strstr(scene.view->servers[2].detail, "no answer within"));
    close_scene(&scene);
}

/* ---- stored functions ---- */

#define FUNCTIONS(fake, ...)                                                                                 \
    do {                                                                                                     \
        static const char *const list_[] = { __VA_ARGS__ };                                                  \
        (fake)->functions = list_;                                                                           \
        (fake)->function_count = COUNT_OF(list_) / 3;                                                        \
    } while (0)

static void open_scene_of_functions(struct scene *scene)
{
    open_scene(scene);
    scene->settings.read_functions = true;
    scene->settings.read_functions_interval_us = 3000;
    FUNCTIONS(&scene->fakes[0], "app", "price", "READS SQL DATA", "app", "tax", "NO SQL", "app", "pay",
              "MODIFIES SQL DATA", "app", "plain", "CONTAINS SQL", "app", "twice", "READS SQL DATA", "app2",
              "Twice", "MODIFIES SQL DATA", "", "loaded", "LOADABLE", "app", "loaded", "NO SQL", "pkg",
              "inside", "PACKAGE", "sys", "ps_is_on", "READS SQL DATA", "sys", "price", "NO SQL");
}

static bool knows(const struct scene *scene, const char *schema, const char *name)
{
    return scene->view != NULL &&
           routines_only_reads(scene->view->routines, span_cstr(schema), span_cstr(name));
}

static void turn_until_surveyed(struct scene *scene, unsigned server, unsigned more)
{
    unsigned enough = scene->fakes[server].surveys + more;
    while (scene->fakes[server].surveys < enough)
        turn(&scene->loop);
}

static void functions_that_only_read_travel_with_the_view(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    start(&scene);
    while (!knows(&scene, "", "price"))
        turn(&scene.loop);
    static const char *const others[] = {
        "pay", "plain", "twice", "loaded", "inside", "ps_is_on", "ALL", ""
    };
    assert_true(knows(&scene, "app", "PRICE") && knows(&scene, "", "tax"));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_row(!knows(&scene, "", others[i]), "%s", others[i]);
    assert_false(knows(&scene, "sys", "price"));
    assert_int_equal(routines_count(scene.view->routines), 2);
    assert_true(looks_like(&scene, "PRR"));
    assert_int_equal(scene.fakes[1].surveys + scene.fakes[2].surveys, 0);
    /* The same again is no news. */
    unsigned views = scene.views;
    turn_until_surveyed(&scene, 0, 3);
    assert_int_equal(scene.views, views);
    /* One is dropped: whoever holds the old view goes on with the old set. */
    struct view *before = view_acquire(scene.view);
    FUNCTIONS(&scene.fakes[0], "app", "tax", "NO SQL");
    while (knows(&scene, "", "price"))
        turn(&scene.loop);
    assert_true(knows(&scene, "", "tax"));
    assert_true(routines_only_reads(before->routines, span_cstr(""), span_cstr("price")));
    view_release(&before);
    close_scene(&scene);
}

static void nobody_is_asked_for_functions_unless_it_is_set(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.settings.read_functions = false;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    probe_thrice(&scene);
    assert_int_equal(scene.fakes[0].surveys, 0);
    assert_null(scene.view->routines);
    close_scene(&scene);
}

/* A list that is not whole, or does not come, is none: and no reason to think less of the server. */
static void without_the_whole_list_no_function_is_known(void **state)
{
    (void)state;
    static const struct {
        bool hides_some;
        uint16_t refusal;
        bool is_thinking;
        unsigned repeats;
        const char *why;
    } rows[] = {
        { .hides_some = true, .why = "may not see all of them" },
        { .refusal = 1142, .why = "may not see all of them" },
        { .refusal = 1317, .why = "1317 SELECT command denied" },
        { .is_thinking = true, .why = "no answer within" },
        { .repeats = SURVEY_FUNCTIONS_MAX - 10, .why = "too many" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene_of_functions(&scene);
        start(&scene);
        while (!knows(&scene, "", "price"))
            turn(&scene.loop);
        scene.settings.monitor.timeout_us = rows[i].is_thinking ? 200000 : 30000000;
        scene.fakes[0].hides_some = rows[i].hides_some;
        scene.fakes[0].refusal = rows[i].refusal;
        scene.fakes[0].is_thinking = rows[i].is_thinking;
        scene.fakes[0].repeats = rows[i].repeats;
        while (knows(&scene, "", "price"))
            turn(&scene.loop);
        assert_null(scene.view->routines);
        assert_row(strstr(scene.cluster.survey_error, rows[i].why) != NULL, "%s", scene.cluster.survey_error);
        turn_until_surveyed(&scene, 0, 2);
        assert_true(looks_like(&scene, "PRR"));
        assert_string_equal(scene.view->servers[0].detail, "");
        /* It comes back with the list. */
        scene.fakes[0].hides_some = scene.fakes[0].is_thinking = false;
        scene.fakes[0].refusal = 0;
        scene.fakes[0].repeats = 0;
        while (!knows(&scene, "", "price"))
            turn(&scene.loop);
        assert_string_equal(scene.cluster.survey_error, "");
        close_scene(&scene);
    }
}

static void as_many_functions_as_allowed_are_read(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.fakes[0].repeats = SURVEY_FUNCTIONS_MAX - scene.fakes[0].function_count;
    start(&scene);
    while (!knows(&scene, "", "tax"))
        turn(&scene.loop);
    close_scene(&scene);
}

static void a_new_primary_is_asked_at_once_and_the_old_ones_word_forgotten(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.settings.read_functions_interval_us = 3600000000;
    FUNCTIONS(&scene.fakes[1], "app", "other", "NO SQL");
    start(&scene);
    while (!knows(&scene, "", "price"))
        turn(&scene.loop);
    assert_int_equal(scene.fakes[0].surveys, 1);
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    assert_null(scene.view->routines);
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "dPR");
    while (!knows(&scene, "", "other"))
        turn(&scene.loop);
    assert_false(knows(&scene, "", "price"));
    close_scene(&scene);
}

static void read_log(int fd, char *text, size_t size)
{
    ssize_t len = pread(fd, text, size - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
}

static void writable_servers_without_a_primary_are_named_once(void **state)
{
    (void)state;
    struct scene scene;
    char text[8192];
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    open_scene(&scene);
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT, fd);
    scene.fakes[1].is_writable = scene.fakes[2].is_writable = true;
    scene.fakes[1].is_replica = false; /* db3 is writable as well, but follows somebody */
    scene.fakes[2].source = 99;
    start(&scene);
    turn_until_it_looks_like(&scene, "???");
    probe_thrice(&scene);
    read_log(fd, text, sizeof text);
    const char *line = strstr(text, "there is no primary: db1 is writable beside another writable server; "
                                    "db2 is writable beside another writable server; nothing is written");
    assert_row(line != NULL && strstr(line + 1, "there is no primary") == NULL, "%s", text);
    /* Another one joins them. */
    scene.fakes[2].is_replica = false;
    while (strstr(text, "db2 is writable beside another writable server; db3 is writable") == NULL) {
        turn(&scene.loop);
        read_log(fd, text, sizeof text);
    }
    close_scene(&scene);
    (void)close(fd);
}

static void a_survey_without_rights_is_told_once(void **state)
{
    (void)state;
    struct scene scene;
    char text[8192];
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    open_scene_of_functions(&scene);
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT, fd);
    scene.fakes[0].refusal = 1142;
    start(&scene);
    turn_until_surveyed(&scene, 0, 4);
    read_log(fd, text, sizeof text);
    const char *line =
        strstr(text, "stored functions stay on the primary: the monitor's account may not see");
    assert_row(line != NULL && strstr(line, "performance_schema.user_defined_functions") != NULL, "%s", text);
    assert_row(strstr(line + 1, "stored functions") == NULL, "%s", text);
    close_scene(&scene);
    (void)close(fd);
}

/* A server that stays up while it is promoted is what it is now since then, not since it came up. */
static void since_is_of_role_and_state_together(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    uint64_t begun = scene.view->servers[0].since_us;
    assert_true(begun > 0 && begun <= scene.loop.now_us);
    for (unsigned i = 0; i < SERVERS; i++)
        assert_true(scene.view->servers[i].since_us == begun);
    probe_thrice(&scene);
    scene.fakes[2].is_stopped = true; /* another reason, but the same role and state */
    turn_until_it_looks_like(&scene, "PRr");
    assert_true(scene.view->servers[2].since_us == begun);
    scene.fakes[0].is_writable = false;
    turn_until_it_looks_like(&scene, "?Rr");
    uint64_t demoted = scene.view->servers[0].since_us;
    assert_true(demoted > begun && demoted <= scene.loop.now_us);
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "?Pr");
    assert_true(scene.view->servers[1].since_us > demoted);
    assert_true(scene.view->servers[0].since_us == demoted && scene.view->servers[2].since_us == begun);
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dPr");
    assert_true(scene.view->servers[0].since_us > demoted);
    close_scene(&scene);
}

static void replicas_whose_source_is_away_serve_reads(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    fake_close(&scene.fakes[0]);
    scene.fakes[1].is_link_broken = scene.fakes[2].is_link_broken = true;
    start(&scene);
    turn_until_it_looks_like(&scene, "dRR");
    close_scene(&scene);
}

/* ---- names ---- */

/* A name server has said so. */
static void move(struct scene *scene, unsigned i, const char *address)
{
    struct resolve_name *name = &scene->cluster.members[i].name;
    struct addr was = name->addr;
    struct error err = { 0 };
    assert_true(addr_parse(address, &name->addr, &err));
    name->error[0] = '\0';
    name->on_news(name, &was);
}

static void lose_name(struct scene *scene, unsigned i, const char *why)
{
    struct resolve_name *name = &scene->cluster.members[i].name;
    struct addr was = name->addr;
    (void)snprintf(name->error, sizeof name->error, "%s", why);
    name->on_news(name, &was);
}

/* At `where`, which is filled in to the port. */
static void open_another(struct scene *scene, struct fake *another, const char *where, char *address)
{
    memset(another, 0, sizeof *another);
    another->loop = &scene->loop;
    list_init(&another->callers);
    another->server_id = 9;
    another->source = 1;
    assert_true(fake_open(another, where));
    (void)addr_format(&another->listener.addr, address);
}

static const struct event *find_event(const struct scene *scene, const char *was, const char *is)
{
    const struct events *events = &scene->cluster.events;
    for (size_t i = 0; i < events_count(events); i++)
        if (strcmp(events_at(events, i)->was, was) == 0 && strcmp(events_at(events, i)->is, is) == 0)
            return events_at(events, i);
    return NULL;
}

static void another_address_is_another_machine_and_asked_first(void **state)
{
    (void)state;
    struct scene scene;
    struct fake another;
    char address[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX], reason[256];
    open_scene(&scene);
    open_another(&scene, &another, "127.0.0.1:0", address);
    another.is_replica = true;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    while (!scene.cluster.members[1].probe.is_running)
        turn(&scene.loop);
    unsigned asked = scene.fakes[1].queries;
    move(&scene, 1, address); /* amid a probe of the old one, whose answers count no more */
    assert_int_equal(scene.view->servers[1].state, SERVER_STARTING);
    assert_false(scene.view->servers[1].takes_reads);
    assert_true(scene.view->servers[1].moves == 1);
    assert_string_equal(addr_format(&scene.view->servers[1].addr, text), address);
    assert_string_equal(scene.view->servers[1].server->address, scene.addresses[1]);
    turn_until_it_looks_like(&scene, "PRR");
    assert_true(another.queries > 0 && scene.view->servers[1].moves == 1);
    while (scene.fakes[1].callers.count > 0)
        turn(&scene.loop); /* the probe's old connection is closed */
    assert_true(scene.fakes[1].queries <= asked + 1);
    const struct event *event = find_event(&scene, scene.addresses[1], address);
    assert_non_null(event);
    assert_int_equal(event->server, 1);
    (void)snprintf(reason, sizeof reason, "address was %.47s, is %.47s: %.47s", scene.addresses[1], address,
                   scene.addresses[1]);
    assert_string_equal(event->reason, reason);
    assert_non_null(find_event(&scene, "server_id 2", "server_id 9"));
    fake_close(&another);
    close_scene(&scene);
}

static void a_primary_that_moves_is_none_until_it_has_said_so(void **state)
{
    (void)state;
    struct scene scene;
    struct fake another;
    char address[ADDR_TEXT_MAX];
    open_scene(&scene);
    open_another(&scene, &another, "127.0.0.1:0", address);
    another.is_writable = another.is_silent = true;
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    unsigned views = scene.views;
    move(&scene, 0, address);
    assert_int_equal(scene.views, views + 1);
    assert_true(looks_like(&scene, "?RR"));
    for (int i = 0; i < 20; i++) /* the old one is still writable: nobody asks */
        turn(&scene.loop);
    assert_int_equal(scene.view->primary, VIEW_NO_SERVER);
    while (another.callers.count == 0)
        turn(&scene.loop);
    speak(&another);
    turn_until_it_looks_like(&scene, "PRR");
    move(&scene, 0, scene.addresses[0]);
    scene.fakes[0].is_writable = false;
    turn_until_it_looks_like(&scene, "?RR"); /* back at a machine that takes no writes any more */
    probe_thrice(&scene);
    assert_int_equal(scene.view->primary, VIEW_NO_SERVER);
    assert_true(scene.view->servers[0].moves == 2);
    fake_close(&another);
    close_scene(&scene);
}

static void a_name_that_is_lost_keeps_its_address(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    start(&scene);
    turn_until_it_looks_like(&scene, "PRR");
    unsigned views = scene.views;
    lose_name(&scene, 0, "Timeout while contacting DNS servers");
    probe_thrice(&scene);
    assert_true(looks_like(&scene, "PRR"));
    assert_int_equal(scene.views, views);
    assert_true(scene.cluster.members[0].is_lost);
    move(&scene, 0, scene.addresses[0]);
    assert_false(scene.cluster.members[0].is_lost);
    assert_int_equal(scene.views, views);
    close_scene(&scene);
}

static void a_name_that_was_never_resolved_is_a_server_that_is_down(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.cluster.members[1].name.addr.len = 0;
    scene.cluster.members[2].name.addr.len = 0;
    start(&scene);
    while (!scene.cluster.members[0].was_probed)
        turn(&scene.loop);
    assert_true(scene.cluster.members[1].probe.is_running); /* for its first answer */
    lose_name(&scene, 1, "Domain name not found");
    assert_null(scene.view);
    move(&scene, 2, scene.addresses[2]);
    turn_until_it_looks_like(&scene, "PdR");
    assert_string_equal(scene.view->servers[1].reason, "down");
    assert_string_equal(scene.view->servers[1].detail, "its name cannot be resolved: Domain name not found");
    assert_int_equal(scene.view->servers[1].addr.len, 0);
    move(&scene, 1, scene.addresses[1]);
    turn_until_it_looks_like(&scene, "PRR");
    assert_true(scene.view->servers[1].moves == 0 && scene.view->servers[2].moves == 0);
    close_scene(&scene);
}

static void a_name_server_that_says_nothing_is_not_waited_for_longer_than_a_probe(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.timeout_us = 30000;
    scene.cluster.members[1].name.addr.len = 0;
    start(&scene);
    turn_until_it_looks_like(&scene, "PdR");
    assert_string_equal(scene.view->servers[1].detail,
                        "its name cannot be resolved: no answer within the probe's timeout");
    close_scene(&scene);
}

static void without_any_server_there_is_still_a_view(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    for (unsigned i = 0; i < SERVERS; i++)
        fake_close(&scene.fakes[i]);
    start(&scene);
    turn_until_it_looks_like(&scene, "ddd");
    assert_int_equal(scene.view->family, FAMILY_UNKNOWN);
    assert_true(scene.view->caps == 0 && scene.view->primary == VIEW_NO_SERVER);
    close_scene(&scene);
}

/* ---- sessions' troubles ---- */

static struct server_counters *sessions_of(const struct scene *scene, unsigned server)
{
    return &scene->cluster.members[server].server->by_worker[SESSIONS];
}

static void settle(struct scene *scene, const char *letters)
{
    start(scene);
    turn_until_it_looks_like(scene, letters);
}

/* With an hour between probes, whatever is learnt is learnt because somebody asked. */
static void open_lazy_scene(struct scene *scene)
{
    open_scene(scene);
    scene->settings.monitor.interval_us = 3600000000;
    settle(scene, "PRR");
}

static void trouble_has_the_server_asked_at_once_and_no_other(void **state)
{
    (void)state;
    struct scene scene;
    open_lazy_scene(&scene);
    unsigned others = scene.fakes[0].queries + scene.fakes[2].queries, its = scene.fakes[1].queries;
    counter_add(&sessions_of(&scene, 1)->drops, 1);
    counter_add(&sessions_of(&scene, 0)->queries, 1000);
    counter_add(&sessions_of(&scene, 0)->refusals, 10); /* it said no: it is there */
    cluster_note_trouble(&scene.cluster);
    scene.fakes[1].is_stopped = true;
    turn_until_it_looks_like(&scene, "PrR");
    assert_int_equal(scene.fakes[1].queries, its + 2);
    assert_int_equal(scene.fakes[0].queries + scene.fakes[2].queries, others);
    /* The same trouble is not news again. */
    cluster_note_trouble(&scene.cluster);
    turn_without_waiting(&scene.loop);
    assert_false(scene.cluster.members[1].probe.is_running);
    close_scene(&scene);
}

static const struct event *last_event(const struct scene *scene)
{
    assert_true(events_count(&scene->cluster.events) > 0);
    return events_at(&scene->cluster.events, events_count(&scene->cluster.events) - 1);
}

static void replicas_that_fail_sessions_are_left_alone_for_a_while(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.ejection =
        (struct ejection_settings){ .failures = 5, .base_us = 20000, .max_us = 50000, .max_share = 50 };
    scene.settings.slow_start_us = 7000;
    settle(&scene, "PRR");
    counter_add(&sessions_of(&scene, 0)->losses, 50); /* the primary never is */
    cluster_note_trouble(&scene.cluster);
    assert_true(looks_like(&scene, "PRR"));
    for (unsigned i = 0; i < SERVERS; i++)
        counter_add(&sessions_of(&scene, i)->losses, 2);
    cluster_note_trouble(&scene.cluster);
    for (unsigned i = 0; i < SERVERS; i++) { /* that logins pass is no success */
        counter_add(&sessions_of(&scene, i)->connect_failures, 2);
        counter_add(&sessions_of(&scene, i)->connects, 2);
    }
    counter_add(&sessions_of(&scene, 1)->connect_failures, 1);
    cluster_note_trouble(&scene.cluster);
    assert_true(looks_like(&scene, "PrR"));
    assert_int_equal(scene.view->servers[1].state, SERVER_EJECTED);
    uint64_t begun = scene.loop.now_us;
    /* Nor another one with it: half of three is one. */
    for (unsigned i = 0; i < SERVERS; i++)
        counter_add(&sessions_of(&scene, i)->losses, 50);
    cluster_note_trouble(&scene.cluster);
    assert_true(looks_like(&scene, "PrR"));
    assert_string_equal(last_event(&scene)->was, "up replica");
    assert_string_equal(last_event(&scene)->is, "ejected replica");
    turn_until_it_looks_like(&scene, "PRR");
    assert_true(scene.loop.now_us - begun >= 16000);
    assert_true(scene.view->servers[1].slow_from_us >= begun + 16000);
    assert_true(scene.view->servers[1].slow_until_us == scene.view->servers[1].slow_from_us + 7000);
    assert_true(scene.view->servers[2].slow_until_us == 0);
    assert_true(scene.cluster.members[1].ejections == 1 && scene.cluster.members[1].changes == 2);
    assert_true(scene.cluster.members[0].ejections + scene.cluster.members[2].ejections == 0);
    close_scene(&scene);
}

static void an_ejected_replica_that_is_promoted_is_pardoned(void **state)
{
    (void)state;
    struct scene scene;
    open_lazy_scene(&scene);
    scene.settings.ejection = (struct ejection_settings){
        .failures = 1, .base_us = 3600000000, .max_us = 3600000000, .max_share = 50
    };
    counter_add(&sessions_of(&scene, 1)->losses, 1);
    cluster_note_trouble(&scene.cluster);
    assert_int_equal(scene.view->servers[1].state, SERVER_EJECTED);
    scene.fakes[0].is_writable = false;
    scene.fakes[1].is_writable = true;
    scene.fakes[1].is_replica = false;
    turn_until_it_looks_like(&scene, "?PR");
    assert_int_equal(scene.view->servers[1].state, SERVER_UP);
    close_scene(&scene);
}

static void a_replica_too_far_behind_takes_no_reads_until_it_is_well_back(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.max_lag_us = 10000000;
    scene.fakes[0].is_replica = false;
    settle(&scene, "PRR");
    scene.fakes[1].lag_s = 11;
    turn_until_it_looks_like(&scene, "PrR");
    assert_int_equal(scene.view->servers[1].state, SERVER_LAGGING);
    assert_string_equal(scene.view->servers[1].reason, "too far behind its source");
    scene.fakes[1].lag_s = 6;
    probe_thrice(&scene);
    assert_true(looks_like(&scene, "PrR"));
    assert_true(scene.view->servers[1].lag_ms == 6000);
    scene.fakes[1].lag_s = 5;
    turn_until_it_looks_like(&scene, "PRR");
    /* One that is promoted is behind nobody. */
    scene.fakes[1].lag_s = 100;
    turn_until_it_looks_like(&scene, "PrR");
    fake_close(&scene.fakes[0]);
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "dPR");
    assert_int_equal(scene.view->servers[1].state, SERVER_UP);
    close_scene(&scene);
}

/* ---- when to ask ---- */

static void a_failure_that_is_not_yet_believed_is_looked_at_again_soon(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.settings.monitor.interval_us = 2000000;
    scene.settings.monitor.fall = 2;
    settle(&scene, "PRR");
    fake_close(&scene.fakes[1]);
    counter_add(&sessions_of(&scene, 1)->connect_failures, 1);
    cluster_note_trouble(&scene.cluster);
    uint64_t begun = scene.loop.now_us;
    turn_until_it_looks_like(&scene, "PdR");
    uint64_t took_us = scene.loop.now_us - begun;
    assert_row(took_us >= 400000 && took_us < 1500000, "%llu us", (unsigned long long)took_us);
    close_scene(&scene);
}

/* A promotion, done by somebody, of which one server's probe is the first to know. */
static void when_roles_move_everybody_is_asked_at_once(void **state)
{
    (void)state;
    for (unsigned first = 0; first < SERVERS; first++) {
        struct scene scene;
        open_lazy_scene(&scene);
        scene.fakes[0].is_writable = false;
        scene.fakes[0].is_replica = scene.fakes[1].is_writable = true;
        scene.fakes[1].is_replica = false;
        scene.fakes[0].source = scene.fakes[2].source = 2;
        counter_add(&sessions_of(&scene, first)->drops, 1);
        cluster_note_trouble(&scene.cluster);
        turn_until_it_looks_like(&scene, "RPR");
        close_scene(&scene);
    }
}

static void a_primary_that_fails_once_has_the_others_asked(void **state)
{
    (void)state;
    struct scene scene;
    open_lazy_scene(&scene);
    unsigned before = scene.fakes[1].queries + scene.fakes[2].queries;
    fake_close(&scene.fakes[0]);
    counter_add(&sessions_of(&scene, 0)->losses, 1);
    cluster_note_trouble(&scene.cluster);
    while (scene.fakes[1].queries + scene.fakes[2].queries < before + 4)
        turn(&scene.loop);
    assert_true(looks_like(&scene, "PRR")); /* three falls are asked for */
    close_scene(&scene);
}

/* ---- who follows whom ---- */

static void a_newcomer_gets_nothing_until_the_replicas_follow_it_and_that_is_said(void **state)
{
    (void)state;
    struct scene scene;
    char text[8192];
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    open_scene(&scene);
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT, fd);
    settle(&scene, "PRR");
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "P?R");
    assert_string_equal(scene.view->servers[1].reason, "writable beside another writable server");
    assert_string_equal(scene.view->servers[1].detail, "db1 is the primary");
    assert_true(scene.view->servers[1].is_contender && !scene.view->servers[0].is_contender);
    probe_thrice(&scene);
    assert_true(looks_like(&scene, "P?R"));
    scene.fakes[2].source = 2;
    turn_until_it_looks_like(&scene, "?PR");
    assert_string_equal(scene.view->servers[0].detail, "db2 is the primary");
    scene.fakes[0].is_writable = false;
    probe_thrice(&scene);
    read_log(fd, text, sizeof text);
    static const char *const lines[] = { "writable beside the primary db1: db2;",
                                         "writable beside the primary db2: db1;",
                                         "no server is writable beside the primary any more (db1 was)" };
    const char *at = text;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        at = strstr(at, lines[i]);
        assert_row(at != NULL && strstr(at + 1, lines[i]) == NULL, "%s in %s", lines[i], text);
    }
    close_scene(&scene);
    (void)close(fd);
}

static void stopped_replication_and_followers_make_a_primary(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    settle(&scene, "PRR");
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    scene.fakes[1].is_link_stopped = scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "d?R");
    probe_thrice_of(&scene, 1);
    assert_true(looks_like(&scene, "d?R"));
    scene.fakes[2].source = 2;
    turn_until_it_looks_like(&scene, "dPR");
    close_scene(&scene);
}

/* What was connected to the one before is left: moves. It is asked once more, when that is known to all. */
static void another_machine_at_the_address_is_told(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    settle(&scene, "PRR");
    size_t before = events_count(&scene.cluster.events);
    scene.fakes[1].server_id = 12;
    while (scene.view->servers[1].moves == 0)
        turn(&scene.loop);
    const struct event *event = events_at(&scene.cluster.events, before);
    assert_string_equal(event->was, "server_id 2");
    assert_string_equal(event->is, "server_id 12");
    assert_int_equal(event->server, 1);
    turn_until_it_looks_like(&scene, "PRR");
    probe_thrice(&scene);
    assert_true(scene.view->servers[1].moves == 1);
    before = events_count(&scene.cluster.events);
    scene.fakes[1].is_mariadb = true;
    hang_up_all(&scene.fakes[1]);
    turn_until_it_looks_like(&scene, "P?R");
    event = events_at(&scene.cluster.events, before);
    assert_string_equal(event->is, "5.5.5-10.11.6-MariaDB");
    assert_string_equal(event->reason, "a server of another family answers at this address");
    close_scene(&scene);
}

/* The probe's connection lives on at the old machine, as through a NAT whose target was changed. */
static void a_machine_that_only_new_connections_reach_is_found(void **state)
{
    (void)state;
    struct scene scene;
    struct fake another;
    char address[ADDR_TEXT_MAX];
    open_scene(&scene);
    settle(&scene, "PRR");
    listener_close(&scene.fakes[0].listener);
    open_another(&scene, &another, scene.addresses[0], address);
    another.is_writable = true;
    another.source = 0;
    scene.cluster.members[0].probe.renew_us = 0;
    while (scene.view->servers[0].moves == 0)
        turn(&scene.loop);
    assert_int_equal(scene.view->primary, VIEW_NO_SERVER); /* all let go of the old one first */
    turn_until_it_looks_like(&scene, "PRR");
    assert_non_null(find_event(&scene, "server_id 1", "server_id 9"));
    while (scene.fakes[0].callers.count > 0)
        turn(&scene.loop);
    fake_close(&another);
    close_scene(&scene);
}

/* A server with no room for new connections is asked over the old one. */
static void the_old_connection_is_kept_until_there_is_a_new_one(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    settle(&scene, "PRR");
    scene.fakes[1].is_full = true;
    scene.cluster.members[1].probe.renew_us = 0;
    probe_thrice(&scene);
    probe_thrice(&scene);
    scene.fakes[1].is_stopped = true; /* and what it says counts */
    turn_until_it_looks_like(&scene, "PrR");
    assert_true(scene.cluster.members[1].probe_failures == 0 && scene.view->servers[1].moves == 0);
    close_scene(&scene);
}

/* ---- operators ---- */

static void operate(struct scene *scene, const char *server, enum cluster_verb verb)
{
    struct error err = { 0 };
    assert_row(cluster_operate(&scene->cluster, server, verb, &err), "%s", err.text);
}

static void operators_have_the_last_word(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = { 0 };
    open_scene(&scene);
    settle(&scene, "PRR");
    operate(&scene, "db2", CLUSTER_DRAIN);
    assert_true(looks_like(&scene, "PrR")); /* at once */
    assert_int_equal(scene.view->servers[1].state, SERVER_DRAINING);
    assert_string_equal(scene.view->servers[1].reason, "drained by an operator");
    probe_thrice(&scene); /* the probes go on, and change nothing */
    assert_int_equal(scene.view->servers[1].state, SERVER_DRAINING);
    operate(&scene, "db2", CLUSTER_DISABLE);
    assert_int_equal(scene.view->servers[1].state, SERVER_DISABLED);
    operate(&scene, "db2", CLUSTER_ENABLE);
    assert_true(looks_like(&scene, "PRR"));
    assert_true(scene.view->servers[1].slow_until_us == 0);
    /* The primary: then there is none; it stays a place where writes would be taken. */
    operate(&scene, "db1", CLUSTER_DRAIN);
    assert_int_equal(scene.view->primary, VIEW_NO_SERVER);
    assert_true(scene.view->servers[0].is_contender);
    operate(&scene, "db1", CLUSTER_ENABLE);
    assert_true(looks_like(&scene, "PRR"));
    assert_false(cluster_operate(&scene.cluster, "db9", CLUSTER_DRAIN, &err));
    assert_string_equal(err.text, "cluster main has no server db9");
    close_scene(&scene);
}

static void an_order_given_before_the_first_view_holds(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    operate(&scene, "db3", CLUSTER_DISABLE);
    settle(&scene, "PRr");
    assert_int_equal(scene.view->servers[2].state, SERVER_DISABLED);
    close_scene(&scene);
}

static void a_pause_is_published_and_remembered(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    settle(&scene, "PRR");
    assert_false(scene.view->is_paused);
    assert_true(cluster_set_paused(&scene.cluster, true, "by an operator"));
    assert_true(scene.view->is_paused);
    assert_false(cluster_set_paused(&scene.cluster, true, "by an operator"));
    assert_string_equal(last_event(&scene)->is, "paused");
    unsigned views = scene.views;
    probe_thrice(&scene);
    assert_true(scene.view->is_paused && scene.views == views);
    assert_true(cluster_set_paused(&scene.cluster, false, "by an operator"));
    assert_false(scene.view->is_paused);
    close_scene(&scene);
}

/* ---- what was ---- */

static void events_tell_every_change_with_its_reason_and_how_long(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    settle(&scene, "PRR");
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    assert_true(fake_open(&scene.fakes[0], scene.addresses[0]));
    turn_until_it_looks_like(&scene, "PRR");
    static const struct {
        int server;
        const char *was, *is, *reason;
    } told[] = {
        { 0, "starting unknown", "up primary", "writable" },
        { 1, "starting unknown", "up replica", "replicates" },
        { 2, "starting unknown", "up replica", "replicates" },
        { EVENT_CLUSTER, "no primary", "primary db1", "db1: writable" },
        { 0, "up primary", "down unknown", "down: " },
        { EVENT_CLUSTER, "primary db1", "no primary", "db1: down" },
        { 0, "down unknown", "up primary", "writable" },
        { EVENT_CLUSTER, "no primary", "primary db1", "db1: writable" },
    };
    assert_int_equal(events_count(&scene.cluster.events), COUNT_OF(told));
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        const struct event *event = events_at(&scene.cluster.events, i);
        assert_row(event->server == told[i].server && strcmp(event->was, told[i].was) == 0 &&
                       strcmp(event->is, told[i].is) == 0 &&
                       strncmp(event->reason, told[i].reason, strlen(told[i].reason)) == 0,
                   "%zu: %d %s -> %s: %s", i, event->server, event->was, event->is, event->reason);
        assert_true(event->after_ms >= 0 && event->after_ms < 60000 && event->at_us > 1600000000000000);
    }
    const struct cluster_member *primary = &scene.cluster.members[0];
    assert_true(primary->changes == 2 && primary->probes > 5 && primary->probe_failures >= 3);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_come_from_what_servers_say),
        cmocka_unit_test(nothing_new_is_not_published),
        cmocka_unit_test(a_probe_keeps_its_connection),
        cmocka_unit_test(a_server_that_goes_is_down_after_its_falls_and_up_after_its_rises),
        cmocka_unit_test(a_silent_server_is_down),
        cmocka_unit_test(a_server_without_room_is_not_dead),
        cmocka_unit_test(a_server_that_answers_a_part_of_the_probe_is_not_dead),
        cmocka_unit_test(a_server_that_answers_sessions_is_not_dead),
        cmocka_unit_test(overload_is_told_when_it_begins_and_when_it_is_over),
        cmocka_unit_test(a_full_server_that_refuses_writes_is_not_believed_any_more),
        cmocka_unit_test(a_promoted_replica_is_followed_and_the_old_primary_not_taken_back),
        cmocka_unit_test(a_server_of_another_family_is_up_and_says_why_it_is_left_out),
        cmocka_unit_test(clients_are_not_greeted_with_what_a_left_out_server_can),
        cmocka_unit_test(two_writable_servers_at_the_start_are_nobody_in_whatever_order_they_answer),
        cmocka_unit_test(a_silent_server_delays_the_first_view_by_its_probe_deadline_and_no_more),
        cmocka_unit_test(writable_servers_without_a_primary_are_named_once),
        cmocka_unit_test(functions_that_only_read_travel_with_the_view),
        cmocka_unit_test(nobody_is_asked_for_functions_unless_it_is_set),
        cmocka_unit_test(without_the_whole_list_no_function_is_known),
        cmocka_unit_test(as_many_functions_as_allowed_are_read),
        cmocka_unit_test(a_new_primary_is_asked_at_once_and_the_old_ones_word_forgotten),
        cmocka_unit_test(a_survey_without_rights_is_told_once),
        cmocka_unit_test(since_is_of_role_and_state_together),
        cmocka_unit_test(replicas_whose_source_is_away_serve_reads),
        cmocka_unit_test(trouble_has_the_server_asked_at_once_and_no_other),
        cmocka_unit_test(replicas_that_fail_sessions_are_left_alone_for_a_while),
        cmocka_unit_test(an_ejected_replica_that_is_promoted_is_pardoned),
        cmocka_unit_test(a_replica_too_far_behind_takes_no_reads_until_it_is_well_back),
        cmocka_unit_test(a_failure_that_is_not_yet_believed_is_looked_at_again_soon),
        cmocka_unit_test(when_roles_move_everybody_is_asked_at_once),
        cmocka_unit_test(a_primary_that_fails_once_has_the_others_asked),
        cmocka_unit_test(a_newcomer_gets_nothing_until_the_replicas_follow_it_and_that_is_said),
        cmocka_unit_test(stopped_replication_and_followers_make_a_primary),
        cmocka_unit_test(another_machine_at_the_address_is_told),
        cmocka_unit_test(a_machine_that_only_new_connections_reach_is_found),
        cmocka_unit_test(the_old_connection_is_kept_until_there_is_a_new_one),
        cmocka_unit_test(operators_have_the_last_word),
        cmocka_unit_test(an_order_given_before_the_first_view_holds),
        cmocka_unit_test(a_pause_is_published_and_remembered),
        cmocka_unit_test(events_tell_every_change_with_its_reason_and_how_long),
        cmocka_unit_test(another_address_is_another_machine_and_asked_first),
        cmocka_unit_test(a_primary_that_moves_is_none_until_it_has_said_so),
        cmocka_unit_test(a_name_that_is_lost_keeps_its_address),
        cmocka_unit_test(a_name_that_was_never_resolved_is_a_server_that_is_down),
        cmocka_unit_test(a_name_server_that_says_nothing_is_not_waited_for_longer_than_a_probe),
        cmocka_unit_test(without_any_server_there_is_still_a_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
