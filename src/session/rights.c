#include "session/rights.h"

#include "freshness/global_writes.h"

static void see_change(struct session *session)
{
    bool is_recent = login_age_is_recent(&session->worker->pool, session->door->cluster);
    if (is_recent && consistency_is_followed(&session->consistency))
        global_writes_ask(&session->consistency);
}

void rights_begin(struct session *session)
{
    session->rights = login_age_begin(&session->worker->pool, session->door->cluster);
    see_change(session);
}

void rights_note_use(struct session *session)
{
    if (!login_age_renew(&session->worker->pool, session->door->cluster, &session->rights))
        return;
    for (int place = 0; place < SLOT_COUNT; place++)
        if (place != (int)session->job.place && session->slots[place].upstream != NULL)
            text_clear(&session->slots[place].upstream->schema);
    see_change(session);
}
