#include "admin/diagnosis.h"

#include "base/clock.h"
#include "mysql/caps.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define CLOCK_SKEW_US                                                                                        \
    1000000 /* smaller differences do not matter: most applications store timestamps in seconds */

const struct column diagnosis_columns[DIAGNOSIS_COLUMNS] = {
    { "result", COLUMN_TEXT, "ok, warning, error, or unknown: the check could not be made" },
    { "check", COLUMN_TEXT, "the check" },
    { "cluster", COLUMN_TEXT, "the server's cluster" },
    { "server", COLUMN_TEXT, "the server" },
    { "found", COLUMN_TEXT, "what was found" },
    { "advice", COLUMN_TEXT, "what to do" },
};

/* The state of one check on one server. */
struct report {
    struct table *table;
    const char *check;
    const struct patient *patients; /* all of them */
    size_t count;
    const struct timeout_settings *timeouts;
    const struct patient *patient;   /* the server being checked */
    const struct patient *reference; /* the server that others of the cluster are compared with; NULL: none */
};

enum result { RESULT_OK, RESULT_WARNING, RESULT_ERROR, RESULT_UNKNOWN };

/* Appends a row. `advice` is static text, or NULL when nothing has to be done. */
static void put(struct report *report, enum result result, const char *advice, const char *found, ...)
    __attribute__((format(printf, 4, 5)));

static void put(struct report *report, enum result result, const char *advice, const char *found, ...)
{
    static const char *const words[] = { "ok", "warning", "error", "unknown" };
    char text[512];
    va_list arguments;
    va_start(arguments, found);
    (void)vsnprintf(text, sizeof text, found, arguments);
    va_end(arguments);
    table_row(report->table);
    table_text(report->table, words[result]);
    table_text(report->table, report->check);
    table_text(report->table, report->patient->cluster);
    table_text(report->table, report->patient->name);
    table_text(report->table, text);
    table_text(report->table, advice);
}

#define SPAN(span) (int)(span).len, (const char *)(span).data

static bool is_mysql(const struct patient *patient)
{
    return patient->visit.family == FAMILY_MYSQL;
}

/* The value of a numeric variable; 0 if the server did not report it. */
static uint64_t number(const struct patient *patient, const char *name)
{
    uint64_t value = 0;
    return checkup_number(&patient->visit, name, &value) ? value : 0;
}

static bool is_on(const struct patient *patient, const char *name)
{
    struct span value;
    bool is_said = checkup_variable(&patient->visit, name, &value);
    return is_said && !span_is_nocase(value, "OFF") && !span_is(value, "0");
}

/* ---- access ---- */

static void check_connect(struct report *report)
{
    const struct checkup *visit = &report->patient->visit;
    if (!visit->is_in)
        put(report, RESULT_ERROR,
            "Check that the server runs at this address, and that the monitor's account exists there with "
            "the configured password, for this machine",
            "the monitor cannot log in: %s", visit->error);
    else if (visit->error[0] != '\0')
        put(report, RESULT_ERROR, "Check whether the server is overloaded or stopped",
            "the connection ended early: %s", visit->error);
    else
        put(report, RESULT_OK, NULL, "%s", visit->version);
}

static void check_monitor_grants(struct report *report)
{
    const struct checkup_answer *answer = &report->patient->visit.answers[CHECKUP_REPLICATION];
    if (!answer->is_there)
        put(report, RESULT_UNKNOWN, NULL, "not asked");
    else if (answer->code != 0)
        put(report, RESULT_ERROR,
            is_mysql(report->patient) ? "GRANT REPLICATION CLIENT ON *.* TO the monitor's account"
                                      : "GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO the monitor's account",
            "the monitor may not see the replication status: %d %s", answer->code, answer->error);
    else
        put(report, RESULT_OK, NULL, "the monitor has the rights that it needs");
}

/* The monitor reads stored code on the primary alone; GRANTs are replicated. */
static void check_stored_code(struct report *report)
{
    const struct patient *patient = report->patient;
    if (!patient->is_primary)
        return;
    if (!patient->is_surveyed)
        put(report, RESULT_UNKNOWN, NULL, "not yet asked for its stored code");
    else if (patient->survey_error[0] != '\0')
        put(report, RESULT_WARNING,
            "Grant it to the monitor's account itself, not to a role; what each privilege is for: the "
            "guide's page "
            "on operation",
            "not all stored code is known: %s", patient->survey_error);
    else if (patient->hidden_views > 0)
        put(report, RESULT_OK, NULL,
            "all stored code is known, but for the bodies of %zu views: these run on the primary, unless the "
            "monitor has SELECT on them",
            patient->hidden_views);
    else
        put(report, RESULT_OK, NULL, "all stored code is known");
}

/* Accounts are read from the primary alone. */
static void check_server_accounts(struct report *report)
{
    const struct directory_state *read = &report->patient->accounts_read;
    if (!report->patient->is_primary || !read->is_on)
        return;
    if (!read->is_tried)
        put(report, RESULT_UNKNOWN, NULL, "not yet asked for its accounts");
    else if (read->error[0] != '\0')
        put(report, RESULT_ERROR,
            "Grant it to the monitor's account itself, not to a role; until then the last known accounts are "
            "in force",
            "accounts could not be read: %s", read->error);
    else
        put(report, RESULT_OK, NULL, "%zu accounts were read", read->count);
}

/* ---- the accounts of applications ---- */

static void put_account(struct report *report, const struct patient_account *account)
{
    if (!account->is_usable)
        put(report, RESULT_UNKNOWN,
            "Configure the password in clear text, or log in through headgate to try it",
            "'%s': only a hash of its password is known, so it was not tried", account->user);
    else if (!account->visit.is_in)
        put(report, RESULT_ERROR,
            "Create the account there, with the configured password and a plugin that headgate knows "
            "(mysql_native_password, caching_sha2_password, sha256_password)",
            "'%s' cannot log in: %s", account->user, account->visit.error);
}

static void check_accounts(struct report *report)
{
    const struct patient *patient = report->patient;
    size_t good = 0;
    for (size_t i = 0; i < patient->account_count; i++) {
        good += patient->accounts[i].visit.is_in;
        put_account(report, &patient->accounts[i]);
    }
    if (good > 0)
        put(report, RESULT_OK, NULL, "%zu of %zu accounts can log in%s", good, patient->account_total,
            patient->account_count < patient->account_total ? "; not all were tried" : "");
}

static void check_read_only_bypass(struct report *report)
{
    const struct patient *patient = report->patient;
    size_t looked = 0, bad = 0;
    for (size_t i = 0; i < patient->account_count; i++) {
        const struct patient_account *account = &patient->accounts[i];
        const struct checkup_answer *grants = &account->visit.answers[CHECKUP_GRANTS];
        if (!grants->is_there || grants->code != 0)
            continue;
        const char *privilege = checkup_read_only_bypass(&account->visit);
        looked++;
        bad += privilege != NULL;
        if (privilege != NULL && is_mysql(patient) && is_on(patient, "super_read_only"))
            put(report, RESULT_OK, NULL, "'%s' has %s, but super_read_only is on", account->user, privilege);
        else if (privilege != NULL)
            put(report, RESULT_WARNING,
                "Revoke it: otherwise a demoted primary accepts writes that are lost later",
                "'%s' has %s: read_only does not hold it", account->user, privilege);
    }
    if (looked == 0)
        put(report, RESULT_UNKNOWN, NULL, "no account's grants could be read");
    else if (bad == 0)
        put(report, RESULT_OK, NULL, "none of %zu accounts bypasses read_only", looked);
}

/* ---- writes and replication ---- */

static void check_log_bin(struct report *report)
{
    const struct patient *patient = report->patient;
    if (is_on(patient, "log_bin"))
        put(report, RESULT_OK, NULL, "there is a binary log");
    else if (patient->is_primary && patient->neighbours > 1)
        put(report, RESULT_ERROR, "Set log_bin in its configuration file, and restart it",
            "the primary has no binary log: nothing reaches the replicas");
    else
        put(report, RESULT_WARNING, "Set log_bin in its configuration file, and restart it",
            "no binary log: %s",
            patient->is_primary ? "no replica can be added" : "no replica can follow it after a promotion");
}

static void check_gtid(struct report *report)
{
    const struct patient *patient = report->patient;
    struct span mode;
    if (!checkup_variable(&patient->visit, "gtid_mode", &mode))
        put(report, RESULT_OK, NULL, "MariaDB has GTIDs whenever it has a binary log");
    else if (span_is_nocase(mode, "ON"))
        put(report, RESULT_OK, NULL, "gtid_mode is ON");
    else
        put(report, RESULT_WARNING,
            "Bring gtid_mode to ON on all servers, step by step, as MySQL's manual says",
            "gtid_mode is %.*s: headgate cannot tell its position, so clients that have written read on the "
            "primary",
            SPAN(mode));
}

static void check_read_only(struct report *report)
{
    const struct patient *patient = report->patient;
    bool is_read_only = is_on(patient, "read_only");
    if (patient->is_primary && is_read_only)
        put(report, RESULT_ERROR, "SET GLOBAL read_only = OFF", "the primary is read_only");
    else if (!patient->is_primary && !is_read_only)
        put(report, RESULT_ERROR,
            "SET GLOBAL read_only = ON, and the same in its configuration file: headgate tells replicas from "
            "the primary by it",
            "read_only is off, and it is not the primary: its writes reach no other server");
    else
        put(report, RESULT_OK, NULL, "%s",
            is_read_only ? "read_only is on" : "it is writable, as the primary should be");
}

/* ---- Galera ---- */

static void check_galera(struct report *report)
{
    const char *reason;
    switch (wsrep_judge(&report->patient->wsrep, &reason)) {
    case WSREP_FIT:
        put(report, RESULT_OK, NULL, "%s", reason);
        break;
    case WSREP_BEHIND:
        put(report, RESULT_WARNING,
            "Wait until its donation or catching up is over; or SET GLOBAL wsrep_desync = OFF", "%s", reason);
        break;
    case WSREP_UNFIT:
        put(report, RESULT_ERROR,
            "Look at its error log and at SHOW STATUS LIKE 'wsrep_%': it gets no statements before it is "
            "synced",
            "%s", reason);
        break;
    }
}

/* Galera settings whose wrong value on one node harms the cluster. */
static const struct {
    const char *variable, *good;
    const char *advice;
} wsrep_settings[] = {
    { "wsrep_auto_increment_control", "ON",
      "Set it to ON: two nodes that write while the writer changes generate the same ids" },
    { "innodb_autoinc_lock_mode", "2",
      "Set it to 2, as Galera's manual says: others make appliers wait for each other, and may deadlock" },
    { "wsrep_osu_method", "TOI",
      "Set it to TOI, and to RSU in a session alone: with RSU a change of a table stays on one node" },
    { "wsrep_sync_wait", "0",
      "Set it to 0 if headgate's `consistency` is enough: otherwise every read waits on its node, up to "
      "repl.causal_read_timeout" },
    { "default_storage_engine", "InnoDB", "Set it to InnoDB: tables of other engines are not replicated" },
};

static void check_wsrep_settings(struct report *report)
{
    size_t bad = 0;
    for (size_t i = 0; i < sizeof wsrep_settings / sizeof *wsrep_settings; i++) {
        struct span value;
        if (!checkup_variable(&report->patient->visit, wsrep_settings[i].variable, &value) ||
            span_is_nocase(value, wsrep_settings[i].good))
            continue;
        bad++;
        put(report, RESULT_WARNING, wsrep_settings[i].advice, "%s is %.*s", wsrep_settings[i].variable,
            SPAN(value));
    }
    if (bad == 0)
        put(report, RESULT_OK, NULL, "no setting that harms the other nodes");
}

/* A column of SHOW REPLICA STATUS by its new or its old name. */
static struct span link_value(const struct rows *rows, unsigned row, const char *name, const char *other)
{
    struct span value = { 0 };
    int column = rows_column(rows, name);
    (void)rows_value(rows, row, column < 0 ? rows_column(rows, other) : column, &value);
    return value.data == NULL ? span_of("", 0) : value;
}

static void put_link(struct report *report, const struct rows *rows, unsigned row)
{
    struct span host = link_value(rows, row, "Source_Host", "Master_Host");
    struct span port = link_value(rows, row, "Source_Port", "Master_Port");
    struct span io = link_value(rows, row, "Replica_IO_Running", "Slave_IO_Running");
    struct span sql = link_value(rows, row, "Replica_SQL_Running", "Slave_SQL_Running");
    struct span io_error = link_value(rows, row, "Last_IO_Error", "Last_IO_Error");
    struct span sql_error = link_value(rows, row, "Last_SQL_Error", "Last_SQL_Error");
    if (span_is_nocase(io, "No") || !span_is_nocase(sql, "Yes"))
        put(report, RESULT_ERROR, "Remove the cause of its error, then START REPLICA (or START SLAVE)",
            "it follows %.*s:%.*s, and has stopped (fetching: %.*s, applying: %.*s)%s%.*s%.*s", SPAN(host),
            SPAN(port), SPAN(io), SPAN(sql), io_error.len + sql_error.len > 0 ? ": " : "", SPAN(io_error),
            SPAN(sql_error));
    else if (!span_is_nocase(io, "Yes"))
        put(report, RESULT_WARNING,
            "Check that its source runs, and that the replication account may log in there",
            "it follows %.*s:%.*s, and cannot connect%s%.*s", SPAN(host), SPAN(port),
            io_error.len > 0 ? ": " : "", SPAN(io_error));
    else
        put(report, RESULT_OK, NULL, "it follows %.*s:%.*s", SPAN(host), SPAN(port));
}

/* Number of replication channels that are configured. Rows of other channels have empty names. */
static size_t put_links(struct report *report, const struct rows *rows)
{
    size_t links = 0;
    for (unsigned row = 0; row < rows->rows; row++) {
        if (link_value(rows, row, "Source_Host", "Master_Host").len == 0)
            continue;
        put_link(report, rows, row);
        links++;
    }
    return links;
}

static void check_replication(struct report *report)
{
    const struct checkup_answer *answer = &report->patient->visit.answers[CHECKUP_REPLICATION];
    if (!answer->is_there || answer->code != 0)
        put(report, RESULT_UNKNOWN, NULL, "the monitor may not see the replication status");
    else if (put_links(report, &answer->rows) == 0 && report->patient->is_primary)
        put(report, RESULT_OK, NULL, "it does not replicate: it is the primary");
    else if (answer->rows.rows == 0)
        put(report, RESULT_ERROR,
            "Make it follow the primary (CHANGE REPLICATION SOURCE, CHANGE MASTER), or remove it",
            "it is not the primary, and does not replicate");
}

/* The lag; -1: not reported. */
static int64_t lag_of(const struct rows *rows)
{
    int64_t lag_s = -1;
    uint64_t seconds;
    for (unsigned row = 0; row < rows->rows; row++)
        if (span_to_u64(link_value(rows, row, "Seconds_Behind_Source", "Seconds_Behind_Master"), &seconds) &&
            seconds <= INT32_MAX && (int64_t)seconds > lag_s)
            lag_s = (int64_t)seconds;
    return lag_s;
}

static void check_lag(struct report *report)
{
    const struct patient *patient = report->patient;
    uint64_t most_us = patient->settings->max_lag_us;
    int64_t lag_s = lag_of(&patient->visit.answers[CHECKUP_REPLICATION].rows);
    if (patient->is_primary)
        return;
    if (lag_s < 0)
        put(report, RESULT_UNKNOWN, NULL, "it does not report its lag");
    else if (most_us > 0 && (uint64_t)lag_s * 1000000 > most_us)
        put(report, RESULT_WARNING, "Find the cause of the lag; until then it takes no reads",
            "it is %" PRId64 " s behind, more than max_lag", lag_s);
    else
        put(report, RESULT_OK, NULL, "it is %" PRId64 " s behind", lag_s);
}

static void check_server_id(struct report *report)
{
    const struct patient *patient = report->patient;
    uint64_t id = number(patient, "server_id");
    for (size_t i = 0; i < report->count; i++) {
        const struct patient *other = &report->patients[i];
        if (other == patient || other->settings != patient->settings || !other->visit.is_in ||
            number(other, "server_id") != id)
            continue;
        put(report, RESULT_ERROR, "Give each server a server_id of its own, in its configuration file",
            "server_id %" PRIu64 " is that of %s as well", id, other->name);
        return;
    }
    put(report, RESULT_OK, NULL, "server_id %" PRIu64, id);
}

/* ---- limits and time-outs ---- */

static void check_wait_timeout(struct report *report)
{
    uint64_t wait_us = number(report->patient, "wait_timeout") * 1000000;
    uint64_t parked_us = report->timeouts->server_idle_us, idle_us = report->timeouts->idle_client_us;
    char wait[32], other[32];
    (void)clock_format_duration(wait_us, wait, sizeof wait);
    if (wait_us < parked_us)
        put(report, RESULT_WARNING, "Raise wait_timeout, or lower timeouts.server_idle",
            "the server ends idle connections after %s, before timeouts.server_idle (%s)", wait,
            clock_format_duration(parked_us, other, sizeof other));
    else if (idle_us == 0 || wait_us < idle_us)
        put(report, RESULT_WARNING,
            "Raise wait_timeout, or lower timeouts.idle_client: a client with a transaction or a temporary "
            "table "
            "loses it otherwise",
            "the server ends idle connections after %s, clients may be idle for %s", wait,
            idle_us == 0 ? "ever" : clock_format_duration(idle_us, other, sizeof other));
    else
        put(report, RESULT_OK, NULL, "the server ends idle connections after %s", wait);
}

static void check_max_connections(struct report *report)
{
    const struct patient *patient = report->patient;
    int64_t own = (int64_t)number(patient, "max_connections"),
            reserve = patient->settings->connection_reserve;
    int64_t kept = reserve < own / 2 ? reserve : own / 2; /* the same calculation as server_note_own_max */
    int64_t share = patient->max_connections > 0 ? patient->max_connections : own - kept;
    int64_t per_user = (int64_t)number(patient, "max_user_connections");
    if (share > own)
        put(report, RESULT_ERROR,
            "Lower max_connections of this server in headgate's configuration, or raise its own",
            "headgate may open %" PRId64 " connections, the server takes %" PRId64, share, own);
    else if (patient->max_connections > 0 && share + reserve > own)
        put(report, RESULT_WARNING,
            "Lower max_connections of this server in headgate's configuration, or raise its own",
            "headgate may open %" PRId64 " of its %" PRId64
            " connections: less than connection_reserve is left",
            share, own);
    else if (per_user > 0 && per_user < share)
        put(report, RESULT_WARNING,
            "Raise max_user_connections, or lower max_connections of this server in headgate",
            "one account may have %" PRId64 " connections (max_user_connections), headgate may open %" PRId64,
            per_user, share);
    else
        put(report, RESULT_OK, NULL, "%" PRId64 ", of them for sessions %" PRId64, own, share);
}

static void check_session_tracking(struct report *report)
{
    const struct checkup *visit = &report->patient->visit;
    const struct checkup_answer *answer = &visit->answers[CHECKUP_SETUP];
    static const char advice[] = "headgate needs MySQL from 5.7 or MariaDB from 10.2 on, and no proxy in "
                                 "between that hides session tracking";
    if ((visit->caps & CAP_SESSION_TRACK) == 0)
        put(report, RESULT_ERROR, advice, "the server does not offer session tracking");
    else if (answer->is_there && answer->code != 0)
        put(report, RESULT_ERROR, advice, "session tracking was refused: %d %s", answer->code, answer->error);
    else
        put(report, RESULT_OK, NULL, "the server reports changes of session state");
}

static void check_init_connect(struct report *report)
{
    struct span value;
    if (checkup_variable(&report->patient->visit, "init_connect", &value) && value.len > 0)
        put(report, RESULT_WARNING,
            "Avoid it if possible: connections of sessions are closed instead of shared",
            "init_connect is \"%.*s\"", value.len > 200 ? 200 : (int)value.len, (const char *)value.data);
    else
        put(report, RESULT_OK, NULL, "init_connect is empty");
}

static void check_clock(struct report *report)
{
    const struct checkup_answer *answer = &report->patient->visit.answers[CHECKUP_CLOCK];
    struct span value;
    uint64_t now_us;
    if (!answer->is_there || answer->code != 0 || !rows_value(&answer->rows, 0, 0, &value) ||
        !span_to_u64(value, &now_us)) {
        put(report, RESULT_UNKNOWN, NULL, "it did not report its time");
        return;
    }
    /* The server read its clock at some time between question and answer. */
    int64_t behind_us = (int64_t)(answer->asked_us - now_us),
            ahead_us = (int64_t)(now_us - answer->answered_us);
    int64_t skew_us = behind_us > ahead_us ? behind_us : ahead_us;
    if (skew_us > CLOCK_SKEW_US)
        put(report, RESULT_WARNING, "Synchronise both machines with the same source of time (NTP)",
            "its clock is %.1f s %s headgate's", (double)skew_us / 1e6,
            behind_us > 0 ? "behind" : "ahead of");
    else
        put(report, RESULT_OK, NULL, "its clock agrees with headgate's within a second");
}

/* ---- equal on all servers ---- */

static void check_version(struct report *report)
{
    const struct patient *patient = report->patient, *reference = report->reference;
    struct server_version mine = greeting_version(span_cstr(patient->visit.version));
    struct server_version theirs = greeting_version(span_cstr(reference->visit.version));
    if (patient->visit.family != reference->visit.family)
        put(report, RESULT_ERROR, "Configure two clusters: the families differ in what clients see",
            "%s, and %s is %s", patient->visit.version, reference->name, reference->visit.version);
    else if (mine.major != theirs.major || mine.minor != theirs.minor)
        put(report, RESULT_WARNING,
            "Bring all servers to one version: clients are greeted with the lowest one", "%s, and %s is %s",
            patient->visit.version, reference->name, reference->visit.version);
    else
        put(report, RESULT_OK, NULL, "%s", patient->visit.version);
}

/* Variables that must be equal on all servers of a cluster. Otherwise a statement can mean one thing on the
 * primary and another on a replica. */
static const struct sameness {
    const char *check;
    const char *variable;
    const char *advice;
} samenesses[] = {
    { "sql_mode", "sql_mode",
      "Set it to the same value on all servers, in their configuration files: statements are read by it" },
    { "character_set", "character_set_server",
      "Set it to the same value on all servers, in their configuration files" },
    { "collation", "collation_server",
      "Set it to the same value on all servers, in their configuration files" },
    { "time_zone", "time_zone", "Set it to the same value on all servers: times are shown by it" },
    { "system_time_zone", "system_time_zone",
      "Set the same time zone on all machines, or time_zone to a fixed one" },
    { "max_allowed_packet", "max_allowed_packet",
      "Set it to the same value on all servers: a replica must be able to read what the primary accepts" },
    { "lower_case_table_names", "lower_case_table_names",
      "It can only be set when a server is initialised; names of tables have another meaning otherwise" },
};

static void check_sameness(struct report *report, const struct sameness *row)
{
    struct span mine = { 0 }, theirs = { 0 };
    bool is_said = checkup_variable(&report->patient->visit, row->variable, &mine);
    bool is_known = checkup_variable(&report->reference->visit, row->variable, &theirs);
    if (!is_said || !is_known)
        put(report, RESULT_UNKNOWN, NULL, "it did not report a value");
    else if (span_equal_nocase(mine, theirs))
        put(report, RESULT_OK, NULL, "%.*s", SPAN(mine));
    else
        put(report, RESULT_WARNING, row->advice, "%.*s, and on %s %.*s", mine.len > 200 ? 200 : (int)mine.len,
            (const char *)mine.data, report->reference->name, theirs.len > 200 ? 200 : (int)theirs.len,
            (const char *)theirs.data);
}

/* ---- all checks ---- */

/* The kind of cluster that a check applies to. */
enum kind { ANY_KIND, NOT_GALERA, GALERA_ONLY };

static const struct {
    const char *name;
    void (*run)(struct report *report);
    enum kind kind;
    bool is_blind; /* also checked when the monitor could not log in to the server */
    bool compares; /* compares the server with the reference, and skips the reference itself */
} checks[] = {
    { "connect", check_connect, ANY_KIND, true, false },
    { "monitor_grants", check_monitor_grants, ANY_KIND, false, false },
    { "stored_code", check_stored_code, ANY_KIND, false, false },
    { "server_accounts", check_server_accounts, ANY_KIND, false, false },
    { "accounts", check_accounts, ANY_KIND, false, false },
    { "read_only_bypass", check_read_only_bypass, NOT_GALERA, false, false },
    { "log_bin", check_log_bin, NOT_GALERA, false, false },
    { "gtid", check_gtid, NOT_GALERA, false, false },
    { "read_only", check_read_only, NOT_GALERA, false, false },
    { "replication", check_replication, NOT_GALERA, false, false },
    { "lag", check_lag, NOT_GALERA, false, false },
    { "server_id", check_server_id, NOT_GALERA, false, false },
    { "galera", check_galera, GALERA_ONLY, false, false },
    { "wsrep_settings", check_wsrep_settings, GALERA_ONLY, false, false },
    { "wait_timeout", check_wait_timeout, ANY_KIND, false, false },
    { "max_connections", check_max_connections, ANY_KIND, false, false },
    { "session_tracking", check_session_tracking, ANY_KIND, false, false },
    { "init_connect", check_init_connect, ANY_KIND, false, false },
    { "clock", check_clock, ANY_KIND, false, false },
    { "version", check_version, ANY_KIND, false, true },
};

/* The cluster's primary, or else its first server that the monitor could log in to. */
static const struct patient *find_reference(const struct report *report)
{
    const struct patient *found = NULL;
    for (size_t i = 0; i < report->count; i++) {
        const struct patient *patient = &report->patients[i];
        if (patient->settings != report->patient->settings || !patient->visit.is_in)
            continue;
        if (patient->is_primary)
            return patient;
        if (found == NULL)
            found = patient;
    }
    return found;
}

static bool is_of_kind(const struct patient *patient, enum kind kind)
{
    return kind == ANY_KIND || (kind == GALERA_ONLY) == patient->is_galera;
}

static bool is_comparable(const struct report *report)
{
    return report->patient->visit.is_in && report->reference != NULL && report->reference != report->patient;
}

void diagnosis_write(const struct patient *patients, size_t count, const struct timeout_settings *timeouts,
                     struct table *table)
{
    struct report report = { .table = table, .patients = patients, .count = count, .timeouts = timeouts };
    for (size_t c = 0; c < sizeof checks / sizeof *checks; c++)
        for (size_t i = 0; i < count; i++) {
            report.check = checks[c].name;
            report.patient = &patients[i];
            report.reference = find_reference(&report);
            if (is_of_kind(&patients[i], checks[c].kind) && (patients[i].visit.is_in || checks[c].is_blind) &&
                (!checks[c].compares || is_comparable(&report)))
                checks[c].run(&report);
        }
    for (size_t s = 0; s < sizeof samenesses / sizeof *samenesses; s++)
        for (size_t i = 0; i < count; i++) {
            report.check = samenesses[s].check;
            report.patient = &patients[i];
            report.reference = find_reference(&report);
            if (is_comparable(&report))
                check_sameness(&report, &samenesses[s]);
        }
}
