#include "monitor/checkup.h"

#include "base/clock.h"
#include "monitor/probe.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_setup.h"

#include <stdio.h>
#include <string.h>

/* Variables that a family does not have are missing in the answer. */
static const char variables_sql[] =
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'gtid_mode', 'read_only', 'super_read_only', "
    "'server_id', 'wait_timeout', 'interactive_timeout', 'max_connections', 'max_user_connections', "
    "'init_connect', 'sql_mode', 'character_set_server', 'collation_server', 'time_zone', "
    "'system_time_zone', "
    "'max_allowed_packet', 'lower_case_table_names', 'wsrep_auto_increment_control', "
    "'auto_increment_increment', 'wsrep_osu_method', 'wsrep_sync_wait', 'innodb_autoinc_lock_mode', "
    "'default_storage_engine')";

static const char *const questions[CHECKUP_QUESTIONS] = {
    [CHECKUP_SETUP] = NULL, /* upstream_set_up has the statement */
    [CHECKUP_VARIABLES] = variables_sql,
    [CHECKUP_REPLICATION] = NULL, /* probe_replication_sql has it */
    /* In UTC: in the session's time zone an hour of autumn occurs twice. */
    [CHECKUP_CLOCK] = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) AS now_us",
    [CHECKUP_GRANTS] = "SHOW GRANTS",
};

static void finish(struct checkup *checkup, const char *why)
{
    if (!checkup->is_running)
        return;
    checkup->is_running = false;
    (void)span_copy_cstr(span_cstr(why), checkup->error, sizeof checkup->error);
    upstream_close(&checkup->upstream);
    checkup->on_done(checkup);
}

/* Asks the next question that was wanted; after the last one the visit ends. */
static void ask(struct checkup *checkup)
{
    while (checkup->step < CHECKUP_QUESTIONS && (checkup->questions & CHECKUP_ASK(checkup->step)) == 0)
        checkup->step++;
    if (checkup->step == CHECKUP_QUESTIONS) {
        finish(checkup, "");
        return;
    }
    struct checkup_answer *answer = &checkup->answers[checkup->step];
    answer->asked_us = clock_wall_us();
    const char *sql = checkup->step == CHECKUP_REPLICATION ? probe_replication_sql(checkup->upstream)
                                                           : questions[checkup->step];
    if (sql == NULL)
        upstream_set_up(checkup->upstream);
    else
        upstream_query(checkup->upstream, sql, &answer->rows, 0);
}

static void on_ready(struct upstream *upstream)
{
    struct checkup *checkup = upstream->owner;
    checkup->is_in = true;
    checkup->family = upstream->family;
    checkup->caps = upstream->server_caps;
    memcpy(checkup->version, upstream->version, sizeof checkup->version);
    ask(checkup);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *said)
{
    struct checkup *checkup = upstream->owner;
    struct checkup_answer *answer = &checkup->answers[checkup->step];
    answer->is_there = true;
    answer->answered_us = clock_wall_us();
    if (said->is_err) {
        answer->code = said->error.code;
        (void)span_copy_cstr(span_cstr(said->error.text), answer->error, sizeof answer->error);
    }
    checkup->step++;
    ask(checkup);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    char why[256];
    (void)snprintf(why, sizeof why, "%.250s",
                   err->text); /* `err` may be memory of the upstream, which is closed */
    finish(upstream->owner, why);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    finish(upstream->owner, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

void checkup_begin(struct checkup *checkup, const struct upstream_env *env, struct server *server,
                   const struct addr *addr, const char *user, const struct auth_secret *secret,
                   unsigned asked, void (*on_done)(struct checkup *), void *owner)
{
    struct error err = { 0 };
    const struct upstream_wish wish = { .addr = addr, .user = user, .secret = secret, .collation = 33 };
    *checkup = (struct checkup){
        .env = env, .questions = asked, .is_running = true, .on_done = on_done, .owner = owner
    };
    checkup->upstream = upstream_open(env, server, &wish, &owner_ops, checkup, &err);
    if (checkup->upstream == NULL)
        finish(checkup, err.text);
}

void checkup_break_off(struct checkup *checkup, const char *why)
{
    finish(checkup, why);
}

void checkup_fini(struct checkup *checkup)
{
    checkup->is_running = false;
    upstream_close(&checkup->upstream);
    for (size_t i = 0; i < CHECKUP_QUESTIONS; i++)
        rows_fini(&checkup->answers[i].rows);
}

bool checkup_variable(const struct checkup *checkup, const char *name, struct span *value_r)
{
    const struct rows *rows = &checkup->answers[CHECKUP_VARIABLES].rows;
    int names = rows_column(rows, "Variable_name"), values = rows_column(rows, "Value");
    struct span found;
    for (unsigned row = 0; row < rows->rows; row++)
        if (rows_value(rows, row, names, &found) && span_is_nocase(found, name)) {
            bool has_value = rows_value(rows, row, values, value_r);
            *value_r = has_value ? *value_r : span_of("", 0);
            return true;
        }
    return false;
}

bool checkup_number(const struct checkup *checkup, const char *name, uint64_t *value_r)
{
    struct span value;
    if (!checkup_variable(checkup, name, &value))
        return false;
    if (span_is_nocase(value, "ON") || span_is_nocase(value, "OFF")) {
        *value_r = value.len == 2;
        return true;
    }
    return span_to_u64(value, value_r);
}

const char *checkup_read_only_bypass(const struct checkup *checkup)
{
    static const char *const mariadb[] = { "ALL PRIVILEGES", "READ_ONLY ADMIN", "READ ONLY ADMIN" };
    static const char *const mysql[] = { "ALL PRIVILEGES", "SUPER", "CONNECTION_ADMIN" };
    bool is_mysql = checkup->family == FAMILY_MYSQL;
    const char *const *names = is_mysql ? mysql : mariadb;
    const struct rows *rows = &checkup->answers[CHECKUP_GRANTS].rows;
    struct span grant;
    struct server_version version = greeting_version(span_cstr(checkup->version));
    bool is_old = version.major < 10 || (version.major == 10 && version.minor < 11);
    for (unsigned row = 0; row < rows->rows; row++) {
        if (!rows_value(rows, row, 0, &grant))
            continue;
        const uint8_t *end = memmem(grant.data, grant.len, " ON *.* ", 8);
        struct span privileges = span_of(grant.data, end == NULL ? 0 : (size_t)(end - grant.data));
        for (size_t i = 0; i < 3; i++)
            if (span_mentions(privileges, names[i]))
                return names[i];
        if (!is_mysql && is_old && span_mentions(privileges, "SUPER")) /* before MariaDB 10.11 */
            return "SUPER";
    }
    return NULL;
}
