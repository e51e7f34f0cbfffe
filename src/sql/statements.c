/* The first word of a statement chooses a row: its kind, its dangers, and the function that reads the rest.
 * A word without a row begins no known statement, and such a statement may leave any state. */
#include "sql/statements.h"

#include "sql/dynamic.h"
#include "sql/kill.h"
#include "sql/query.h"
#include "sql/setvar.h"
#include "sql/stored_calls.h"
#include "sql/transactions.h"

#define HIDES 0x1u         /* may leave session state that neither text nor tracking reports */
#define HOLDS 0x2u         /* takes or releases state that holds.h lists */
#define WRITES 0x4u        /* may write any user variable, named or not */
#define WRITES_SEEN 0x8u   /* may write the user variables that its text names */
#define COMMITS 0x20u      /* may end the transaction and then continue */
#define PROOF 0x10u        /* the row also holds if only the beginning of the text is known */
#define LEAVES_COUNT 0x40u /* does not change ROW_COUNT() on MariaDB */

struct statement {
    enum sql_kind kind;
    enum sql_reason reason;
    unsigned flags;
    bool (*read)(struct reader *reader,
                 struct sql_facts *facts); /* NULL: the rest is not read. Result: see statement_read() */
};

/* ---- data and schema ---- */

/* LOAD DATA | XML [LOW_PRIORITY | CONCURRENT] [LOCAL] INFILE …; LOAD INDEX INTO CACHE is maintenance. */
static bool read_load(struct reader *reader, struct sql_facts *facts)
{
    if (reader_accept(reader, KEYWORD_INDEX)) {
        facts_become(facts, SQL_ADMIN, SQL_REASON_ADMIN);
        return false;
    }
    facts->is_load = true;
    for (int i = 0; i < 3 && !reader_at_end(reader); i++, reader_advance(reader))
        facts->is_load_local |= reader->keyword == KEYWORD_LOCAL;
    return false;
}

static bool is_routine(enum keyword keyword)
{
    return keyword == KEYWORD_PROCEDURE || keyword == KEYWORD_FUNCTION || keyword == KEYWORD_TRIGGER ||
           keyword == KEYWORD_EVENT || keyword == KEYWORD_PACKAGE;
}

/* CREATE [OR REPLACE] [AGGREGATE] [DEFINER = user@host] {PROCEDURE | …}: the body contains semicolons. Words
 * before the kind of object are skipped. */
static bool read_create(struct reader *reader, struct sql_facts *facts)
{
    static const int modifiers_max =
        16; /* tokens: OR REPLACE AGGREGATE DEFINER = CURRENT_USER ( ) with room to spare */
    for (int i = 0; i < modifiers_max && !reader_at_end(reader); i++, reader_advance(reader)) {
        if (reader->keyword == KEYWORD_TEMPORARY) {
            facts_become(facts, SQL_DDL, SQL_REASON_TEMPORARY_TABLE);
            facts->has_holds = true;
        }
        if (is_routine(reader->keyword))
            return reader_skip_body(reader);
        facts->counts_rows = reader->keyword == KEYWORD_TABLE; /* if the CREATE has a SELECT: its rows */
        facts->may_run_nothing = facts->counts_rows && token_is_word(reader->ahead, "IF");
        if (facts->counts_rows)
            return false;
    }
    return false;
}

static bool is_table_word(enum keyword keyword)
{
    return keyword == KEYWORD_TABLE || keyword == KEYWORD_TABLES;
}

/* DROP [TEMPORARY] TABLE …: also without TEMPORARY a temporary table is dropped first. DROP PREPARE x is
 * DEALLOCATE PREPARE. */
static bool read_drop(struct reader *reader, struct sql_facts *facts)
{
    if (reader->keyword == KEYWORD_TEMPORARY)
        facts_become(facts, SQL_DDL, SQL_REASON_TEMPORARY_TABLE);
    if (reader->keyword == KEYWORD_PREPARE)
        facts_become(facts, SQL_PREPARE, SQL_REASON_SQL_PREPARE);
    facts->has_holds =
        facts->kind == SQL_PREPARE || reader->keyword == KEYWORD_TEMPORARY || is_table_word(reader->keyword);
    return false;
}

bool statement_find_rename(struct reader *reader)
{
    for (; !reader_at_end(reader); reader_advance(reader)) {
        bool is_part = token_is_word(reader->ahead, "COLUMN") || token_is_word(reader->ahead, "INDEX") ||
                       token_is_word(reader->ahead, "KEY");
        if (reader->keyword == KEYWORD_RENAME && !is_part)
            return true;
    }
    return false;
}

/* ALTER EVENT … DO and ALTER PACKAGE may have bodies, as CREATE does. ALTER TABLE of a temporary table
 * creates no state, but may rename the table. */
static bool read_alter(struct reader *reader, struct sql_facts *facts)
{
    bool is_open = read_create(reader, facts);
    if (reader->keyword == KEYWORD_TABLE)
        facts->has_holds = statement_find_rename(reader);
    return is_open;
}

/* RENAME TABLE renames temporary tables too on MariaDB, not on MySQL. */
static bool read_rename(struct reader *reader, struct sql_facts *facts)
{
    facts->has_holds = is_table_word(reader->keyword) && reader->lexer.dialect.family != SQL_FAMILY_MYSQL;
    return false;
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

/* Skips leading parentheses. True if a query follows. */
static bool is_parenthesised_query(struct reader *reader)
{
    while (token_is_punct(reader->token, '('))
        reader_advance(reader);
    return is_query_word(reader->keyword);
}

/* EXPLAIN ANALYZE, and MariaDB's ANALYZE [FORMAT=…], run the statement, so its effects count. */
static bool read_executed(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts inner = { 0 };
    while (!reader_at_end(reader) && !is_query_word(reader->keyword))
        reader_advance(reader);
    query_read(reader, &inner);
    facts->reason = SQL_REASON_EXECUTES;
    facts->counts_rows = true;
    facts_take_code(facts, &inner);
    return false;
}

/* EXPLAIN may run parts of the statement: both families fill derived tables, with their function calls
 * (tested). EXPLAIN of a table is SHOW COLUMNS. */
static bool read_explain(struct reader *reader, struct sql_facts *facts)
{
    if (reader_accept(reader, KEYWORD_ANALYZE))
        return read_executed(reader, facts);
    while (!reader_at_end(reader) && !is_query_word(reader->keyword))
        reader_advance(reader);
    facts->counts_rows = reader_at_end(reader);
    (void)query_read_calls(reader, facts);
    return false;
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

/* SHOW statements that run a SELECT internally count rows. The others do not (tested on both families). */
static bool is_show_of_rows(const struct reader *reader)
{
    static const char *const others[] = {
        "CREATE", "GRANTS",  "PRIVILEGES",   "PROCESSLIST", "PROFILES", "ENGINE",  "AUTHORS",
        "BINARY", "BINLOG",  "CONTRIBUTORS", "MASTER",      "SLAVE",    "REPLICA", "REPLICAS",
        "ALL",    "EXPLAIN", "RELAYLOG",     "ANALYZE",     "WARNINGS", "ERRORS",
    };
    const struct token *word = token_is_word(reader->token, "FULL") ? reader->ahead : reader->token;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (token_is_word(word, others[i]))
            return false;
    return true;
}

/* SHOW HEADGATE TOKEN, which no server knows. */
static bool is_token_asked(struct reader *reader)
{
    if (!token_is_word(reader->token, "HEADGATE") || !token_is_word(reader->ahead, "TOKEN"))
        return false;
    reader_advance(reader);
    reader_advance(reader);
    return reader_at_end(reader);
}

/* SHOW {WARNINGS | ERRORS} …, SHOW COUNT(*) {WARNINGS | ERRORS}. The only expression that a SHOW may have is
 * after WHERE. */
static bool read_show(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts where = { 0 };
    bool is_count = reader->keyword == KEYWORD_COUNT && reader_is_call(reader);
    /* SHOW SESSION STATUS and SHOW PROFILE describe the previous statement on the connection where it ran. */
    bool is_session = reader->keyword == KEYWORD_SESSION || reader->keyword == KEYWORD_LOCAL;
    bool is_cost = (is_session && token_is_word(reader->ahead, "STATUS")) ||
                   token_is_word(reader->token, "PROFILE") || token_is_word(reader->token, "PROFILES");
    facts->counts_rows = is_show_of_rows(reader);
    facts->asks_token = is_token_asked(reader);
    if (reader->keyword == KEYWORD_WARNINGS || reader->keyword == KEYWORD_ERRORS || is_count) {
        facts_become(facts, SQL_DIAGNOSTICS, SQL_REASON_DIAGNOSTICS);
        facts->refers_previous = true;
        facts_ask(facts, 1u << SQL_ASKS_DIAGNOSTICS);
        return false;
    }
    for (; !reader_at_end(reader) && reader->keyword != KEYWORD_WHERE; reader_advance(reader))
        is_cost &= !token_is_punct(reader->token, '(');
    query_read(reader, &where);
    facts_take_code(facts, &where);
    if (is_cost && where.is_read) {
        facts->reason = SQL_REASON_PREVIOUS_STATEMENT;
        facts->refers_previous = true;
        facts_ask(facts, 1u << SQL_ASKS_LAST);
    }
    return false;
}

/* GET [CURRENT | STACKED] DIAGNOSTICS @a = NUMBER … stores facts about the previous statement in variables.
 * No server accepts a function call there. A statement with one stays on the primary. */
static bool read_get(struct reader *reader, struct sql_facts *facts)
{
    facts->refers_previous = !query_read_calls(reader, facts);
    bool is_count = span_mentions(reader_statement(reader), "ROW_COUNT");
    bool is_number = span_mentions(reader_statement(reader), "NUMBER");
    facts_ask(facts, (is_count ? 1u << SQL_ASKS_LAST : 0) |
                         (is_number || !is_count ? 1u << SQL_ASKS_DIAGNOSTICS : 0));
    return false;
}

/* ---- the session ---- */

static bool read_use(struct reader *reader, struct sql_facts *facts)
{
    if (reader->token->type == TOKEN_WORD || reader->token->type == TOKEN_QUOTED)
        facts->use_schema = reader->token->text;
    return false;
}

static bool is_insert_id(struct span name)
{
    return span_is_nocase(name, "last_insert_id") || span_is_nocase(name, "identity") ||
           span_is_nocase(name, "insert_id");
}

/* SET. SET TRANSACTION … may have no scope. Values are expressions, which may call any function. A SET that
 * setvar.h does not understand may leave any state. */
static bool read_set(struct reader *reader, struct sql_facts *facts)
{
    struct setvar_walk walk;
    struct setvar_change change;
    facts->sets_next_transaction = reader->keyword == KEYWORD_TRANSACTION;
    (void)query_read_calls(reader, facts);
    setvar_begin(&walk, reader_statement(reader), &reader->lexer.dialect);
    while (setvar_next(&walk, &change)) {
        facts->may_hide_state |= change.scope == SETVAR_OTHER;
        facts->writes_variables |= change.scope == SETVAR_USER;
        facts->sets_global |= change.scope == SETVAR_GLOBAL || change.scope == SETVAR_OTHER;
        facts->gives_insert_id |= change.scope == SETVAR_SESSION && is_insert_id(change.name);
    }
    facts->may_hide_state |= walk.is_malformed;
    facts->writes_variables |= facts->may_hide_state && reader->has_user_variable;
    return false;
}

/* DO expression, …: notes the functions that the expressions call. */
static bool read_expressions(struct reader *reader, struct sql_facts *facts)
{
    (void)query_read_calls(reader, facts);
    return false;
}

/* HANDLER t OPEN | READ | CLOSE; the WHERE of a READ is an expression. */
static bool read_handler(struct reader *reader, struct sql_facts *facts)
{
    bool is_known = false;
    for (int i = 0; i < 4 && !reader_at_end(reader); i++, reader_advance(reader)) { /* schema . t OPEN */
        bool is_ours = token_is_word(reader->token, "OPEN") || token_is_word(reader->token, "CLOSE");
        facts->has_holds |= i > 0 && is_ours;
        is_known |= i > 0 && (is_ours || reader->keyword == KEYWORD_READ);
    }
    facts->may_hide_state |= query_read_calls(reader, facts) || !is_known;
    return false;
}

/* LOCK TABLES …, LOCK INSTANCE FOR BACKUP; MariaDB's BACKUP STAGE …, BACKUP LOCK t, BACKUP UNLOCK. */
static bool read_lock(struct reader *reader, struct sql_facts *facts)
{
    facts->has_holds = is_table_word(reader->keyword) || reader->keyword == KEYWORD_INSTANCE;
    facts->may_hide_state = !facts->has_holds;
    return false;
}

static bool read_backup(struct reader *reader, struct sql_facts *facts)
{
    facts->has_holds = token_is_word(reader->token, "STAGE") || reader->keyword == KEYWORD_LOCK ||
                       reader->keyword == KEYWORD_UNLOCK;
    facts->may_hide_state = !facts->has_holds;
    return false;
}

/* FLUSH [LOCAL | NO_WRITE_TO_BINLOG] TABLES … {WITH READ LOCK | FOR EXPORT} locks; no other FLUSH does. */
static bool read_flush(struct reader *reader, struct sql_facts *facts)
{
    for (; !reader_at_end(reader); reader_advance(reader)) {
        bool is_lock = reader->keyword == KEYWORD_LOCK && reader->before_keyword == KEYWORD_READ;
        bool is_export = reader->keyword == KEYWORD_EXPORT && reader->before_keyword == KEYWORD_FOR;
        if (!is_lock && !is_export)
            continue;
        facts_become(facts, SQL_LOCK, SQL_REASON_LOCK_TABLES);
        facts->has_holds = true;
    }
    return false;
}

static bool read_kill(struct reader *reader, struct sql_facts *facts)
{
    facts->kill = kill_read(reader, &facts->kill_is_query, &facts->kill_id);
    if (facts->kill != SQL_KILL_NUMBER)
        facts->kill_id = 0;
    return false;
}

/* ---- the table ---- */

/* Compound statements. */
#define BLOCK                                                                                                \
    {                                                                                                        \
        SQL_CALL, SQL_REASON_CALL, HIDES | WRITES | COMMITS | PROOF, stored_calls_read_block                 \
    }

/* SQL_UNKNOWN is 0: a word without a row begins no known statement. PROOF is set only where the kind alone
 * is all that routing needs to know. CREATE TEMPORARY and LOAD … LOCAL are recognised in the first words. */
static const struct statement statements[KEYWORDS] = {
    [KEYWORD_SELECT] = { SQL_SELECT, SQL_REASON_PLAIN_READ, 0, read_query },
    [KEYWORD_WITH] = { SQL_SELECT, SQL_REASON_PLAIN_READ, 0, read_query },
    [KEYWORD_VALUES] = { SQL_SELECT, SQL_REASON_PLAIN_READ, 0, read_query },
    [KEYWORD_TABLE] = { SQL_SELECT, SQL_REASON_PLAIN_READ, 0, read_query },

    [KEYWORD_INSERT] = { SQL_WRITE, SQL_REASON_WRITE, PROOF, stored_calls_read_write },
    [KEYWORD_REPLACE] = { SQL_WRITE, SQL_REASON_WRITE, PROOF, stored_calls_read_write },
    [KEYWORD_UPDATE] = { SQL_WRITE, SQL_REASON_WRITE, PROOF, stored_calls_read_write },
    [KEYWORD_DELETE] = { SQL_WRITE, SQL_REASON_WRITE, PROOF, stored_calls_read_write },
    [KEYWORD_LOAD] = { SQL_WRITE, SQL_REASON_WRITE, WRITES_SEEN | PROOF, read_load },

    [KEYWORD_CREATE] = { SQL_DDL, SQL_REASON_DDL, PROOF, read_create },
    [KEYWORD_ALTER] = { SQL_DDL, SQL_REASON_DDL, 0, read_alter },
    [KEYWORD_DROP] = { SQL_DDL, SQL_REASON_DDL, PROOF, read_drop },
    [KEYWORD_RENAME] = { SQL_DDL, SQL_REASON_DDL, 0, read_rename },
    [KEYWORD_TRUNCATE] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_GRANT] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_REVOKE] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_DENY] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_IMPORT] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_ANALYZE] = { SQL_DDL, SQL_REASON_DDL, 0, read_analyze },
    [KEYWORD_OPTIMIZE] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_REPAIR] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_CHECK] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },
    [KEYWORD_CHECKSUM] = { SQL_DDL, SQL_REASON_DDL, PROOF, NULL },

    [KEYWORD_SHOW] = { SQL_SHOW, SQL_REASON_SHOW, 0, read_show },
    [KEYWORD_DESCRIBE] = { SQL_SHOW, SQL_REASON_SHOW, 0, read_explain },
    [KEYWORD_DESC] = { SQL_SHOW, SQL_REASON_SHOW, 0, read_explain },
    [KEYWORD_EXPLAIN] = { SQL_SHOW, SQL_REASON_SHOW, 0, read_explain },
    [KEYWORD_HELP] = { SQL_SHOW, SQL_REASON_SHOW, LEAVES_COUNT, NULL },
    [KEYWORD_GET] = { SQL_DIAGNOSTICS, SQL_REASON_DIAGNOSTICS, WRITES_SEEN, read_get },

    [KEYWORD_BEGIN] = { SQL_BEGIN, SQL_REASON_TRANSACTION, 0, transactions_read_begin },
    [KEYWORD_START] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, transactions_read_start },
    [KEYWORD_COMMIT] = { SQL_COMMIT, SQL_REASON_TRANSACTION, 0, transactions_read_commit },
    [KEYWORD_ROLLBACK] = { SQL_ROLLBACK, SQL_REASON_TRANSACTION, 0, transactions_read_rollback },
    [KEYWORD_SAVEPOINT] = { SQL_SAVEPOINT, SQL_REASON_TRANSACTION, 0, NULL },
    [KEYWORD_RELEASE] = { SQL_SAVEPOINT, SQL_REASON_TRANSACTION, 0, NULL },
    [KEYWORD_XA] = { SQL_XA, SQL_REASON_XA, 0, transactions_read_xa },

    [KEYWORD_SET] = { SQL_SET, SQL_REASON_SET, 0, read_set },
    [KEYWORD_USE] = { SQL_USE, SQL_REASON_USE, 0, read_use },

    [KEYWORD_CALL] = { SQL_CALL, SQL_REASON_CALL, HIDES | WRITES | COMMITS | PROOF, stored_calls_read_call },
    [KEYWORD_DO] = { SQL_CALL, SQL_REASON_CALL, 0, read_expressions },
    [KEYWORD_IF] = BLOCK,
    [KEYWORD_CASE] = BLOCK,
    [KEYWORD_LOOP] = BLOCK,
    [KEYWORD_WHILE] = BLOCK,
    [KEYWORD_REPEAT] = BLOCK,
    [KEYWORD_FOR] = BLOCK,
    [KEYWORD_DECLARE] = BLOCK,
    [KEYWORD_EXECUTE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, HIDES | COMMITS | PROOF,
                          dynamic_read_execute },
    [KEYWORD_PREPARE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, HOLDS, dynamic_read_prepare },
    [KEYWORD_DEALLOCATE] = { SQL_PREPARE, SQL_REASON_SQL_PREPARE, HOLDS, NULL },
    [KEYWORD_HANDLER] = { SQL_HANDLER, SQL_REASON_HANDLER, 0, read_handler },

    [KEYWORD_LOCK] = { SQL_LOCK, SQL_REASON_LOCK_TABLES, PROOF, read_lock },
    [KEYWORD_BACKUP] = { SQL_LOCK, SQL_REASON_LOCK_TABLES, PROOF, read_backup },
    [KEYWORD_UNLOCK] = { SQL_LOCK, SQL_REASON_UNLOCK, HOLDS, NULL },
    [KEYWORD_FLUSH] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, read_flush },

    [KEYWORD_KILL] = { SQL_KILL, SQL_REASON_KILL, 0, read_kill },
    [KEYWORD_RESET] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_PURGE] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_CHANGE] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_STOP] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_CACHE] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_INSTALL] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_UNINSTALL] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_SHUTDOWN] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_RESTART] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_CLONE] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_SIGNAL] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_RESIGNAL] = { SQL_ADMIN, SQL_REASON_ADMIN, 0, NULL },
    [KEYWORD_BINLOG] = { SQL_ADMIN, SQL_REASON_ADMIN, HIDES, NULL }, /* the events in it set variables */
};

static const struct statement unknown = { SQL_UNKNOWN, SQL_REASON_UNKNOWN, HIDES | WRITES_SEEN, NULL };

/* Finds the row of the statement and steps over its first word. A query keeps its first word, because of
 * WITH. */
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
                                 .may_hide_state = (row->flags & HIDES) != 0,
                                 .has_holds = (row->flags & HOLDS) != 0,
                                 .may_commit = (row->flags & COMMITS) != 0,
                                 .leaves_row_count = (row->flags & LEAVES_COUNT) != 0,
                                 .writes_variables = (row->flags & WRITES) != 0 };
}

/* May the statement change FOUND_ROWS()? Tested on both families. MariaDB counts the rows of every SELECT,
 * also inside other statements; of the SELECTs in a SET, only those from a table. MySQL also counts the rows
 * of UPDATE, but not those of CREATE … SELECT or SET. For CREATE, ALTER and SHOW the reader has set
 * facts->counts_rows. */
static bool counts_rows(const struct reader *reader, const struct statement *row,
                        const struct sql_facts *facts)
{
    bool is_mysql = reader->lexer.dialect.family == SQL_FAMILY_MYSQL;
    bool has_word = facts->counts_rows;
    switch (facts->kind) {
    case SQL_SELECT:
        return is_mysql || row != &statements[KEYWORD_VALUES] || reader->has_select;
    case SQL_SHOW:
    case SQL_DIAGNOSTICS:
        return has_word;
    case SQL_CALL:
        return row != &statements[KEYWORD_DO] || is_mysql || reader->has_select;
    case SQL_PREPARE:
        return row == &statements[KEYWORD_EXECUTE];
    case SQL_UNKNOWN:
        return true;
    case SQL_SET:
        return !is_mysql && reader->has_select && reader->has_from;
    case SQL_DDL:
        return !is_mysql && reader->has_select && has_word;
    case SQL_WRITE:
        return reader->has_select || (is_mysql && row == &statements[KEYWORD_UPDATE]);
    case SQL_EMPTY:
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT:
    case SQL_USE:
    case SQL_LOCK:
    case SQL_HANDLER:
    case SQL_XA:
    case SQL_KILL:
    case SQL_ADMIN:
        break;
    }
    return false;
}

/* Notes which statements do not change warnings and FOUND_ROWS(): tested on MariaDB 10.11 and MySQL 9.7.
 * Stored code is not considered here. */
static void note_traces(const struct reader *reader, const struct statement *row, struct sql_facts *facts)
{
    static const uint32_t without_tables = 1u << SQL_EMPTY | 1u << SQL_SELECT | 1u << SQL_SET |
                                           1u << SQL_USE | 1u << SQL_BEGIN | 1u << SQL_COMMIT |
                                           1u << SQL_ROLLBACK | 1u << SQL_SAVEPOINT | 1u << SQL_DIAGNOSTICS |
                                           1u << SQL_XA | 1u << SQL_CALL;
    facts->uses_tables =
        facts->reason != SQL_REASON_UNLOCK && (reader->has_from || (without_tables & 1u << facts->kind) == 0);
    facts->counts_rows = counts_rows(reader, row, facts) || facts->runs_code;
}

/* Facts that may be true of any statement. */
static void note_watched(const struct reader *reader, const struct statement *row, struct sql_facts *facts)
{
    unsigned none = 1u << USER_LOCK_NONE, ask = 1u << USER_LOCK_ASK, other = 1u << USER_LOCK_OTHER;
    if ((reader->user_locks & ~none) != 0 && (facts->is_read || facts->reads_but_for_variables)) {
        facts->is_read = facts->reads_but_for_variables =
            false; /* also in places where no server accepts a function, for safety */
        facts->reason = SQL_REASON_USER_LOCK;
    }
    note_traces(reader, row, facts);
    facts->gives_insert_id |= reader->has_given_id;
    facts->asks_before = reader->asks;
    facts->has_sequence |= reader->has_sequence && reader->lexer.dialect.family != SQL_FAMILY_MYSQL;
    facts->has_holds |= (reader->user_locks & ~(none | ask | other)) != 0;
    if ((reader->user_locks & other) != 0) { /* the text of an EXECUTE is not all that may hide state */
        facts->may_hide_state = true;
        facts->execute_name = facts->execute_text = SPAN_NONE;
    }
    if (reader->has_kill && facts->kill == SQL_KILL_NONE && facts->kind != SQL_DDL)
        facts->kill = SQL_KILL_OTHER; /* in a block; the body of a CREATE does not run now */
    facts->writes_variables |=
        reader->has_user_variable && (reader->has_assign || (row->flags & WRITES_SEEN) != 0);
}

/* Reads one statement that has no SET STATEMENT before it. */
static bool read_plain(struct reader *reader, struct sql_facts *facts)
{
    const struct statement *row = find(reader);
    begin(row, facts);
    bool is_open = row->read != NULL && row->read(reader, facts);
    reader_skip(reader);
    note_watched(reader, row, facts);
    return is_open;
}

bool statement_is_set_statement(const struct reader *reader)
{
    return reader->keyword == KEYWORD_SET && token_is_word(reader->ahead, "STATEMENT") &&
           reader->lexer.dialect.family != SQL_FAMILY_MYSQL;
}

bool statement_skip_set(struct reader *reader, struct sql_facts *facts)
{
    reader_advance(reader);
    reader_advance(reader);
    bool is_known = !token_is_punct(reader->token, '=') && reader->token->type != TOKEN_ASSIGN &&
                    !token_is_punct(reader->token, '.') && query_skip_values(reader, facts);
    if (is_known)
        reader_advance(reader);
    return is_known && !reader_at_end(reader);
}

/* MariaDB's SET STATEMENT a = b FOR statement has the kind and the effects of the inner statement. That
 * statement runs with variables that the session does not have. So a prepared text may be read differently,
 * and the whole is not a harmless read. */
static bool read_under_set(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts values = { 0 };
    bool is_known = true;
    while (is_known && statement_is_set_statement(reader))
        is_known = statement_skip_set(reader, &values);
    if (!is_known) {
        begin(&unknown, facts);
        facts_become(facts, SQL_SET, SQL_REASON_SET);
        reader_skip(reader);
        note_watched(reader, &unknown, facts);
        return false;
    }
    bool is_open = read_plain(reader, facts);
    facts_take_code(facts, &values);
    facts->reason = SQL_REASON_SET;
    facts->sets_for_itself = true;
    facts->is_read = facts->reads_but_for_variables = facts->refers_previous = facts->begins_read_only =
        false;
    facts->execute_name = facts->execute_text = facts->culprit = SPAN_NONE;
    return is_open;
}

bool statement_read(struct reader *reader, struct sql_facts *facts)
{
    reader_begin_statement(reader);
    if (reader_at_end(reader)) {
        *facts = (struct sql_facts){ .kind = SQL_EMPTY, .reason = SQL_REASON_EMPTY };
        return false;
    }
    return statement_is_set_statement(reader) ? read_under_set(reader, facts) : read_plain(reader, facts);
}

void statement_read_cut(struct reader *reader, struct sql_facts *facts)
{
    reader_begin_statement(reader);
    const struct statement *row = find(reader);
    bool is_proof = (row->flags & PROOF) != 0 && reader->lexer.doubts == 0;
    begin(is_proof ? row : &unknown, facts);
    if (!is_proof)
        facts->reason = SQL_REASON_TOO_LONG;
    else if (row->read != NULL)
        (void)row->read(reader, facts);
    facts->doubts = reader->lexer.doubts & ~SQL_DOUBT_BAD; /* the cut itself leaves quotes open */
    facts->may_hide_state |= facts->doubts != 0;
    /* The holds of a cut text are not read. The tables that a long DROP drops stay held. */
    facts->may_hide_state |= facts->has_holds && row != &statements[KEYWORD_DROP];
    facts->has_holds = false;
    facts->execute_name = facts->execute_text = SPAN_NONE;
    if (row->read == stored_calls_read_call ||
        row->read == stored_calls_read_block) { /* the end of the statement is not known */
        facts->may_hide_state = facts->writes_variables = facts->may_commit = true;
        facts->is_read = false;
        facts->reason = SQL_REASON_CALL;
    }
    /* With multi-statements, the unread rest may contain more statements. Without, it belongs to this
     * statement. A long INSERT could then leave only a user lock or a user variable, and the rest is not
     * searched for them. */
    facts->may_hide_state |= reader->lexer.dialect.multi_statements;
}
