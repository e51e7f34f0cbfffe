/* The first word chooses a row; the row has the kind, what to suspect, and who reads the rest. Unless it says
 * so, a row's statement is taken to hide state: rows with `leaves_nothing` are those of which the contrary is
 * known.
 */
#include "sql/statements.h"

#include "sql/query.h"
#include "sql/setvar.h"

struct statement {
    enum sql_kind kind;
    enum sql_reason reason;
    bool leaves_nothing; /* no session state that text or tracking does not tell */
    bool is_proof;       /* true of a longer text too, of which only the beginning is known */
    bool (*read)(struct reader *reader,
                 struct sql_facts *facts); /* NULL: nothing more to know. As statement_read() */
};

static void suspect(struct sql_facts *facts, enum sql_kind kind, enum sql_reason reason)
{
    facts->kind = kind;
    facts->reason = reason;
    facts->may_hide_state = true;
}

/* ---- data and schema ---- */

/* LOAD DATA | XML [LOW_PRIORITY | CONCURRENT] [LOCAL] INFILE …; LOAD INDEX INTO CACHE is maintenance. */
static bool read_load(struct reader *reader, struct sql_facts *facts)
{
    if (reader_accept(reader, KEYWORD_INDEX)) {
        facts->kind = SQL_ADMIN;
        facts->reason = SQL_REASON_ADMIN;
        return false;
    }
    for (int i = 0; i < 3 && !reader_at_end(reader); i++, reader_advance(reader))
        facts->is_load_local |= reader->keyword == KEYWORD_LOCAL;
    return false;
}

static bool is_routine(enum keyword keyword)
{
    return keyword == KEYWORD_PROCEDURE || keyword == KEYWORD_FUNCTION || keyword == KEYWORD_TRIGGER ||
           keyword == KEYWORD_EVENT || keyword == KEYWORD_PACKAGE;
}

/* CREATE [OR REPLACE] [AGGREGATE] [DEFINER = user@host] {PROCEDURE | …}: the body has semicolons of its own.
 * What stands between is passed over until a word that names an object. */
static bool read_create(struct reader *reader, struct sql_facts *facts)
{
    static const int modifiers_max =
        16; /* tokens: OR REPLACE AGGREGATE DEFINER = CURRENT_USER ( ) with room to spare */
    for (int i = 0; i < modifiers_max && !reader_at_end(reader); i++, reader_advance(reader)) {
        if (reader->keyword == KEYWORD_TEMPORARY)
            suspect(facts, SQL_DDL, SQL_REASON_TEMPORARY_TABLE);
        if (is_routine(reader->keyword))
            return reader_skip_body(reader);
        if (reader->keyword == KEYWORD_TABLE)
            return false;
    }
    return false;
}

/* DROP TEMPORARY …; DROP PREPARE x is DEALLOCATE PREPARE. */
static bool read_drop(struct reader *reader, struct sql_facts *facts)
{
    if (reader->keyword == KEYWORD_TEMPORARY)
        suspect(facts, SQL_DDL, SQL_REASON_TEMPORARY_TABLE);
    if (reader->keyword == KEYWORD_PREPARE) {
        facts->kind = SQL_PREPARE;
        facts->reason = SQL_REASON_SQL_PREPARE;
    }
    return false;
}

/* ALTER EVENT … DO and ALTER PACKAGE may hold bodies as CREATE does. An ALTER TABLE of a temporary table
 * makes no state where there was none. */
static bool read_alter(struct reader *reader, struct sql_facts *facts)
{
    return read_create(reader, facts);
}

/* ---- queries ---- */

static bool read_query(struct reader *reader, struct sql_facts *facts)
{
    query_read(reader, facts);
    return false;
}

static bool is_query_word(enum keyword keyword)
{
    return keyword == KEYWORD_SELECT || keyword == KEYWORD_WITH || keyword == KEYWORD_VALUES ||
           keyword == KEYWORD_TABLE;
}

/* Leading parentheses, as many as there are. */
static bool is_parenthesised_query(struct reader *reader)
{
    while (token_is_punct(reader->token, '('))
        reader_advance(reader);
    return is_query_word(reader->keyword);
}

/* EXPLAIN ANALYZE, and MariaDB's ANALYZE [FORMAT=…], run the statement: it leaves what that one leaves. */
static bool read_executed(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts inner = { 0 };
    while (!reader_at_end(reader) && !is_query_word(reader->keyword))
        reader_advance(reader);
    query_read(reader, &inner);
    facts->reason = SQL_REASON_EXECUTES;
    facts->may_hide_state |= inner.may_hide_state;
    return false;
}

static bool read_explain(struct reader *reader, struct sql_facts *facts)
{
    return reader_accept(reader, KEYWORD_ANALYZE) && read_executed(reader, facts);
}

/* ANALYZE [NO_WRITE_TO_BINLOG | LOCAL] TABLE … */
static bool read_analyze(struct reader *reader, struct sql_facts *facts)
{
    (void)(reader_accept(reader, KEYWORD_NO_WRITE_TO_BINLOG) || reader_accept(reader, KEYWORD_LOCAL));
    if (reader->keyword == KEYWORD_TABLE)
        return false;
    facts->kind = SQL_SHOW;
    return read_executed(reader, facts);
}

/* SHOW {WARNINGS | ERRORS} …, SHOW COUNT(*) {WARNINGS | ERRORS} */
static bool read_show(struct reader *reader, struct sql_facts *facts)
{
    bool is_count = reader->keyword == KEYWORD_COUNT && reader_is_call(reader);
    if (reader->keyword != KEYWORD_WARNINGS && reader->keyword != KEYWORD_ERRORS && !is_count)
        return false;
    facts->kind = SQL_DIAGNOSTICS;
    facts->reason = SQL_REASON_DIAGNOSTICS;
    facts->refers_previous = true;
    return false;
}

/* GET [CURRENT | STACKED] DIAGNOSTICS @a = NUMBER …: about the previous statement, into variables. */
static bool read_get(struct reader *reader, struct sql_facts *facts)
{
    (void)reader;
    facts->refers_previous = true;
    return false;
}

/* ---- transactions ---- */

/* BEGIN [WORK]; anything else is a block (NOT ATOMIC, ORACLE mode), or an error. */
static bool read_begin(struct reader *reader, struct sql_facts *facts)
{
    (void)reader_accept(reader, KEYWORD_WORK);
    bool is_block =
        !reader_at_end(reader) || (reader->lexer.dialect.oracle && reader->token->type != TOKEN_END &&
                                   reader->ahead->type != TOKEN_END);
    if (!is_block)
        return false;
    suspect(facts, SQL_CALL, SQL_REASON_CALL);
    return reader_skip_body(reader);
}

/* A block of MariaDB's compound statements: its semicolons are its own. */
static bool read_block(struct reader *reader, struct sql_facts *facts)
{
    (void)facts;
    return reader_skip_body(reader);
}

/* START TRANSACTION [WITH CONSISTENT SNAPSHOT] [, READ ONLY | READ WRITE]; the other STARTs are about
 * replication. */
static bool read_start(struct reader *reader, struct sql_facts *facts)
{
    if (!reader_accept(reader, KEYWORD_TRANSACTION))
        return false;
    facts->kind = SQL_BEGIN;
    facts->reason = SQL_REASON_TRANSACTION;
    for (; !reader_at_end(reader); reader_advance(reader))
        facts->begins_read_only |= reader->keyword == KEYWORD_ONLY && reader->before_keyword == KEYWORD_READ;
    return false;
}

static bool read_rollback(struct reader *reader, struct sql_facts *facts)
{
    (void)reader_accept(reader, KEYWORD_WORK);
    if (reader->keyword == KEYWORD_TO)
        facts->kind = SQL_SAVEPOINT;
    return false;
}

/* ---- the session ---- */

static bool read_use(struct reader *reader, struct sql_facts *facts)
{
    if (reader->token->type == TOKEN_WORD || reader->token->type == TOKEN_QUOTED)
        facts->use_schema = reader->token->text;
    return false;
}

/* SET TRANSACTION …, without a scope; and values are expressions, which may call anything. */
static bool read_set(struct reader *reader, struct sql_facts *facts)
{
    facts->sets_next_transaction = reader->keyword == KEYWORD_TRANSACTION;
    facts->may_hide_state |= query_may_call_unknown(reader);
    return false;
}

static bool read_execute(struct reader *reader, struct sql_facts *facts)
{
    if (reader->keyword == KEYWORD_IMMEDIATE)
        suspect(facts, SQL_CALL, SQL_REASON_CALL);
    return false;
}

/* FLUSH [LOCAL | NO_WRITE_TO_BINLOG] TABLES … {WITH READ LOCK | FOR EXPORT} locks; the other FLUSHes do not.
 */
static bool read_flush(struct reader *reader, struct sql_facts *facts)
{
    for (; !reader_at_end(reader); reader_advance(reader)) {
        bool is_lock = reader->keyword == KEYWORD_LOCK && reader->before_keyword == KEYWORD_READ;
        bool is_export = reader->keyword == KEYWORD_EXPORT && reader->before_keyword == KEYWORD_FOR;
        if (is_lock || is_export)
            suspect(facts, SQL_LOCK, SQL_REASON_LOCK_TABLES);
    }
    return false;
}

/* KILL [HARD | SOFT] [CONNECTION | QUERY] <number>, and nothing else */
static bool read_kill(struct reader *reader, struct sql_facts *facts)
{
    (void)(reader_accept(reader, KEYWORD_HARD) || reader_accept(reader, KEYWORD_SOFT));
    facts->kill_is_query = reader->keyword == KEYWORD_QUERY;
    (void)(reader_accept(reader, KEYWORD_QUERY) || reader_accept(reader, KEYWORD_CONNECTION));
    struct span number = reader->token->text;
    if (reader->token->type != TOKEN_NUMBER)
        return false;
    reader_advance(reader);
    if (!reader_at_end(reader) || !span_to_u64(number, &facts->kill_id))
        facts->kill_id = 0;
    return false;
}

/* ---- the table ---- */

#define LEAVES_NOTHING true
#define MAY_HIDE false
#define PROOF true
#define NO_PROOF false

/* SQL_UNKNOWN is 0: words without a row begin no statement we know. A long text proves a kind only where the
 * kind alone says all the router must know: CREATE TEMPORARY and LOAD … LOCAL show in the first words. */
static const struct statement statements[KEYWORDS] = {
    [KEYWORD_SELECT] = { SQL_SELECT, SQL_REASON_PLAIN_READ, LEAVES_NOTHING, NO_PROOF, read_query },
    [KEYWORD_WITH] = { SQL_SELECT, SQL_REASON_PLAIN_READ, LEAVES_NOTHING, NO_PROOF, read_query },
    [KEYWORD_VALUES] = { SQL_SELECT, SQL_REASON_PLAIN_READ, LEAVES_NOTHING, NO_PROOF, read_query },
    [KEYWORD_TABLE] = { SQL_SELECT, SQL_REASON_PLAIN_READ, LEAVES_NOTHING, NO_PROOF, read_query },

    [KEYWORD_INSERT] = { SQL_WRITE, SQL_REASON_WRITE, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_REPLACE] = { SQL_WRITE, SQL_REASON_WRITE, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_UPDATE] = { SQL_WRITE, SQL_REASON_WRITE, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_DELETE] = { SQL_WRITE, SQL_REASON_WRITE, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_LOAD] = { SQL_WRITE, SQL_REASON_WRITE, LEAVES_NOTHING, PROOF, read_load },

    [KEYWORD_CREATE] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, read_create },
    [KEYWORD_ALTER] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, read_alter },
    [KEYWORD_DROP] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, read_drop },
    [KEYWORD_RENAME] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_TRUNCATE] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_GRANT] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_REVOKE] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_DENY] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_IMPORT] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_ANALYZE] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, NO_PROOF, read_analyze },
    [KEYWORD_OPTIMIZE] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_REPAIR] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_CHECK] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },
    [KEYWORD_CHECKSUM] = { SQL_DDL, SQL_REASON_DDL, LEAVES_NOTHING, PROOF, NULL },

    [KEYWORD_SHOW] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_NOTHING, NO_PROOF, read_show },
    [KEYWORD_DESCRIBE] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_NOTHING, NO_PROOF, read_explain },
    [KEYWORD_DESC] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_NOTHING, NO_PROOF, read_explain },
    [KEYWORD_EXPLAIN] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_NOTHING, NO_PROOF, read_explain },
    [KEYWORD_HELP] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_GET] = { SQL_DIAGNOSTICS, SQL_REASON_DIAGNOSTICS, MAY_HIDE, NO_PROOF, read_get },

    [KEYWORD_BEGIN] = { SQL_BEGIN, SQL_REASON_TRANSACTION, LEAVES_NOTHING, NO_PROOF, read_begin },
    [KEYWORD_START] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, read_start },
    [KEYWORD_COMMIT] = { SQL_COMMIT, SQL_REASON_TRANSACTION, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_ROLLBACK] = { SQL_ROLLBACK, SQL_REASON_TRANSACTION, LEAVES_NOTHING, NO_PROOF, read_rollback },
    [KEYWORD_SAVEPOINT] = { SQL_SAVEPOINT, SQL_REASON_TRANSACTION, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_RELEASE] = { SQL_SAVEPOINT, SQL_REASON_TRANSACTION, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_XA] = { SQL_XA, SQL_REASON_XA, MAY_HIDE, NO_PROOF, NULL },

    [KEYWORD_SET] = { SQL_SET, SQL_REASON_SET, LEAVES_NOTHING, NO_PROOF, read_set },
    [KEYWORD_USE] = { SQL_USE, SQL_REASON_USE, LEAVES_NOTHING, NO_PROOF, read_use },

    [KEYWORD_CALL] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, NULL },
    [KEYWORD_DO] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, NULL },
    [KEYWORD_IF] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_CASE] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_LOOP] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_WHILE] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_REPEAT] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_FOR] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_DECLARE] = { SQL_CALL, SQL_REASON_CALL, MAY_HIDE, PROOF, read_block },
    [KEYWORD_EXECUTE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, MAY_HIDE, PROOF, read_execute },
    [KEYWORD_PREPARE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, MAY_HIDE, PROOF, NULL },
    [KEYWORD_DEALLOCATE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_HANDLER] = { SQL_HANDLER, SQL_REASON_HANDLER, MAY_HIDE, PROOF, NULL },

    [KEYWORD_LOCK] = { SQL_LOCK, SQL_REASON_LOCK_TABLES, MAY_HIDE, PROOF, NULL },
    [KEYWORD_BACKUP] = { SQL_LOCK, SQL_REASON_LOCK_TABLES, MAY_HIDE, PROOF, NULL },
    [KEYWORD_UNLOCK] = { SQL_LOCK, SQL_REASON_LOCK_TABLES, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_FLUSH] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, read_flush },

    [KEYWORD_KILL] = { SQL_KILL, SQL_REASON_KILL, LEAVES_NOTHING, NO_PROOF, read_kill },
    [KEYWORD_RESET] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_PURGE] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_CHANGE] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_STOP] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_CACHE] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_INSTALL] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_UNINSTALL] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_SHUTDOWN] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_RESTART] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_CLONE] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_SIGNAL] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_RESIGNAL] = { SQL_ADMIN, SQL_REASON_ADMIN, LEAVES_NOTHING, NO_PROOF, NULL },
    [KEYWORD_BINLOG] = { SQL_ADMIN, SQL_REASON_ADMIN, MAY_HIDE, NO_PROOF,
                         NULL }, /* its events set variables */
};

static const struct statement unknown = { SQL_UNKNOWN, SQL_REASON_UNKNOWN, MAY_HIDE, NO_PROOF, NULL };

/* The row of the statement at the reader, stepping past its first word (queries keep it, for WITH). */
static const struct statement *find(struct reader *reader)
{
    if (token_is_punct(reader->token, '('))
        return is_parenthesised_query(reader) ? &statements[KEYWORD_SELECT] : &unknown;
    const struct statement *row = &statements[reader->keyword];
    if (row->kind == SQL_UNKNOWN)
        return &unknown;
    if (row->kind != SQL_SELECT)
        reader_advance(reader);
    return row;
}

static void begin(const struct statement *row, struct sql_facts *facts)
{
    *facts = (struct sql_facts){ .kind = row->kind,
                                 .reason = row->reason,
                                 .may_hide_state = !row->leaves_nothing };
}

/* Assignments in passing: `@a := 1`, INTO @a. SET tells its own through setvar. */
static bool assigns_in_passing(const struct reader *reader, const struct sql_facts *facts)
{
    return facts->kind != SQL_SET && (reader->has_assign || (reader->has_into && reader->has_user_variable));
}

/* What setvar does not understand may be anything. */
static bool has_other_set(struct span sql, const struct sql_dialect *dialect)
{
    struct setvar_walk walk;
    struct setvar_change change;
    bool has_other = false;
    setvar_begin(&walk, sql, dialect);
    while (setvar_next(&walk, &change))
        has_other |= change.scope == SETVAR_OTHER;
    return has_other || walk.is_malformed;
}

bool statement_read(struct reader *reader, struct span sql, struct sql_facts *facts)
{
    reader_begin_statement(reader);
    if (reader_at_end(reader)) {
        *facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
        return false;
    }
    const struct statement *row = find(reader);
    begin(row, facts);
    bool is_open = row->read != NULL && row->read(reader, facts);
    reader_skip(reader);
    if (reader->has_user_lock && facts->is_read) { /* where no server takes a function; still */
        facts->is_read = false;
        facts->reason = SQL_REASON_USER_LOCK;
    }
    facts->may_hide_state |= reader->has_user_lock || assigns_in_passing(reader, facts) ||
                             (facts->kind == SQL_SET && has_other_set(sql, &reader->lexer.dialect));
    return is_open;
}

void statement_read_cut(struct reader *reader, struct sql_facts *facts)
{
    reader_begin_statement(reader);
    const struct statement *row = find(reader);
    bool is_proof = row->is_proof && reader->lexer.doubts == 0;
    begin(is_proof ? row : &unknown, facts);
    if (!is_proof)
        facts->reason = SQL_REASON_TOO_LONG;
    else if (row->read != NULL)
        (void)row->read(reader, facts);
    facts->doubts = reader->lexer.doubts & ~SQL_DOUBT_BAD; /* the cut itself leaves quotes open */
    facts->may_hide_state |= facts->doubts != 0;
    /* The tail may hold more statements. Without multi-statements it belongs to this one: then what a long
     * INSERT leaves behind could only be a user lock or a variable taken in passing, which are not looked for
     * there. */
    facts->may_hide_state |= reader->lexer.dialect.multi_statements;
}
