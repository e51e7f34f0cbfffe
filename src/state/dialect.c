/* How the server reads this session's texts, as far as they are to be read in the same way: what was said of
 * it, by the handshake, the server's defaults, and session tracking.
 */
#include "state/reply_effects.h"
#include "state/reply_effects_inside.h"

/* Character sets whose trail bytes can be quotes or backslashes (protocol.md §6.1). */
static bool hides_quotes(struct span charset)
{
    static const char *const names[] = { "big5", "cp932", "sjis", "gbk", "gb18030" };
    return span_is_among(charset, names, sizeof names / sizeof *names);
}

/* The same by the collation id of the handshake: big5 1, 84; sjis 13, 88; gbk 28, 87; cp932 95, 96; gb18030
 * 248-250. */
static bool hides_quotes_id(uint16_t collation)
{
    static const uint16_t ids[] = { 1, 84, 13, 88, 28, 87, 95, 96, 248, 249, 250 };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (collation == ids[i])
            return true;
    return collation >= 1000; /* MariaDB's no-pad and uca collations of any charset: not known here */
}

/* utf8mb3 33, 76, 83 and 192-223; utf8mb4 45, 46, 224-247, 255 and, at MySQL, 256-323. */
static bool is_utf8_id(uint16_t collation)
{
    return collation == 33 || collation == 76 || collation == 83 || collation == 45 || collation == 46 ||
           (collation >= 192 && collation <= 247) || (collation >= 255 && collation <= 323);
}

/* Of a role that was set, the privileges are not known. */
bool effects_bypasses_read_only(const struct session *session)
{
    const struct user *user = session->user;
    return session->facets.role.said.len > 0 ||
           (user != NULL && atomic_load_explicit(&user->read_only, memory_order_relaxed) == USER_BYPASSES);
}

struct sql_dialect effects_names(const struct session *session)
{
    const struct view *view = session_view(session);
    return (struct sql_dialect){ .catalog = view->catalog,
                                 .reads_stored = view->reads_functions,
                                 .needs_known_tables = effects_bypasses_read_only(session) };
}

struct sql_dialect effects_dialect(const struct session *session)
{
    const struct view *view = session_view(session);
    return (struct sql_dialect){
        .family = view->family == FAMILY_MARIADB ? SQL_FAMILY_MARIADB
                  : view->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL
                                                 : SQL_FAMILY_UNKNOWN,
        .no_backslash_escapes = session->facets.reading.no_backslash_escapes ||
                                (session->facets.status & STATUS_NO_BACKSLASH_ESCAPES) != 0,
        .ansi_quotes =
            session->facets.reading.ansi_quotes || (session->facets.status & STATUS_ANSI_QUOTES) != 0,
        .oracle = session->facets.reading.oracle,
        .ignore_space = (session->caps & CAP_IGNORE_SPACE) != 0,
        .unsafe_charset =
            session->facets.reading.has_unsafe_charset || session->facets.reading.has_unsafe_collation,
        .is_utf8 = session->facets.reading.is_utf8,
        .multi_statements = (session->upstream_caps & CAP_MULTI_STATEMENTS) != 0,
        .catalog = view->catalog,
        .schema = text_span(&session->facets.schema),
        .reads_stored = view->reads_functions,
        .needs_known_tables = effects_bypasses_read_only(session),
    };
}

/* ---- what is said of it ---- */

void effects_note_reading(struct session *session, const struct sesstrack_change *change)
{
    if (span_is_nocase(change->name, "sql_mode")) {
        session->facets.reading.ansi_quotes =
            span_mentions(change->value, "ANSI_QUOTES") || span_is_nocase(change->value, "ANSI");
        session->facets.reading.oracle = span_mentions(change->value, "ORACLE");
        session->facets.reading.no_backslash_escapes = span_mentions(change->value, "NO_BACKSLASH_ESCAPES");
    } else if (span_is_nocase(change->name, "character_set_client")) {
        session->facets.reading.has_unsafe_charset = hides_quotes(change->value);
        session->facets.reading.has_unsafe_collation = false;
        session->facets.reading.is_utf8 =
            change->value.len >= 4 && span_equal_nocase(span_of(change->value.data, 4), SPAN_LITERAL("utf8"));
    }
}

void effects_begin_reading(struct session *session)
{
    const struct view *view = session_view(session);
    session->facets.reading.ansi_quotes = view->ansi_quotes;
    session->facets.reading.oracle = view->oracle;
    session->facets.reading.no_backslash_escapes = view->no_backslash_escapes;
    session->facets.reading.has_unsafe_charset = false;
    /* Of the handshake; after COM_RESET_CONNECTION on MySQL of the server. */
    bool has_both = view->family == FAMILY_MYSQL;
    session->facets.reading.has_unsafe_collation =
        hides_quotes_id(session->collation) || (has_both && hides_quotes_id(view->collation));
    session->facets.reading.is_utf8 =
        is_utf8_id(session->collation) && (!has_both || is_utf8_id(view->collation));
}
