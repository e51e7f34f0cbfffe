/* EXPLAIN: where a statement would run, and why. For a new session of a split listener, or for an existing
 * session. */
#include "admin/explain.h"

#include "admin/explain_attributes.h"
#include "admin/show.h"
#include "admin/visit_workers.h"
#include "base/mem.h"
#include "session/command_text.h"
#include "command/hints.h"
#include "command/command_route.h"
#include "session/session.h"
#include "state/explain_effects.h"

#include <ctype.h>
#include <stdio.h>

static const struct column columns[] = {
    { "place", COLUMN_TEXT,
      "primary, replica, previous (the server of the statement before), here (headgate itself) or refused" },
    { "reason", COLUMN_TEXT, "reason for this place" },
    { "rule", COLUMN_TEXT, "short name of the reason" },
    { "kind", COLUMN_TEXT, "kind of statement" },
    { "statement", COLUMN_TEXT, "what the text says about routing" },
    { "finding", COLUMN_TEXT, "short name of that finding" },
    { "culprit", COLUMN_TEXT, "the word in the text that decided" },
    { "facts", COLUMN_TEXT, "further facts read from the text" },
    { "code", COLUMN_TEXT, "the stored code that it runs and the effects of that: see show routines" },
    { "hints", COLUMN_TEXT, "hints in comments and attributes; in brackets those that were not understood" },
    { "pins", COLUMN_TEXT, "pins of the session, which keep its reads on the primary" },
    { "then_pinned", COLUMN_TEXT,
      "yes: the statement would leave a pin, and later reads would stay on the primary" },
};
const struct columns explain_columns = COLUMNS_OF(columns);

static const struct {
    size_t at; /* offset of a bool in struct sql_facts */
    const char *words;
} fact_words[] = {
    { offsetof(struct sql_facts, is_read), "a harmless read" },
    { offsetof(struct sql_facts, is_multi), "several statements" },
    { offsetof(struct sql_facts, refers_previous), "about the previous statement" },
    { offsetof(struct sql_facts, may_hide_state), "may leave hidden state" },
    { offsetof(struct sql_facts, runs_code), "runs stored code" },
    { offsetof(struct sql_facts, has_holds), "takes or gives back state of one server" },
    { offsetof(struct sql_facts, touches_variables), "mentions user variables" },
    { offsetof(struct sql_facts, writes_variables), "may write user variables" },
    { offsetof(struct sql_facts, reads_but_for_variables), "a harmless read but for user variables" },
    { offsetof(struct sql_facts, is_load_local), "asks for a file of the client" },
    { offsetof(struct sql_facts, begins_read_only), "begins a read-only transaction" },
    { offsetof(struct sql_facts, begins_read_write), "begins a read-write transaction" },
    { offsetof(struct sql_facts, releases), "ends the connection" },
    { offsetof(struct sql_facts, sets_next_transaction), "is about the next transaction" },
};

static void put_facts(struct table *table, const struct sql_facts *facts)
{
    char words[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < sizeof fact_words / sizeof *fact_words; i++) {
        bool is_so = *(const bool *)((const char *)facts + fact_words[i].at);
        if (is_so && len < sizeof words)
            len += (size_t)snprintf(words + len, sizeof words - len, "%s%s", len > 0 ? ", " : "",
                                    fact_words[i].words);
    }
    table_text(table, words);
}

/* `has_session`: the place of the previous statement is known. */
static void put_place(struct table *table, const struct sql_facts *facts, const struct route *route,
                      bool has_session)
{
    bool is_previous = !has_session && facts->refers_previous;
    bool is_kill = facts->kind == SQL_KILL && facts->kill != SQL_KILL_WIDE && facts->kill != SQL_KILL_OTHER;
    bool is_run = facts->kill == SQL_KILL_NONE || facts->kill == SQL_KILL_INNER;
    table_text(table, is_kill || facts->asks_token   ? "here"
                      : route->is_refused || !is_run ? "refused"
                      : is_previous                  ? "previous"
                                                     : route_place_name(route->place));
}

/* The statement to explain: its text and its attributes. */
struct asked {
    struct span sql;
    struct hints_beside beside;
};

static void say_attributes(const struct hints_beside *beside, struct text *said)
{
    struct hint hint;
    for (size_t i = 0; i < beside->count; i++) {
        const struct hint_beside *one = &beside->items[i];
        if (!hints_read_beside(one, &hint))
            continue;
        (void)text_appendf(said, hint.kind != HINT_UNKNOWN ? "%s%.*s=%.*s" : "%s[%.*s=%.*s]",
                           said->len > 0 ? ", " : "", (int)one->name.len, (const char *)one->name.data,
                           (int)one->value.len, (const char *)one->value.data);
    }
}

static void put_hints(struct table *table, const struct asked *asked, const struct sql_dialect *dialect,
                      const struct sql_facts *facts)
{
    struct hint_walk walk;
    struct hint hint;
    struct text said = { 0 };
    hint_begin(&walk, asked->sql, dialect);
    while (facts->has_hint && hint_next(&walk, &hint)) {
        bool is_known = hint.kind != HINT_UNKNOWN && facts->doubts == 0;
        (void)text_appendf(&said, is_known ? "%s%.*s" : "%s[%.*s]", said.len > 0 ? ", " : "",
                           (int)hint.text.len, (const char *)hint.text.data);
    }
    say_attributes(&asked->beside, &said);
    table_span(table, text_span(&said));
    text_fini(&said);
}

static void put_explanation(struct request *request, const struct sql_facts *facts, const struct route *route,
                            const struct pins *pins, const struct asked *asked,
                            const struct sql_dialect *dialect)
{
    struct table *table = &request->table;
    struct text held = { 0 };
    if (pins != NULL)
        pins_describe(pins, &held);
    table_init(table, columns, sizeof columns / sizeof *columns);
    table_row(table);
    put_place(table, facts, route, pins != NULL);
    table_text(table, route_reason_words(route->reason));
    char name[48];
    size_t len = 0;
    for (const char *from = route_reason_name(route->reason); *from != '\0' && len < sizeof name - 1; from++)
        name[len++] = (char)tolower((unsigned char)*from);
    name[len] = '\0';
    table_text(table, name);
    table_text(table, sql_kind_name(facts->kind));
    table_text(table, sql_reason_words(facts->reason));
    table_text(table, sql_reason_name(facts->reason));
    table_span(table, facts->culprit);
    put_facts(table, facts);
    struct text said = { 0 };
    show_routines_of(asked->sql, facts, dialect, &said);
    table_span(table, text_span(&said));
    text_fini(&said);
    put_hints(table, asked, dialect, facts);
    table_span(table, text_span(&held));
    table_text(table, explain_effects_keeps_reads(facts, asked->sql, dialect) ? "yes" : "no");
    text_fini(&held);
}

static void read_view(const struct view *view, struct sql_dialect *dialect, struct route_state *state)
{
    dialect->family = view->family == FAMILY_MARIADB ? SQL_FAMILY_MARIADB
                      : view->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL
                                                     : SQL_FAMILY_UNKNOWN;
    dialect->ansi_quotes = view->ansi_quotes;
    dialect->oracle = view->oracle;
    dialect->no_backslash_escapes = view->no_backslash_escapes;
    dialect->catalog = view->catalog;
    dialect->reads_stored = view->reads_functions;
    for (size_t i = 0; i < view->count; i++)
        state->has_replica |= view->servers[i].takes_reads;
}

void explain(struct request *request)
{
    const struct view *view = request->admin->clusters[0].view;
    struct sql_dialect dialect = { .multi_statements = true };
    struct route_state state = { .mode = LISTENER_SPLIT };
    struct asked asked = { .sql = request->argument };
    if (!explain_attributes_read(&asked.sql, &asked.beside, &request->error)) {
        request->on_done(request);
        return;
    }
    if (view != NULL)
        read_view(view, &dialect, &state);
    struct sql_facts facts = classify(asked.sql, false, &dialect);
    struct route route = route_decide(&facts, &state);
    if (view != NULL) {
        struct hints hints = { 0 };
        if (facts.has_hint)
            hints_read(&hints, asked.sql, false, &dialect, view);
        hints_add_beside(&hints, &asked.beside, view);
        route = hints_route(&hints, route, &facts, view, NULL);
    }
    put_explanation(request, &facts, &route, NULL, &asked, &dialect);
    request->on_done(request);
}

/* ---- for an existing session ---- */

struct question {
    uint64_t session;
    size_t len;
    uint8_t sql[];
};

static void ask(struct worker *worker, struct request *request, void *context)
{
    const struct question *question = context;
    struct session *session = session_find(worker, question->session);
    struct sql_facts facts;
    if (session == NULL || table_row_count(&request->table) > 0)
        return;
    struct hints hints = { 0 };
    struct asked asked = { .sql = span_of(question->sql, question->len) };
    struct sql_dialect dialect = dialect_of(session);
    request->error = (struct error){ 0 };
    if (!explain_attributes_read(&asked.sql, &asked.beside, &request->error))
        return;
    struct route route = command_route_explain(session, asked.sql, &asked.beside, &facts, &hints);
    put_explanation(request, &facts, &route, &session->facets.pins, &asked, &dialect);
}

static bool split_argument(struct span argument, uint64_t *id_r, struct span *sql_r)
{
    size_t at = 0;
    while (at < argument.len && argument.data[at] >= '0' && argument.data[at] <= '9')
        at++;
    *sql_r = span_of(argument.data + at, argument.len - at);
    return at < argument.len && span_to_u64(span_of(argument.data, at), id_r);
}

void explain_session(struct request *request)
{
    uint64_t id;
    struct span sql;
    struct question *question = NULL;
    if (!split_argument(request->argument, &id, &sql))
        (void)error_set(&request->error, 0,
                        "explain session needs a session's number and a statement: see 'show sessions'");
    else if ((question = mem_zalloc(sizeof *question + sql.len)) == NULL)
        (void)error_set(&request->error, 0, "out of memory");
    if (question == NULL) {
        request->on_done(request);
        return;
    }
    question->session = id;
    question->len = sql.len;
    memcpy(question->sql, sql.data, sql.len);
    (void)error_set(&request->error, 0, "there is no session %llu: see 'show sessions'",
                    (unsigned long long)id);
    visit_workers(request, ask, question);
}
