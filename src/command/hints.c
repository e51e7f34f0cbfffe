#include "command/hints.h"

#include "freshness/fresh_replica.h"
#include "mysql/reply.h"
#include "session/yield.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "command/gtid_token.h"
#include "session/session.h"
#include "session/slot.h"

/* ---- reading ---- */

static int server_named(const struct view *view, struct span name)
{
    for (size_t i = 0; i < view->count; i++)
        if (!view->servers[i].is_gone && span_is(name, view->servers[i].server->name))
            return (int)i;
    return VIEW_NO_SERVER;
}

static void note(struct hints *hints, const struct hint *hint, const struct view *view)
{
    hints->has_any |= hint->kind != HINT_UNKNOWN;
    switch (hint->kind) {
    case HINT_PRIMARY:
        hints->wants_primary = hint->is_on;
        break;
    case HINT_SERVER:
        hints->wants_server = true;
        hints->server = server_named(view, hint->value);
        break;
    case HINT_CONSISTENCY:
        hints->has_level = true;
        hints->level = hint->level;
        break;
    case HINT_TIMEOUT:
        hints->timeout_us = hint->timeout_us;
        break;
    case HINT_AFTER:
        hints->has_token = true;
        hints->is_token_bad =
            !gtid_token_parse(hint->value, &hints->token) || hints->token.family != view->family;
        break;
    case HINT_UNKNOWN:
        if (hints->unknown_count++ == 0)
            hints->unknown = hint->text;
        break;
    }
}

void hints_read(struct hints *hints, struct span sql, bool is_cut, const struct sql_dialect *dialect,
                const struct view *view)
{
    struct hint_walk walk;
    struct hint hint;
    *hints = (struct hints){ 0 };
    hint_begin(&walk, sql, dialect);
    while (hint_next(&walk, &hint))
        note(hints, &hint, view);
    unsigned doubts = walk.lexer.doubts & (is_cut ? ~SQL_DOUBT_BAD : ~0u); /* a cut string counts as bad */
    if (doubts != 0 && hints->has_any) /* the server may not read the hint's comment as a comment */
        *hints = (struct hints){ .unknown_count = 1,
                                 .unknown = SPAN_LITERAL("in a text that cannot be read with certainty") };
}

/* ---- deciding ---- */

static enum route_wish_place place_of(const struct hints *hints, const struct view *view)
{
    if (!hints->wants_server)
        return hints->wants_primary ? WISH_PRIMARY : WISH_ANYWHERE;
    if (hints->server == VIEW_NO_SERVER)
        return WISH_NO_SERVER;
    if (hints->server == view->primary)
        return WISH_PRIMARY;
    if (hints->wants_primary)
        return WISH_CONTRADICTORY;
    return view->servers[hints->server].takes_reads ? WISH_REPLICA : WISH_NOT_READING;
}

struct route hints_route(const struct hints *hints, struct route route, const struct sql_facts *facts,
                         const struct view *view, const struct session *session)
{
    if (!hints->has_any)
        return route;
    bool is_after = hints->has_token && (hints->token.is_newest || hints->token.position.count > 0);
    struct route_wish wish = { .place = place_of(hints, view),
                               .is_token_bad = hints->is_token_bad,
                               .is_fresh = is_after || (hints->has_level && (hints->level == HINT_STRONG ||
                                                                             hints->level == HINT_GLOBAL)),
                               .may_leave = true };
    if (session != NULL) {
        const struct slot *slot = session->slots[ROUTE_REPLICA];
        wish.is_away = session->facets.transaction.is_away;
        wish.is_there = slot_is_current(session, ROUTE_REPLICA) && slot->server == hints->server;
        wish.may_leave = slot->upstream == NULL || (!slot_has_lost_state(session, ROUTE_REPLICA) &&
                                                    !yield_has_statements(session, ROUTE_REPLICA));
    }
    return route_obey(route, facts, &wish);
}

/* ---- the present job ---- */

static struct hint_counters *counters_of(const struct session *session)
{
    return &session->worker->boxes[session->listener->cluster].hints;
}

static void tell(const struct session *session, const struct hints *hints)
{
    int len = hints->unknown.len < 80 ? (int)hints->unknown.len : 80;
    if (hints->unknown_count == 0)
        return;
    counter_add(&counters_of(session)->hints_unknown, hints->unknown_count);
    log_limited(LOG_LEVEL_WARNING, &session->scope,
                "a hint of user '%s' counts for nothing: not understood: %.*s", session->user->name, len,
                (const char *)hints->unknown.data);
}

void hints_look_for_attributes(struct session *session)
{
    struct attributes attributes;
    struct attribute attribute;
    if (!command_attributes(session, &attributes))
        return;
    while (attributes_next(&attributes, &attribute))
        session->job->facts.has_hint |= hint_is_attribute(attribute.name) && !attribute.is_null;
}

/* Reads an attribute that is a hint, from any source. False: the attribute is no hint. */
static bool read_attribute(struct span name, struct span value, struct hint *hint_r)
{
    if (!hint_is_attribute(name))
        return false;
    hint_read_attribute(name, value, hint_r);
    return true;
}

bool hints_read_beside(const struct hint_beside *beside, struct hint *hint_r)
{
    return read_attribute(beside->name, beside->value, hint_r);
}

void hints_add_beside(struct hints *hints, const struct hints_beside *beside, const struct view *view)
{
    struct hint hint;
    for (size_t i = 0; i < beside->count; i++)
        if (hints_read_beside(&beside->items[i], &hint))
            note(hints, &hint, view);
}

/* Attributes override hints of the text: they are sent with this execution, while the text may come from a
 * library. */
static void read_attributes(const struct session *session, struct hints *hints)
{
    struct attributes attributes;
    struct attribute attribute;
    if (!command_attributes(session, &attributes))
        return;
    while (attributes_next(&attributes, &attribute)) {
        char digits[ATTRIBUTE_TEXT_MAX];
        struct hint hint;
        if (!attribute.is_null && read_attribute(attribute.name, attribute_text(&attribute, digits), &hint))
            note(hints, &hint, session_view(session));
    }
}

void hints_read_job(struct session *session, struct hints *hints)
{
    const struct job *job = session->job;
    bool is_text = job->prepared == NULL;
    struct sql_dialect dialect = dialect_of(session);
    *hints = (struct hints){ 0 };
    if (!job->facts.has_hint)
        return;
    hints_read(hints, job->prepared == NULL ? command_text(session) : job->prepared->sql,
               is_text && job->is_cut, &dialect, session_view(session));
    if (is_text && job->is_cut && job->command->byte == COM_STMT_PREPARE) /* the text will not be kept */
        *hints = (struct hints){ .unknown_count = 1,
                                 .unknown = SPAN_LITERAL("in a statement too long to be kept") };
    if (!is_text)
        hints->unknown_count = 0; /* logged when the text came */
    read_attributes(session, hints);
    tell(session, hints);
}

bool hints_are_why(enum route_reason reason)
{
    return reason == ROUTE_REASON_HINT_ELSEWHERE || reason == ROUTE_REASON_HINT_NO_SERVER ||
           reason == ROUTE_REASON_HINT_NOT_READING || reason == ROUTE_REASON_HINT_BAD_TOKEN ||
           reason == ROUTE_REASON_HINT_NOT_FRESH;
}

enum step hints_refuse(struct session *session, enum route_reason reason)
{
    counter_add(&counters_of(session)->hints_refused, 1);
    return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run: %s",
                          route_reason_words(reason));
}

/* Drops the connection to another replica. It holds nothing that the session needs: hints_route has
 * checked that. */
static void leave_other_replica(struct session *session, int server)
{
    const struct slot *slot = session->slots[ROUTE_REPLICA];
    if (slot->upstream == NULL || slot->server == server)
        return;
    fresh_replica_forget(&session->consistency);
    slot_drop(session, ROUTE_REPLICA);
}

void hints_apply(struct session *session, const struct hints *hints, enum route_place place)
{
    struct job *job = session->job;
    if (hints->wants_server && place == ROUTE_REPLICA) {
        job->hint.has_only = true;
        job->hint.only = hints->server;
        leave_other_replica(session, hints->server);
    }
    if (job->command->byte != COM_QUERY && job->command->byte != COM_STMT_EXECUTE)
        return;
    counter_add(&counters_of(session)->hints_obeyed, 1);
    job->hint.timeout_us = hints->timeout_us;
    if (hints->has_level)
        consistency_note_hint(&session->consistency, job, hints->level);
    if (hints->has_token)
        gtid_token_note(session, &hints->token);
}
