#include "proxy/readback.h"

#include "base/mem.h"
#include "cluster/upstream_exchange.h"
#include "mysql/reply.h"

/* Values in whatever character set, and once more in hex. */
#define ANSWER_BYTES_MAX (8u * USERVARS_VALUE_MAX)

struct readback {
    struct rows rows;
    struct rows_def defs[ROWS_COLUMNS_MAX];
    uint64_t version; /* of the variables when they were asked for */
};

void readback_free(struct readback **readback)
{
    if (*readback == NULL)
        return;
    rows_fini(&(*readback)->rows);
    mem_free(*readback);
    *readback = NULL;
}

bool readback_may(const struct session *session, enum route_place place)
{
    enum route_variables here = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    return session->variables == here && uservars_may_ask(&session->user_vars);
}

bool readback_is_running(const struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        if (session->slots[place].readback != NULL && !session->slots[place].has_failed)
            return true;
    return false;
}

/* ROW_COUNT(), FOUND_ROWS() and the warnings there are our query's from now on. */
static void forget_answers(struct session *session, const struct slot *slot)
{
    struct answers *answers = &session->answers;
    uint64_t nobody = ++session->generations;
    answers->last = answers->last == slot->generation ? nobody : answers->last;
    answers->found = answers->found == slot->generation ? nobody : answers->found;
    answers->diagnostics = answers->diagnostics == slot->generation ? nobody : answers->diagnostics;
}

void readback_begin(struct session *session, enum route_place place)
{
    struct slot *slot = &session->slots[place];
    struct readback *readback = mem_zalloc(sizeof *readback);
    struct text sql = { 0 };
    if (session->user_vars.has_others)
        (void)text_append_cstr(&sql, uservars_list_query(slot->upstream->family == FAMILY_MYSQL));
    else
        uservars_ask(&session->user_vars, &sql);
    if (readback == NULL || sql.is_oom) { /* another time */
        readback_free(&readback);
        text_fini(&sql);
        return;
    }
    readback->rows.defs = readback->defs;
    readback->rows.bytes_max = ANSWER_BYTES_MAX;
    readback->version = session->user_vars.version;
    slot->readback = readback;
    slot->task = SYNC_READ_BACK;
    slot->has_answer = false;
    forget_answers(session, slot);
    upstream_query(slot->upstream, text_cstr(&sql), &readback->rows, session->worker->env.login_us);
    text_fini(&sql);
}

/* A KILL QUERY, perhaps: when they have changed it is tried again. That names are not told, or not to this
 * account, remains. */
static void note_refusal(struct uservars *vars, int code)
{
    vars->stuck_version = vars->version;
    vars->is_unlisted |= vars->has_others && code != ERR_QUERY_INTERRUPTED;
}

void readback_end(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    struct uservars *vars = &session->user_vars;
    if (slot->readback->version != vars->version) /* reset meanwhile */
        vars->stuck_version = vars->version;
    else if (answer->is_err)
        note_refusal(vars, answer->error.code);
    else if (vars->has_others)
        uservars_note_list(vars, &slot->readback->rows);
    else
        uservars_learn(vars, &slot->readback->rows);
    if (uservars_are_known(vars))
        session->variables = VARIABLES_NOWHERE;
    slot->user_version = vars->version; /* they come from there */
    slot->task = SYNC_NOTHING;
    readback_free(&slot->readback);
}
