#include "state/galera_wait.h"

#include "monitor/wsrep.h"
#include "state/facet.h"

static enum sync_task lacks(const struct replay *replay)
{
    if (replay->slot->must_wait)
        return SYNC_WAIT;
    return replay->slot->has_waited ? SYNC_WAITED : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    (void)text_append_cstr(&command->argument,
                           replay->task == SYNC_WAIT
                               ? WSREP_WAIT_SQL
                               : "SET SESSION wsrep_sync_wait = @@session.wsrep_sync_wait");
}

static void note(const struct replay *replay)
{
    replay->slot->must_wait = false;
    replay->slot->has_waited = replay->task == SYNC_WAIT;
}

const struct facet facet_galera_wait = {
    .tasks = 1u << SYNC_WAIT | 1u << SYNC_WAITED, .lacks = lacks, .say = say, .note = note
};
