/* SHOW POOLS: connections to servers by account, and the sessions that wait for a connection. */
#include "admin/show.h"
#include "admin/visit_workers.h"
#include "base/clock.h"

#include "base/mem.h"
#include "pool/parked.h"
#include "session/session.h"
#include "state/pooled.h"

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "server", COLUMN_TEXT, "the server's name" },
    { "user", COLUMN_TEXT, "the account of these connections; (former): before its password changed" },
    { "active", COLUMN_INTEGER, "connections in use by sessions" },
    { "parked", COLUMN_INTEGER, "connections kept for the next session" },
    { "preparing", COLUMN_INTEGER, "connections that are being reset, or opened ahead of need" },
    { "waiting", COLUMN_INTEGER, "sessions of the account that wait for a connection" },
    { "oldest_s", COLUMN_INTEGER, "seconds since the oldest of these connections was opened" },
};
const struct columns show_pools_columns = COLUMNS_OF(columns);

struct pool_row {
    unsigned cluster;
    const struct server *server; /* borrows */
    uint64_t account;            /* user.account, which changes with the password */
    int64_t active, parked, preparing, waiting;
    uint64_t oldest_us; /* 0: no connection */
};

/* Rows for all servers and accounts. */
struct pools {
    size_t count;
    struct pool_row rows[];
};

static struct pool_row *find(struct pools *rows, unsigned cluster, const struct server *server,
                             uint64_t account)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->rows[i].server == server && rows->rows[i].account == account)
            return &rows->rows[i];
    rows->rows[rows->count] = (struct pool_row){ .cluster = cluster, .server = server, .account = account };
    return &rows->rows[rows->count++];
}

static void add_connection(struct pools *rows, unsigned cluster, const struct upstream *upstream)
{
    struct pool_row *row = find(rows, cluster, upstream->server, upstream->key.account);
    if (!parked_has(upstream))
        row->active++;
    else if (list_is_linked(&pooled_look(upstream)->in_pool))
        row->parked++;
    else
        row->preparing++;
    if (row->oldest_us == 0 || upstream->opened_us < row->oldest_us)
        row->oldest_us = upstream->opened_us;
}

static void look(struct worker *worker, struct request *request, void *context)
{
    struct pools *rows = context;
    for (unsigned c = 0; c < request->admin->cluster_count; c++) {
        const struct view *view = worker->boxes[c].view;
        for (size_t i = 0; view != NULL && i < view->count; i++) {
            struct list *list = &view->servers[i].server->permits.holders[worker->index].list;
            for (struct list_node *node = list_first(list); node != NULL; node = list_after(list, node))
                add_connection(rows, c, list_entry(node, struct upstream, permit.in_list));
        }
    }
    for (struct list_node *node = list_first(&worker->sessions); node != NULL;
         node = list_after(&worker->sessions, node)) {
        const struct session *session = list_entry(node, struct session, in_worker);
        if (session->state == SESSION_QUEUED)
            find(rows, session->listener->cluster, session->queue.at, session->user->account)->waiting++;
    }
}

/* The user that an account number belongs to now; "(former)" if its password is no longer configured. */
static const char *name_of(const struct users *users, uint64_t account)
{
    for (const struct user *user = users->by_name; user != NULL; user = user->hh.next)
        if (user->account == account)
            return user->name;
    return "(former)";
}

static void answer(struct request *request, void *context)
{
    const struct pools *rows = context;
    struct table *table = &request->table;
    for (size_t i = 0; i < rows->count; i++) {
        const struct pool_row *row = &rows->rows[i];
        table_row(table);
        table_text(table, request->admin->clusters[row->cluster].settings->name);
        table_text(table, row->server->name);
        table_text(table, name_of(request->admin->world->users, row->account));
        table_int(table, row->active);
        table_int(table, row->parked);
        table_int(table, row->preparing);
        table_int(table, row->waiting);
        if (row->oldest_us == 0)
            table_null(table);
        else
            table_int(table, clock_seconds_since(row->oldest_us, request->admin->loop->now_us));
    }
    request->on_done(request);
}

void show_pools(struct request *request)
{
    const struct admin *admin = request->admin;
    size_t servers = 0, accounts = admin->world->users->last_account;
    for (size_t c = 0; c < admin->cluster_count; c++)
        servers += admin->clusters[c].count;
    struct pools *rows = mem_zalloc(sizeof *rows + servers * accounts * sizeof rows->rows[0]);
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    if (rows == NULL) {
        (void)error_set(&request->error, 0, "out of memory");
        request->on_done(request);
        return;
    }
    visit_workers_then(request, look, answer, rows);
}
