#include "app/manual.h"

#include "admin/command.h"
#include "app/config.h"
#include "app/options.h"
#include "settings/roff.h"

#define DATED "2026-11-23" /* last review of the text in this file */

/* A term and its explanation. */
struct entry {
    const char *term;
    const char *prose;
};

static void title(const char *name, const char *section, const char *manual, struct text *out)
{
    (void)text_appendf(out,
                       ".\\\" Written from the tables by headgate itself (make docs): change the rows and "
                       "src/app/manual.c.\n"
                       ".TH \"%s\" \"%s\" \"" DATED "\" \"headgate " HEADGATE_VERSION "\" \"%s\"\n",
                       name, section, manual);
}

static void name_line(const char *name, const char *what, struct text *out)
{
    roff_macro("SH", "NAME", out);
    (void)text_appendf(out, "%s \\- ", name);
    roff_line(what, out);
}

static void paragraph(const char *prose, struct text *out)
{
    (void)text_append_cstr(out, ".PP\n");
    roff_line(prose, out);
}

static void heading(const char *words, const char *prose, struct text *out)
{
    roff_macro("SH", words, out);
    if (prose != NULL)
        roff_line(prose, out);
}

/* A term in bold with its argument in italics; either may have none. */
static void term(const char *words, const char *argument, struct text *out)
{
    (void)text_append_cstr(out, ".TP\n\\fB");
    roff_prose(words, out);
    (void)text_append_cstr(out, "\\fR");
    if (*argument != '\0') {
        (void)text_append_cstr(out, " \\fI");
        roff_prose(argument, out);
        (void)text_append_cstr(out, "\\fR");
    }
    (void)text_append_byte(out, '\n');
}

static void entries(const struct entry *rows, size_t count, struct text *out)
{
    for (size_t i = 0; i < count; i++) {
        term(rows[i].term, "", out);
        roff_line(rows[i].prose, out);
    }
}
#define ENTRIES(rows) (rows), sizeof(rows) / sizeof *(rows)

/* Appends lines verbatim and indented. */
static void example(const char *lines, struct text *out)
{
    (void)text_append_cstr(out, ".nf\n.RS\n");
    roff_prose(lines, out);
    (void)text_append_cstr(out, "\n.RE\n.fi\n");
}

/* ---- headgate(8) ---- */

static const struct entry signals[] = {
    { "SIGHUP",
      "Reload: the whole configuration is read and checked, and all of it is applied, or nothing. The "
      "log says field by field what has changed, or what is wrong in which line." },
    { "SIGTERM", "Stop: no new clients; idle sessions end at once, running statements and open transactions "
                 "may go on for timeouts.shutdown. A second SIGTERM cuts them at once. The last line of the "
                 "log says how many were cut; the exit status is 3 if any were, else 0." },
    { "SIGINT", "Stop at once." },
    { "SIGUSR1", "Open the log files again, after logrotate has moved them." },
};

static const struct entry headgate_variables[] = {
    { "NOTIFY_SOCKET", "Where the service manager is told that headgate is ready, reloading or stopping, and "
                       "its status; set by systemd for units of Type=notify. See sd_notify(3)." },
    { "WATCHDOG_USEC, WATCHDOG_PID",
      "The interval of the watchdog; set by systemd where the unit has WatchdogSec. headgate answers while "
      "the control thread and every worker answer." },
};

static const struct entry headgate_files[] = {
    { CONFIG_PATH_DEFAULT, "The configuration: see headgate.conf(5). It contains passwords: only root and "
                           "the group headgate should be able to read it." },
    { "/run/headgate/admin.sock", "The admin socket, to which headgatectl(1) connects." },
};

static const struct entry statuses[] = {
    { "0", "After a requested stop; with -t, if the configuration is good." },
    { "1", "If the configuration has errors (each is a line file:line: message on standard error), or "
           "headgate could not start." },
    { "3", "After a stop in which sessions were cut because they did not end in time." },
};

void manual_write_headgate(struct text *out)
{
    char spelt[64];
    title("HEADGATE", "8", "System administration", out);
    name_line("headgate", "load balancer for MySQL and MariaDB that reads the protocol", out);
    roff_macro("SH", "SYNOPSIS", out);
    (void)text_append_cstr(out, "\\fBheadgate\\fR [\\fB\\-c\\fR \\fIFILE\\fR] [\\fB\\-t\\fR]\n");
    heading("DESCRIPTION",
            "headgate is a proxy and load balancer for MySQL and MariaDB clusters. Applications connect to "
            "it as if it were one server. It sends writes to the primary, spreads harmless reads over the "
            "replicas, and keeps together what must stay together: transactions, session state, prepared "
            "statements. A statement that headgate cannot prove to be a harmless read goes to the primary.",
            out);
    paragraph("It runs in the foreground and logs to standard error. It asks the servers which of them is "
              "the primary. headgatectl(1) shows its state and controls it.",
              out);
    heading("OPTIONS", NULL, out);
    for (size_t i = 0; i < option_row_count; i++) {
        term(option_spelling(&option_rows[i], spelt, sizeof spelt), "", out);
        roff_line(option_rows[i].help, out);
    }
    heading("SIGNALS", NULL, out);
    entries(ENTRIES(signals), out);
    heading("ENVIRONMENT", NULL, out);
    entries(ENTRIES(headgate_variables), out);
    heading("FILES", NULL, out);
    entries(ENTRIES(headgate_files), out);
    heading("EXIT STATUS", NULL, out);
    entries(ENTRIES(statuses), out);
    heading("SEE ALSO", "headgatectl(1), headgate.conf(5)", out);
}

/* ---- headgatectl(1) ---- */

static const struct entry ctl_options[] = {
    { "-s, --socket PATH", "The admin socket; by default $HEADGATE_SOCKET, or /run/headgate/admin.sock." },
    { "-j, --json", "Answers in JSON: an array of objects, or an object with the member error." },
    { "-V, --version", "The version of headgatectl." },
    { "-h, --help", "A short help." },
};

static const struct entry ctl_variables[] = {
    { "HEADGATE_SOCKET", "The admin socket, if --socket is not given." },
};

static const struct entry ctl_files[] = {
    { "~/.headgatectl_history", "History of the prompt, readable by its owner only." },
};

static const char ctl_examples[] = "headgatectl show servers\n"
                                   "headgatectl --json show sessions\n"
                                   "headgatectl explain 'SELECT id FROM t FOR UPDATE'\n"
                                   "headgatectl drain db2\n"
                                   "headgatectl doctor\n"
                                   "headgatectl top";

/* Commands that answer with the same table share a subsection; the first of them writes it. */
static void command_table(size_t first, struct text *out)
{
    const struct columns *columns = command_columns(first), *others;
    struct text names = { 0 };
    const char *words, *argument, *help;
    for (size_t i = 0; i < first; i++)
        if (command_columns(i) == columns)
            return;
    for (size_t i = first; (others = command_columns(i)) != NULL; i++)
        if (others == columns && command_describe(i, &words, &argument, &help))
            (void)text_appendf(&names, "%s%s", names.len > 0 ? ", " : "", words);
    out->is_oom |= names.is_oom;
    roff_macro("SS", text_cstr(&names), out);
    text_fini(&names);
    for (size_t i = 0; i < columns->count; i++) {
        term(columns->list[i].name, column_type_name(columns->list[i].type), out);
        roff_line(columns->list[i].doc, out);
    }
}

void manual_write_headgatectl(struct text *out)
{
    const char *words, *argument, *help;
    title("HEADGATECTL", "1", "User commands", out);
    name_line("headgatectl", "sends admin commands to a running headgate", out);
    roff_macro("SH", "SYNOPSIS", out);
    (void)text_append_cstr(out, "\\fBheadgatectl\\fR [\\fB\\-s\\fR \\fISOCKET\\fR] [\\fB\\-\\-json\\fR] "
                                "[\\fICOMMAND\\fR ...]\n");
    heading("DESCRIPTION",
            "headgatectl sends COMMAND to a running headgate(8) and prints the answer, a table. Without a "
            "command it reads commands from a prompt with history and completion; quit ends it. The command "
            "top of headgatectl itself refreshes servers, sessions and digests every second until q is "
            "pressed; without a terminal it prints them once. Root and the members of the group headgate may "
            "use it: access to the socket allows all commands.",
            out);
    heading("OPTIONS", NULL, out);
    entries(ENTRIES(ctl_options), out);
    heading("COMMANDS", NULL, out);
    for (size_t i = 0; command_describe(i, &words, &argument, &help); i++) {
        term(words, argument, out);
        roff_line(help, out);
    }
    heading("COLUMNS", "The columns of the answers; help COMMAND explains those of one command.", out);
    for (size_t i = 0; command_columns(i) != NULL; i++)
        command_table(i, out);
    heading("ENVIRONMENT", NULL, out);
    entries(ENTRIES(ctl_variables), out);
    heading("FILES", NULL, out);
    entries(ENTRIES(ctl_files), out);
    heading("EXIT STATUS",
            "0; 1 with the error on standard error, or when doctor has found an error; 2 for wrong options.",
            out);
    heading("EXAMPLES", NULL, out);
    example(ctl_examples, out);
    heading("SEE ALSO", "headgate(8), headgate.conf(5)", out);
}

/* ---- headgate.conf(5) ---- */

static const struct entry values[] = {
    { "string", "In double quotes." },
    { "number, true or false", "Without quotes." },
    { "duration", "A string: a number and one of us, ms, s, m, h, d: \"250ms\", \"5m\"." },
    { "size", "A string: a number and one of B, KiB, MiB, GiB: \"16KiB\"." },
    { "group", "name: { key = value; ... };" },
    { "list", "name = ( { key = value; ... }, ... );" },
};

static const char conf_example[] =
    "listeners = ( { name = \"app\"; address = \"127.0.0.1:6033\"; cluster = \"main\"; } );\n"
    "clusters = (\n"
    "  { name = \"main\";\n"
    "    monitor: { user = \"monitor\"; password_file = \"monitor.password\"; };\n"
    "    servers = (\n"
    "      { name = \"db1\"; address = \"db1.example:3306\"; },\n"
    "      { name = \"db2\"; address = \"db2.example:3306\"; }\n"
    "    );\n"
    "  }\n"
    ");\n"
    "users = ( { name = \"app\"; password_file = \"app.password\"; } );";

void manual_write_conf(struct text *out)
{
    title("HEADGATE.CONF", "5", "File formats", out);
    name_line("headgate.conf", "configuration of headgate(8)", out);
    heading("DESCRIPTION",
            "The file is written in the grammar of libconfig: settings end with a semicolon, comments begin "
            "with # or // "
            "or stand between /* and */. A key that does not exist is an error, and the message suggests the "
            "one that "
            "was meant. headgate -t -c FILE checks a file.",
            out);
    entries(ENTRIES(values), out);
    paragraph(
        "@include \"name\" on a line of its own reads another file in its place; names are relative to the "
        "folder of "
        "the file. Passwords may be given as password, as password_file (the first line of that file) or as "
        "password_env (an environment variable).",
        out);
    heading("SETTINGS", NULL, out);
    config_write_manual(out);
    heading("EXAMPLE", NULL, out);
    example(conf_example, out);
    heading("SEE ALSO", "headgate(8), headgatectl(1)", out);
}
