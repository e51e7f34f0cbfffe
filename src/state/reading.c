#include "state/reading.h"

/* Is it a character set in which a character may end with the byte of a quote or backslash (protocol.md
 * §6.1)? */
static bool hides_quotes(struct span charset)
{
    static const char *const names[] = { "big5", "cp932", "sjis", "gbk", "gb18030" };
    return span_is_among(charset, names, sizeof names / sizeof *names);
}

/* hides_quotes() for a collation id of the handshake: big5 1, 84; sjis 13, 88; gbk 28, 87; cp932 95, 96;
 * gb18030 248-250. */
static bool hides_quotes_id(uint16_t collation)
{
    static const uint16_t ids[] = { 1, 84, 13, 88, 28, 87, 95, 96, 248, 249, 250 };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (collation == ids[i])
            return true;
    return collation >= 1000; /* no-pad and uca collations of MariaDB: the character set is not known */
}

/* utf8mb3 33, 76, 83 and 192-223; utf8mb4 45, 46, 224-247, 255 and, at MySQL, 256-323. */
static bool is_utf8_id(uint16_t collation)
{
    return collation == 33 || collation == 76 || collation == 83 || collation == 45 || collation == 46 ||
           (collation >= 192 && collation <= 247) || (collation >= 255 && collation <= 323);
}

void reading_begin(struct reading *reading, const struct view *view, uint16_t collation)
{
    /* After COM_RESET_CONNECTION MySQL has the server's character set, not the handshake's. */
    bool has_both = view->family == FAMILY_MYSQL;
    *reading = (struct reading){
        .ansi_quotes = view->ansi_quotes,
        .oracle = view->oracle,
        .no_backslash_escapes = view->no_backslash_escapes,
        .has_unsafe_collation = hides_quotes_id(collation) || (has_both && hides_quotes_id(view->collation)),
        .is_utf8 = is_utf8_id(collation) && (!has_both || is_utf8_id(view->collation)),
    };
}

void reading_note(struct reading *reading, const struct sesstrack_change *change)
{
    struct span value = change->value;
    if (span_is_nocase(change->name, "sql_mode")) {
        reading->ansi_quotes = span_mentions(value, "ANSI_QUOTES") || span_is_nocase(value, "ANSI");
        reading->oracle = span_mentions(value, "ORACLE");
        reading->no_backslash_escapes = span_mentions(value, "NO_BACKSLASH_ESCAPES");
    } else if (span_is_nocase(change->name, "character_set_client")) {
        reading->has_unsafe_charset = hides_quotes(value);
        reading->has_unsafe_collation = false;
        reading->is_utf8 = value.len >= 4 && span_equal_nocase(span_of(value.data, 4), SPAN_LITERAL("utf8"));
    }
}
