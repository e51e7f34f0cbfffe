#include "state/role.h"

#include "mysql/charset.h"
#include "state/facet.h"

/* headgate repeats the SET ROLE on connections with any character sets, so only a name that is the same in
 * all of them can be repeated. */
void role_read(struct pending_set *changes, const struct setvar_change *change, struct span name)
{
    const char *quote = change->is_string ? "'" : "";
    struct span value = change->value;
    changes->sets_role = true;
    changes->has_others |= !change->is_constant;
    bool is_sayable = change->is_constant && value.len > 0 && charset_is_neutral(name);
    if (!is_sayable ||
        !text_appendf(&changes->role, "%s%.*s%s", quote, (int)value.len, (const char *)value.data, quote))
        changes->needs_pin = true;
}

void role_note_login(struct facets *facets)
{
    text_clear(&facets->role.said);
    facets->role.version = 0;
    facets->role.is_unsayable = false;
}

/* False when the role cannot be set again on another connection. */
static bool commit(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    (void)now_us;
    const struct pending_set *changes = job->pending_set;
    if (!changes->sets_role)
        return true;
    facets->role.is_unsayable = changes->role.len == 0;
    if (facets->role.is_unsayable)
        return false;
    text_clear(&facets->role.said);
    slot->role_version = ++facets->role.version;
    facets_note(facets, FACET_ROLE);
    return text_append_span(&facets->role.said, text_span(&changes->role));
}

static enum sync_task lacks(const struct replay *replay)
{
    return replay->slot->role_version != replay->facets->role.version ? SYNC_ROLE : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    (void)text_appendf(&command->argument, "SET ROLE %s", text_cstr(&replay->facets->role.said));
}

static void note(const struct replay *replay)
{
    replay->slot->role_version = replay->facets->role.version;
}

static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    return facets->role.version != 0 || slot->role_version != 0 ? LEFT_LASTING : LEFT_KNOWN;
}

static void fini(struct facets *facets)
{
    text_fini(&facets->role.said);
}

const struct facet facet_role = { .tasks = 1u << SYNC_ROLE,
                                  .lacks = lacks,
                                  .say = say,
                                  .note = note,
                                  .commit = commit,
                                  .left = left,
                                  .keeps_bit = true,
                                  .fini = fini };
