#include "proxy/tracking.h"

#include "mysql/sesstrack.h"
#include "mysql/wire.h"

#include <string.h>

/* The session tracking that this client would have seen directly: by default the schema and these. */
static bool is_for_client(const struct session *session, const struct sesstrack_change *change)
{
    static const char *const names[] = { "autocommit", "character_set_client", "character_set_connection",
                                         "character_set_results", "time_zone" };
    if (change->type == SESSTRACK_VARIABLE && span_is_nocase(change->name, "redirect_url"))
        return false; /* clients would go round headgate */
    bool is_asked_for =
        change->type <= SESSTRACK_TRANSACTION && (session->sees_tracking & 1u << change->type) != 0;
    if (is_asked_for || change->type == SESSTRACK_SCHEMA)
        return true;
    return change->type == SESSTRACK_VARIABLE &&
           span_is_among(change->name, names, sizeof names / sizeof *names);
}

/* From 11 on a MariaDB server reports one variable of those that share a place in its memory, whichever of
 * them was set: the first that is tracked (seen on 11.8, not on 10.11). Of these a client that asked for
 * nothing tracks one; of headgate's upstreams all are tracked. */
static bool names_neighbours(const struct upstream *upstream)
{
    struct span version = span_cstr(upstream->version);
    static const struct span old = SPAN_LITERAL("5.5.5-"); /* what replication of old needs before it */
    if (version.len > old.len && span_equal(span_of(version.data, old.len), old))
        version = span_of(version.data + old.len, version.len - old.len);
    return upstream->family == FAMILY_MARIADB && version.len > 2 && version.data[0] >= '1' &&
           version.data[1] >= '1' && version.data[1] <= '9';
}

/* Bits of one word. */
static bool is_beside_autocommit(struct span name)
{
    static const char *const names[] = {
        "check_constraint_checks",
        "explicit_defaults_for_timestamp",
        "foreign_key_checks",
        "profiling",
        "skip_parallel_replication",
        "skip_replication",
        "sql_auto_is_null",
        "sql_big_selects",
        "sql_buffer_result",
        "sql_if_exists",
        "sql_log_bin",
        "sql_log_off",
        "sql_notes",
        "sql_quote_show_create",
        "sql_safe_updates",
        "sql_warnings",
        "system_versioning_insert_history",
        "unique_checks",
    };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

/* The name and value that the client would have seen in the place of this one. */
static void name_neighbour(struct sesstrack_change *change, uint16_t status)
{
    bool is_on = (status & STATUS_AUTOCOMMIT) != 0;
    if (change->type != SESSTRACK_VARIABLE)
        return;
    if (is_beside_autocommit(change->name)) {
        change->name = SPAN_LITERAL("autocommit");
        change->value = is_on ? SPAN_LITERAL("ON") : SPAN_LITERAL("OFF");
    } else if (span_is_nocase(change->name, "collation_connection")) {
        const uint8_t *end = memchr(change->value.data, '_', change->value.len); /* latin1_bin; binary */
        change->name = SPAN_LITERAL("character_set_connection");
        change->value.len = end != NULL ? (size_t)(end - change->value.data) : change->value.len;
    }
}

static void put_variable(struct text *to, const struct sesstrack_change *change)
{
    struct text entry = { 0 };
    wire_put_lenenc_span(&entry, change->name);
    wire_put_lenenc_span(&entry, change->value);
    wire_put_u8(to, SESSTRACK_VARIABLE);
    wire_put_lenenc_span(to, text_span(&entry));
    text_fini(&entry);
}

/* Variables are put one to an entry, as MariaDB does and MySQL's clients accept. `status`: of the packet. */
void tracking_filter(const struct session *session, const struct upstream *upstream, uint16_t status,
                     struct span from, struct text *to)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, from);
    while (sesstrack_next(&walk, &change)) {
        if ((session->sees_tracking & 1u << SESSTRACK_VARIABLE) == 0 && names_neighbours(upstream))
            name_neighbour(&change, status);
        if (!is_for_client(session, &change))
            continue;
        if (change.type == SESSTRACK_VARIABLE)
            put_variable(to, &change);
        else
            (void)text_append_span(to, change.entry);
    }
}
