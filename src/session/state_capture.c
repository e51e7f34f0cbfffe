#include "session/state_capture.h"

#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "mysql/rows.h"
#include "session/yield.h"
#include "session/slot.h"
#include "state/facet_table.h"
#include "state/insert_id.h"
#include "state/diagnostics.h"

/* Enough for the longest answer: values of user variables, in any character set, each in hex as well. */
#define ANSWER_BYTES_MAX (8u * USERVARS_VALUE_MAX)

/* The question that a connection is being asked. */
struct state_capture {
    const struct facet *facet; /* borrows */
    uint32_t numbers;          /* facet.number: the facets that are asked for */
    struct rows rows;          /* the answer */
    struct rows_def defs[ROWS_COLUMNS_MAX];
    uint64_t version;            /* of the user variables when it was asked */
    struct permits *promised_to; /* borrows: counted in their `promised`; NULL: in none */
};

/* The query overwrites what earlier statements have left on the connection: ROW_COUNT(), FOUND_ROWS() and the
 * warnings. On MariaDB only a query that reads a table clears the warnings. */
static void lose_answers(struct session *session, struct slot *slot, bool has_table)
{
    struct answers *answers = &session->facets.answers;
    diagnostics_lose(&answers->last, slot);
    diagnostics_lose(&answers->found, slot);
    if (slot->upstream->family == FAMILY_MARIADB && !has_table)
        return;
    diagnostics_lose(&answers->diagnostics, slot);
    slot->has_warnings = false;
}

/* Asks for a facet. `promised_to`: the connection is promised to the first session that waits for these
 * permits; NULL: to none. False: out of memory; nothing was asked. The query may fail at once: then on_failed
 * has ended the question, and the slot may be empty. */
static bool begin(struct session *session, enum route_place place, const struct facet *facet,
                  struct permits *promised_to)
{
    struct slot *slot = session->slots[place];
    struct state_capture *capture = slot->capture = mem_zalloc(sizeof *capture);
    struct text sql = { 0 };
    bool has_table = false;
    if (capture == NULL)
        return false;
    *capture = (struct state_capture){ .facet = facet, .version = session->facets.user_vars.version };
    capture->rows.defs = capture->defs;
    capture->rows.bytes_max = ANSWER_BYTES_MAX;
    if (facet->number != NULL)
        capture->numbers = facet_table_ask_numbers(&session->facets, session->slots, place, &sql);
    else
        has_table = facet->ask(&session->facets, slot, &sql);
    if (sql.is_oom) {
        state_capture_end(slot);
        text_fini(&sql);
        return false;
    }
    lose_answers(session, slot, has_table);
    capture->promised_to = promised_to;
    if (promised_to != NULL)
        permits_promise(promised_to, 1);
    upstream_query(slot->upstream, text_cstr(&sql), &capture->rows, session->worker->env.login_us);
    text_fini(&sql);
    return true;
}

/* The connection refused to tell a moment ago: it would refuse again. */
static bool is_resting(const struct session *session, const struct slot *slot)
{
    return slot->refused_us != 0 && session_now(session) - slot->refused_us < WORKER_RETRY_US;
}

/* Numbers are asked for last. After their answer nothing keeps the connection: it is promised to a waiter. */
bool state_capture_ask(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    const struct facet *facet = facet_table_asked(&session->facets, session->slots, place);
    if (facet == NULL)
        return false;
    if (!is_resting(session, slot))
        (void)begin(session, place, facet, facet->number != NULL ? upstream_wanted(slot->upstream) : NULL);
    return true;
}

bool state_capture_ask_for(struct session *session, enum route_place place, const struct facet *facet)
{
    struct slot *slot = session->slots[place];
    bool is_refused = facet == &facet_transaction && is_resting(session, slot);
    bool may_ask = slot->upstream != NULL && !slot->has_failed && slot->upstream->state == UPSTREAM_READY;
    if (is_refused || !facet->is_asked(&session->facets, session->slots, place))
        return false;
    bool is_asked = slot->capture != NULL || (may_ask && begin(session, place, facet, NULL));
    if (is_asked)
        session->job->wait.asked = slot;
    return is_asked;
}

static bool note_answer(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    const struct state_capture *capture = slot->capture;
    const struct facet_answer told = { answer, &capture->rows, capture->version };
    if (capture->facet->learn != NULL)
        return capture->facet->learn(&session->facets, slot, &told);
    return !answer->is_err &&
           facet_table_learn_numbers(&session->facets, slot, capture->numbers, &capture->rows);
}

/* A command that waits for the id waits for one answer only: without the id in it, the id counts as lost. */
void state_capture_note(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    enum route_place place = slot_place_of(session->slots, slot->upstream);
    bool is_told = note_answer(session, slot, answer);
    bool is_awaited = session->state == SESSION_WAITING && session->job->wait.asked == slot;
    if (!is_told && is_awaited && slot->capture->numbers != 0)
        insert_id_note_untold(&session->facets.insert_id, slot);
    if (!is_told)
        log_limited(LOG_LEVEL_INFO, &session->scope, "a connection to %s does not tell what it knows: %s",
                    slot->upstream->server->name,
                    answer->is_err ? answer->error.text : "nothing came that could be said again");
    facets_note_pins(&session->facets, session->job, session_now(session),
                     &session->worker->boxes[session->listener->cluster].pins);
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
