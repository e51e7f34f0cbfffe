#include "cluster/survey.h"

#include "base/mem.h"
#include "cluster/upstream_exchange.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Rows are (schema, name, access). One has the access 'ALL' and is the proof that all functions are among
 * them. */
#define COLUMNS 3u
#define ROWS_MAX (SURVEY_FUNCTIONS_MAX + 2u) /* the proof, and one more than may be used */
#define LIMIT " LIMIT 10002"
_Static_assert(SURVEY_FUNCTIONS_MAX + 2 == 10002, "the queries' LIMIT");

/* Servers limit names to 64 characters of at most 3 bytes. */
#define ROW_BYTES_MAX (2u * 64u * 3u + 32u)

/* MariaDB: the table beneath information_schema.ROUTINES, which leaves out what the account may not see,
 * where this one is refused (1142). The functions of a package stand in no list and are called like those of
 * a schema: a schema that is also the name of a package is not trusted. */
static const char mariadb_sql[] =
    "SELECT '' AS place, '' AS name, 'ALL' AS access"
    " UNION ALL SELECT db, name, IF(LOWER(db) IN (SELECT LOWER(name) FROM mysql.proc WHERE type LIKE "
    "'PACKAGE%'),"
    " 'PACKAGE', REPLACE(sql_data_access, '_', ' ')) FROM mysql.proc WHERE type = 'FUNCTION'"
    " UNION ALL SELECT '', name, 'LOADABLE' FROM mysql.func" LIMIT;

/* MySQL leaves out silently, so the account must hold the privilege that shows all of them. */
static const char mysql_sql[] =
    "SELECT '' AS place, '' AS name, 'ALL' AS access FROM information_schema.USER_PRIVILEGES"
    " WHERE PRIVILEGE_TYPE = 'SHOW_ROUTINE' AND GRANTEE = CONCAT('''', LEFT(CURRENT_USER(),"
    " CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''',"
    " SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"
    " UNION ALL SELECT ROUTINE_SCHEMA, ROUTINE_NAME, SQL_DATA_ACCESS FROM information_schema.ROUTINES"
    " WHERE ROUTINE_TYPE = 'FUNCTION'"
    " UNION ALL SELECT '', UDF_NAME, 'LOADABLE' FROM performance_schema.user_defined_functions" LIMIT;

static const char needs[] =
    "the monitor's account may not see all of them; it needs on MariaDB SELECT on mysql.proc "
    "and mysql.func, on MySQL SHOW_ROUTINE (granted to itself, not to a role) and SELECT "
    "on performance_schema.user_defined_functions";

#define WHY_MAX 320u

static struct survey *of_upstream(struct upstream *upstream)
{
    return upstream->owner;
}

void survey_stop(struct survey *survey)
{
    survey->is_running = false;
    loop_timer_stop(&survey->deadline);
    upstream_close(&survey->upstream);
    rows_fini(&survey->rows);
}

static void finish(struct survey *survey, struct routines *take_routines, const char *why)
{
    char kept[WHY_MAX];
    (void)span_copy_cstr(span_cstr(why), kept, sizeof kept); /* it may be the upstream's own */
    survey_stop(survey);
    survey->on_done(survey, take_routines, kept);
}

/* ---- the answer ---- */

static struct span cell(const struct survey *survey, unsigned row, const char *column)
{
    struct span value = { 0 };
    (void)rows_value(&survey->rows, row, rows_column(&survey->rows, column), &value);
    return value;
}

/* Those of schema sys tell of the server they run on; reads of that schema stay on the primary. They write
 * nothing, so nobody's name becomes ambiguous by them. */
static bool is_of_server(struct span schema, bool only_reads)
{
    return only_reads && span_is_nocase(schema, "sys");
}

static const char *build(const struct survey *survey, struct routine *list, struct routines **routines_r)
{
    bool is_proven = false;
    size_t count = 0;
    for (unsigned row = 0; row < survey->rows.rows; row++) {
        struct span access = cell(survey, row, "access"), schema = cell(survey, row, "place");
        bool only_reads = span_is_nocase(access, "NO SQL") || span_is_nocase(access, "READS SQL DATA");
        if (span_is(access, "ALL"))
            is_proven = true;
        else if (!is_of_server(schema, only_reads))
            list[count++] = (struct routine){ schema, cell(survey, row, "name"), only_reads };
    }
    if (!is_proven)
        return needs;
    *routines_r = routines_new(list, count);
    return *routines_r != NULL ? "" : "out of memory";
}

static void read_answer(struct survey *survey)
{
    struct routines *routines = NULL;
    if (survey->rows.rows == ROWS_MAX) {
        finish(survey, NULL, "there are too many of them");
        return;
    }
    struct routine *list = mem_zalloc((survey->rows.rows + 1) * sizeof *list);
    const char *why = list != NULL ? build(survey, list, &routines) : "out of memory";
    mem_free(list);
    finish(survey, routines, why);
}

/* No right to the tables, or (MySQL before 8) no such tables. */
static bool is_refusal(int code)
{
    return code == 1044 || code == 1142 || code == 1143 || code == 1146 || code == 1227 || code == 1370;
}

/* ---- the dialogue ---- */

static void on_ready(struct upstream *upstream)
{
    struct survey *survey = of_upstream(upstream);
    survey->rows.values_max = ROWS_MAX * COLUMNS;
    survey->rows.bytes_max = ROWS_MAX * ROW_BYTES_MAX;
    upstream_query(upstream, upstream->family == FAMILY_MYSQL ? mysql_sql : mariadb_sql, &survey->rows, 0);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct survey *survey = of_upstream(upstream);
    char why[WHY_MAX];
    if (!answer->is_err) {
        read_answer(survey);
    } else if (is_refusal(answer->error.code)) {
        finish(survey, NULL, needs);
    } else {
        (void)snprintf(why, sizeof why, "%d %.150s", answer->error.code, answer->error.text);
        finish(survey, NULL, why);
    }
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    finish(of_upstream(upstream), NULL, err->text);
}

/* READY only between the login and the query, which follow one another in one call. */
static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    finish(of_upstream(upstream), NULL, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void on_deadline(struct loop_timer *timer)
{
    struct survey *survey = (struct survey *)(void *)((char *)timer - offsetof(struct survey, deadline));
    finish(survey, NULL, "no answer within the monitor's timeout");
}

void survey_init(struct survey *survey, const struct monitor_settings *settings,
                 const struct upstream_env *env,
                 void (*on_done)(struct survey *, struct routines *, const char *), void *owner)
{
    *survey = (struct survey){ .settings = settings, .env = env, .on_done = on_done, .owner = owner };
    loop_timer_init(&survey->deadline, on_deadline);
}

void survey_begin(struct survey *survey, struct server *server, const struct addr *addr)
{
    struct auth_secret secret = { 0 };
    struct error err = { 0 };
    struct upstream_wish wish = {
        .addr = addr, .user = survey->settings->user, .secret = &secret, .collation = 33
    };
    if (survey->is_running)
        return;
    survey->is_running = true;
    loop_timer_start(&survey->deadline, survey->env->loop, survey->settings->timeout_us);
    if (auth_secret_from_password(&secret, span_cstr(survey->settings->password)))
        survey->upstream = upstream_open(survey->env, server, &wish, &owner_ops, survey, &err);
    else
        (void)error_set(&err, 0, "the monitor's password is too long");
    auth_secret_wipe(&secret);
    if (survey->upstream == NULL)
        finish(survey, NULL, err.text);
}
