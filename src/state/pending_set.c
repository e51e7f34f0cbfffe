#include "state/pending_set.h"

#include "base/mem.h"
#include "mysql/sesstrack.h"
#include "sql/setvar.h"
#include "state/role.h"
#include "state/wait_timeout.h"

#define LITERAL_MAX_BYTES 2048 /* of the literal of a user variable; longer ones are not kept */

static struct span unquoted(struct span name)
{
    if (name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"' || name.data[0] == '\''))
        return span_of(name.data + 1, name.len - 2);
    return name;
}

static void expect(struct pending_set *changes, struct span name)
{
    if (!text_append_span(&changes->expected, name) || !text_append_byte(&changes->expected, '\0'))
        changes->needs_pin = true;
}

static void note_constant(struct pending_set *changes, struct vars *vars, struct span name,
                          const struct setvar_change *change)
{
    struct text literal = { 0 };
    bool is_kept = true;
    if (change->is_string)
        is_kept = text_append_byte(&literal, '\'') && text_append_span(&literal, change->value) &&
                  text_append_byte(&literal, '\'');
    else
        is_kept = text_append_span(&literal, change->value);
    if (!is_kept || !vars_set(vars, name, text_span(&literal)))
        changes->needs_pin = true;
    text_fini(&literal);
}

/* SET @@tx_isolation = …, without a scope, is SET TRANSACTION ISOLATION LEVEL …: it is for the next
 * transaction only. */
static bool is_for_next_transaction(struct span name, const struct setvar_change *change)
{
    static const char *const names[] = { "tx_isolation", "transaction_isolation", "tx_read_only",
                                         "transaction_read_only" };
    return !change->is_tracked_form && span_is_among(name, names, sizeof names / sizeof *names);
}

/* The variables that SET NAMES sets, too. */
static bool is_of_names(struct span name)
{
    static const char *const names[] = { "character_set_client", "character_set_connection",
                                         "character_set_results", "collation_connection" };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

/* The server sets these variables with each change of the schema. If the client sets one, the value cannot be
 * repeated on other connections. */
static bool is_of_schema(struct span name)
{
    return span_is_nocase(name, "character_set_database") || span_is_nocase(name, "collation_database");
}

/* Notes session tracking that the client asks for: it is passed on to the client. */
static void note_tracking(struct pending_set *changes, struct span name)
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

static void note_session(struct pending_set *changes, const struct setvar_change *change)
{
    struct span name = unquoted(change->name);
    if (span_equal_nocase(name, VARS_NAMES) || span_equal_nocase(name, VARS_CHARSET) || is_of_schema(name)) {
        /* the first two are no variables: NAMES = x is an error on all servers */
        changes->needs_pin = true;
        return;
    }
    if (is_for_next_transaction(name, change)) {
        changes->sets_next_transaction = true;
        return;
    }
    if (span_is_nocase(name, "character_set_connection"))
        changes->resets_collation = true;
    if (is_of_names(name)) {
        changes->charsets++;
        changes->has_told_charset |= !change->is_constant;
    }
    changes->sets_logging |= span_is_nocase(name, "sql_log_bin") || span_is_nocase(name, "wsrep_on");
    switch (vars_manner_of(name)) {
    case VARS_IGNORE:
        if (span_is_nocase(name, "autocommit")) /* the status flags tell it */
            changes->ends_autocommit = !vars_is_default(name, change->value);
        else
            changes->sets_untold = true;
        break;
    case VARS_PIN:
        changes->needs_pin = true;
        changes->sets_profiling |= span_is_nocase(name, "profiling");
        note_tracking(changes, name);
        break;
    case VARS_UNTRACKED:
        if (change->is_constant)
            note_constant(changes, &changes->constants, name, change);
        else
            changes->needs_pin = true;
        break;
    case VARS_EMULATE:
        wait_timeout_read(changes, change);
        break;
    case VARS_HOLD:
        changes->sets_untold = true;
        if (change->is_constant)
            note_constant(changes, &changes->held, name, change);
        else if (!vars_set(&changes->held, name, SPAN_LITERAL("?")))
            changes->needs_pin = true;
        break;
    case VARS_APPLY:
    case VARS_APPLY_WRITES:
        if (change->is_constant)
            note_constant(changes, &changes->constants, name, change);
        else if (change->is_tracked_form)
            expect(changes, name);
        else
            changes->needs_pin = true;
        break;
    }
}

/* SET SESSION TRANSACTION is reported as a variable. SET TRANSACTION, for the next transaction only, is in
 * the facts of classify(). */
static void note_transaction(struct pending_set *changes, const struct setvar_change *change)
{
    if (change->is_next)
        return;
    if (change->sets_isolation)
        expect(changes, SPAN_LITERAL("transaction_isolation"));
    if (change->sets_access)
        expect(changes, SPAN_LITERAL("transaction_read_only"));
}

/* Session tracking reports the character sets that SET NAMES sets; MariaDB does not report the collation. No
 * variable has the collation of results. So headgate repeats SET NAMES, and SET CHARACTER SET, as the client
 * wrote it. */
static void note_names(struct pending_set *changes, const struct setvar_change *change, struct span form)
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
    changes->charsets++;
    text_fini(&names);
}

/* A literal that is repeated as the client wrote it has the same type, digits and collation on every
 * server. */
static void note_user(struct pending_set *changes, const struct setvar_change *change)
{
    struct text literal = { 0 };
    const char *quote = change->is_string ? "'" : "";
    changes->user_count++;
    (void)text_appendf(&literal, "%s%.*s%s", quote, (int)change->value.len, (const char *)change->value.data,
                       quote);
    if (change->is_constant && change->value.len <= LITERAL_MAX_BYTES && !literal.is_oom)
        user_variables_assign(&changes->user, unquoted(change->name), text_span(&literal));
    else
        changes->has_unknown_user = true;
    text_fini(&literal);
}

static void note(struct pending_set *changes, const struct setvar_change *change)
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
    case SETVAR_CHARSET: /* the collation becomes that of the schema, on all servers */
        expect(changes, SPAN_LITERAL("character_set_client"));
        note_names(changes, change, VARS_CHARSET);
        break;
    case SETVAR_TRANSACTION:
        note_transaction(changes, change);
        break;
    case SETVAR_ROLE:
        role_read(changes, change, unquoted(change->value));
        break;
    case SETVAR_OTHER:
        changes->has_others = changes->needs_pin = true;
        break;
    case SETVAR_GLOBAL:
        break;
    }
}

struct pending_set *pending_set_read(struct span sql, const struct sql_dialect *dialect)
{
    struct pending_set *changes = mem_zalloc(sizeof *changes);
    struct setvar_walk walk;
    struct setvar_change change;
    if (changes == NULL)
        return NULL;
    changes->sql = sql;
    setvar_begin(&walk, sql, dialect);
    while (setvar_next(&walk, &change))
        note(changes, &change);
    if (walk.is_malformed)
        changes->is_malformed = changes->needs_pin = true;
    changes->sql = (struct span){ 0 };
    return changes;
}

void pending_set_fini(struct pending_set *changes)
{
    if (changes == NULL)
        return;
    vars_fini(&changes->constants);
    vars_fini(&changes->held);
    user_variables_fini(&changes->user);
    text_fini(&changes->role);
    text_fini(&changes->expected);
    mem_free(changes);
}

/* Was `name` reported after version `before`? MariaDB before 11.1 reports transaction_isolation and
 * transaction_read_only under their old names. */
static bool is_reported(struct vars *vars, struct span name, uint64_t before)
{
    if (vars_is_newer(vars, name, before))
        return true;
    if (span_is(name, "transaction_isolation"))
        return vars_is_newer(vars, SPAN_LITERAL("tx_isolation"), before);
    return span_is(name, "transaction_read_only") &&
           vars_is_newer(vars, SPAN_LITERAL("tx_read_only"), before);
}

/* Has session tracking reported all names in `expected`? If a name was also set to a constant, the reported
 * value is that of the last assignment. */
static bool are_reported(const struct pending_set *changes, struct vars *vars, uint64_t before)
{
    for (size_t at = 0; at < changes->expected.len;) {
        struct span name = span_cstr(changes->expected.data + at);
        if (!is_reported(vars, name, before))
            return false;
        at += name.len + 1;
    }
    return true;
}

static bool is_expected(const struct pending_set *changes, struct span wanted)
{
    for (size_t at = 0; at < changes->expected.len;) {
        struct span name = span_cstr(changes->expected.data + at);
        if (span_equal_nocase(name, wanted))
            return true;
        at += name.len + 1;
    }
    return false;
}

static bool is_names(struct span name)
{
    return span_equal_nocase(name, VARS_NAMES) || span_equal_nocase(name, VARS_CHARSET);
}

/* Forgets the variables that an assignment resets. character_set_connection resets the connection's
 * collation. SET NAMES and SET CHARACTER SET reset that collation and replace each other. No other assignment
 * replaces them, because no variable has their collation of client and results. */
static void forget_before(struct vars *vars, struct span name, bool is_collation_told)
{
    if (is_names(name)) {
        vars_unset(vars, VARS_NAMES);
        vars_unset(vars, VARS_CHARSET);
    }
    bool resets_collation = is_names(name) || span_is_nocase(name, "character_set_connection");
    if (resets_collation && !is_collation_told)
        vars_unset(vars, SPAN_LITERAL("collation_connection"));
}

/* Applies the constants in the order in which the server assigned them. */
static bool commit_constants(const struct pending_set *changes, struct vars *vars, uint64_t before)
{
    bool is_told =
        changes->charsets == 1 && vars_is_newer(vars, SPAN_LITERAL("collation_connection"), before);
    struct span name, literal;
    for (uint64_t version = 0; vars_after(&changes->constants, &version, &name, &literal);) {
        if (!is_names(name) && !is_of_names(name) && is_expected(changes, name))
            continue; /* session tracking has reported the value of the last assignment */
        forget_before(vars, name, is_told);
        if (!vars_set(vars, name, literal))
            return false;
    }
    return true;
}

bool pending_set_commit(const struct pending_set *changes, struct vars *vars, uint64_t before)
{
    bool is_order_lost = changes->charsets > 1 && changes->has_told_charset;
    bool has_told_alone = changes->resets_collation && changes->has_told_charset;
    if (!are_reported(changes, vars, before) || is_order_lost)
        return false;
    if (has_told_alone) /* character_set_connection was set to a value that only the server knows */
        forget_before(vars, SPAN_LITERAL("character_set_connection"),
                      vars_is_newer(vars, SPAN_LITERAL("collation_connection"), before));
    return commit_constants(changes, vars, before) && !changes->needs_pin;
}

bool pending_set_is_whole_refusal(const struct pending_set *changes, uint16_t code)
{
    static const uint16_t codes[] = { 1054, 1064, 1115, 1146, 1193, 1227, 1229, 1231, 1232,
                                      1238, 1242, 1253, 1273, 1286, 1298, 1649, 1959 };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (code == codes[i])
            return !changes->is_malformed && !changes->has_others;
    return changes->count == 1 && !changes->needs_pin;
}
