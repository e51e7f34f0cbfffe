/* What servers may answer, and what the diagnosis says of it. Cases that are hard to produce on a real
 * cluster are tested here; the other cases are also in tests/live/test_doctor.py. */
#include "../net/net_test.h"

#include "admin/diagnosis.h"
#include "mysql/caps.h"
#include "mysql/packet.h"
#include "mysql/resultset.h"

#include <stdio.h>

#define MOST 3

struct scene {
    struct cluster_settings settings;
    struct timeout_settings timeouts;
    struct patient patients[MOST];
    struct patient_account accounts[MOST];
    size_t count;
    struct table table;
    struct text told; /* the table as text */
};

/* Stores an answer as a server gives it. `cells`: the names of the columns, then the values. */
static void answer(struct checkup *visit, enum checkup_question question, const char *const *cells,
                   size_t count, size_t columns)
{
    struct checkup_answer *into = &visit->answers[question];
    struct text out = { 0 };
    struct resultset set;
    struct error err = { 0 };
    struct packet_header header;
    resultset_begin(&set, &out, 1, CAP_DEPRECATE_EOF, 2, columns);
    for (size_t i = 0; i < columns; i++)
        resultset_column(&set, cells[i], RESULTSET_TEXT, 10);
    resultset_body(&set);
    for (size_t i = columns; i < count; i++)
        resultset_value(&set, span_cstr(cells[i]));
    resultset_end(&set);
    rows_begin(&into->rows, CAP_DEPRECATE_EOF);
    struct span rest = text_span(&out);
    while (packet_peek(rest, &header)) {
        (void)rows_feed(&into->rows, span_of(rest.data + PACKET_HEADER_BYTES, header.len), &err);
        rest = span_of(rest.data + PACKET_HEADER_BYTES + header.len,
                       rest.len - PACKET_HEADER_BYTES - header.len);
    }
    into->is_there = true;
    text_fini(&out);
}

#define ANSWER(visit, question, columns, ...)                                                                \
    answer(visit, question, (const char *const[]){ __VA_ARGS__ },                                            \
           sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *), columns)

static const char *const healthy[] = {
    "Variable_name",
    "Value",
    "log_bin",
    "ON",
    "read_only",
    "OFF",
    "server_id",
    "1",
    "wait_timeout",
    "28800",
    "max_connections",
    "100",
    "max_user_connections",
    "0",
    "init_connect",
    "",
    "sql_mode",
    "A",
    "character_set_server",
    "b",
    "collation_server",
    "c",
    "time_zone",
    "SYSTEM",
    "system_time_zone",
    "UTC",
    "max_allowed_packet",
    "1",
    "lower_case_table_names",
    "0",
};

static struct patient *add(struct scene *scene, const char *name, const char *version)
{
    static const char *const ids[] = { "1", "2", "3" };
    const char *variables[COUNT_OF(healthy)];
    struct patient *patient = &scene->patients[scene->count];
    bool is_primary = scene->count == 0;
    *patient = (struct patient){ .cluster = "main",
                                 .name = name,
                                 .settings = &scene->settings,
                                 .is_primary = is_primary,
                                 .neighbours = 2,
                                 .is_surveyed = true,
                                 .survey_error = "",
                                 .accounts = &scene->accounts[scene->count],
                                 .account_count = 1,
                                 .account_total = 1 };
    patient->accounts[0] = (struct patient_account){ .user = "app", .is_usable = true };
    patient->accounts[0].visit.is_in = true;
    (void)snprintf(patient->accounts[0].visit.version, sizeof patient->visit.version, "%s", version);
    ANSWER(&patient->accounts[0].visit, CHECKUP_GRANTS, 1, "g", "GRANT USAGE ON *.* TO 'super'@'%'",
           "GRANT ALL PRIVILEGES ON `app`.* TO 'app'@'%'");
    patient->visit.is_in = true;
    patient->visit.caps = CAP_SESSION_TRACK;
    patient->visit.family = strstr(version, "Maria") != NULL ? FAMILY_MARIADB : FAMILY_MYSQL;
    patient->accounts[0].visit.family = patient->visit.family;
    (void)snprintf(patient->visit.version, sizeof patient->visit.version, "%s", version);
    memcpy(variables, healthy, sizeof healthy);
    variables[5] = is_primary ? "OFF" : "ON";
    variables[7] = ids[scene->count++];
    answer(&patient->visit, CHECKUP_VARIABLES, variables, COUNT_OF(variables), 2);
    if (is_primary)
        ANSWER(&patient->visit, CHECKUP_REPLICATION, 1, "Slave_IO_State");
    else
        ANSWER(&patient->visit, CHECKUP_REPLICATION, 5, "Master_Host", "Master_Port", "Slave_IO_Running",
               "Slave_SQL_Running", "Seconds_Behind_Master", "db1", "3306", "Yes", "Yes", "0");
    ANSWER(&patient->visit, CHECKUP_CLOCK, 1, "now_us", "1000000000");
    patient->visit.answers[CHECKUP_CLOCK].asked_us = 999990000;
    patient->visit.answers[CHECKUP_CLOCK].answered_us = 1000010000;
    return patient;
}

static void open_scene(struct scene *scene)
{
    *scene = (struct scene){ .settings = { .connection_reserve = 10, .max_lag_us = 10000000 },
                             .timeouts = { .idle_client_us = 28800000000, .server_idle_us = 60000000 } };
    (void)add(scene, "db1", "5.5.5-10.11.6-MariaDB");
    (void)add(scene, "db2", "5.5.5-10.11.6-MariaDB");
}

/* Gives one variable of a patient another value. */
static void set(struct patient *patient, const char *name, const char *value)
{
    const char *variables[COUNT_OF(healthy)];
    struct span now;
    for (size_t i = 0; i < COUNT_OF(healthy); i++)
        variables[i] = healthy[i];
    /* keeps the present value as a copy: the rows are overwritten */
    for (size_t i = 2; i < COUNT_OF(healthy); i += 2) {
        static char kept[COUNT_OF(healthy)][32];
        assert_true(checkup_variable(&patient->visit, healthy[i], &now));
        (void)span_copy_cstr(now, kept[i], sizeof kept[i]);
        variables[i + 1] = strcmp(healthy[i], name) == 0 ? value : kept[i];
    }
    answer(&patient->visit, CHECKUP_VARIABLES, variables, COUNT_OF(variables), 2);
}

/* The lines whose verdict is not "ok". */
static const char *complaints(struct scene *scene)
{
    struct text all = { 0 };
    text_clear(&scene->told);
    table_init(&scene->table, diagnosis_columns, DIAGNOSIS_COLUMNS);
    diagnosis_write(scene->patients, scene->count, &scene->timeouts, &scene->table);
    assert_true(table_render_text(&scene->table, &all));
    const char *line = strchr(text_cstr(&all), '\n') + 1;
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        if (strncmp(line, "ok ", 3) != 0)
            (void)text_append(&scene->told, line, (size_t)(end - line) + 1);
    table_fini(&scene->table);
    text_fini(&all);
    return text_cstr(&scene->told);
}

static void close_scene(struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        checkup_fini(&scene->patients[i].visit);
        checkup_fini(&scene->accounts[i].visit);
    }
    text_fini(&scene->told);
}

static void assert_complains(struct scene *scene, const char *result, const char *check, const char *found)
{
    const char *told = complaints(scene);
    assert_row(strncmp(told, result, strlen(result)) == 0 && strstr(told, check) != NULL &&
                   strstr(told, found) != NULL && strchr(told, '\n') == strrchr(told, '\n'),
               "%s %s '%s': %s", result, check, found, told);
}

TEST(nothing_is_wrong_with_the_healthy)
{
    struct scene scene;
    open_scene(&scene);
    assert_string_equal(complaints(&scene), "");
    close_scene(&scene);
}

TEST(variables_that_are_not_as_they_should_be)
{
    static const struct {
        unsigned server;
        const char *variable, *value, *result, *check, *found;
    } rows[] = {
        { 0, "log_bin", "OFF", "error", "log_bin", "nothing reaches the replicas" },
        { 1, "log_bin", "OFF", "warning", "log_bin", "no replica can follow it" },
        { 0, "read_only", "ON", "error", "read_only", "the primary is read_only" },
        { 0, "read_only", "NO_LOCK", "error", "read_only", "the primary is read_only" }, /* MariaDB 12 */
        { 1, "read_only", "OFF", "error", "read_only", "it is not the primary" },
        { 1, "wait_timeout", "59", "warning", "wait_timeout", "before timeouts.server_idle (1m)" },
        { 1, "wait_timeout", "28799", "warning", "wait_timeout", "clients may be idle for 8h" },
        { 1, "max_user_connections", "89", "warning", "max_connections", "max_user_connections" },
        { 1, "lower_case_table_names", "1", "warning", "lower_case_table_names", "on db1 0" },
        { 1, "system_time_zone", "CET", "warning", "system_time_zone", "on db1 UTC" },
        { 1, "max_allowed_packet", "2", "warning", "max_allowed_packet", "on db1 1" },
        { 1, "collation_server", "x", "warning", "collation", "on db1 c" },
        { 1, "init_connect", "SET @a = 1", "warning", "init_connect", "SET @a = 1" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene(&scene);
        set(&scene.patients[rows[i].server], rows[i].variable, rows[i].value);
        assert_complains(&scene, rows[i].result, rows[i].check, rows[i].found);
        close_scene(&scene);
    }
}

/* All Galera nodes take writes, so a setting that would make a node a replica is no problem; a setting that
 * harms the other nodes is one. */
TEST(nodes_of_galera_are_looked_at_as_such)
{
    static const struct wsrep synced = {
        .is_node = true, .is_ready = true, .is_connected = true, .is_primary = true, .state = WSREP_SYNCED
    };
    struct scene scene;
    open_scene(&scene);
    for (size_t i = 0; i < scene.count; i++) {
        scene.patients[i].is_galera = true;
        scene.patients[i].wsrep = synced;
    }
    set(&scene.patients[1], "read_only", "OFF");
    assert_string_equal(complaints(&scene), "");
    scene.patients[1].wsrep.state = WSREP_DONOR;
    assert_complains(&scene, "warning", "galera", "donor or desynced");
    scene.patients[1].wsrep.is_primary = false;
    assert_complains(&scene, "error", "galera", "not in the primary component");
    scene.patients[1].wsrep = synced;
    ANSWER(&scene.patients[0].visit, CHECKUP_VARIABLES, 2, "Variable_name", "Value", "wait_timeout", "28800",
           "max_connections", "100", "wsrep_osu_method", "RSU", "wsrep_sync_wait", "0",
           "wsrep_auto_increment_control", "ON", "default_storage_engine", "innodb");
    scene.count = 1;
    assert_non_null(strstr(complaints(&scene), "wsrep_osu_method is RSU"));
    assert_null(strstr(complaints(&scene), "wsrep_sync_wait is"));
    scene.count = 2;
    close_scene(&scene);
}

TEST(limits_of_headgate_are_held_against_the_servers)
{
    static const struct {
        int64_t configured;
        const char *result, *found;
    } rows[] = { { 101, "error", "may open 101 connections" }, { 91, "warning", "connection_reserve" } };
    struct scene scene;
    open_scene(&scene);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        scene.patients[1].max_connections = rows[i].configured;
        assert_complains(&scene, rows[i].result, "max_connections", rows[i].found);
    }
    scene.patients[1].max_connections = 90;
    assert_string_equal(complaints(&scene), "");
    scene.timeouts.idle_client_us = 0;
    assert_non_null(strstr(complaints(&scene), "idle for ever"));
    close_scene(&scene);
}

TEST(stored_code_that_the_monitor_may_not_see_is_told_of_the_primary)
{
    struct scene scene;
    open_scene(&scene);
    scene.patients[0].hidden_views = 2; /* no problem: a monitor need not have SELECT */
    scene.patients[1].survey_error = "not of the primary";
    assert_string_equal(complaints(&scene), "");
    scene.patients[0].survey_error = "all triggers (GRANT TRIGGER ON *.*)";
    assert_complains(&scene, "warning", "stored_code", "GRANT TRIGGER ON *.*");
    scene.patients[0].is_surveyed = false;
    assert_complains(&scene, "unknown", "stored_code", "not yet asked");
    close_scene(&scene);
}

TEST(accounts_that_the_monitor_may_not_read_are_told_of_the_primary)
{
    struct scene scene;
    open_scene(&scene);
    for (int i = 0; i < 2; i++)
        scene.patients[i].accounts_read =
            (struct directory_state){ .is_on = true, .is_tried = true, .count = 7 };
    assert_string_equal(complaints(&scene), "");
    (void)snprintf(scene.patients[0].accounts_read.error, DIRECTORY_ERROR_MAX,
                   "it needs SELECT ON mysql.user");
    assert_complains(&scene, "error", "server_accounts",
                     "accounts could not be read: it needs SELECT ON mysql.user");
    scene.patients[0].accounts_read.is_tried = false;
    assert_complains(&scene, "unknown", "server_accounts", "not yet asked");
    scene.patients[0].accounts_read.is_on = false;
    assert_string_equal(complaints(&scene), "");
    close_scene(&scene);
}

TEST(clocks_may_differ_by_a_second)
{
    static const struct {
        const char *now_us, *found; /* NULL: no problem */
    } rows[] = { { "1001009999", NULL },
                 { "1001010001", "ahead of" },
                 { "998990001", NULL },
                 { "998989999", "behind" },
                 { "x", "did not report" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene(&scene);
        ANSWER(&scene.patients[1].visit, CHECKUP_CLOCK, 1, "now_us", rows[i].now_us);
        if (rows[i].found == NULL)
            assert_string_equal(complaints(&scene), "");
        else
            assert_complains(&scene, i == 4 ? "unknown" : "warning", "clock", rows[i].found);
        close_scene(&scene);
    }
}

TEST(sessions_that_are_not_told_of_are_an_error)
{
    struct scene scene;
    open_scene(&scene);
    scene.patients[1].visit.caps = 0;
    assert_complains(&scene, "error", "session_tracking", "does not offer");
    scene.patients[1].visit.caps = CAP_SESSION_TRACK;
    scene.patients[1].visit.answers[CHECKUP_SETUP] =
        (struct checkup_answer){ .is_there = true, .code = 1193, .error = "no" };
    assert_complains(&scene, "error", "session_tracking", "refused: 1193 no");
    close_scene(&scene);
}

TEST(families_and_versions_are_not_mixed)
{
    struct scene scene;
    open_scene(&scene);
    (void)snprintf(scene.patients[1].visit.version, sizeof scene.patients[1].visit.version,
                   "5.5.5-10.6.1-MariaDB");
    assert_complains(&scene, "warning", "version", "10.11.6");
    (void)snprintf(scene.patients[1].visit.version, sizeof scene.patients[1].visit.version, "8.0.36");
    scene.patients[1].visit.family = FAMILY_MYSQL;
    assert_complains(&scene, "error", "version", "8.0.36");
    close_scene(&scene);
}

TEST(privileges_beyond_read_only_are_found)
{
    static const struct {
        const char *version, *grant;
        bool is_found;
    } rows[] = {
        { "5.5.5-10.11.6-MariaDB", "GRANT SELECT, READ_ONLY ADMIN ON *.* TO 'a'@'%'", true },
        { "5.5.5-10.11.6-MariaDB", "GRANT ALL PRIVILEGES ON *.* TO 'a'@'%' WITH GRANT OPTION", true },
        { "5.5.5-10.11.6-MariaDB", "GRANT SUPER ON *.* TO 'a'@'%'", false },
        { "5.5.5-10.6.16-MariaDB", "GRANT SUPER ON *.* TO 'a'@'%'", true },
        { "8.0.36", "GRANT SELECT, SUPER ON *.* TO `a`@`%`", true },
        { "8.0.36", "GRANT CONNECTION_ADMIN,ROLE_ADMIN ON *.* TO `a`@`%`", true },
        { "8.0.36", "GRANT SELECT ON *.* TO `SUPER ON *.* `@`%`", false },
        { "8.0.36", "GRANT ALL PRIVILEGES ON `b`.* TO `a`@`%`", false },
        { "8.0.36", "", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene = { .settings = { .connection_reserve = 10 },
                               .timeouts = { .idle_client_us = 1, .server_idle_us = 1 } };
        struct patient *patient = add(&scene, "db1", rows[i].version);
        ANSWER(&patient->accounts[0].visit, CHECKUP_GRANTS, 1, "g", "GRANT USAGE ON *.* TO x", rows[i].grant);
        if (rows[i].is_found)
            assert_complains(&scene, "warning", "read_only_bypass", "'app' has ");
        else
            assert_row(complaints(&scene)[0] == '\0', "%s: %s", rows[i].grant, complaints(&scene));
        close_scene(&scene);
    }
}

TEST(links_and_lag)
{
    static const struct {
        const char *io, *sql, *lag, *result, *check, *found;
    } rows[] = {
        { "Connecting", "Yes", "0", "warning", "replication", "cannot connect" },
        { "No", "Yes", "0", "error", "replication", "has stopped" },
        { "Yes", "No", "0", "error", "replication", "has stopped" },
        { "Yes", "Yes", "11", "warning", "lag", "11 s behind" },
        { "Yes", "Yes", "", "unknown", "lag", "does not report" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene(&scene);
        ANSWER(&scene.patients[1].visit, CHECKUP_REPLICATION, 5, "Source_Host", "Source_Port",
               "Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source", "db1", "3306",
               rows[i].io, rows[i].sql, rows[i].lag);
        assert_complains(&scene, rows[i].result, rows[i].check, rows[i].found);
        close_scene(&scene);
    }
}

TEST(who_follows_nobody_or_is_somebody_else_is_found)
{
    struct scene scene;
    open_scene(&scene);
    ANSWER(&scene.patients[1].visit, CHECKUP_REPLICATION, 1, "Slave_IO_State");
    assert_non_null(strstr(complaints(&scene), "does not replicate"));
    scene.patients[1].visit.answers[CHECKUP_REPLICATION].code = 1227;
    assert_non_null(strstr(complaints(&scene), "SLAVE MONITOR"));
    close_scene(&scene);
    open_scene(&scene);
    set(&scene.patients[1], "server_id", "1");
    assert_non_null(strstr(complaints(&scene), "server_id 1 is that of db1"));
    close_scene(&scene);
}

TEST(who_cannot_be_visited_is_said_and_nothing_else)
{
    struct scene scene;
    open_scene(&scene);
    scene.patients[1].visit.is_in = false;
    (void)snprintf(scene.patients[1].visit.error, sizeof scene.patients[1].visit.error, "no route");
    assert_complains(&scene, "error", "connect", "no route");
    scene.patients[1].visit.is_in = true;
    assert_complains(&scene, "error", "connect", "ended early: no route");
    scene.patients[1].visit.error[0] = '\0';
    scene.accounts[1].visit.is_in = false;
    (void)snprintf(scene.accounts[1].visit.error, sizeof scene.accounts[1].visit.error, "1045 no");
    assert_complains(&scene, "error", "accounts", "'app' cannot log in: 1045 no");
    scene.accounts[1].is_usable = false;
    assert_complains(&scene, "unknown", "accounts", "only a hash");
    close_scene(&scene);
}

RUN_TESTS(NULL, NULL)
