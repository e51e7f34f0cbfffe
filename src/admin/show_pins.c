/* SHOW PINS: the causes that keep the connections of sessions from being shared, and how often they occur.
 * The cause with the most sessions comes first. */
#include "admin/show.h"
#include "admin/pinned.h"
#include "base/clock.h"
#include "admin/stats.h"
#include "admin/visit_workers.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "cause", COLUMN_TEXT, "the cause; show stats has the same names after pinned_by_" },
    { "sessions", COLUMN_INTEGER, "clients with this pin now" },
    { "times", COLUMN_INTEGER, "how often sessions got this pin since headgate started" },
    { "longest_s", COLUMN_INTEGER, "age in seconds of the oldest such pin" },
    { "session", COLUMN_INTEGER, "id of the session with the oldest such pin" },
    { "statement", COLUMN_TEXT, "the statement that made it, without literals" },
    { "help", COLUMN_TEXT, "what it is" },
};
const struct columns show_pins_columns = COLUMNS_OF(columns);

struct pin_row {
    unsigned cluster;
    enum pin_cause cause;
    uint64_t sessions;
    uint64_t times;
    uint64_t since_us; /* start of the oldest pin; 0: none, or unknown */
    uint64_t session;  /* id of the session with the oldest pin */
    size_t statement_len;
    char statement[PIN_STATEMENT_MAX];
};

/* One row for each cause in each cluster. */
struct pin_rows {
    size_t count;
    struct pin_row rows[];
};

/* ---- in the workers' threads ---- */

static void keep_statement(struct pin_row *row, const struct pinned *pinned)
{
    row->statement_len = 0;
    for (size_t i = 0; i < pinned->seen_count; i++) {
        const struct pin_origin *origin = &pinned->seen[i].origin;
        if (pinned->seen[i].cause != row->cause || origin->since_us != row->since_us)
            continue;
        size_t len = origin->statement.len;
        row->statement_len = len < sizeof row->statement ? len : sizeof row->statement;
        if (len > 0)
            memcpy(row->statement, origin->statement.data, row->statement_len);
        return;
    }
}

static void look_at(const struct session *session, struct pin_row *rows)
{
    struct pinned pinned;
    pinned_look(session, &pinned);
    for (size_t i = 0; i < pinned.cause_count; i++) {
        const struct pinned_cause *cause = &pinned.causes[i];
        struct pin_row *row = &rows[cause->cause];
        row->sessions++;
        if (cause->since_us == 0 || (row->since_us != 0 && row->since_us <= cause->since_us))
            continue;
        row->since_us = cause->since_us;
        row->session = session->id;
        keep_statement(row, &pinned);
    }
}

static void look(struct worker *worker, struct request *request, void *context)
{
    struct pin_rows *rows = context;
    (void)request;
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        look_at(session, &rows->rows[session->listener->cluster * PIN_CAUSE_COUNT]);
    }
}

/* ---- in the control thread ---- */

static int by_rank(const void *a, const void *b)
{
    const struct pin_row *x = a, *y = b;
    if (x->sessions != y->sessions)
        return x->sessions > y->sessions ? -1 : 1;
    if (x->times != y->times)
        return x->times > y->times ? -1 : 1;
    return x->cluster != y->cluster ? (int)x->cluster - (int)y->cluster : (int)x->cause - (int)y->cause;
}

static void put_row(struct request *request, const struct pin_row *row)
{
    struct table *table = &request->table;
    uint64_t now_us = request->admin->loop->now_us;
    table_row(table);
    table_text(table, request->admin->clusters[row->cluster].settings->name);
    table_text(table, pin_cause_name(row->cause));
    table_int(table, (int64_t)row->sessions);
    table_int(table, (int64_t)row->times);
    if (row->since_us == 0) {
        for (int i = 0; i < 3; i++)
            table_null(table);
    } else {
        table_int(table, clock_seconds_since(row->since_us, now_us));
        table_int(table, (int64_t)row->session);
        table_span(table, span_of(row->statement, row->statement_len));
    }
    table_text(table, pin_cause_words(row->cause));
}

static void answer(struct request *request, void *context)
{
    struct pin_rows *rows = context;
    for (size_t i = 0; i < rows->count; i++)
        rows->rows[i].times = stats_pins(request->admin->world, rows->rows[i].cluster, rows->rows[i].cause);
    qsort(rows->rows, rows->count, sizeof *rows->rows, by_rank);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].sessions > 0 || rows->rows[i].times > 0)
            put_row(request, &rows->rows[i]);
    request->on_done(request);
}

void show_pins(struct request *request)
{
    size_t count = request->admin->cluster_count * PIN_CAUSE_COUNT;
    struct pin_rows *rows = mem_zalloc(sizeof *rows + count * sizeof *rows->rows);
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    if (rows == NULL) {
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    rows->count = count;
    for (size_t i = 0; i < count; i++)
        rows->rows[i] = (struct pin_row){ .cluster = (unsigned)(i / PIN_CAUSE_COUNT),
                                          .cause = (enum pin_cause)(i % PIN_CAUSE_COUNT) };
    visit_workers_then(request, look, answer, rows);
}
