#include "proxy/readback.h"

#include "base/mem.h"

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
    const struct uservars *vars = &session->user_vars;
    enum route_variables here = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    return session->variables == here && vars->unknown > 0 && !vars->has_others && !vars->has_odd &&
           vars->stuck_version != vars->version;
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

void readback_end(struct session *session, struct slot *slot, const struct upstream_answer *answer)
{
    struct uservars *vars = &session->user_vars;
    if (slot->readback->version == vars->version && !answer->is_err)
        uservars_learn(vars, &slot->readback->rows);
    else
        vars->stuck_version = vars->version; /* a KILL QUERY, perhaps: when they change it is tried again */
    if (uservars_are_known(vars))
        session->variables = VARIABLES_NOWHERE;
    slot->user_version = vars->version; /* they come from there */
    slot->task = SYNC_NOTHING;
    readback_free(&slot->readback);
}
