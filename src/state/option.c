#include "state/option.h"

#include "mysql/command.h"

void option_note_done(struct facets *facets, bool is_multi, struct slot *slot)
{
    facets->option.is_multi = is_multi;
    slot->option_version = ++facets->option.version;
    facets_note(facets, FACET_OPTION);
}

void option_note_login(struct facets *facets)
{
    facets->option.version = 0;
}

static enum sync_task lacks(const struct replay *replay)
{
    return replay->slot->option_version != replay->facets->option.version ? SYNC_OPTION : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    const char argument[2] = { replay->facets->option.is_multi ? 0 : 1, 0 };
    command->shape = REPLY_EOF;
    command->byte = COM_SET_OPTION;
    (void)text_append(&command->argument, argument, sizeof argument);
}

static void note(const struct replay *replay)
{
    replay->slot->option_version = replay->facets->option.version;
}

/* A reset does not undo it. */
static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    (void)slot;
    return facets->option.version != 0 ? LEFT_LASTING : LEFT_KNOWN;
}

const struct facet facet_option = {
    .tasks = 1u << SYNC_OPTION, .lacks = lacks, .say = say, .note = note, .left = left, .keeps_bit = true
};
