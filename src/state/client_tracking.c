#include "state/client_tracking.h"

#include "mysql/sesstrack.h"
#include "mysql/wire.h"

#include <string.h>

void client_tracking_begin(struct tracking *tracking, const struct view *view)
{
    const struct track_defaults *tracked = &view->tracked;
    tracking->asked = 0;
    tracking->types = tracked->types;
    tracking->has_names = strcmp(tracked->names, track_defaults_factory.names) != 0;
    text_clear(&tracking->names);
    if (tracking->has_names)
        (void)text_append_cstr(&tracking->names, tracked->names);
}

static struct span names_of(const struct tracking *tracking)
{
    return tracking->has_names ? text_span(&tracking->names) : span_cstr(track_defaults_factory.names);
}

/* Entries of a type that the client has asked for are passed on without a filter: the client's SET has
 * replaced headgate's on the server. */
static bool is_for_client(const struct tracking *tracking, const struct sesstrack_change *change)
{
    if (change->type == SESSTRACK_VARIABLE && span_is_nocase(change->name, "redirect_url"))
        return false; /* clients would connect to the server directly */
    if (change->type > SESSTRACK_TRANSACTION)
        return false;
    if ((tracking->asked & 1u << change->type) != 0)
        return true;
    return change->type == SESSTRACK_VARIABLE ? track_defaults_lists(names_of(tracking), change->name)
                                              : (tracking->types & 1u << change->type) != 0;
}

static void put_variable(struct text *to, const struct sesstrack_change *change)
{
    struct text entry = { 0 };
    wire_put_lenenc_span(&entry, change->name);
    wire_put_lenenc_span(&entry, change->value);
    wire_put_u8(to, SESSTRACK_VARIABLE);
    wire_put_lenenc_span(to, text_span(&entry));
    text_fini(&entry);
}

void client_tracking_filter(const struct tracking *tracking, struct span from, struct text *to)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, from);
    while (sesstrack_next(&walk, &change)) {
        if (!is_for_client(tracking, &change))
            continue;
        if (change.type == SESSTRACK_VARIABLE)
            put_variable(to, &change);
        else
            (void)text_append_span(to, change.entry);
    }
}
