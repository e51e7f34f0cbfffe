#include "state/schema.h"

#include "mysql/charset.h"
#include "mysql/reply.h"
#include "state/parse_context.h"
#include "session/apply_state.h"
#include "session/command_payload.h"
#include "state/diagnostics.h"
#include "state/reply_effects.h"

#include <errno.h>

struct span schema_of_login(const struct session *session)
{
    struct span schema = text_span(&session->facets.schema);
    bool needs_role = session->facets.role.version != 0; /* the schema may be open to that role alone */
    return session->job.has_no_schema || needs_role || !charset_is_neutral(schema) ? (struct span){ 0 }
                                                                                   : schema;
}

/* The session's; or for a moment that in which a statement was prepared, which is prepared again. */
static struct span wanted(const struct session *session)
{
    const struct job *job = &session->job;
    return text_span(job->is_in_schema_of_prepared ? &job->prepared->schema : &session->facets.schema);
}

bool schema_is_due(const struct session *session, const struct slot *slot)
{
    struct span schema = wanted(session);
    return schema.len > 0 && !session->job.has_no_schema &&
           !span_equal(schema, text_span(&slot->upstream->schema));
}

/* At login the connection's character sets are the handshake's, in which the client wrote the name. */
bool schema_is_said_as_it_is(const struct session *session)
{
    return session->job.is_login || charset_is_neutral(wanted(session));
}

enum sync_task schema_task(const struct session *session, const struct slot *slot, bool is_due)
{
    bool reads_utf8 = slot->reads_utf8 || (session->facets.reading.is_utf8 && !slot->needs_utf8);
    if (is_due)
        return reads_utf8 ? SYNC_SCHEMA : SYNC_UTF8;
    return SYNC_OWN_CHARSET;
}

static void start_own_charset(struct session *session, struct slot *slot)
{
    struct text sql = { 0 };
    parse_context_say_client(apply_state_collation(slot), slot->upstream->family, &sql);
    if (sql.is_oom) {
        slot->has_failed = true;
        (void)error_set(&slot->failure, ENOMEM, "out of memory");
    } else {
        apply_state_ask(session, SYNC_OWN_CHARSET, REPLY_GENERIC, COM_QUERY, text_span(&sql));
    }
    text_fini(&sql);
}

void schema_start(struct session *session, struct slot *slot, enum sync_task task)
{
    if (task == SYNC_SCHEMA)
        apply_state_ask(session, task, REPLY_GENERIC, COM_INIT_DB, wanted(session));
    else if (task == SYNC_UTF8)
        apply_state_ask(session, task, REPLY_GENERIC, COM_QUERY,
                        SPAN_LITERAL("SET character_set_client=utf8mb4"));
    else
        start_own_charset(session, slot);
}

static void set(struct text *to, struct span schema)
{
    text_clear(to);
    (void)text_append_span(to, schema);
}

/* What the client wrote at login is the session's in utf8 from now on. */
static void note_login(struct session *session, struct slot *slot)
{
    struct span told = text_span(&slot->upstream->schema);
    if (told.len > 0)
        set(&session->facets.schema, told);
    else
        effects_lose_schema(session);
    set(&slot->upstream->schema, text_span(&session->facets.schema));
}

static bool note_schema(struct session *session, struct slot *slot)
{
    struct upstream *upstream = slot->upstream;
    if (charset_is_neutral(wanted(session))) {
        set(&upstream->schema, wanted(session));
        return true;
    }
    if (session->job.is_login) {
        note_login(session, slot);
        return true;
    }
    if (span_equal(wanted(session), text_span(&upstream->schema))) {
        if (vars_follows_schema(&session->facets.vars)) /* SET CHARACTER SET was said in another one */
            upstream->vars_version = 0;
        return true;
    }
    slot->answer.is_err = true;
    (void)error_set(&slot->answer.error, ERR_UNKNOWN,
                    "headgate: %s was asked for the schema '%s' and is in '%s'", upstream->server->name,
                    text_cstr(&session->facets.schema), text_cstr(&upstream->schema));
    memcpy(slot->answer.error.sqlstate, "HY000", sizeof "HY000");
    return false;
}

/* The session's own is said anew, if it has set any. On MariaDB the question for the handshake's has read a
 * table: the warnings and the count of rows of earlier statements are gone. */
static void note_own_charset(struct session *session, struct slot *slot)
{
    slot->reads_utf8 = slot->needs_utf8 = false;
    slot->upstream->vars_version = 0;
    apply_state_note_warnings(session, slot);
    if (slot->upstream->family == FAMILY_MARIADB)
        apply_state_note_table_read(session, slot);
}

bool schema_note(struct session *session, struct slot *slot)
{
    if (slot->task == SYNC_SCHEMA)
        return note_schema(session, slot);
    if (slot->task == SYNC_UTF8)
        slot->reads_utf8 = true;
    else
        note_own_charset(session, slot);
    return true;
}

bool schema_may_retry(struct session *session, struct slot *slot)
{
    if (slot->task != SYNC_SCHEMA || schema_is_said_as_it_is(session) || slot->reads_utf8)
        return false;
    slot->needs_utf8 = true;
    slot->has_our_warnings = true; /* the refusal is not the client's */
    diagnostics_lose(&session->facets.answers.last, slot);
    diagnostics_lose(&session->facets.answers.diagnostics, slot);
    return true;
}

/* ---- the client's own ---- */

static struct span unquoted(struct span name)
{
    bool is_quoted = name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"');
    return is_quoted ? span_of(name.data + 1, name.len - 2) : name;
}

bool schema_note_asked(struct session *session)
{
    struct job *job = &session->job;
    bool is_text = job->command->byte == COM_QUERY;
    struct span asked = is_text ? unquoted(job->facts.use_schema) : command_text(session);
    text_clear(&job->asked_schema);
    return text_append_span(&job->asked_schema, asked);
}

/* Servers may tell a name in small letters. What is not neutral is told in another character set. */
void schema_note_done(struct session *session)
{
    const struct job *job = &session->job;
    struct span asked = text_span(&job->asked_schema), told = text_span(&session->facets.schema);
    if (job->reply.has_error)
        return;
    bool is_another = asked.len > 0 && charset_is_neutral(asked) && !span_equal_nocase(asked, told);
    if (!job->reply.has_schema || is_another)
        effects_lose_schema(session);
}
