/* What servers tell of changes in a session (session tracking): its variables, its schema, what its next
 * transaction is to be.
 */
#include "state/reply_effects_inside.h"

#include "session/slot.h"
#include "state/wait_timeout.h"

/* Of what is not followed: told by the flags, a result, or with the schema. */
static bool is_known_anyway(struct span name)
{
    static const char *const names[] = { "autocommit",   "last_gtid",      "character_set_database",
                                         "statement_id", "in_transaction", "collation_database" };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

/* MariaDB tells the value that a variable had under SET STATEMENT, when it has its own again (seen). */
static bool is_passing(const struct session *session, struct span name)
{
    return session->job.facts.sets_for_itself && session_view(session)->family == FAMILY_MARIADB &&
           vars_manner_of(name) != VARS_IGNORE;
}

static void note_variable(struct session *session, const struct sesstrack_change *change)
{
    struct text literal = { 0 };
    if (is_passing(session, change->name))
        return;
    effects_note_reading(session, change);
    switch (vars_manner_of(change->name)) {
    case VARS_IGNORE:
        session->job.reply.has_untold |= !is_known_anyway(change->name);
        session->job.reply.has_last_gtid |= span_is_nocase(change->name, "last_gtid");
        break;
    case VARS_UNTRACKED:
        session->job.reply.has_untold |= session->job.changes == NULL; /* its text tells */
        break;
    case VARS_EMULATE:
        wait_timeout_note_told(session, change->value);
        break;
    case VARS_HOLD:
        session->job.reply.has_untold = true;
        if (session->job.changes == NULL) /* whose text tells */
            effects_hold(session, change->name, change->value);
        break;
    case VARS_PIN:
        effects_pin(session, PIN_UNKNOWN_SET);
        break;
    case VARS_APPLY:
    case VARS_APPLY_WRITES:
        if (!vars_literal(change->name, change->value, &literal) ||
            !vars_set(&session->facets.vars, change->name, text_span(&literal)))
            effects_pin(session, PIN_UNKNOWN_SET);
        session->facets.has_replica_refused = false; /* worth another try */
        break;
    }
    text_fini(&literal);
}

/* Both keep what they meant in the schema that was current then: names in prepared statements, and the
 * collation that SET CHARACTER SET took from it. */
static void leave_schema(struct session *session, struct span schema)
{
    if (span_equal(schema, text_span(&session->facets.schema)))
        return;
    session->facets.has_left_schema |= pins_has(&session->facets.pins, PIN_PREPARED);
    if (vars_follows_schema(&session->facets.vars))
        effects_pin(session, PIN_UNKNOWN_SET);
}

static void note_schema(struct session *session, struct upstream *upstream, struct span schema)
{
    leave_schema(session, schema);
    text_clear(&session->facets.schema);
    text_clear(&upstream->schema);
    (void)text_append_span(&session->facets.schema, schema);
    (void)text_append_span(&upstream->schema, schema);
    enum route_place other = session->job.place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY;
    if (session->facets.keeps_schema && session->slots[other].upstream != NULL)
        text_clear(&session->slots[other].upstream->schema);
    session->facets.keeps_schema = session->facets.has_replica_refused = false;
    session->job.reply.has_schema = true;
    pins_release_all(&session->facets.pins, PIN_UNKNOWN_SCHEMA);
    /* A replica that is in a schema cannot be taken out of it: another connection will do. */
    if (schema.len == 0)
        slot_drop_idle(session, other);
}

/* SQL that would begin the same transaction: as long as it is there, the next one has a SET TRANSACTION of
 * its own. Empty: it was used up. */
static void note_characteristics(struct session *session, struct span sql)
{
    static const struct span set = SPAN_LITERAL("SET TRANSACTION");
    if (sql.len >= set.len && span_equal_nocase(span_of(sql.data, set.len), set))
        effects_pin(session, PIN_NEXT_TRANSACTION);
    else
        pins_release_all(&session->facets.pins, PIN_NEXT_TRANSACTION);
}

void effects_note_tracking(struct session *session, struct upstream *upstream, struct span entries)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, entries);
    while (sesstrack_next(&walk, &change)) {
        switch (change.type) {
        case SESSTRACK_VARIABLE:
            if (span_is(change.name, "last_gtid"))
                session->job.reply.gtids = change.value;
            note_variable(session, &change);
            break;
        case SESSTRACK_GTIDS:
            session->job.reply.gtids = change.value;
            break;
        case SESSTRACK_SCHEMA:
            note_schema(session, upstream, change.value);
            break;
        case SESSTRACK_STATE_CHANGE:
            session->job.reply.has_state_change = true;
            break;
        case SESSTRACK_CHARACTERISTICS:
            note_characteristics(session, change.value);
            break;
        default: /* transaction states have no use yet; newer types are not ours */
            break;
        }
    }
    if (walk.is_malformed)
        effects_pin(session, PIN_TRACKED_CHANGE);
}
