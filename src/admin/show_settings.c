/* The running configuration: listeners, every setting. No table here contains a password. */
#include "admin/show.h"

#include "base/clock.h"

#include <stdio.h>

/* ---- listeners ---- */

static const struct column listener_columns[] = {
    { "name", COLUMN_TEXT, "the listener's name" },
    { "address", COLUMN_TEXT, "where clients connect, as configured" },
    { "cluster", COLUMN_TEXT, "its cluster" },
    { "mode", COLUMN_TEXT, "split, primary or replica" },
    { "clients", COLUMN_INTEGER, "clients connected now" },
    { "max_clients", COLUMN_INTEGER, "the limit; null: none" },
    { "refused", COLUMN_INTEGER, "clients that were refused because of this limit" },
    { "tls", COLUMN_TEXT, "off, preferred or required" },
    { "certificate", COLUMN_TEXT, "its file; self-made: by headgate at its start; null: TLS is off" },
    { "certificate_days", COLUMN_INTEGER, "days until the certificate ends; -1: it has ended" },
};
const struct columns show_listeners_columns = COLUMNS_OF(listener_columns);

void show_limit(struct table *table, const struct limit *limit)
{
    table_int(table, atomic_load_explicit(&limit->used, memory_order_relaxed));
    if (limit->max > 0)
        table_int(table, limit->max);
    else
        table_null(table);
    table_int(table, (int64_t)atomic_load_explicit(&limit->refused, memory_order_relaxed));
}

static void put_certificate(struct table *table, const struct listener *listener)
{
    static const char *const modes[] = {
        [TLS_MODE_OFF] = "off", [TLS_MODE_PREFERRED] = "preferred", [TLS_MODE_REQUIRED] = "required"
    };
    const struct tls_server *tls = listener->tls;
    table_text(table, modes[listener->settings->tls.mode]);
    if (tls == NULL) {
        table_null(table);
        table_null(table);
        return;
    }
    table_text(table, tls->is_self_made ? "self-made" : listener->settings->tls.certificate);
    table_int(table, tls_server_days_left(tls, (int64_t)(clock_wall_us() / 1000000)));
}

void show_listeners(struct request *request)
{
    static const char *const modes[] = {
        [LISTENER_SPLIT] = "split", [LISTENER_PRIMARY] = "primary", [LISTENER_REPLICA] = "replica"
    };
    const struct admin *admin = request->admin;
    struct table *table = &request->table;
    table_init(table, listener_columns, sizeof listener_columns / sizeof *listener_columns);
    for (size_t i = 0; i < admin->listener_count; i++) {
        const struct listener_settings *settings = admin->listeners[i]->settings;
        table_row(table);
        table_text(table, settings->name);
        table_text(table, settings->address);
        table_text(table, settings->cluster);
        table_text(table, modes[settings->mode]);
        show_limit(table, admin->listeners[i]->clients);
        put_certificate(table, admin->listeners[i]);
    }
    request->on_done(request);
}

/* ---- config ---- */

static const struct column setting_columns[] = {
    { "setting", COLUMN_TEXT, "path of the setting; elements of lists by their names" },
    { "value", COLUMN_TEXT, "as it would be written in the file; secrets are \"***\"" },
    { "default", COLUMN_TEXT, "the default" },
    { "effect", COLUMN_TEXT, "when a change takes effect: now, new sessions, new connections or restart" },
};
const struct columns show_config_columns = COLUMNS_OF(setting_columns);

static void put_setting(void *context, const char *path, const char *value, const struct setting *row)
{
    struct request *request = context;
    struct span prefix = request->argument;
    if (strlen(path) < prefix.len || !span_equal(span_of(path, prefix.len), prefix))
        return;
    table_row(&request->table);
    table_text(&request->table, path);
    table_text(&request->table, value);
    table_text(&request->table, row->fallback);
    table_text(&request->table, print_effect(row->effect));
}

void show_config(struct request *request)
{
    table_init(&request->table, setting_columns, sizeof setting_columns / sizeof *setting_columns);
    request->admin->each_setting(request->admin, put_setting, request);
    if (request->argument.len > 0 && table_row_count(&request->table) == 0)
        (void)error_set(&request->error, 0, "no setting begins like this: see 'show config'");
    request->on_done(request);
}
