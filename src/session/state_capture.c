#include "session/state_capture.h"

#include "base/mem.h"
#include "cluster/upstream_exchange.h"
#include "mysql/reply.h"
#include "mysql/rows.h"
#include "session/yield.h"
#include "session/slot.h"
#include "state/diagnostics.h"

/* The values of user variables, in whatever character set, and once more in hex: the longest answer. */
#define ANSWER_BYTES_MAX (8u * USERVARS_VALUE_MAX)

struct question;

/* One that is being asked. */
struct parting {
    const struct question *question; /* borrows */
    struct rows rows;                /* the answer */
    struct rows_def defs[ROWS_COLUMNS_MAX];
    unsigned numbers;            /* those that were needed when it was asked, as a set */
    uint64_t version;            /* of the user variables then */
    struct permits *promised_to; /* borrows: counted in their `promised`; NULL: in none */
};

/* ---- user variables ---- */

/* Those of this place are unknown, and asking might help. */
static bool needs_variables(const struct session *session, enum route_place place)
{
    enum route_variables here = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    return session->facets.variables == here && user_variables_may_ask(&session->facets.user_vars);
}

/* Which there are comes before what they hold. */
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

/* A KILL QUERY, perhaps: when they have changed it is tried again. That names are not told, or not to this
 * account, remains. */
static void note_refusal(struct uservars *vars, int code)
{
    vars->stuck_version = vars->version;
    vars->is_unlisted |= vars->has_others && code != ERR_QUERY_INTERRUPTED;
}

/* Has it told of the variables as they are now? */
static bool is_about_present(struct uservars *vars, const struct slot *slot,
                             const struct upstream_answer *answer)
{
    if (slot->parting->version != vars->version) { /* reset meanwhile */
        vars->stuck_version = vars->version;
        return false;
    }
    if (answer->is_err)
        note_refusal(vars, answer->error.code);
    return !answer->is_err;
}

/* Whatever the answer was: what is known now was said, or came from there. False: the rest it will not tell.
 */
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
        user_variables_note_list(&session->facets.user_vars, &slot->parting->rows);
    return end_variables(session, slot);
}

static bool note_values(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    if (is_about_present(&session->facets.user_vars, slot, answer))
        user_variables_learn(&session->facets.user_vars, &slot->parting->rows);
    return end_variables(session, slot);
}

/* ---- what a statement uses up ---- */

/* The variable that alone keeps the connection, and may be used up by now; NULL: none. */
static const char *held(const struct session *session, enum route_place place)
{
    if (session->slots[place].has_told_held ||
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
    if (answer->is_err || !rows_value(&slot->parting->rows, 0, 0, &value) || !span_to_u64(value, &number))
        return false;
    slot->has_told_held = number != 0;
    if (number == 0)
        pins_release_all(&session->facets.pins, PIN_HELD_SET); /* as it is the only one */
    facets_note_pins(&session->facets, &session->job, session_now(session),
                     &session->worker->boxes[session->door->cluster].pins);
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

/* All that are needed are asked for at once. */
static const struct {
    const char *expression;
    bool (*is_needed)(const struct session *session, const struct slot *slot);
    void (*note)(struct session *session, struct slot *slot, uint64_t value);
} numbers[] = { { "LAST_INSERT_ID()", needs_id, note_id }, { "FOUND_ROWS()", needs_found, note_found } };

#define NUMBERS (sizeof numbers / sizeof numbers[0])

/* A set: bit n for numbers[n]. */
static unsigned needed_numbers(const struct session *session, const struct slot *slot)
{
    unsigned set = 0;
    for (unsigned n = 0; n < NUMBERS; n++)
        set |= (unsigned)numbers[n].is_needed(session, slot) << n;
    return set;
}

/* Not of a connection that is kept for state: it would be asked in vain. */
static bool needs_numbers(const struct session *session, enum route_place place)
{
    return needed_numbers(session, &session->slots[place]) != 0 && !slot_has_lost_state(session, place);
}

/* LIMIT, as sql_select_limit may be 0. */
static void put_numbers(const struct session *session, const struct slot *slot, struct text *sql)
{
    const char *glue = "SELECT ";
    (void)session;
    for (unsigned n = 0; n < NUMBERS; n++)
        if ((slot->parting->numbers & 1u << n) != 0) {
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
        if ((slot->parting->numbers & 1u << n) == 0)
            continue;
        if (!rows_value(&slot->parting->rows, 0, column++, &value) || !span_to_u64(value, &number))
            return false;
        numbers[n].note(session, slot, number);
    }
    return true;
}

/* A command that waits for the id waits for one answer, whatever that is. */
static bool note_numbers(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    bool is_told = !answer->is_err && read_numbers(session, slot);
    bool is_awaited = session->state == SESSION_WAITING && session->job.wait.asked == slot;
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

/* Whatever it is, its answer has the flags. */
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

/* The first that is needed is asked. User variables and numbers are never asked for in one query: whether the
 * variables can be had at all says only their answer, and without it the numbers are asked for in vain. */
static const struct question {
    bool (*is_needed)(const struct session *session, enum route_place place);
    void (*put)(const struct session *session, const struct slot *slot, struct text *sql);
    /* The answer has come. False: it has not told what was asked. */
    bool (*note)(struct session *session, struct slot *slot, const struct upstream_answer *answer);
    bool has_table; /* MariaDB forgets the warnings only where a statement has one */
    bool is_last;   /* nothing keeps the connection when it is told: the first who waits is promised it */
} questions[QUESTION_COUNT] = {
    [QUESTION_HELD] = { needs_held, put_held, note_held, false, false },
    [QUESTION_NAMES] = { needs_names, put_names, note_names, true, false },
    [QUESTION_VALUES] = { needs_variables, put_values, note_values, false, false },
    [QUESTION_NUMBERS] = { needs_numbers, put_numbers, note_numbers, false, true },
    [QUESTION_TRANSACTION] = { is_in_doubt, put_anything, note_flags, false, false },
};

/* ---- one of them: begin and end ---- */

/* Our question comes after them: those about the statement before, and about its rows; and the warnings. */
static void lose_answers(struct session *session, struct slot *slot, const struct question *question)
{
    diagnostics_lose(&session->facets.answers.last, slot);
    diagnostics_lose(&session->facets.answers.found, slot);
    if (slot->upstream->family == FAMILY_MARIADB && !question->has_table)
        return;
    diagnostics_lose(&session->facets.answers.diagnostics, slot);
    slot->has_warnings = false;
}

/* False: there is no memory; another time. `promised_to`, or NULL: those of whom the first is promised the
 * connection. It may fail at once: then on_failed has ended the question, and perhaps emptied the slot. */
static bool begin(struct session *session, struct slot *slot, const struct question *question,
                  struct permits *promised_to)
{
    struct parting *parting = slot->parting = mem_zalloc(sizeof *parting);
    struct text sql = { 0 };
    if (parting == NULL)
        return false;
    *parting = (struct parting){ .question = question,
                                 .numbers = needed_numbers(session, slot),
                                 .version = session->facets.user_vars.version };
    parting->rows.defs = parting->defs;
    parting->rows.bytes_max = ANSWER_BYTES_MAX;
    question->put(session, slot, &sql);
    if (sql.is_oom) {
        state_capture_end(slot);
        text_fini(&sql);
        return false;
    }
    lose_answers(session, slot, question);
    parting->promised_to = promised_to;
    if (promised_to != NULL)
        permits_promise(promised_to, 1);
    upstream_query(slot->upstream, text_cstr(&sql), &parting->rows, session->worker->env.login_us);
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

/* It has just refused to tell: asked again at once, it would again, and again. */
static bool is_resting(const struct session *session, const struct slot *slot)
{
    return slot->refused_us != 0 && session_now(session) - slot->refused_us < WORKER_RETRY_US;
}

bool state_capture_ask(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
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
    bool is_asked = slot->parting != NULL || (may_ask && begin(session, slot, question, NULL));
    if (is_asked)
        session->job.wait.asked = slot;
    return is_asked;
}

bool state_capture_ask_id(struct session *session, enum route_place place)
{
    return ask_for_command(session, &session->slots[place], &questions[QUESTION_NUMBERS]);
}

bool state_capture_ask_variables(struct session *session, enum route_place place)
{
    const struct question *question = &questions[QUESTION_NAMES];
    if (!question->is_needed(session, place))
        question = &questions[QUESTION_VALUES];
    return question->is_needed(session, place) && ask_for_command(session, &session->slots[place], question);
}

bool state_capture_ask_transaction(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    return is_in_doubt(session, place) && !is_resting(session, slot) &&
           ask_for_command(session, slot, &questions[QUESTION_TRANSACTION]);
}

void state_capture_note(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    enum route_place place = slot_place_of(session->slots, slot->upstream);
    bool is_told = slot->parting->question->note(session, slot, answer);
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
        if (session->slots[place].parting != NULL && !session->slots[place].has_failed)
            return true;
    return false;
}

void state_capture_end(struct slot *slot)
{
    if (slot->parting == NULL)
        return;
    if (slot->parting->promised_to != NULL)
        permits_promise(slot->parting->promised_to, -1);
    rows_fini(&slot->parting->rows);
    mem_free(slot->parting);
    slot->parting = NULL;
}
