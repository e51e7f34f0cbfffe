#include "session/dialect.h"

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
