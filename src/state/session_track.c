#include "state/session_track.h"

#include "mysql/sesstrack.h"
#include "state/wait_timeout.h"

/* The reply that has the entries, and the session's state that they change. */
struct report {
    struct facets *facets;
    struct job *job;
    struct slot *slots;
    uint64_t now_us;
};

static struct upstream *upstream_of(const struct report *report)
{
    return report->slots[report->job->place].upstream;
}

static void pin(const struct report *report, enum pin_cause cause)
{
    const struct pin_origin origin = job_origin(report->job, report->now_us);
    facets_pin(report->facets, cause, &origin);
}

/* VARS_IGNORE variables whose change is no loss: headgate knows it from status flags or the schema, or the
 * variable is only a result. */
static bool is_known_anyway(struct span name)
{
    static const char *const names[] = { "autocommit",   "last_gtid",      "character_set_database",
                                         "statement_id", "in_transaction", "collation_database" };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

/* After a SET STATEMENT MariaDB reports the value of the statement, when the variable has its old value again
 * (seen): such a report is ignored. */
static bool is_passing(const struct report *report, struct span name)
{
    return report->job->facts.sets_for_itself && upstream_of(report)->family == FAMILY_MARIADB &&
           vars_manner_of(name) != VARS_IGNORE;
}

static void note_followed(const struct report *report, const struct sesstrack_change *change)
{
    struct text literal = { 0 };
    if (!vars_literal(change->name, change->value, &literal) ||
        !vars_set(&report->facets->vars, change->name, text_span(&literal)))
        pin(report, PIN_UNKNOWN_SET);
    report->facets->has_replica_refused = false; /* a replica may accept the session now */
    text_fini(&literal);
}

static void note_held(const struct report *report, const struct sesstrack_change *change)
{
    struct job *job = report->job;
    job->reply.has_untold = true;
    if (job->pending_set != NULL) /* the value is taken from the text of the SET */
        return;
    const struct pin_origin origin = job_origin(job, report->now_us);
    facets_hold(report->facets, change->name, change->value, upstream_of(report)->family, &origin);
}

static void note_variable(const struct report *report, const struct sesstrack_change *change)
{
    struct job *job = report->job;
    if (is_passing(report, change->name))
        return;
    reading_note(&report->facets->reading, change);
    switch (vars_manner_of(change->name)) {
    case VARS_IGNORE:
        job->reply.has_untold |= !is_known_anyway(change->name);
        job->reply.has_last_gtid |= span_is_nocase(change->name, "last_gtid");
        break;
    case VARS_UNTRACKED:
        job->reply.has_untold |=
            job->pending_set == NULL; /* otherwise the value is taken from the SET's text */
        break;
    case VARS_EMULATE:
        wait_timeout_note_told(report->facets, job, &report->slots[job->place], change->value);
        break;
    case VARS_HOLD:
        note_held(report, change);
        break;
    case VARS_PIN:
        pin(report, PIN_UNKNOWN_SET);
        break;
    case VARS_APPLY:
    case VARS_APPLY_WRITES:
        note_followed(report, change);
        break;
    }
}

/* The session changes its schema. Names in prepared statements, and the collation that SET CHARACTER SET took
 * from the schema, still belong to the old schema. */
static void leave_schema(const struct report *report, struct span schema)
{
    struct facets *facets = report->facets;
    if (span_equal(schema, text_span(&facets->schema)))
        return;
    facets->has_left_schema |= pins_has(&facets->pins, PIN_PREPARED);
    if (vars_follows_schema(&facets->vars))
        pin(report, PIN_UNKNOWN_SET);
}

static void note_schema(const struct report *report, struct span schema)
{
    struct facets *facets = report->facets;
    struct upstream *upstream = upstream_of(report);
    const struct slot *other =
        &report->slots[report->job->place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY];
    leave_schema(report, schema);
    text_clear(&facets->schema);
    text_clear(&upstream->schema);
    (void)text_append_span(&facets->schema, schema);
    (void)text_append_span(&upstream->schema, schema);
    if (facets->keeps_schema && other->upstream != NULL)
        text_clear(&other->upstream->schema);
    facets->keeps_schema = facets->has_replica_refused = false;
    report->job->reply.has_schema = true;
    pins_release_all(&facets->pins, PIN_UNKNOWN_SCHEMA);
}

/* `sql`: the statements that would begin the same transaction. With SET TRANSACTION in it, the client has set
 * characteristics of the next transaction only. Otherwise they were used up, or there are none. */
static void note_characteristics(const struct report *report, struct span sql)
{
    static const struct span set = SPAN_LITERAL("SET TRANSACTION");
    if (sql.len >= set.len && span_equal_nocase(span_of(sql.data, set.len), set))
        pin(report, PIN_NEXT_TRANSACTION);
    else
        pins_release_all(&report->facets->pins, PIN_NEXT_TRANSACTION);
}

void session_track_note(struct facets *facets, struct job *job, struct slot slots[SLOT_COUNT],
                        struct span entries, uint64_t now_us)
{
    const struct report report = { .facets = facets, .job = job, .slots = slots, .now_us = now_us };
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, entries);
    while (sesstrack_next(&walk, &change)) {
        switch (change.type) {
        case SESSTRACK_VARIABLE:
            if (span_is(change.name, "last_gtid"))
                job->reply.gtids = change.value;
            note_variable(&report, &change);
            break;
        case SESSTRACK_GTIDS:
            job->reply.gtids = change.value;
            break;
        case SESSTRACK_SCHEMA:
            note_schema(&report, change.value);
            break;
        case SESSTRACK_STATE_CHANGE:
            job->reply.has_state_change = true;
            break;
        case SESSTRACK_CHARACTERISTICS:
            note_characteristics(&report, change.value);
            break;
        default: /* transaction states, and types that are not known here */
            break;
        }
    }
    if (walk.is_malformed)
        pin(&report, PIN_TRACKED_CHANGE);
}
