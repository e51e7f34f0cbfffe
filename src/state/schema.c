#include "state/schema.h"

#include "mysql/charset.h"
#include "mysql/command.h"
#include "mysql/reply.h"
#include "state/diagnostics.h"
#include "state/parse_context.h"
#include "state/pooled.h"

struct span schema_of_login(const struct facets *facets, const struct job *job)
{
    struct span schema = text_span(&facets->schema);
    bool needs_role = facets->role.version != 0; /* only the role may have rights for the schema */
    return job->has_no_schema || needs_role || !charset_is_neutral(schema) ? (struct span){ 0 } : schema;
}

/* The schema in which the job must run: the session's; or the schema of its prepared statement, while this is
 * prepared again. */
static struct span wanted(const struct facets *facets, const struct job *job)
{
    return job->schema_of_prepared.len > 0 ? job->schema_of_prepared : text_span(&facets->schema);
}

/* Can the name be sent with any character sets of the connection? At login the connection has those of the
 * handshake, and the client wrote the name in these. */
static bool is_said_as_it_is(const struct facets *facets, const struct job *job)
{
    return job->is_login || charset_is_neutral(wanted(facets, job));
}

/* Once the connection is in the session's schema, it is not compared again before a change. */
static enum sync_task lacks(const struct replay *replay)
{
    const struct facets *facets = replay->facets;
    const struct job *job = replay->job;
    struct slot *slot = replay->slot;
    struct span schema = wanted(facets, job);
    bool is_there = span_equal(schema, text_span(&slot->upstream->schema));
    bool is_due = schema.len > 0 && !job->has_no_schema && !is_there;
    bool reads_utf8 = slot->reads_utf8 || (facets->reading.is_utf8 && !slot->needs_utf8);
    if (is_due && is_said_as_it_is(facets, job))
        return SYNC_SCHEMA;
    if (is_due)
        return reads_utf8 ? SYNC_UTF8_SCHEMA : SYNC_UTF8;
    if (slot->reads_utf8)
        return SYNC_OWN_CHARSET;
    if (is_there && job->schema_of_prepared.len == 0)
        slot->set &= ~facet_bit(FACET_SCHEMA);
    return SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    const struct slot *slot = replay->slot;
    if (replay->task == SYNC_UTF8) {
        (void)text_append_cstr(&command->argument, "SET character_set_client=utf8mb4");
    } else if (replay->task == SYNC_OWN_CHARSET) {
        parse_context_say_client(parse_context_collation(slot), slot->upstream->family, &command->argument);
    } else {
        command->byte = COM_INIT_DB;
        (void)text_append_span(&command->argument, wanted(replay->facets, replay->job));
    }
}

static void set(struct text *to, struct span schema)
{
    text_clear(to);
    (void)text_append_span(to, schema);
}

static void lose(struct facets *facets, const struct job *job, uint64_t now_us)
{
    const struct pin_origin origin = job_origin(job, now_us);
    facets_pin(facets, PIN_UNKNOWN_SCHEMA, &origin);
}

/* The schema of the login has been set. From now on the session's schema is the name in utf8 that the server
 * has reported. */
static void note_login(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    struct span told = text_span(&slot->upstream->schema);
    if (told.len > 0)
        set(&facets->schema, told);
    else
        lose(facets, job, now_us);
    set(&slot->upstream->schema, text_span(&facets->schema));
}

/* Session tracking has reported the schema that the connection is in (upstream.schema). */
static void note_in_utf8(struct facets *facets, const struct job *job, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    if (span_equal(wanted(facets, job), text_span(&upstream->schema))) {
        if (vars_follows_schema(&facets->vars)) /* SET CHARACTER SET was run in another schema */
            pooled_of(upstream)->vars_version = 0;
        return;
    }
    slot->answer.is_err = true;
    (void)error_set(&slot->answer.error, ERR_UNKNOWN,
                    "headgate: %s was asked for the schema '%s' and is in '%s'", upstream->server->name,
                    text_cstr(&facets->schema), text_cstr(&upstream->schema));
    memcpy(slot->answer.error.sqlstate, "HY000", sizeof "HY000");
}

/* SYNC_OWN_CHARSET is done: the session's variables must be set again. On MariaDB its SET has read a table,
 * and the server has forgotten the warnings and the row count of earlier statements. */
static void note_own_charset(struct facets *facets, struct slot *slot)
{
    slot->reads_utf8 = slot->needs_utf8 = false;
    pooled_of(slot->upstream)->vars_version = 0;
    if (slot->upstream->family == FAMILY_MARIADB)
        diagnostics_note_table_read(&facets->answers, slot);
}

static void note(const struct replay *replay)
{
    struct facets *facets = replay->facets;
    const struct job *job = replay->job;
    struct slot *slot = replay->slot;
    if (replay->task == SYNC_UTF8_SCHEMA)
        note_in_utf8(facets, job, slot);
    else if (replay->task == SYNC_UTF8)
        slot->reads_utf8 = true;
    else if (replay->task == SYNC_OWN_CHARSET)
        note_own_charset(facets, slot);
    else if (charset_is_neutral(wanted(facets, job)))
        set(&slot->upstream->schema, wanted(facets, job));
    else
        note_login(facets, job, slot, replay->now_us);
}

bool schema_may_retry(struct facets *facets, struct slot *slot)
{
    if (slot->task != SYNC_UTF8_SCHEMA || slot->reads_utf8)
        return false;
    slot->needs_utf8 = true;
    diagnostics_note_refusal(&facets->answers, slot);
    return true;
}

/* ---- USE and COM_INIT_DB of the client ---- */

static struct span unquoted(struct span name)
{
    bool is_quoted = name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"');
    return is_quoted ? span_of(name.data + 1, name.len - 2) : name;
}

bool schema_note_asked(struct job *job, struct span text)
{
    bool is_text = job->command->byte == COM_QUERY;
    struct span asked = is_text ? unquoted(job->facts.use_schema) : text;
    text_clear(&job->asked_schema);
    return text_append_span(&job->asked_schema, asked);
}

/* Servers may report a name in lower case. A name that is not neutral is reported in another character set
 * than the client's, and is not compared. */
void schema_note_done(struct facets *facets, const struct job *job, uint64_t now_us)
{
    struct span asked = text_span(&job->asked_schema), told = text_span(&facets->schema);
    if (job->reply.has_error)
        return;
    bool is_another = asked.len > 0 && charset_is_neutral(asked) && !span_equal_nocase(asked, told);
    if (!job->reply.has_schema || is_another)
        lose(facets, job, now_us);
}

/* ---- the facet ---- */

/* The session changes its schema. Names in prepared statements, and the collation that SET CHARACTER SET took
 * from the schema, still belong to the old schema. */
static void leave(const struct report *report, struct span schema)
{
    struct facets *facets = report->facets;
    if (span_equal(schema, text_span(&facets->schema)))
        return;
    facets->has_left_schema |= pins_has(&facets->pins, PIN_PREPARED);
    if (vars_follows_schema(&facets->vars))
        report_pin(report, PIN_UNKNOWN_SET);
}

static void told(const struct report *report, const struct sesstrack_change *change)
{
    struct facets *facets = report->facets;
    enum route_place place = report->job->place;
    const struct slot *other = report->slots[place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY];
    leave(report, change->value);
    set(&facets->schema, change->value);
    set(&report->slots[place]->upstream->schema, change->value);
    if (facets->keeps_schema && other->upstream != NULL)
        text_clear(&other->upstream->schema);
    facets->keeps_schema = facets->has_replica_refused = false;
    report->job->reply.has_schema = true;
    pins_release_all(&facets->pins, PIN_UNKNOWN_SCHEMA);
    facets_note(facets, FACET_SCHEMA);
}

static void fini(struct facets *facets)
{
    text_fini(&facets->schema);
}

const struct facet facet_schema = { .told_by = 1u << SESSTRACK_SCHEMA,
                                    .told = told,
                                    .tasks = 1u << SYNC_SCHEMA | 1u << SYNC_UTF8 | 1u << SYNC_UTF8_SCHEMA |
                                             1u << SYNC_OWN_CHARSET,
                                    .lacks = lacks,
                                    .say = say,
                                    .note = note,
                                    .keeps_bit = true,
                                    .fini = fini };
