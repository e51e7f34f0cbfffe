#include "session/state_capture.h"

#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "mysql/reply.h"
#include "mysql/rows.h"
#include "session/yield.h"
#include "session/slot.h"
#include "state/facet_table.h"
#include "state/diagnostics.h"

/* Enough for the longest answer: values of user variables, in any character set, each in hex as well. */
#define ANSWER_BYTES_MAX (8u * USERVARS_VALUE_MAX)

struct question;

/* The question that a connection is being asked. */
struct state_capture {
    const struct question *question; /* borrows */
    struct rows rows;                /* the answer */
    struct rows_def defs[ROWS_COLUMNS_MAX];
    unsigned numbers;            /* asked for: bit n for numbers[n] */
    uint64_t version;            /* of the user variables when it was asked */
    struct permits *promised_to; /* borrows: counted in their `promised`; NULL: in none */
};

/* ---- user variables ---- */

/* User variables have unknown values on this connection, and it may be asked for them. */
static bool needs_variables(const struct session *session, enum route_place place)
{
    enum route_variables here = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    return session->facets.variables == here && user_variables_may_ask(&session->facets.user_vars);
}

/* The names of the variables are needed before their values. */
static bool needs_names(const struct session *session, enum route_place place)
{
    return session->facets.user_vars.has_others && needs_variables(session, place);
}

static void put_names(const struct session *session, const struct slot *slot, struct text *sql)
{
    (void)session;
    (void)text_append_cstr(sql, user_variables_list_query(slot->upstream->family == FAMILY_MYSQL));
}

static void put_values(const struct session *session, const struct slot *slot, struct text *sql)
{
    (void)slot;
    user_variables_ask(&session->facets.user_vars, sql);
}

/* The server refused. It is asked again after the variables have changed: the reason may have been a KILL
 * QUERY. If it refused the list of names for another reason, it is not asked for the list again. */
static void note_refusal(struct uservars *vars, int code)
{
    vars->stuck_version = vars->version;
    vars->is_unlisted |= vars->has_others && code != ERR_QUERY_INTERRUPTED;
}

/* Does the answer tell the present variables? */
static bool is_about_present(struct uservars *vars, const struct slot *slot,
                             const struct upstream_answer *answer)
{
    if (slot->capture->version != vars->version) { /* reset meanwhile */
        vars->stuck_version = vars->version;
        return false;
    }
    if (answer->is_err)
        note_refusal(vars, answer->error.code);
    return !answer->is_err;
}

/* After any answer, the connection has all known values. False: it will not tell the values that are unknown
 * still. */
static bool end_variables(struct session *session, struct slot *slot)
{
    const struct uservars *vars = &session->facets.user_vars;
    slot->user_version = vars->version;
    if (user_variables_are_known(vars))
        session->facets.variables = VARIABLES_NOWHERE;
    return user_variables_are_known(vars) || user_variables_may_ask(vars);
}

static bool note_names(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    if (is_about_present(&session->facets.user_vars, slot, answer))
        user_variables_note_list(&session->facets.user_vars, &slot->capture->rows);
    return end_variables(session, slot);
}

static bool note_values(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    if (is_about_present(&session->facets.user_vars, slot, answer))
        user_variables_learn(&session->facets.user_vars, &slot->capture->rows);
    return end_variables(session, slot);
}

/* ---- variables that a statement uses up: insert_id … ---- */

/* The only variable of PIN_HELD_SET, if a statement may have used it up by now; NULL: there is none. */
static const char *held(const struct session *session, enum route_place place)
{
    if (session->slots[place]->has_told_held ||
        (facets_pins(&session->facets, place) & pin_bit(PIN_HELD_SET)) == 0)
        return NULL;
    return vars_used_up(pins_only_name(&session->facets.pins, PIN_HELD_SET));
}

static bool needs_held(const struct session *session, enum route_place place)
{
    return held(session, place) != NULL;
}

static void put_held(const struct session *session, const struct slot *slot, struct text *sql)
{
    (void)text_appendf(sql, "SELECT @@%s LIMIT 1",
                       held(session, slot_place_of(session->slots, slot->upstream)));
}

static bool note_held(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    uint64_t number;
    struct span value;
    if (answer->is_err || !rows_value(&slot->capture->rows, 0, 0, &value) || !span_to_u64(value, &number))
        return false;
    slot->has_told_held = number != 0;
    if (number == 0)
        pins_release_all(&session->facets.pins, PIN_HELD_SET); /* it was the only one */
    facets_note_pins(&session->facets, session->job, session_now(session),
                     &session->worker->boxes[session->listener->cluster].pins);
    return true;
}

uint32_t state_capture_may_end(const struct session *session, enum route_place place)
{
    return pin_bit(PIN_USER_VARIABLES) | (needs_held(session, place) ? pin_bit(PIN_HELD_SET) : 0);
}

/* ---- numbers ---- */

static bool needs_id(const struct session *session, const struct slot *slot)
{
    return session->facets.insert_id.known_by == slot->generation;
}

static void note_id(struct session *session, struct slot *slot, uint64_t id)
{
    session->facets.insert_id.value = slot->insert_id = id;
    session->facets.insert_id.known_by = 0;
    session->facets.insert_id.is_unknown = false;
}

static bool needs_found(const struct session *session, const struct slot *slot)
{
    return session->facets.answers.found == slot->generation && session->facets.answers.is_calculated;
}

static void note_found(struct session *session, struct slot *slot, uint64_t found)
{
    (void)slot;
    session->facets.answers.found_rows = (struct recalled){ .is_known = true, .value = (int64_t)found };
}

/* One query asks for all that are needed. */
static const struct {
    const char *expression;
    bool (*is_needed)(const struct session *session, const struct slot *slot);
    void (*note)(struct session *session, struct slot *slot, uint64_t value);
} numbers[] = { { "LAST_INSERT_ID()", needs_id, note_id }, { "FOUND_ROWS()", needs_found, note_found } };

#define NUMBERS (sizeof numbers / sizeof numbers[0])

/* Bit n: numbers[n] is needed. */
static unsigned needed_numbers(const struct session *session, const struct slot *slot)
{
    unsigned set = 0;
    for (unsigned n = 0; n < NUMBERS; n++)
        set |= (unsigned)numbers[n].is_needed(session, slot) << n;
    return set;
}

/* A connection that is kept for other state is not asked: the session would not give it up. */
static bool needs_numbers(const struct session *session, enum route_place place)
{
    return needed_numbers(session, session->slots[place]) != 0 && !slot_has_lost_state(session, place);
}

/* LIMIT 1: sql_select_limit may be 0. */
static void put_numbers(const struct session *session, const struct slot *slot, struct text *sql)
{
    const char *glue = "SELECT ";
    (void)session;
    for (unsigned n = 0; n < NUMBERS; n++)
        if ((slot->capture->numbers & 1u << n) != 0) {
            (void)text_appendf(sql, "%s%s", glue, numbers[n].expression);
            glue = ",";
        }
    (void)text_append_cstr(sql, " LIMIT 1");
}

static bool read_numbers(struct session *session, struct slot *slot)
{
    int column = 0;
    for (unsigned n = 0; n < NUMBERS; n++) {
        struct span value;
        uint64_t number;
        if ((slot->capture->numbers & 1u << n) == 0)
            continue;
        if (!rows_value(&slot->capture->rows, 0, column++, &value) || !span_to_u64(value, &number))
            return false;
        numbers[n].note(session, slot, number);
    }
    return true;
}

/* A command that waits for the id waits for one answer only: without the id in it, the id counts as lost. */
static bool note_numbers(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    bool is_told = !answer->is_err && read_numbers(session, slot);
    bool is_awaited = session->state == SESSION_WAITING && session->job->wait.asked == slot;
    if (!is_told && is_awaited && needs_id(session, slot))
        session->facets.insert_id.known_by = ANSWERS_LOST;
    return is_told;
}

/* ---- the transaction ---- */

static bool is_in_doubt(const struct session *session, enum route_place place)
{
    return session->facets.transaction.is_unknown && place == ROUTE_PRIMARY &&
           !session->facets.transaction.is_away;
}

/* Any query does: the answer has the status flags of the transaction. */
static void put_anything(const struct session *session, const struct slot *slot, struct text *sql)
{
    (void)session;
    (void)slot;
    (void)text_append_cstr(sql, "SELECT 1 LIMIT 1");
}

static bool note_flags(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    (void)slot;
    if (answer->is_err)
        return false;
    session->facets.status = answer->status;
    session->facets.transaction.is_unknown = false;
    return true;
}

/* ---- the questions ---- */

enum {
    QUESTION_HELD,
    QUESTION_NAMES,
    QUESTION_VALUES,
    QUESTION_NUMBERS,
    QUESTION_TRANSACTION,
    QUESTION_COUNT
};

/* The first question that is needed is asked. User variables and numbers are not asked for in one query: only
 * the answer tells whether the variables can be known. If they cannot, they keep the connection, and the
 * numbers are not needed. */
static const struct question {
    bool (*is_needed)(const struct session *session, enum route_place place);
    void (*put)(const struct session *session, const struct slot *slot, struct text *sql);
    /* Notes the answer. False: it does not tell what was asked. */
    bool (*note)(struct session *session, struct slot *slot, const struct upstream_answer *answer);
    bool has_table; /* the query reads a table: on MariaDB only such a query clears the warnings */
    bool is_last;   /* the answer ends all causes to keep the connection: it is promised to a waiter */
} questions[QUESTION_COUNT] = {
    [QUESTION_HELD] = { needs_held, put_held, note_held, false, false },
    [QUESTION_NAMES] = { needs_names, put_names, note_names, true, false },
    [QUESTION_VALUES] = { needs_variables, put_values, note_values, false, false },
    [QUESTION_NUMBERS] = { needs_numbers, put_numbers, note_numbers, false, true },
    [QUESTION_TRANSACTION] = { is_in_doubt, put_anything, note_flags, false, false },
};

/* ---- a question begins and ends ---- */

/* The query overwrites what earlier statements have left on the connection: ROW_COUNT(), FOUND_ROWS() and the
 * warnings. */
static void lose_answers(struct session *session, struct slot *slot, const struct question *question)
{
    diagnostics_lose(&session->facets.answers.last, slot);
    diagnostics_lose(&session->facets.answers.found, slot);
    if (slot->upstream->family == FAMILY_MARIADB && !question->has_table)
        return;
    diagnostics_lose(&session->facets.answers.diagnostics, slot);
    slot->has_warnings = false;
}

/* Asks a question. `promised_to`: the connection is promised to the first session that waits for these
 * permits; NULL: to none. False: out of memory; nothing was asked. The query may fail at once: then on_failed
 * has ended the question, and the slot may be empty. */
static bool begin(struct session *session, struct slot *slot, const struct question *question,
                  struct permits *promised_to)
{
    struct state_capture *capture = slot->capture = mem_zalloc(sizeof *capture);
    struct text sql = { 0 };
    if (capture == NULL)
        return false;
    *capture = (struct state_capture){ .question = question,
                                       .numbers = needed_numbers(session, slot),
                                       .version = session->facets.user_vars.version };
    capture->rows.defs = capture->defs;
    capture->rows.bytes_max = ANSWER_BYTES_MAX;
    question->put(session, slot, &sql);
    if (sql.is_oom) {
        state_capture_end(slot);
        text_fini(&sql);
        return false;
    }
    lose_answers(session, slot, question);
    capture->promised_to = promised_to;
    if (promised_to != NULL)
        permits_promise(promised_to, 1);
    upstream_query(slot->upstream, text_cstr(&sql), &capture->rows, session->worker->env.login_us);
    text_fini(&sql);
    return true;
}

static const struct question *next_question(const struct session *session, enum route_place place)
{
    for (size_t q = 0; q < QUESTION_COUNT; q++)
        if (questions[q].is_needed(session, place))
            return &questions[q];
    return NULL;
}

/* The connection refused to tell a moment ago: it would refuse again. */
static bool is_resting(const struct session *session, const struct slot *slot)
{
    return slot->refused_us != 0 && session_now(session) - slot->refused_us < WORKER_RETRY_US;
}

bool state_capture_ask(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    const struct question *question = next_question(session, place);
    if (question == NULL)
        return false;
    if (is_resting(session, slot))
        return true;
    (void)begin(session, slot, question, question->is_last ? upstream_wanted(slot->upstream) : NULL);
    return true;
}

static bool ask_for_command(struct session *session, struct slot *slot, const struct question *question)
{
    bool may_ask = slot->upstream != NULL && !slot->has_failed && slot->upstream->state == UPSTREAM_READY;
    bool is_asked = slot->capture != NULL || (may_ask && begin(session, slot, question, NULL));
    if (is_asked)
        session->job->wait.asked = slot;
    return is_asked;
}

bool state_capture_ask_id(struct session *session, enum route_place place)
{
    return ask_for_command(session, session->slots[place], &questions[QUESTION_NUMBERS]);
}

bool state_capture_ask_variables(struct session *session, enum route_place place)
{
    const struct question *question = &questions[QUESTION_NAMES];
    if (!question->is_needed(session, place))
        question = &questions[QUESTION_VALUES];
    return question->is_needed(session, place) && ask_for_command(session, session->slots[place], question);
}

bool state_capture_ask_transaction(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    return is_in_doubt(session, place) && !is_resting(session, slot) &&
           ask_for_command(session, slot, &questions[QUESTION_TRANSACTION]);
}

void state_capture_note(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    enum route_place place = slot_place_of(session->slots, slot->upstream);
    bool is_told = slot->capture->question->note(session, slot, answer);
    if (!is_told)
        log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s does not tell what it knows: %s",
                    slot->upstream->server->name,
                    answer->is_err ? answer->error.text : "nothing came that could be said again");
    slot->refused_us = is_told ? 0 : session_now(session);
    state_capture_end(slot);
    if (is_told && upstream_wanted(slot->upstream) != NULL)
        yield_give_up(session, place);
}

bool state_capture_is_running(const struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place]->capture != NULL && !session->slots[place]->has_failed)
            return true;
    return false;
}

void state_capture_end(struct slot *slot)
{
    if (slot->capture == NULL)
        return;
    if (slot->capture->promised_to != NULL)
        permits_promise(slot->capture->promised_to, -1);
    rows_fini(&slot->capture->rows);
    mem_free(slot->capture);
    slot->capture = NULL;
}
