#include "monitor/survey.h"

#include "upstream/upstream_exchange.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define WHY_MAX 400u
#define SQL_MAX 4096u

/* The largest page, in rows and in bytes. */
#define PAGE_ROWS 500u
#define PAGE_COLUMNS 7u
#define PAGE_BYTES (PAGE_ROWS * 70000u)

/* With an empty sql_mode, bodies are read as stored. */
static const char settings_sql[] = "SET SESSION sql_mode = '', group_concat_max_len = 65536";

static const struct survey_source *list_of(const struct survey *survey, unsigned list)
{
    return survey_source_of(survey->upstream->family, list);
}

/* ---- ends ---- */

void survey_stop(struct survey *survey)
{
    survey->is_running = false;
    loop_timer_stop(&survey->deadline);
    upstream_close(&survey->upstream);
    rows_fini(&survey->rows);
    catalog_draft_free(&survey->draft);
}

static void finish(struct survey *survey, struct catalog *take_catalog, bool is_same, const char *why)
{
    char kept[WHY_MAX];
    (void)span_copy_cstr(span_cstr(why), kept,
                         sizeof kept); /* `why` may be memory of the upstream, which is closed */
    survey_stop(survey);
    const struct survey_end end = { .take_catalog = take_catalog, .is_same = is_same, .why = kept };
    survey->on_done(survey, &end);
}

static void fail(struct survey *survey, const char *why)
{
    finish(survey, NULL, false, why);
}

/* The kinds of stored code that are known, as catalog_draft_finish() takes them. */
static unsigned known_kinds(const struct survey *survey)
{
    static const unsigned kinds[SURVEY_LISTS] = { [SURVEY_ROUTINES] =
                                                      1u << CODE_FUNCTION | 1u << CODE_PROCEDURE,
                                                  [SURVEY_VIEWS] = 1u << CODE_TABLE,
                                                  [SURVEY_TRIGGERS] = 1u << CODE_TRIGGER,
                                                  [SURVEY_COLUMNS] = CATALOG_COLUMNS };
    unsigned known = 0;
    for (unsigned list = 0; list < SURVEY_LISTS; list++)
        known |= survey->sums[list].is_known ? kinds[list] : 0;
    return known;
}

/* Writes for people which lists are not known, which privileges would show them, and what the gap costs. */
static void describe_gaps(const struct survey *survey, char *text, size_t size)
{
    unsigned gaps = 0;
    size_t at = 0;
    text[0] = '\0';
    for (unsigned list = 0; list < SURVEY_LISTS && at < size; list++)
        if (!survey->sums[list].is_known)
            at += (size_t)snprintf(text + at, size - at, "%s%s",
                                   gaps++ == 0 ? "the monitor's account may not see all " : ", ",
                                   list_of(survey, list)->needs);
    bool are_triggers = gaps == 1 && !survey->sums[SURVEY_TRIGGERS].is_known;
    if (gaps > 0 && at < size)
        (void)snprintf(text + at, size - at,
                       "; connections are reset after sessions%s, unless pool_trust_code is set",
                       are_triggers ? " that wrote" : "");
}

static uint64_t mark_of(const struct survey *survey)
{
    uint64_t mark = 1;
    for (unsigned list = 0; list < SURVEY_LISTS; list++) {
        const struct survey_sum *sum = &survey->sums[list];
        mark = (mark ^ sum->hash ^ sum->count ^ (uint64_t)sum->is_known << 63) * 0x9e3779b97f4a7c15u;
        mark ^= mark >> 29;
    }
    return mark != 0 ? mark : 1;
}

static void end_of_pages(struct survey *survey)
{
    char gaps[WHY_MAX];
    const char *why;
    describe_gaps(survey, gaps, sizeof gaps);
    struct catalog *catalog =
        catalog_draft_finish(&survey->draft, known_kinds(survey), mark_of(survey), &why);
    finish(survey, catalog, false, catalog != NULL ? gaps : why);
}

/* ---- questions ---- */

static void ask(struct survey *survey, const char *sql)
{
    loop_timer_start(&survey->deadline, survey->env->loop, survey->settings->timeout_us);
    upstream_query(survey->upstream, sql, &survey->rows, 0);
}

/* Only a thorough survey reads the columns; other surveys ask whether the account may still, or now, see them. */
static bool is_for_proof(const struct survey *survey)
{
    return survey->step == SURVEY_COLUMNS && !survey->is_thorough;
}

static void ask_sum(struct survey *survey)
{
    char sql[SQL_MAX];
    const struct survey_source *list = list_of(survey, survey->step);
    int len =
        snprintf(sql, sizeof sql,
                 "SELECT COUNT(*) AS count, COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|', kind, "
                 "place, name, part, parameters, body, mode), 256), 15), 16, 10) AS UNSIGNED)), 0) AS hash, "
                 "%s AS proof FROM (%s%s) AS list",
                 list->proof, list->rows, is_for_proof(survey) ? " LIMIT 0" : "");
    assert(len > 0 && len < (int)sizeof sql);
    ask(survey, sql);
}

static void ask_page(struct survey *survey)
{
    char sql[SQL_MAX];
    survey->rows.values_max = PAGE_ROWS * PAGE_COLUMNS;
    survey->rows.bytes_max = PAGE_BYTES;
    int len = snprintf(sql, sizeof sql,
                       "SELECT * FROM (%s) AS list ORDER BY place, name, kind, part LIMIT %llu, %u",
                       list_of(survey, survey->step)->rows, (unsigned long long)survey->page_from, PAGE_ROWS);
    assert(len > 0 && len < (int)sizeof sql);
    ask(survey, sql);
}

static bool is_asked(const struct survey *survey, unsigned list)
{
    return !survey->is_reading || (survey->sums[list].is_known && survey->sums[list].count > 0);
}

static void go_on(struct survey *survey);

static void begin_sums(struct survey *survey, bool is_second)
{
    memcpy(survey->before, survey->sums, sizeof survey->before);
    survey->is_reading = false;
    survey->is_second = is_second;
    survey->step = 0;
    go_on(survey);
}

static void begin_pages(struct survey *survey)
{
    catalog_draft_free(&survey->draft);
    survey->draft =
        catalog_draft_new(survey->upstream->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL : SQL_FAMILY_MARIADB);
    survey->is_reading = true;
    survey->step = 0;
    survey->page_from = 0;
    if (survey->draft == NULL)
        fail(survey, "out of memory");
    else
        go_on(survey);
}

/* A list has changed: reads all lists again, including the columns. */
static void read_anew(struct survey *survey)
{
    if (!survey->is_thorough) {
        survey->is_thorough = true;
        survey->is_second = false;
        survey->step = SURVEY_COLUMNS;
        go_on(survey);
    } else if (survey->tries-- == 0) {
        fail(survey, "it changed each time while it was read");
    } else {
        begin_pages(survey);
    }
}

static bool sums_are_as_before(const struct survey *survey)
{
    for (unsigned list = 0; list < SURVEY_LISTS; list++) {
        const struct survey_sum *before = &survey->before[list], *now = &survey->sums[list];
        if (before->is_known != now->is_known || before->count != now->count || before->hash != now->hash)
            return false;
    }
    return true;
}

static void end_of_sums(struct survey *survey)
{
    if (survey->is_second && sums_are_as_before(survey)) {
        end_of_pages(survey);
    } else if (!survey->is_second && mark_of(survey) == survey->mark) {
        char gaps[WHY_MAX];
        describe_gaps(survey, gaps, sizeof gaps);
        finish(survey, NULL, true, gaps);
    } else {
        read_anew(survey);
    }
}

static void go_on(struct survey *survey)
{
    while (survey->step < SURVEY_LISTS && !is_asked(survey, survey->step))
        survey->step++;
    if (survey->step == SURVEY_LISTS && survey->is_reading) {
        begin_sums(survey, true);
    } else if (survey->step == SURVEY_LISTS) {
        end_of_sums(survey);
    } else if (list_of(survey, survey->step)->rows == NULL) {
        survey->sums[survey->step++] = (struct survey_sum){ .is_known = true };
        go_on(survey);
    } else if (survey->is_reading) {
        ask_page(survey);
    } else {
        ask_sum(survey);
    }
}

/* ---- answers ---- */

static struct span cell(const struct survey *survey, unsigned row, const char *column)
{
    struct span value = { 0 };
    (void)rows_value(&survey->rows, row, rows_column(&survey->rows, column), &value);
    return value;
}

static bool has_number(const struct survey *survey, const char *column, uint64_t *number_r)
{
    return survey->rows.rows == 1 && span_to_u64(cell(survey, 0, column), number_r);
}

static bool read_sum(struct survey *survey)
{
    struct survey_sum sum = { 0 };
    uint64_t proof;
    if (!has_number(survey, "count", &sum.count) || !has_number(survey, "hash", &sum.hash) ||
        !has_number(survey, "proof", &proof))
        return false;
    if (is_for_proof(survey))
        sum = survey->sums[SURVEY_COLUMNS];
    sum.is_known = proof > 0;
    survey->sums[survey->step++] = sum.is_known ? sum : (struct survey_sum){ 0 };
    return true;
}

static void add_row(struct survey *survey, unsigned row)
{
    static const struct {
        const char *word;
        enum code_kind kind;
    } kinds[] = { { "FUNCTION", CODE_FUNCTION }, { "PROCEDURE", CODE_PROCEDURE },
                  { "VIEW", CODE_TABLE },        { "TRIGGER", CODE_TRIGGER },
                  { "COLUMN", CODE_TABLE },      { "LOADABLE", CODE_FUNCTION } };
    struct span kind = cell(survey, row, "kind");
    struct catalog_row code = { .schema = cell(survey, row, "place"),
                                .name = cell(survey, row, "name"),
                                .parameters = cell(survey, row, "parameters"),
                                .body = cell(survey, row, "body"),
                                .sql_mode = cell(survey, row, "mode") };
    code.is_hidden = code.body.len == 0;
    if (kind.len >= 7 && span_equal_nocase(span_of(kind.data, 7), SPAN_LITERAL("PACKAGE")))
        catalog_draft_add_package(survey->draft, code.name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (span_is_nocase(kind, kinds[i].word)) {
            code.kind = kinds[i].kind;
            catalog_draft_add(survey->draft, &code);
            return;
        }
}

/* The account has no privilege for the tables, or the tables do not exist (MySQL before 8). */
static bool is_refusal(int code)
{
    return code == 1044 || code == 1142 || code == 1143 || code == 1146 || code == 1193 || code == 1227 ||
           code == 1370;
}

static void read_error(struct survey *survey, const struct error *error)
{
    char why[WHY_MAX];
    if (survey->step < SURVEY_LISTS && is_refusal(error->code)) {
        survey->sums[survey->step++] = (struct survey_sum){ 0 };
        if (!survey->is_reading) {
            go_on(survey);
            return;
        }
    }
    (void)snprintf(why, sizeof why, "%d %.200s", error->code, error->text);
    fail(survey, why);
}

static void on_ready(struct upstream *upstream)
{
    struct survey *survey = upstream->owner;
    survey->step = SURVEY_LISTS;
    ask(survey, settings_sql);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct survey *survey = upstream->owner;
    if (answer->is_err) {
        read_error(survey, &answer->error);
    } else if (survey->step == SURVEY_LISTS) {
        begin_sums(survey, false);
    } else if (survey->is_reading) {
        for (unsigned row = 0; row < survey->rows.rows; row++)
            add_row(survey, row);
        survey->page_from += survey->rows.rows;
        if (survey->rows.rows < PAGE_ROWS) {
            survey->page_from = 0;
            survey->step++;
        }
        go_on(survey);
    } else if (read_sum(survey)) {
        go_on(survey);
    } else {
        fail(survey, "the server's answer cannot be read");
    }
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    fail(upstream->owner, err->text);
}

/* The upstream is READY only between an answer and the next question, within one call. */
static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    fail(upstream->owner, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void on_deadline(struct loop_timer *timer)
{
    struct survey *survey = container_of(timer, struct survey, deadline);
    fail(survey, "no answer within the monitor's timeout");
}

/* ---- begin ---- */

void survey_init(struct survey *survey, const struct monitor_settings *settings,
                 const struct upstream_env *env, void (*on_done)(struct survey *, const struct survey_end *),
                 void *owner)
{
    *survey = (struct survey){ .settings = settings, .env = env, .on_done = on_done, .owner = owner };
    loop_timer_init(&survey->deadline, on_deadline);
}

void survey_begin(struct survey *survey, struct server *server, const struct addr *addr, uint64_t mark,
                  bool is_thorough)
{
    struct error err = { 0 };
    if (survey->is_running)
        return;
    survey->is_running = true;
    survey->mark = mark;
    survey->is_thorough = is_thorough || mark == 0;
    survey->tries = SURVEY_TRIES;
    loop_timer_start(&survey->deadline, survey->env->loop, survey->settings->timeout_us);
    survey->upstream = monitor_open(survey->settings, survey->env, server, addr, &owner_ops, survey, &err);
    if (survey->upstream == NULL)
        fail(survey, err.text);
}
