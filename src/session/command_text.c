#include "session/command_text.h"

#include "mysql/stmt.h"
#include "mysql/wire.h"

bool command_has_attributes(const struct session *session)
{
    return (session->caps & CAP_QUERY_ATTRIBUTES) != 0;
}

struct span command_payload(const struct session *session)
{
    struct span packet = buf_unsent(&session->client.in);
    uint32_t len = wire_load_u32(packet.data) & PACKET_PAYLOAD_MAX;
    size_t there = packet.len - PACKET_HEADER_BYTES;
    return span_of(packet.data + PACKET_HEADER_BYTES, len < there ? len : there);
}

struct span command_text(const struct session *session)
{
    struct span payload = command_payload(session);
    size_t before = 1 + session->job->text_offset, len = payload.len - before;
    return span_of(payload.data + before, len < SQL_TEXT_MAX ? len : SQL_TEXT_MAX);
}

struct span command_sql(const struct session *session)
{
    const struct job *job = session->job;
    if (job->is_login || job->command == NULL)
        return (struct span){ 0 };
    if (job->command->manner == COMMAND_PREPARED && job->prepared != NULL)
        return job->prepared->sql;
    return job->command->manner == COMMAND_STATEMENT ? command_text(session) : (struct span){ 0 };
}

struct span command_inner_sql(const struct session *session)
{
    const struct job *job = session->job;
    return job->inner.len > 0 ? text_span(&job->inner) : command_sql(session);
}

/* Names in a prepared statement keep the meaning they had at its PREPARE. */
struct span command_schema(const struct session *session)
{
    const struct prepared *prepared = session->job->prepared;
    return text_span(prepared != NULL ? &prepared->schema : &session->facets.schema);
}

bool command_attributes(const struct session *session, struct attributes *attributes_r)
{
    const struct job *job = session->job;
    struct stmt_execute execute;
    struct attribute parameter;
    size_t offset;
    if (!command_has_attributes(session) || job->command == NULL)
        return false;
    struct span payload = command_payload(session);
    if (job->command->byte == COM_QUERY) {
        (void)attributes_find_text(span_of(payload.data + 1, payload.len - 1), attributes_r, &offset);
        return attributes_r->count > 0;
    }
    if (job->command->byte != COM_STMT_EXECUTE ||
        !stmt_parse_execute(payload, job->prepared->params, true, &execute) ||
        execute.attributes.count <= job->prepared->params)
        return false;
    *attributes_r = execute.attributes;
    if (job->prepared->has_long_data)
        attributes_lose_values(attributes_r);
    for (uint16_t i = 0; i < job->prepared->params; i++)
        (void)attributes_next(attributes_r, &parameter);
    return true;
}

/* ---- the dialect ---- */

bool dialect_bypasses_read_only(const struct session *session)
{
    const struct user *user = session->user;
    return session->facets.role.said.len > 0 ||
           (user != NULL && atomic_load_explicit(&user->read_only, memory_order_relaxed) == USER_BYPASSES);
}

struct sql_dialect dialect_of_names(const struct session *session)
{
    const struct view *view = session_view(session);
    return (struct sql_dialect){ .catalog = view->catalog,
                                 .reads_stored = view->reads_functions,
                                 .needs_known_tables = dialect_bypasses_read_only(session) };
}

struct sql_dialect dialect_of(const struct session *session)
{
    const struct view *view = session_view(session);
    const struct facets *facets = &session->facets;
    const struct reading *reading = &facets->reading;
    return (struct sql_dialect){
        .family = view->family == FAMILY_MARIADB ? SQL_FAMILY_MARIADB
                  : view->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL
                                                 : SQL_FAMILY_UNKNOWN,
        .no_backslash_escapes =
            reading->no_backslash_escapes || (facets->status & STATUS_NO_BACKSLASH_ESCAPES) != 0,
        .ansi_quotes = reading->ansi_quotes || (facets->status & STATUS_ANSI_QUOTES) != 0,
        .oracle = reading->oracle,
        .ignore_space = (session->caps & CAP_IGNORE_SPACE) != 0,
        .unsafe_charset = reading->has_unsafe_charset || reading->has_unsafe_collation,
        .is_utf8 = reading->is_utf8,
        .multi_statements = (session->upstream_caps & CAP_MULTI_STATEMENTS) != 0,
        .catalog = view->catalog,
        .schema = text_span(&facets->schema),
        .reads_stored = view->reads_functions,
        .needs_known_tables = dialect_bypasses_read_only(session),
    };
}
