/* The accounts with which clients may log in: those of the file, and those read from servers. Neither a password nor a
 * hash is in the table. */
#include "admin/show.h"

#include "access/directory.h"

static const struct column user_columns[] = {
    { "name", COLUMN_TEXT, "the account; empty: the servers' anonymous one" },
    { "host", COLUMN_TEXT, "the clients that it is for, as in 'name'@'host'" },
    { "source", COLUMN_TEXT, "file: the configuration; or the cluster from whose servers it was read" },
    { "plugin", COLUMN_TEXT, "how its clients log in; with several ways, each of them" },
    { "state", COLUMN_TEXT,
      "of an account that was read from servers: open, locked, expired (its password), or hidden by one of "
      "the same "
      "name in the file" },
    { "clients", COLUMN_INTEGER, "clients logged in now" },
    { "max_connections", COLUMN_INTEGER, "the limit; null: none" },
    { "refused", COLUMN_INTEGER, "logins that were refused because of this limit" },
    { "password", COLUMN_TEXT,
      "known: headgate can log in to servers with any plugin; hash: with mysql_native_password only; empty: "
      "no password" },
    { "read_only", COLUMN_TEXT,
      "whether read_only keeps the account from writing on replicas: holds; bypassed: the account has a "
      "privilege, see the log; unknown: headgate could not ask" },
};
const struct columns show_users_columns = COLUMNS_OF(user_columns);

/* ---- of the file ---- */

static const char *read_only_words(enum user_read_only read_only)
{
    static const char *const words[] = { [USER_NOT_ASKED] = "unknown",
                                         [USER_HELD] = "holds",
                                         [USER_BYPASSES] = "bypassed",
                                         [USER_NOT_KNOWN] = "unknown" };
    return words[read_only];
}

static void put_configured(struct table *table, const struct user *user)
{
    table_row(table);
    table_text(table, user->name);
    table_text(table, user->host != NULL ? user->host : "%");
    table_text(table, "file");
    table_text(table, AUTH_NATIVE);
    table_text(table, "open");
    show_limit(table, user->connections);
    table_text(table, !user->secret.has_password      ? "hash"
                      : user->secret.password_len > 0 ? "known"
                                                      : "empty");
    table_text(table, read_only_words((enum user_read_only)atomic_load(&user->read_only)));
}

/* ---- of servers ---- */

struct listing {
    struct request *request;
    const char *cluster;
};

static void put_plugins(struct table *table, const struct account_row *row)
{
    struct text names = { 0 };
    for (unsigned i = 0; i < row->method_count; i++) {
        (void)text_append_cstr(&names, i > 0 ? ", " : "");
        (void)text_append_span(&names, row->methods[i].plugin);
    }
    table_text(table, text_cstr(&names));
    text_fini(&names);
}

static const char *state_words(const struct users *users, const struct account_row *row)
{
    char name[256];
    if (span_copy_cstr(row->user, name, sizeof name) && users_find(users, name) != NULL)
        return "hidden";
    return row->is_locked ? "locked" : row->is_expired ? "expired" : "open";
}

static bool has_empty_password(const struct account_row *row)
{
    for (unsigned i = 0; i < row->method_count; i++)
        if (row->methods[i].hash.len > 0)
            return false;
    return true;
}

static void put_account(void *context, const struct account *account)
{
    static const struct limit none;
    const struct listing *listing = context;
    const struct account_row *row = &account->row;
    struct table *table = &listing->request->table;
    struct span argument = listing->request->argument;
    if (argument.len > 0 && !span_equal(argument, row->user))
        return;
    table_row(table);
    table_span(table, row->user);
    table_span(table, row->host);
    table_text(table, listing->cluster);
    put_plugins(table, row);
    table_text(table, state_words(listing->request->admin->world->users, row));
    show_limit(table, account->user != NULL ? account->user->connections : &none);
    table_text(table, has_empty_password(row) ? "empty" : "hash");
    table_text(table, read_only_words(row->is_above_read_only ? USER_BYPASSES : USER_HELD));
}

void show_users(struct request *request)
{
    struct table *table = &request->table;
    const struct world *world = request->admin->world;
    table_init(table, user_columns, sizeof user_columns / sizeof *user_columns);
    for (const struct user *user = world->users->by_name; user != NULL; user = user->hh.next)
        if (request->argument.len == 0 || span_is(request->argument, user->name))
            put_configured(table, user);
    for (size_t i = 0; i < request->admin->cluster_count && world->directories != NULL; i++) {
        struct listing listing = { request, request->admin->clusters[i].name };
        directory_each(&world->directories[i], put_account, &listing);
    }
    if (request->argument.len > 0 && table_row_count(table) == 0)
        (void)error_set(&request->error, 0, "there is no such user: see 'show users'");
    request->on_done(request);
}
