#include "admin/command.h"

#include "admin/doctor.h"
#include "admin/explain.h"
#include "admin/latency.h"
#include "admin/pause.h"
#include "admin/reconfigure.h"
#include "admin/show.h"
#include "admin/stats.h"
#include "admin/verbs.h"

#include <stdio.h>

struct row {
    const char *words;    /* lower case, separated by one blank */
    const char *argument; /* "": none, "<X>": required, "[X]": optional */
    const char *help;
    void (*run)(struct request *request);
    const struct columns *columns; /* of its answer */
};

static void help(struct request *request);

/* Of `help` with one command: the command's row, then one row for each column of its answer. */
static const struct column help_list[] = {
    { "command", COLUMN_TEXT, "the command" },
    { "argument", COLUMN_TEXT, "its argument" },
    { "column", COLUMN_TEXT, "a column of its answer; null: this is about the command itself" },
    { "type", COLUMN_TEXT, "type of the column: text, integer or real" },
    { "help", COLUMN_TEXT, "explanation" },
};
static const struct columns help_columns = COLUMNS_OF(help_list);

static const struct row rows[] = {
    { "show servers", "", "every server: role, state, reason, lag, connections, queries", show_servers,
      &show_servers_columns },
    { "show sessions", "",
      "every client: user, state, its servers, its pins and the statements that made them", show_sessions,
      &show_sessions_columns },
    { "show clusters", "", "every cluster: primary, epoch, servers up, whether it is paused", show_clusters,
      &show_clusters_columns },
    { "show cluster", "[CLUSTER]", "one cluster: primary, epoch, servers up, whether it is paused",
      show_clusters, &show_clusters_columns },
    { "show events", "", "the last changes of servers and clusters: what, why, after how long", show_events,
      &show_events_columns },
    { "show pools", "", "connections to servers by account: in use, kept, waited for", show_pools,
      &show_pools_columns },
    { "show pins", "",
      "causes that keep the connections of sessions from being shared, the most frequent first", show_pins,
      &show_pins_columns },
    { "show limits", "", "limits of clients, their use, and the clients that were refused", show_limits,
      &show_limits_columns },
    { "show stats", "",
      "counters: reads that waited or went to the primary for freshness, hints, pooled connections, pins, "
      "lost log lines",
      show_stats, &show_stats_columns },
    { "show latency", "", "how long commands take, by listener and by server: quantiles since the start",
      show_latency, &show_latency_columns },
    { "show digests", "[N]",
      "cost of statements: times, rows, bytes, errors; those that took the most time first", show_digests,
      &show_digests_columns },
    { "reset digests", "", "set the statistics of statements to zero", reset_digests,
      &reset_digests_columns },
    { "show listeners", "", "every listener: where, to which cluster, in which mode, how many clients",
      show_listeners, &show_listeners_columns },
    { "show users", "[USER]", "every account: how many clients, whether its password is known", show_users,
      &show_users_columns },
    { "show routines", "[SCHEMA]",
      "stored functions, procedures, views and triggers: the effects of running them, and the calls that "
      "cause these",
      show_routines, &show_routines_columns },
    { "show config", "[PREFIX]", "every setting: its value, the default, when a change takes effect",
      show_config, &show_config_columns },
    { "show version", "", "version, uptime, workers, sessions", show_version, &show_version_columns },
    { "explain session", "<ID> <SQL>",
      "where a statement would run in the present state of a session, and why", explain_session,
      &explain_columns },
    { "explain", "<SQL>",
      "where a statement would run, and why; with attributes in front: explain with headgate.server = db2 "
      "SELECT 1",
      explain, &explain_columns },
    { "drain", "<SERVER>",
      "no new statements go to a server; sessions leave it as soon as they can, and an event says when none "
      "is left; after timeouts.drain the rest is cut",
      verb_drain, &verb_columns },
    { "disable", "<SERVER>", "a server is out of use at once: connections of sessions to it are cut",
      verb_disable, &verb_columns },
    { "enable", "<SERVER>",
      "a server is used again; if there is no primary, a writable server becomes the primary", verb_enable,
      &verb_columns },
    { "pause", "<CLUSTER>", "hold new statements and transactions; answers when none runs any more",
      pause_cluster, &pause_columns },
    { "resume", "<CLUSTER>", "end a pause", resume_cluster, &pause_columns },
    { "config diff", "", "what a reload would change, and when that takes effect", reconfigure_diff,
      &reconfigure_columns },
    { "reload", "", "check the configuration file, then apply all of it or nothing; answers what has changed",
      reconfigure_reload, &reconfigure_columns },
    { "kill", "<SESSION>", "end a session and its statement; the number is the id in show sessions",
      verb_kill, &kill_columns },
    { "doctor", "", "log in to every server, and report what is wrong with the cluster and what to do",
      doctor, &doctor_columns },
    { "help", "[COMMAND]", "this list, or one command and the columns of its answer", help, &help_columns },
};

/* Commands planned for later: refused by name, so that no operator waits for an effect. */
static const char *const absent[] = {
    "switchover",
    "failover",
    "rejoin",
};

/* First words of the commands that change nothing. All other commands are logged, with the client that sent
 * them. */
static const char *const harmless[] = { "show", "explain", "help", "config diff", "doctor" };

static struct span trim(struct span span)
{
    while (span.len > 0 &&
           (*span.data == ' ' || *span.data == '\t' || *span.data == '\n' || *span.data == '\r'))
        span = span_of(span.data + 1, span.len - 1);
    while (span.len > 0 && (span.data[span.len - 1] == ' ' || span.data[span.len - 1] == '\t' ||
                            span.data[span.len - 1] == '\n' || span.data[span.len - 1] == '\r' ||
                            span.data[span.len - 1] == ';'))
        span.len--;
    return span;
}

/* Does the line begin with these words, separated by any number of blanks? *rest_r is the text after them. */
static bool begins_with(struct span line, const char *words, struct span *rest_r)
{
    size_t at = 0;
    for (const char *w = words; *w != '\0'; w++) {
        if (*w == ' ') {
            size_t blanks = at;
            while (at < line.len && (line.data[at] == ' ' || line.data[at] == '\t'))
                at++;
            if (at == blanks)
                return false;
        } else if (at >= line.len || (line.data[at] | 0x20) != (uint8_t)*w) {
            return false;
        } else {
            at++;
        }
    }
    if (at < line.len && line.data[at] != ' ' && line.data[at] != '\t' && line.data[at] != '\n')
        return false;
    *rest_r = trim(span_of(line.data + at, line.len - at));
    return true;
}

static bool is_harmless(const char *words)
{
    struct span rest;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (begins_with(span_cstr(words), harmless[i], &rest))
            return true;
    return false;
}

static void refuse(struct request *request, const char *what, const char *why)
{
    (void)error_set(&request->error, 0, "%s%s", what, why);
    request->on_done(request);
}

static void put_help(struct table *table, const struct row *row)
{
    table_row(table);
    table_text(table, row->words);
    table_text(table, row->argument);
    table_null(table);
    table_null(table);
    table_text(table, row->help);
    for (size_t i = 0; i < row->columns->count; i++) {
        const struct column *column = &row->columns->list[i];
        table_row(table);
        table_text(table, row->words);
        table_null(table);
        table_text(table, column->name);
        table_text(table, column_type_name(column->type));
        table_text(table, column->doc);
    }
}

static void help_one(struct request *request)
{
    struct span rest;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!begins_with(request->argument, rows[i].words, &rest))
            continue;
        table_init(&request->table, help_columns.list, help_columns.count);
        put_help(&request->table, &rows[i]);
        request->on_done(request);
        return;
    }
    refuse(request, "there is no such command", ": try 'help'");
}

static void help(struct request *request)
{
    static const struct column columns[] = {
        { "command", COLUMN_TEXT, "the command" },
        { "argument", COLUMN_TEXT, "its argument" },
        { "help", COLUMN_TEXT, "what it does" },
    };
    if (request->argument.len > 0) {
        help_one(request);
        return;
    }
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        table_row(&request->table);
        table_text(&request->table, rows[i].words);
        table_text(&request->table, rows[i].argument);
        table_text(&request->table, rows[i].help);
    }
    request->on_done(request);
}

static void run(const struct row *row, struct request *request)
{
    if (!is_harmless(row->words))
        log_notice(request->by, "admin: %s%s%.*s", row->words, request->argument.len > 0 ? " " : "",
                   (int)request->argument.len, (const char *)request->argument.data);
    row->run(request);
}

void command_run(struct request *request, struct span line)
{
    char text[80];
    line = trim(line);
    (void)span_copy_cstr(line, text, sizeof text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!begins_with(line, rows[i].words, &request->argument))
            continue;
        if (rows[i].argument[0] == '<' && request->argument.len == 0)
            refuse(request, rows[i].words, ": needs an argument: see 'help'");
        else if (rows[i].argument[0] == '\0' && request->argument.len > 0)
            refuse(request, rows[i].words, ": takes no argument");
        else
            run(&rows[i], request);
        return;
    }
    struct span rest;
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        if (begins_with(line, absent[i], &rest)) {
            refuse(request, absent[i], ": not in this version");
            return;
        }
    if (line.len == 0)
        refuse(request, "empty command", ": try 'help'");
    else
        refuse(request, text, ": unknown command: try 'help'");
}

bool command_describe(size_t index, const char **words_r, const char **argument_r, const char **help_r)
{
    if (index >= sizeof rows / sizeof *rows)
        return false;
    *words_r = rows[index].words;
    *argument_r = rows[index].argument;
    *help_r = rows[index].help;
    return true;
}

const struct columns *command_columns(size_t index)
{
    return index < sizeof rows / sizeof *rows ? rows[index].columns : NULL;
}
