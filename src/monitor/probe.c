#include "monitor/probe.h"

#include "upstream/upstream_exchange.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* One question: its text by family and version, and what its answer means. */
struct question {
    const char *text;
    const char *(*sql)(const struct upstream *upstream); /* instead of `text` */
    void (*read_wsrep)(const struct rows *rows, struct wsrep *wsrep);
    bool (*read)(struct probe *probe);         /* instead of `read_wsrep`; false: unknown form */
    bool (*is_due)(const struct probe *probe); /* NULL: always */
    bool may_be_refused;                       /* an error counts as an answer without rows */
};

#define RENEW_US                                                                                             \
    3000000 /* age at which the connection is replaced: a login with every probe would cost too much */
#define DOUBT_US 1000000 /* replaced no more often than this when there is a doubt */

static struct probe *of_upstream(struct upstream *upstream)
{
    return upstream->owner;
}

static void renew(struct probe *probe);

static void finish(struct probe *probe, enum outcome outcome, const char *why)
{
    if (!probe->is_running)
        return;
    probe->is_running = false;
    loop_timer_stop(&probe->deadline);
    probe->result.outcome = outcome;
    probe->result.answered_us = probe->env->loop->now_us;
    (void)span_copy_cstr(span_cstr(why), probe->result.error, sizeof probe->result.error);
    if (outcome == OUTCOME_PASSED) {
        memcpy(probe->result.refusal, probe->refusal, sizeof probe->result.refusal);
        renew(probe);
    } else {
        upstream_close(&probe->upstream);
        upstream_close(&probe->next);
    }
    probe->on_done(probe, &probe->result);
}

static bool has_word(struct span list, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at < list.len;) {
        const uint8_t *comma = memchr(list.data + at, ',', list.len - at);
        size_t end = comma != NULL ? (size_t)(comma - list.data) : list.len;
        if (end - at == len && span_equal_nocase(span_of(list.data + at, len), span_cstr(word)))
            return true;
        at = end + 1;
    }
    return false;
}

static bool row_value(const struct probe *probe, unsigned row, const char *name, const char *other,
                      struct span *value_r)
{
    int column = rows_column(&probe->rows, name);
    if (column < 0)
        column = rows_column(&probe->rows, other);
    return rows_value(&probe->rows, row, column, value_r);
}

/* A server id; 0: unknown. */
static uint32_t id_value(const struct probe *probe, unsigned row, const char *name, const char *other)
{
    struct span value;
    uint64_t id = 0;
    if (!row_value(probe, row, name, other, &value) || !span_to_u64(value, &id) || id > UINT32_MAX)
        return 0;
    return (uint32_t)id;
}

/* ---- variables ---- */

static const char *sql_variables(const struct upstream *upstream)
{
#define TRACKED "@@global.session_track_"
#define VARIABLES                                                                                            \
    "SELECT @@global.read_only AS read_only, @@global.sql_mode AS sql_mode, @@global.server_id AS "          \
    "server_id, @@global.max_connections AS max_connections, @@global.wait_timeout AS wait_timeout, "        \
    "@@global.interactive_timeout AS interactive_timeout, @@global.init_connect AS init_connect, " TRACKED   \
    "system_variables AS tracked_names, " TRACKED "schema AS tracked_schema, " TRACKED                       \
    "state_change AS tracked_state, " TRACKED "transaction_info AS tracked_transaction"
    return upstream->family == FAMILY_MYSQL ? VARIABLES ", @@global.server_uuid AS server_uuid, " TRACKED
                                                        "gtids AS tracked_gtids"
                                            : VARIABLES;
}

static uint64_t seconds(const struct probe *probe, const char *name)
{
    struct span value;
    uint64_t found = 0;
    bool is_there = rows_value(&probe->rows, 0, rows_column(&probe->rows, name), &value) &&
                    span_to_u64(value, &found) && found <= UINT32_MAX;
    return is_there ? found : 0;
}

/* Variables that matter to idle connections. */
static void read_for_pool(struct probe *probe)
{
    struct span value;
    uint64_t wait = seconds(probe, "wait_timeout"), interactive = seconds(probe, "interactive_timeout");
    probe->result.wait_timeout_s = (uint32_t)(wait < interactive || interactive == 0 ? wait : interactive);
    probe->result.has_init_connect =
        rows_value(&probe->rows, 0, rows_column(&probe->rows, "init_connect"), &value) && value.len > 0;
}

/* Empty if the server does not have the variable. */
static struct span named(const struct probe *probe, const char *name)
{
    struct span value = { 0 };
    (void)rows_value(&probe->rows, 0, rows_column(&probe->rows, name), &value);
    return value;
}

static void read_tracked(struct probe *probe)
{
    probe->result.tracked = track_defaults_factory;
    if (rows_column(&probe->rows, "tracked_names") >= 0)
        track_defaults_read(&probe->result.tracked, named(probe, "tracked_names"),
                            named(probe, "tracked_schema"), named(probe, "tracked_state"),
                            named(probe, "tracked_transaction"), named(probe, "tracked_gtids"));
}

static bool read_variables(struct probe *probe)
{
    struct span value;
    if (!rows_value(&probe->rows, 0, rows_column(&probe->rows, "read_only"), &value))
        return false;
    /* An enumeration from MariaDB 12 on: anything but off refuses some writers. */
    probe->result.is_read_only = !span_is(value, "0") && !span_is_nocase(value, "OFF");
    if (rows_value(&probe->rows, 0, rows_column(&probe->rows, "sql_mode"), &value)) {
        probe->result.ansi_quotes = has_word(value, "ANSI_QUOTES");
        probe->result.oracle = has_word(value, "ORACLE");
        probe->result.no_backslash_escapes = has_word(value, "NO_BACKSLASH_ESCAPES");
    }
    probe->result.server_id = id_value(probe, 0, "server_id", "server_id");
    if (rows_value(&probe->rows, 0, rows_column(&probe->rows, "server_uuid"), &value))
        (void)span_copy_cstr(value, probe->result.server_uuid, sizeof probe->result.server_uuid);
    if (!rows_value(&probe->rows, 0, rows_column(&probe->rows, "max_connections"), &value) ||
        !span_to_u64(value, &probe->result.max_connections))
        probe->result.max_connections = 0;
    read_for_pool(probe);
    read_tracked(probe);
    return true;
}

/* ---- replication ---- */

const char *probe_replication_sql(const struct upstream *upstream)
{
    struct server_version version = greeting_version(span_cstr(upstream->version));
    if (upstream->family != FAMILY_MYSQL)
        return "SHOW ALL SLAVES STATUS";
    bool is_old = version.major < 8 || (version.major == 8 && version.minor == 0 && version.patch < 22);
    return is_old ? "SHOW SLAVE STATUS" : "SHOW REPLICA STATUS";
}

static bool is_thread(const struct probe *probe, unsigned row, const char *name, const char *other,
                      const char *word)
{
    struct span value;
    return row_value(probe, row, name, other, &value) && span_is_nocase(value, word);
}

/* Reads the error of a link that does not run: it is stopped, has lost its source, or never reached the
 * source. */
static void read_broken_link(struct probe *probe, unsigned row)
{
    static const char *const columns[] = { "Last_SQL_Error", "Last_IO_Error" };
    struct probe_result *result = &probe->result;
    struct span why;
    result->broken_source = id_value(probe, row, "Source_Server_Id", "Master_Server_Id");
    for (size_t i = 0; i < sizeof columns / sizeof *columns && result->link_error[0] == '\0'; i++)
        if (row_value(probe, row, columns[i], columns[i], &why))
            (void)span_copy_cstr(why, result->link_error, sizeof result->link_error);
}

static void read_link(struct probe *probe, unsigned row)
{
    struct probe_result *result = &probe->result;
    /* "Connecting": the source cannot be reached, and reads continue. "No": an operator or an error has
     * stopped the link. */
    bool is_fetching = !is_thread(probe, row, "Replica_IO_Running", "Slave_IO_Running", "No");
    bool is_applying = is_thread(probe, row, "Replica_SQL_Running", "Slave_SQL_Running", "Yes");
    struct span value;
    uint64_t seconds;
    result->has_source = true;
    if (!is_fetching || !is_applying)
        result->is_applying = false;
    if (is_fetching || !is_thread(probe, row, "Replica_SQL_Running", "Slave_SQL_Running", "No"))
        result->is_link_stopped = false;
    if (is_fetching && result->source_count < TOPOLOGY_SOURCES_MAX)
        result->sources[result->source_count++] =
            id_value(probe, row, "Source_Server_Id", "Master_Server_Id");
    bool is_broken = is_fetching && !is_thread(probe, row, "Replica_IO_Running", "Slave_IO_Running", "Yes");
    result->is_link_broken |= is_broken;
    if (is_broken || !is_fetching || !is_applying)
        read_broken_link(probe, row);
    if (row_value(probe, row, "Seconds_Behind_Source", "Seconds_Behind_Master", &value) &&
        span_to_u64(value, &seconds) && (int64_t)seconds * 1000 > result->lag_ms)
        result->lag_ms = (int64_t)seconds * 1000;
}

static bool read_replication(struct probe *probe)
{
    struct span value;
    probe->result.is_applying = true;
    probe->result.is_link_stopped = true;
    for (unsigned row = 0; row < probe->rows.rows; row++)
        if (row_value(probe, row, "Source_Host", "Master_Host", &value) && value.len > 0)
            read_link(probe, row);
    return true;
}

/* ---- the process: asked once per connection, as a connection leads to one process ---- */

static bool is_unasked(const struct probe *probe)
{
    return probe->asks_process;
}

static bool read_process(struct probe *probe)
{
    probe->asks_process = false;
    server_process_read(&probe->rows, probe->env->loop->now_us, &probe->process);
    probe->result.process = probe->process;
    return true;
}

/* ---- Galera ---- */

static bool may_be_node(const struct probe *probe)
{
    return probe->asks_wsrep && probe->result.family == FAMILY_MARIADB;
}

static bool is_node(const struct probe *probe)
{
    return probe->result.wsrep.is_node;
}

static const struct question questions[] = {
    { .sql = sql_variables, .read = read_variables },
    { .sql = probe_replication_sql, .read = read_replication },
    { .sql = server_process_sql, .read = read_process, .is_due = is_unasked, .may_be_refused = true },
    { .text = WSREP_IS_ON_SQL, .read_wsrep = wsrep_read_is_on, .is_due = may_be_node },
    { .text = WSREP_REJECTS_SQL, .read_wsrep = wsrep_read_rejects, .is_due = is_node },
    { .text = WSREP_STATUS_SQL, .read_wsrep = wsrep_read_status, .is_due = is_node },
};

static const char *text_of(const struct question *question, const struct upstream *upstream)
{
    return question->text != NULL ? question->text : question->sql(upstream);
}

/* False: the answer has an unknown form. */
static bool read_answer(struct probe *probe)
{
    const struct question *question = &questions[probe->step];
    if (question->read != NULL)
        return question->read(probe);
    question->read_wsrep(&probe->rows, &probe->result.wsrep);
    return true;
}

/* ---- the dialogue ---- */

/* Asks the next question that is due; after the last one the probe has passed. */
static void ask(struct probe *probe)
{
    const size_t count = sizeof questions / sizeof *questions;
    while (probe->step < count && questions[probe->step].is_due != NULL &&
           !questions[probe->step].is_due(probe))
        probe->step++;
    if (probe->step == count)
        finish(probe, OUTCOME_PASSED, "");
    else
        upstream_query(probe->upstream, text_of(&questions[probe->step], probe->upstream), &probe->rows, 0);
}

static void begin_questions(struct probe *probe)
{
    const struct upstream *upstream = probe->upstream;
    probe->result.family = upstream->family;
    probe->result.caps = upstream->server_caps;
    probe->result.collation = upstream->server_collation;
    memcpy(probe->result.version, upstream->version, sizeof probe->result.version);
    probe->result.asked_us = probe->env->loop->now_us;
    probe->result.process = probe->process;
    probe->step = 0;
    ask(probe);
}

static void on_ready(struct upstream *upstream)
{
    begin_questions(of_upstream(upstream));
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct probe *probe = of_upstream(upstream);
    char why[256];
    if (answer->is_err && !questions[probe->step].may_be_refused) {
        enum outcome outcome = outcome_of_error(answer->error.code);
        (void)snprintf(why, sizeof why, "%s%.50s: %d %.80s", outcome_prefix(outcome),
                       text_of(&questions[probe->step], upstream), answer->error.code, answer->error.text);
        finish(probe, outcome, why);
    } else if (!read_answer(probe)) {
        finish(probe, OUTCOME_FAILED, "the answer to the probe's question has an unknown form");
    } else {
        probe->step++;
        ask(probe);
    }
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct probe *probe = of_upstream(upstream);
    enum outcome outcome = OUTCOME_FAILED;
    char why[256];
    if (err->sqlstate[0] != '\0')
        outcome = outcome_of_error(err->code);
    else if (err->code == ETIMEDOUT)
        outcome = OUTCOME_SILENT;
    if (outcome_is(outcome) != NULL)
        (void)snprintf(why, sizeof why, "%s%d %.200s", outcome_prefix(outcome), err->code, err->text);
    else
        (void)snprintf(why, sizeof why, "%s%.220s", err->sqlstate[0] != '\0' ? "login refused: " : "",
                       err->text);
    if (probe->is_running)
        finish(probe, outcome, why);
    else
        upstream_close(&probe->upstream);
}

/* Between probes: the server has closed the connection. */
static void on_io(struct upstream *upstream, int events)
{
    struct probe *probe = of_upstream(upstream);
    (void)events;
    upstream_close(&probe->upstream);
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void fail_nameless(struct probe *probe)
{
    char why[256];
    const char *error = probe->name->error;
    (void)snprintf(why, sizeof why, "its name cannot be resolved: %s",
                   error[0] != '\0' ? error : "no answer within the probe's timeout");
    finish(probe, OUTCOME_FAILED, why);
}

/* A server that has answered a question of this probe is alive: a replica with a full disk answers everything
 * but the question about its replication. */
static void fall_silent(struct probe *probe)
{
    char why[256];
    if (probe->step == 0) {
        finish(probe, OUTCOME_SILENT, "no answer within the probe's timeout");
        return;
    }
    (void)snprintf(why, sizeof why, "%sno answer to %.60s within the probe's timeout",
                   outcome_prefix(OUTCOME_OVERLOADED), text_of(&questions[probe->step], probe->upstream));
    finish(probe, OUTCOME_OVERLOADED, why);
}

static void on_deadline(struct loop_timer *timer)
{
    struct probe *probe = container_of(timer, struct probe, deadline);
    if (probe->name->addr.len == 0)
        fail_nameless(probe);
    else
        fall_silent(probe);
}

void probe_init(struct probe *probe, struct server *server, const struct resolve_name *name,
                const struct monitor_settings *settings, const struct upstream_env *env,
                void (*on_done)(struct probe *, const struct probe_result *), void *owner)
{
    memset(probe, 0, sizeof *probe);
    probe->server = server;
    probe->name = name;
    probe->settings = settings;
    probe->env = env;
    probe->on_done = on_done;
    probe->owner = owner;
    probe->renew_us = RENEW_US;
    loop_timer_init(&probe->deadline, on_deadline);
}

static struct upstream *dial(struct probe *probe, const struct upstream_owner_ops *ops, struct error *err)
{
    probe->next_us = probe->env->loop->now_us;
    return monitor_open(probe->settings, probe->env, probe->server, &probe->name->addr, ops, probe, err);
}

/* `upstream` is a new connection: the server's process is not known yet. */
static void expect_process(struct probe *probe)
{
    probe->refusal[0] = '\0';
    probe->process = (struct server_process){ 0 };
    probe->asks_process = true;
}

/* ---- another connection ---- */

static void drop_next(struct upstream *upstream)
{
    struct probe *probe = of_upstream(upstream);
    upstream_close(&probe->next);
}

static void take_next(struct probe *probe)
{
    if (probe->next == NULL || probe->next->state != UPSTREAM_READY)
        return;
    upstream_close(&probe->upstream);
    probe->upstream = probe->next;
    probe->upstream->ops = &owner_ops;
    probe->next = NULL;
    expect_process(probe);
}

/* A probe that runs over the old connection is completed there. */
static void on_next_ready(struct upstream *upstream)
{
    struct probe *probe = of_upstream(upstream);
    if (!probe->is_running)
        take_next(probe);
}

/* A failure is tried again later: if it concerns sessions as well, the server is probed because of them. A
 * refusal concerns the monitor alone, and would stay unknown as long as the old connection lasts. */
static void on_next_failed(struct upstream *upstream, const struct error *err)
{
    struct probe *probe = of_upstream(upstream);
    if (err->sqlstate[0] != '\0' && outcome_of_error(err->code) == OUTCOME_REFUSED)
        (void)snprintf(probe->refusal, sizeof probe->refusal, "%s%d %.120s", outcome_prefix(OUTCOME_REFUSED),
                       err->code, err->text);
    drop_next(upstream);
}

static void on_next_io(struct upstream *upstream, int events)
{
    (void)events;
    drop_next(upstream);
}

static const struct upstream_owner_ops next_ops = { .on_ready = on_next_ready,
                                                    .on_failed = on_next_failed,
                                                    .on_io = on_next_io };

/* A probe has passed: opens the next connection if the present one is old enough. */
static void renew(struct probe *probe)
{
    struct error err = { 0 };
    uint64_t wait_timeout_us = probe->is_doubted && DOUBT_US < probe->renew_us ? DOUBT_US : probe->renew_us;
    if (probe->next != NULL || probe->env->loop->now_us - probe->next_us < wait_timeout_us)
        return;
    probe->is_doubted = false;
    probe->next = dial(probe, &next_ops, &err);
}

void probe_doubt(struct probe *probe)
{
    probe->is_doubted = true;
}

void probe_log_in_anew(struct probe *probe)
{
    upstream_close(&probe->next);
    probe->refusal[0] = '\0';
    probe->next_us = 0;
}

void probe_run(struct probe *probe)
{
    if (probe->is_running)
        return;
    probe->is_running = true;
    probe->step = 0;
    probe->result = (struct probe_result){ .lag_ms = -1 };
    loop_timer_start(&probe->deadline, probe->env->loop, probe->settings->timeout_us);
    take_next(probe);
    if (probe->upstream != NULL && stream_is_called(&probe->upstream->stream))
        upstream_close(&probe->upstream); /* input between two probes: the server has closed the connection */
    if (probe->upstream != NULL)
        begin_questions(probe);
    else
        probe_go_on(probe);
}

void probe_go_on(struct probe *probe)
{
    if (!probe->is_running || probe->upstream != NULL)
        return;
    if (probe->name->addr.len != 0) {
        struct error err = { 0 };
        probe->is_doubted = false;
        expect_process(probe);
        probe->upstream = dial(probe, &owner_ops, &err);
        if (probe->upstream == NULL)
            finish(probe, OUTCOME_FAILED, err.text);
    } else if (probe->name->error[0] != '\0') {
        fail_nameless(probe);
    }
}

void probe_drop(struct probe *probe)
{
    probe->is_running = false;
    loop_timer_stop(&probe->deadline);
    upstream_close(&probe->upstream);
    upstream_close(&probe->next);
}

void probe_fini(struct probe *probe)
{
    probe_drop(probe);
    rows_fini(&probe->rows);
}
