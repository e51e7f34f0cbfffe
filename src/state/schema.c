#include "state/schema.h"

#include "mysql/charset.h"
#include "mysql/reply.h"
#include "state/diagnostics.h"
#include "state/pooled.h"

struct span schema_of_login(const struct facets *facets, const struct job *job)
{
    struct span schema = text_span(&facets->schema);
    bool needs_role = facets->role.version != 0; /* only the role may have rights for the schema */
    return job->has_no_schema || needs_role || !charset_is_neutral(schema) ? (struct span){ 0 } : schema;
}

struct span schema_wanted(const struct facets *facets, const struct job *job)
{
    return job->schema_of_prepared.len > 0 ? job->schema_of_prepared : text_span(&facets->schema);
}

bool schema_is_due(const struct facets *facets, const struct job *job, const struct slot *slot)
{
    struct span schema = schema_wanted(facets, job);
    return schema.len > 0 && !job->has_no_schema && !span_equal(schema, text_span(&slot->upstream->schema));
}

/* At login the connection has the character sets of the handshake, and the client wrote the name in these. */
bool schema_is_said_as_it_is(const struct facets *facets, const struct job *job)
{
    return job->is_login || charset_is_neutral(schema_wanted(facets, job));
}

enum sync_task schema_task(const struct facets *facets, const struct slot *slot, bool is_due)
{
    bool reads_utf8 = slot->reads_utf8 || (facets->reading.is_utf8 && !slot->needs_utf8);
    if (is_due)
        return reads_utf8 ? SYNC_SCHEMA : SYNC_UTF8;
    return SYNC_OWN_CHARSET;
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

static bool note_schema(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    struct span wanted = schema_wanted(facets, job);
    struct upstream *upstream = slot->upstream;
    if (charset_is_neutral(wanted)) {
        set(&upstream->schema, wanted);
        return true;
    }
    if (job->is_login) {
        note_login(facets, job, slot, now_us);
        return true;
    }
    if (span_equal(wanted, text_span(&upstream->schema))) {
        if (vars_follows_schema(&facets->vars)) /* SET CHARACTER SET was run in another schema */
            pooled_of(upstream)->vars_version = 0;
        return true;
    }
    slot->answer.is_err = true;
    (void)error_set(&slot->answer.error, ERR_UNKNOWN,
                    "headgate: %s was asked for the schema '%s' and is in '%s'", upstream->server->name,
                    text_cstr(&facets->schema), text_cstr(&upstream->schema));
    memcpy(slot->answer.error.sqlstate, "HY000", sizeof "HY000");
    return false;
}

/* SYNC_OWN_CHARSET is done: the session's variables must be set again. On MariaDB its SET has read a table,
 * and the server has forgotten the warnings and the row count of earlier statements. */
static void note_own_charset(struct facets *facets, struct slot *slot)
{
    slot->reads_utf8 = slot->needs_utf8 = false;
    pooled_of(slot->upstream)->vars_version = 0;
    diagnostics_note_own(&facets->answers, slot);
    if (slot->upstream->family == FAMILY_MARIADB)
        diagnostics_note_table_read(&facets->answers, slot);
}

bool schema_note(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us)
{
    if (slot->task == SYNC_SCHEMA)
        return note_schema(facets, job, slot, now_us);
    if (slot->task == SYNC_UTF8)
        slot->reads_utf8 = true;
    else
        note_own_charset(facets, slot);
    return true;
}

bool schema_may_retry(struct facets *facets, const struct job *job, struct slot *slot)
{
    if (slot->task != SYNC_SCHEMA || schema_is_said_as_it_is(facets, job) || slot->reads_utf8)
        return false;
    slot->needs_utf8 = true;
    slot->has_our_warnings = true; /* the refusal is not the client's */
    diagnostics_lose(&facets->answers.last, slot);
    diagnostics_lose(&facets->answers.diagnostics, slot);
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
