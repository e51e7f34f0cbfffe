#include "proxy/changes.h"

#include "base/mem.h"
#include "mysql/sesstrack.h"
#include "sql/setvar.h"

static struct span unquoted(struct span name)
{
    if (name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"' || name.data[0] == '\''))
        return span_of(name.data + 1, name.len - 2);
    return name;
}

static void expect(struct changes *changes, struct span name)
{
    if (!text_append_span(&changes->expected, name) || !text_append_byte(&changes->expected, '\0'))
        changes->needs_pin = true;
}

static void note_constant(struct changes *changes, struct span name, const struct setvar_change *change)
{
    struct text literal = { 0 };
    bool is_kept = true;
    if (change->is_string)
        is_kept = text_append_byte(&literal, '\'') && text_append_span(&literal, change->value) &&
                  text_append_byte(&literal, '\'');
    else
        is_kept = text_append_span(&literal, change->value);
    if (!is_kept || !vars_set(&changes->constants, name, text_span(&literal)))
        changes->needs_pin = true;
    text_fini(&literal);
}

/* SET @@tx_isolation = …, without a scope, is SET TRANSACTION ISOLATION LEVEL …: for the next one. */
static bool is_for_next_transaction(struct span name, const struct setvar_change *change)
{
    static const char *const names[] = { "tx_isolation", "transaction_isolation", "tx_read_only",
                                         "transaction_read_only" };
    for (size_t i = 0; !change->is_tracked_form && i < sizeof names / sizeof *names; i++)
        if (span_is_nocase(name, names[i]))
            return true;
    return false;
}

/* They follow the schema, and are told anew with each; set by hand they are not what they are elsewhere. */
static bool is_of_schema(struct span name)
{
    return span_is_nocase(name, "character_set_database") || span_is_nocase(name, "collation_database");
}

/* What the client asks for itself it is to see. */
static void note_tracking(struct changes *changes, struct span name)
{
    static const struct {
        const char *name;
        uint8_t types;
    } rows[] = {
        { "session_track_system_variables", 1u << SESSTRACK_VARIABLE },
        { "session_track_schema", 1u << SESSTRACK_SCHEMA },
        { "session_track_state_change", 1u << SESSTRACK_STATE_CHANGE },
        { "session_track_gtids", 1u << SESSTRACK_GTIDS },
        { "session_track_transaction_info", 1u << SESSTRACK_CHARACTERISTICS | 1u << SESSTRACK_TRANSACTION },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_is_nocase(name, rows[i].name)) {
            changes->has_tracking = true;
            changes->tracking |= rows[i].types;
        }
}

static void note_session(struct changes *changes, const struct setvar_change *change)
{
    struct span name = unquoted(change->name);
    if (span_equal_nocase(name, VARS_NAMES) || span_equal_nocase(name, VARS_CHARSET) || is_of_schema(name)) {
        /* the first two are no variables: NAMES = x is an error everywhere */
        changes->needs_pin = true;
        return;
    }
    if (is_for_next_transaction(name, change)) {
        changes->sets_next_transaction = true;
        return;
    }
    if (span_is_nocase(name, "character_set_connection"))
        changes->resets_collation = true;
    changes->sets_logging |= span_is_nocase(name, "sql_log_bin") || span_is_nocase(name, "wsrep_on");
    switch (vars_manner_of(name)) {
    case VARS_IGNORE:
        changes->sets_untold |= !span_is_nocase(name, "autocommit"); /* which the flags tell */
        break;
    case VARS_PIN:
        changes->needs_pin = true;
        note_tracking(changes, name);
        break;
    case VARS_UNTRACKED:
        if (change->is_constant)
            note_constant(changes, name, change);
        else
            changes->needs_pin = true;
        break;
    case VARS_APPLY:
        if (change->is_constant)
            note_constant(changes, name, change);
        else if (change->is_tracked_form)
            expect(changes, name);
        else
            changes->needs_pin = true;
        break;
    }
}

/* SET SESSION TRANSACTION is tracked as a variable; the one-shot form is the classifier's business. */
static void note_transaction(struct changes *changes, const struct setvar_change *change)
{
    if (change->is_next)
        return;
    if (change->sets_isolation)
        expect(changes, SPAN_LITERAL("transaction_isolation"));
    if (change->sets_access)
        expect(changes, SPAN_LITERAL("transaction_read_only"));
}

/* Servers report the character sets that SET NAMES sets, MariaDB not the collation; and the collation of what
 * comes back is told by no variable. So it is repeated as it was said, as is CHARACTER SET. */
static void note_names(struct changes *changes, const struct setvar_change *change, struct span form)
{
    struct text names = { 0 };
    struct span collation = unquoted(change->collation);
    bool is_default = !change->is_string && span_is_nocase(change->value, "DEFAULT");
    bool has_collation = collation.len > 0 && !span_is_nocase(collation, "DEFAULT");
    const char *quote = is_default ? "" : "'";
    (void)text_appendf(&names, "%s%.*s%s", quote, (int)change->value.len, (const char *)change->value.data,
                       quote);
    if (has_collation)
        (void)text_appendf(&names, " COLLATE '%.*s'", (int)collation.len, (const char *)collation.data);
    if (names.is_oom || change->value.len == 0 || !vars_set(&changes->constants, form, text_span(&names)))
        changes->needs_pin = true;
    changes->resets_collation = true;
    text_fini(&names);
}

/* A literal, said again as it was written, means the same on every server: type, digits, collation and all.
 */
static void note_user(struct changes *changes, const struct setvar_change *change)
{
    struct text literal = { 0 };
    const char *quote = change->is_string ? "'" : "";
    changes->has_user_variables = true;
    (void)text_appendf(&literal, "%s%.*s%s", quote, (int)change->value.len, (const char *)change->value.data,
                       quote);
    if (!change->is_constant || literal.is_oom ||
        !vars_set(&changes->user, unquoted(change->name), text_span(&literal)))
        changes->has_unknown_user = true;
    text_fini(&literal);
}

static void note_role(struct changes *changes, const struct setvar_change *change)
{
    const char *quote = change->is_string ? "'" : "";
    if (!change->is_constant || change->value.len == 0 ||
        !text_appendf(&changes->role, "%s%.*s%s", quote, (int)change->value.len,
                      (const char *)change->value.data, quote))
        changes->needs_pin = true;
}

static void note(struct changes *changes, const struct setvar_change *change)
{
    changes->count++;
    switch (change->scope) {
    case SETVAR_SESSION:
        note_session(changes, change);
        break;
    case SETVAR_USER:
        note_user(changes, change);
        break;
    case SETVAR_NAMES:
        expect(changes, SPAN_LITERAL("character_set_client"));
        note_names(changes, change, VARS_NAMES);
        break;
    case SETVAR_CHARSET: /* the collation becomes that of the schema, on every server */
        expect(changes, SPAN_LITERAL("character_set_client"));
        note_names(changes, change, VARS_CHARSET);
        break;
    case SETVAR_TRANSACTION:
        note_transaction(changes, change);
        break;
    case SETVAR_ROLE:
        note_role(changes, change);
        break;
    case SETVAR_OTHER:
        changes->needs_pin = true;
        break;
    case SETVAR_GLOBAL:
        break;
    }
}

struct changes *changes_read(struct span sql, const struct sql_dialect *dialect)
{
    struct changes *changes = mem_zalloc(sizeof *changes);
    struct setvar_walk walk;
    struct setvar_change change;
    if (changes == NULL)
        return NULL;
    setvar_begin(&walk, sql, dialect);
    while (setvar_next(&walk, &change))
        note(changes, &change);
    if (walk.is_malformed)
        changes->needs_pin = true;
    return changes;
}

void changes_fini(struct changes *changes)
{
    if (changes == NULL)
        return;
    vars_fini(&changes->constants);
    vars_fini(&changes->user);
    text_fini(&changes->role);
    text_fini(&changes->expected);
    mem_free(changes);
}

/* MariaDB before 11.1 tracks these two under their old names. */
static bool is_reported(struct vars *vars, struct span name, uint64_t before)
{
    if (vars_is_newer(vars, name, before))
        return true;
    if (span_is(name, "transaction_isolation"))
        return vars_is_newer(vars, SPAN_LITERAL("tx_isolation"), before);
    return span_is(name, "transaction_read_only") &&
           vars_is_newer(vars, SPAN_LITERAL("tx_read_only"), before);
}

bool changes_commit(const struct changes *changes, struct vars *vars, uint64_t before)
{
    for (size_t at = 0; at < changes->expected.len;) {
        struct span name = span_cstr(changes->expected.data + at);
        if (!is_reported(vars, name, before) || vars_has(&changes->constants, name))
            return false; /* not told, or set twice in one statement: which came last is not kept */
        at += name.len + 1;
    }
    if (changes->resets_collation) {
        vars_unset(vars, VARS_NAMES);
        vars_unset(vars, VARS_CHARSET);
    }
    if (changes->resets_collation && !vars_is_newer(vars, SPAN_LITERAL("collation_connection"), before))
        vars_unset(vars, SPAN_LITERAL("collation_connection"));
    if (changes->resets_collation && changes->count > 1)
        return false; /* what came first and what last is not kept */
    return vars_merge(vars, &changes->constants) && !changes->needs_pin;
}
