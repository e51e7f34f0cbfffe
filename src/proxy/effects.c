/* What a reply says about the session's state. The servers' word (status flags, session tracking) comes
 * first; the statement's text fills in what servers do not report; whatever neither explains keeps the
 * session on the primary.
 */
#include "proxy/session.h"

#include "mysql/sesstrack.h"
#include "proxy/asleft.h"
#include "proxy/changes.h"
#include "proxy/claims.h"
#include "proxy/found.h"
#include "proxy/share.h"
#include "proxy/statements.h"

#include <string.h>

enum route_place effects_home(const struct session *session)
{
    bool is_replica = session->is_away || session->door->settings->mode == LISTENER_REPLICA;
    return is_replica ? ROUTE_REPLICA : ROUTE_PRIMARY;
}

void effects_come_home(struct session *session)
{
    if (session->is_away)
        session->status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    session->is_away = false;
}

bool effects_has_transaction(const struct session *session)
{
    return (session->status & STATUS_IN_TRANS) != 0 || session->is_transaction_unknown;
}

bool effects_is_in_transaction(const struct session *session)
{
    return (session->status & STATUS_IN_TRANS) != 0 || (session->status & STATUS_AUTOCOMMIT) == 0;
}

static void pin(struct session *session, enum pin_cause cause)
{
    if (!pins_has(&session->pins, cause))
        log_debug(&session->scope, "pinned: %s", pin_cause_words(cause));
    pins_add(&session->pins, cause, (struct span){ 0 }, (struct span){ 0 }, session_now(session));
}

/* ---- how the server reads this session's text ---- */

/* Character sets whose trail bytes can be quotes or backslashes (protocol.md §6.1). */
static bool hides_quotes(struct span charset)
{
    static const char *const names[] = { "big5", "cp932", "sjis", "gbk", "gb18030" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is_nocase(charset, names[i]))
            return true;
    return false;
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

struct sql_dialect effects_dialect(const struct session *session)
{
    const struct view *view = session_view(session);
    return (struct sql_dialect){
        .family = view->family == FAMILY_MARIADB ? SQL_FAMILY_MARIADB
                  : view->family == FAMILY_MYSQL ? SQL_FAMILY_MYSQL
                                                 : SQL_FAMILY_UNKNOWN,
        .no_backslash_escapes =
            session->no_backslash_escapes || (session->status & STATUS_NO_BACKSLASH_ESCAPES) != 0,
        .ansi_quotes = session->ansi_quotes || (session->status & STATUS_ANSI_QUOTES) != 0,
        .oracle = session->oracle,
        .ignore_space = (session->caps & CAP_IGNORE_SPACE) != 0,
        .unsafe_charset = session->unsafe_charset || session->collation_is_unsafe,
        .is_utf8 = session->is_utf8,
        .multi_statements = (session->upstream_caps & CAP_MULTI_STATEMENTS) != 0,
        .routines = view->routines,
    };
}

/* ---- session tracking ---- */

static void note_reading(struct session *session, const struct sesstrack_change *change)
{
    if (span_is_nocase(change->name, "sql_mode")) {
        session->ansi_quotes =
            span_mentions(change->value, "ANSI_QUOTES") || span_is_nocase(change->value, "ANSI");
        session->oracle = span_mentions(change->value, "ORACLE");
        session->no_backslash_escapes = span_mentions(change->value, "NO_BACKSLASH_ESCAPES");
    } else if (span_is_nocase(change->name, "character_set_client")) {
        session->unsafe_charset = hides_quotes(change->value);
        session->collation_is_unsafe = false;
        session->is_utf8 =
            change->value.len >= 4 && span_equal_nocase(span_of(change->value.data, 4), SPAN_LITERAL("utf8"));
    }
}

/* Of what is not followed: told by the flags, a result, or with the schema. */
static bool is_known_anyway(struct span name)
{
    static const char *const names[] = { "autocommit",   "last_gtid",      "character_set_database",
                                         "statement_id", "in_transaction", "collation_database" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is_nocase(name, names[i]))
            return true;
    return false;
}

static void note_variable(struct session *session, const struct sesstrack_change *change)
{
    struct text literal = { 0 };
    note_reading(session, change);
    switch (vars_manner_of(change->name)) {
    case VARS_IGNORE:
        session->job.has_untold |= !is_known_anyway(change->name);
        session->job.has_last_gtid |= span_is_nocase(change->name, "last_gtid");
        break;
    case VARS_UNTRACKED:
        session->job.has_untold |= session->job.changes == NULL; /* its text tells */
        break;
    case VARS_PIN:
        pin(session, PIN_UNKNOWN_SET);
        break;
    case VARS_APPLY:
        if (!vars_literal(change->name, change->value, &literal) ||
            !vars_set(&session->vars, change->name, text_span(&literal)))
            pin(session, PIN_UNKNOWN_SET);
        session->has_replica_refused = false; /* worth another try */
        break;
    }
    text_fini(&literal);
}

/* Both keep what they meant in the schema that was current then: names in prepared statements, and the
 * collation that SET CHARACTER SET took from it. */
static void leave_schema(struct session *session, struct span schema)
{
    if (span_equal(schema, text_span(&session->schema)))
        return;
    session->has_left_schema |= pins_has(&session->pins, PIN_PREPARED);
    if (vars_has(&session->vars, VARS_CHARSET))
        pin(session, PIN_UNKNOWN_SET);
}

static void note_schema(struct session *session, struct upstream *upstream, struct span schema)
{
    leave_schema(session, schema);
    text_clear(&session->schema);
    text_clear(&upstream->schema);
    (void)text_append_span(&session->schema, schema);
    (void)text_append_span(&upstream->schema, schema);
    session->has_replica_refused = false;
    /* A replica that is in a schema cannot be taken out of it: another connection will do. */
    enum route_place other = session->job.place == ROUTE_PRIMARY ? ROUTE_REPLICA : ROUTE_PRIMARY;
    if (schema.len == 0)
        attach_drop_idle(session, other);
}

/* SQL that would begin the same transaction: as long as it is there, the next one has a SET TRANSACTION of
 * its own. Empty: it was used up. */
static void note_characteristics(struct session *session, struct span sql)
{
    static const struct span set = SPAN_LITERAL("SET TRANSACTION");
    if (sql.len >= set.len && span_equal_nocase(span_of(sql.data, set.len), set))
        pin(session, PIN_NEXT_TRANSACTION);
    else
        pins_release_all(&session->pins, PIN_NEXT_TRANSACTION);
}

static void note_tracking(struct session *session, struct upstream *upstream, struct span entries)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, entries);
    while (sesstrack_next(&walk, &change)) {
        switch (change.type) {
        case SESSTRACK_VARIABLE:
            consistency_note_tracked(session, &change);
            note_variable(session, &change);
            break;
        case SESSTRACK_GTIDS:
            consistency_note_tracked(session, &change);
            break;
        case SESSTRACK_SCHEMA:
            note_schema(session, upstream, change.value);
            break;
        case SESSTRACK_STATE_CHANGE:
            session->job.has_state_change = true;
            break;
        case SESSTRACK_CHARACTERISTICS:
            note_characteristics(session, change.value);
            break;
        default: /* transaction states have no use yet; newer types are not ours */
            break;
        }
    }
    if (walk.is_malformed)
        pin(session, PIN_TRACKED_CHANGE);
}

static void note_insert_id(struct session *session, uint64_t id)
{
    session->insert_id = session->slots[session->job.place].insert_id = id;
    session->is_insert_id_unknown = session->has_next_id = false;
    session->job.has_insert_id = true;
}

/* INSERT … RETURNING, LOAD DATA, INSERTs that fail after their first row, SELECT LAST_INSERT_ID(x) and stored
 * code generate ids that no OK tells. */
static bool has_untold_id(const struct job *job)
{
    bool is_silent = job->facts.kind == SQL_WRITE && (job->has_rows || job->has_error || job->facts.is_load);
    return is_silent || job->facts.may_hide_state || job->facts.gives_insert_id;
}

/* An OK tells of an id that an INSERT was given as of one that it generated: only its connection knows. */
static void note_generated(struct session *session)
{
    const struct job *job = &session->job;
    bool is_untold = has_untold_id(job);
    if (job->has_insert_id || is_untold)
        session->id_known_by = session->slots[job->place].generation;
    session->is_insert_id_unknown |= is_untold && !job->has_insert_id;
    session->has_next_id |= job->facts.gives_next_id;
}

/* Only the home's word counts; and home is where the transaction is. */
static void follow_home(struct session *session, uint16_t status)
{
    struct job *job = &session->job;
    bool is_open = (status & STATUS_IN_TRANS) != 0;
    job->is_home |= job->place == effects_home(session);
    if (job->place != ROUTE_REPLICA || session->door->settings->mode != LISTENER_SPLIT || job->is_aside)
        return;
    job->is_home |= is_open;
    session->is_away = is_open;
}

void effects_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = &session->job;
    if (info->kind == TRACKER_ERR) {
        job->has_error = true;
        job->error_code = info->error;
    }
    if (info->kind != TRACKER_OK && info->kind != TRACKER_EOF)
        return;
    upstream->status = info->status;
    job->has_warnings |= info->warnings > 0;
    job->has_changed |= info->affected > 0;
    job->affected += info->affected;
    job->has_rows |= info->kind == TRACKER_EOF || (info->payload.len > 0 && info->payload.data[0] == 0xFE);
    if (info->status & STATUS_MORE_RESULTS)
        job->has_multi = true;
    follow_home(session, info->status);
    if (!job->is_home)
        return;
    session->status = info->status;
    session->is_transaction_unknown = false;
    if (info->insert_id != 0)
        note_insert_id(session, info->insert_id);
    if (info->session.len > 0)
        note_tracking(session, upstream, info->session);
    else if (info->is_cut && (info->status & STATUS_SESSION_STATE_CHANGED))
        pin(session, PIN_TRACKED_CHANGE);
}

/* ---- the end of a reply ---- */

/* False when it cannot follow the session. */
static bool commit_role(struct session *session, const struct changes *changes)
{
    if (changes->role.len == 0)
        return true;
    text_clear(&session->role);
    session->slots[session->job.place].role_version = ++session->role_version;
    return text_append_span(&session->role, text_span(&changes->role));
}

static void commit_set(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    const struct changes *changes = job->changes;
    session->sees_tracking |= changes->tracking;
    if (job->has_error) {
        if (changes->count > 1 || changes->needs_pin)
            pin(session, PIN_UNKNOWN_SET); /* a part of it may have been done */
        return;
    }
    if (!changes_commit(changes, &session->vars, job->vars_before) || !commit_role(session, changes))
        pin(session, PIN_UNKNOWN_SET);
    if (session->schema.len == 0 && vars_has(&session->vars, VARS_CHARSET))
        pin(session, PIN_UNKNOWN_SET); /* the collation is each server's own then */
    session->has_replica_refused = false;
    (void)upstream;
}

/* Can an ERR to this, outside a transaction, have left one open, or another state behind? */
static bool is_contained(const struct job *job)
{
    if (job->facts.is_multi || job->has_multi || job->is_cut)
        return false;
    switch (job->facts.kind) {
    case SQL_SELECT:
    case SQL_SHOW:
    case SQL_DIAGNOSTICS:
    case SQL_WRITE:
    case SQL_DDL:
    case SQL_USE:
    case SQL_EMPTY:
    case SQL_KILL:
    case SQL_SAVEPOINT:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
        return true;
    case SQL_UNKNOWN: /* a syntax error runs nothing; anything else is pinned by may_hide_state */
    case SQL_ADMIN:
    case SQL_LOCK:
    case SQL_HANDLER:
    case SQL_XA:
        return true;
    case SQL_SET:
        return job->changes != NULL && job->changes->count == 1;
    case SQL_PREPARE:
        return job->facts.execute_name.len == 0 && !job->facts.may_hide_state;
    case SQL_BEGIN:
    case SQL_CALL:
        break;
    }
    return false;
}

static bool explains_state_change(const struct job *job)
{
    return job->facts.kind == SQL_SET || job->facts.kind == SQL_USE || job->command->byte == COM_INIT_DB ||
           job->changes != NULL || job->facts.has_holds;
}

static void after_reset(struct session *session)
{
    uint16_t status = session->status;
    effects_reset(session);
    session->status = status;
    session->was_reset = true;
    sync_note_reset(session, &session->slots[session->job.place]);
}

static void after_command(struct session *session)
{
    struct job *job = &session->job;
    if (job->has_error)
        return;
    switch (job->command->byte) {
    case COM_RESET_CONNECTION:
        after_reset(session);
        break;
    case COM_SET_OPTION:
        session->upstream_caps = job->kill_id == 0
                                     ? session->upstream_caps | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS
                                     : session->upstream_caps & ~CAP_MULTI_STATEMENTS;
        session->slots[job->place].option_version = ++session->option_version;
        break;
    default:
        break;
    }
}

/* User variables stay where they were first used. */
static void note_variables(struct session *session)
{
    const struct job *job = &session->job;
    bool is_open = session->variables == VARIABLES_NOWHERE || session->variables == VARIABLES_MAYBE_REPLICA;
    if (!is_open)
        return;
    if (job->place == ROUTE_PRIMARY && job->facts.touches_variables)
        session->variables = VARIABLES_PRIMARY;
    else if (job->place == ROUTE_REPLICA && job->facts.writes_variables)
        session->variables = VARIABLES_REPLICA;
    else if (job->place == ROUTE_REPLICA && job->facts.may_hide_state)
        session->variables = VARIABLES_MAYBE_REPLICA;
}

/* What runs stored code, triggers among it, may have set any of them. */
static bool may_set_variables(const struct job *job)
{
    static const uint32_t harmless = 1u << SQL_EMPTY | 1u << SQL_SELECT | 1u << SQL_SHOW |
                                     1u << SQL_DIAGNOSTICS | 1u << SQL_SET | 1u << SQL_USE | 1u << SQL_BEGIN |
                                     1u << SQL_COMMIT | 1u << SQL_ROLLBACK | 1u << SQL_SAVEPOINT;
    bool is_set = job->changes != NULL;
    return (harmless & 1u << job->facts.kind) == 0 || job->facts.may_hide_state || job->facts.is_multi ||
           (job->facts.writes_variables && !is_set) || job->facts.reason == SQL_REASON_STORED_READ;
}

/* The values that can be said to other servers. */
static void note_user_values(struct session *session)
{
    const struct job *job = &session->job;
    const struct changes *changes = job->changes;
    bool is_stale = session->user_vars_base != session->vars.version;
    if (may_set_variables(job) || is_stale ||
        (changes != NULL && changes->has_user_variables && (job->has_error || changes->has_unknown_user)))
        vars_clear(&session->user_vars);
    session->user_vars_base = session->vars.version;
    if (changes == NULL || job->has_error || changes->has_unknown_user || job->place != ROUTE_PRIMARY)
        return;
    if (!vars_merge(&session->user_vars, &changes->user))
        vars_clear(&session->user_vars);
}

static bool ends_transaction(const struct job *job)
{
    return job->facts.kind == SQL_COMMIT || job->facts.kind == SQL_ROLLBACK;
}

/* Under sql_select_limit = 0 a SELECT evaluates nothing, and releases no user lock (seen on both families).
 */
static enum claims_outcome outcome(const struct session *session)
{
    const struct job *job = &session->job;
    bool is_partial = job->facts.is_multi || job->has_multi || job->is_cut;
    if (job->has_error)
        return is_partial ? CLAIMS_PARTLY : CLAIMS_FAILED;
    bool is_limited =
        job->facts.kind == SQL_SELECT && vars_has(&session->vars, SPAN_LITERAL("sql_select_limit"));
    return is_limited ? CLAIMS_PARTLY : CLAIMS_DONE;
}

static void note_holds(struct session *session)
{
    const struct job *job = &session->job;
    if (job->claims != NULL)
        claims_commit(job->claims, &session->pins, outcome(session), session_now(session));
    session->has_left_schema &= pins_has(&session->pins, PIN_PREPARED);
    if (job->facts.kind == SQL_BEGIN && !job->has_error)
        pins_release_all(&session->pins, PIN_TABLE_LOCK); /* so say both manuals */
}

static void note_pins(struct session *session)
{
    const struct job *job = &session->job;
    if (session->is_away)
        return; /* stored code there leaves variables at most: note_variables */
    note_holds(session);
    if (job->facts.may_hide_state || (job->has_multi && job->is_cut))
        pin(session, PIN_HIDDEN_STATE);
    bool sets_next =
        job->facts.sets_next_transaction || (job->changes != NULL && job->changes->sets_next_transaction);
    if (sets_next && !job->has_error)
        pin(session, PIN_NEXT_TRANSACTION);
    if (job->has_state_change && !explains_state_change(job))
        pin(session, PIN_TRACKED_CHANGE);
    if (ends_transaction(job) && !job->has_error && !effects_is_in_transaction(session))
        pins_release_all(&session->pins, PIN_NEXT_TRANSACTION); /* the transaction it was for is over */
}

/* A MariaDB server keeps the warnings while statements without tables and without warnings of their own pass.
 * Of stored code only its server knows: it is asked. */
static bool may_set_warnings(const struct job *job, const struct upstream *upstream)
{
    bool is_run = job->command->byte != COM_STMT_PREPARE;
    if (job->command->byte == COM_INIT_DB) /* its OK counts what ran on that connection before */
        return job->has_error;
    return job->has_error || job->has_warnings || job->facts.uses_tables ||
           (is_run && job->facts.may_hide_state) || upstream->family != FAMILY_MARIADB;
}

/* Where the answers to questions about earlier statements lie now. */
static void note_traces(struct session *session, const struct upstream *upstream)
{
    const struct job *job = &session->job;
    uint64_t generation = session->slots[job->place].generation;
    bool is_statement = (job->command->manner != COMMAND_SESSION && job->command->manner != COMMAND_LOCAL) ||
                        job->command->byte == COM_INIT_DB;
    bool is_question = job->facts.kind == SQL_DIAGNOSTICS && !job->has_error;
    bool has_set = may_set_warnings(job, upstream);
    bool is_prepare = job->command->byte == COM_STMT_PREPARE; /* it leaves ROW_COUNT() as it is */
    if (!is_prepare) {
        session->last_place = job->place;
        session->answers.last = generation;
    }
    if (is_statement && has_set && !is_question) {
        session->diagnostics_place = job->place;
        session->answers.diagnostics = generation;
        session->answers.has_diagnostics = job->has_warnings || job->has_error;
    }
    if (is_statement && (has_set || job->facts.counts_rows) && !is_question)
        share_note_answers(session, has_set);
    uint16_t error = job->has_error ? job->error_code : 0;
    bool has_counted =
        found_has_counted(&job->facts, upstream->family == FAMILY_MARIADB, upstream->tracker.results, error);
    if (is_statement && has_counted && !is_prepare) {
        session->found_place = job->place;
        session->answers.found = generation;
    }
}

/* With autocommit off a statement that failed on the replica may have begun a transaction there: what comes
 * next goes there, and its OK settles it. */
static void note_opened(struct session *session)
{
    const struct job *job = &session->job;
    bool is_autocommit = (session->status & STATUS_AUTOCOMMIT) != 0;
    if (!job->has_error || is_autocommit || job->place != ROUTE_REPLICA || job->is_aside ||
        session->door->settings->mode != LISTENER_SPLIT || job->command->byte == COM_STMT_PREPARE)
        return;
    session->is_away = true;
    session->status |= STATUS_IN_TRANS;
}

/* A reset gives back what can be seen from outside; what was hidden may be among the few things that it does
 * not. */
static void note_soil(const struct session *session, struct upstream *upstream)
{
    const struct job *job = &session->job;
    static const uint32_t hidden = 1u << PIN_HIDDEN_STATE | 1u << PIN_UNKNOWN_SET | 1u << PIN_TRACKED_CHANGE;
    bool is_administration = job->command->manner == COMMAND_STATEMENT && job->facts.kind == SQL_ADMIN;
    upstream->is_id_told |= job->facts.asks_id;
    upstream->is_soiled |= job->facts.may_hide_state || (job->has_multi && job->is_cut) ||
                           is_administration || (job->is_home && (session->pins.causes & hidden) != 0);
}

/* What it ran where the session's own state is says about that. */
static void note_home(struct session *session, struct upstream *upstream, bool is_execution)
{
    const struct job *job = &session->job;
    if (is_execution)
        note_pins(session);
    if (job->changes != NULL)
        commit_set(session, upstream);
    else if (job->facts.kind == SQL_SET && job->command->byte != COM_STMT_PREPARE)
        pin(session, PIN_UNKNOWN_SET); /* a SET prepared and executed: its text was not read as one */
    if (is_execution)
        note_user_values(session);
    if (is_execution)
        note_generated(session);
    if (is_execution && job->facts.has_sequence)
        draws_note(session);
    if (job->has_error && (effects_is_in_transaction(session) || !is_contained(job)))
        session->is_transaction_unknown = true;
    /* It ran here, so here it holds already. */
    upstream->vars_version = session->vars.version;
}

void effects_done(struct session *session, struct upstream *upstream)
{
    struct job *job = &session->job;
    note_traces(session, upstream);
    after_command(session);
    if (job->command->shape == REPLY_PREPARE)
        session->prepared.has_last_failed = job->has_error;
    bool is_execution = job->command->byte != COM_STMT_PREPARE;
    consistency_note_done(session);
    note_opened(session);
    job->is_home |= job->place == effects_home(session); /* no OK has come: an ERR */
    if (is_execution)
        note_variables(session);
    if (job->is_home)
        note_home(session, upstream, is_execution);
    note_soil(session, upstream);
    asleft_note_job(session, upstream);
    pins_count(&session->pins, &session->worker->boxes[session->door->cluster].pins);
}

/* As after login: COM_RESET_CONNECTION and COM_CHANGE_USER. The schema and the role stay: both families keep
 * them at a reset. */
void effects_reset(struct session *session)
{
    const struct view *view = session_view(session);
    vars_clear(&session->vars);
    prepared_clear(&session->prepared);
    consistency_note_reset(session);
    session->status = STATUS_AUTOCOMMIT;
    session->insert_id = session->id_known_by = 0;
    session->is_insert_id_unknown = session->has_next_id = false;
    session->is_transaction_unknown = false;
    session->is_away = false;
    session->variables = VARIABLES_NOWHERE;
    session->answers = (struct answers){ 0 };
    session->draws = (struct draws){ 0 };
    vars_clear(&session->user_vars);
    session->has_replica_refused = false;
    session->sees_tracking = 0;
    pins_clear(&session->pins);
    session->has_left_schema = false;
    session->last_place = session->found_place = session->diagnostics_place = effects_home(session);
    session->ansi_quotes = view->ansi_quotes;
    session->oracle = view->oracle;
    session->no_backslash_escapes = view->no_backslash_escapes;
    session->unsafe_charset = false;
    session->collation_is_unsafe = hides_quotes_id(session->collation);
    session->is_utf8 = is_utf8_id(session->collation);
}
