/* Text → statements → facts. Each statement is read by itself (statements.c, query.c). This file joins their
 * facts; doubts about the whole text override them. */
#include "sql/classify.h"

#include "sql/accounts.h"
#include "stored_code/catalog.h"
#include "stored_code/code_effects.h"
#include "sql/query.h"
#include "tokens/reader.h"
#include "sql/statements.h"

/* The text has doubts, so it is not known what runs. If quotes may be read wrongly, the word KILL counts
 * only as the first word or between statements. */
static void distrust_kill(struct sql_facts *facts, unsigned doubts)
{
    bool is_sure = facts->kind == SQL_KILL || facts->is_multi || doubts == SQL_DOUBT_EXECUTABLE;
    if (facts->kill != SQL_KILL_NONE)
        facts->kill = is_sure ? SQL_KILL_OTHER : SQL_KILL_NONE;
    facts->kill_id = 0;
}

/* A text with doubts goes to the primary and may leave any state. Details that were read from it are dropped. */
static void distrust(struct sql_facts *facts, unsigned doubts)
{
    facts->doubts = doubts;
    if (doubts == 0)
        return;
    facts->is_read = false;
    facts->refers_previous = false;
    facts->may_hide_state = true;
    facts->reads_but_for_variables = false;
    facts->may_commit |= facts->runs_code;
    facts->writes_variables |= facts->runs_code;
    facts->begins_read_only = facts->begins_read_write = facts->releases = facts->asks_token = false;
    facts->use_schema = facts->culprit = facts->execute_name = facts->execute_text = SPAN_NONE;
    distrust_kill(facts, doubts);
    facts->reason = (doubts & SQL_DOUBT_CHARSET) != 0 ? SQL_REASON_UNSAFE_CHARSET
                    : (doubts & SQL_DOUBT_BAD) != 0   ? SQL_REASON_BAD_TEXT
                                                      : SQL_REASON_EXECUTABLE_COMMENT;
}

static int danger(const struct sql_facts *facts)
{
    return facts->may_hide_state ? 2 : !facts->is_read ? 1 : 0;
}

/* A statement that changes the meaning of the following ones (SET, USE, BEGIN, …) cannot be followed within
 * one text. */
static bool changes_session(const struct sql_facts *part)
{
    switch (part->kind) {
    case SQL_EMPTY:
    case SQL_SELECT:
    case SQL_SHOW:
    case SQL_DIAGNOSTICS:
    case SQL_WRITE:
    case SQL_DDL:
    case SQL_KILL:
    case SQL_ADMIN:
    case SQL_CALL: /* the facts of these statements say what state they leave */
    case SQL_PREPARE:
    case SQL_LOCK:
    case SQL_HANDLER:
    case SQL_XA:
        return false;
    case SQL_UNKNOWN:
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT:
    case SQL_SET:
    case SQL_USE:
        break;
    }
    return true;
}

/* Joins `part` to `facts`, the joined facts of the `count` parts before it. */
static void join(struct sql_facts *facts, uint32_t count, struct sql_facts *part)
{
    part->may_hide_state |= changes_session(part);
    if (danger(part) > danger(facts)) {
        facts->reason = part->reason;
        facts->culprit = part->culprit;
    }
    bool is_but = facts->reads_but_for_variables || part->reads_but_for_variables;
    bool is_mere = (facts->is_read || facts->reads_but_for_variables) &&
                   (part->is_read || part->reads_but_for_variables);
    facts->reads_but_for_variables = is_but && is_mere;
    facts->is_read &= part->is_read;
    facts->refers_previous &= part->is_read || part->refers_previous;
    facts->uses_tables |= part->uses_tables;
    if (!facts->counts_rows)
        facts->first_count = count;
    facts->counts_rows |= part->counts_rows;
    facts->may_run_nothing |= part->may_run_nothing;
    facts_ask(facts, part->questions);
    facts->may_hide_state |= part->may_hide_state;
    facts->may_commit |= part->may_commit;
    facts->is_load_local |= part->is_load_local;
    facts->sets_next_transaction |= part->sets_next_transaction;
    facts->has_holds |= part->has_holds;
    facts->gives_insert_id |= part->gives_insert_id;
    facts->is_load |= part->is_load;
    facts->has_sequence |= part->has_sequence;
    facts->writes_variables |= part->writes_variables;
    facts_take_code(facts, part);
    facts->releases |= part->releases;
    if (part->kill != SQL_KILL_NONE)
        facts->kill = SQL_KILL_OTHER;
}

/* The first of several statements: drops facts that hold for a single statement only. */
static void open_multi(struct sql_facts *facts, const struct sql_dialect *dialect)
{
    facts->is_multi = true;
    facts->may_hide_state |= changes_session(facts);
    facts->begins_read_only = facts->begins_read_write = facts->kill_is_query = facts->asks_token = false;
    facts->sets_for_itself = false;
    facts->kill_id = 0;
    if (facts->kill != SQL_KILL_NONE)
        facts->kill = SQL_KILL_OTHER;
    facts->use_schema = facts->execute_name = facts->execute_text = SPAN_NONE;
    if (facts->is_read && !dialect->multi_statements)
        facts->reason = SQL_REASON_MULTI;
    facts->is_read &= dialect->multi_statements;
    facts->reads_but_for_variables &= dialect->multi_statements;
}

static struct sql_facts classify_cut(struct span sql, const struct sql_dialect *dialect)
{
    struct reader reader;
    struct sql_facts facts;
    reader_begin(&reader, span_of(sql.data, size_min(sql.len, SQL_TEXT_MAX)), dialect);
    bool is_kill = reader.keyword == KEYWORD_KILL;
    statement_read_cut(&reader, &facts);
    facts.kill = is_kill ? SQL_KILL_OTHER : SQL_KILL_NONE;
    facts.has_hint = reader.lexer.has_hint;
    facts.asks_id = true; /* because the rest is unknown */
    facts.changes_accounts = accounts_may_change(sql, &facts, dialect);
    return facts;
}

static bool has_at(struct span sql, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at + len <= sql.len && span_is_nocase(span_of(sql.data + at, len), word);
}

/* Does the text contain CONNECTION_ID() or @@pseudo_thread_id? Executable comments count. The search jumps
 * from underscore to underscore, which is cheap. */
static bool mentions_id(struct span sql)
{
    if (sql.len == 0) /* there may be no memory at all, to which not even 0 can be added */
        return false;
    const uint8_t *end = sql.data + sql.len, *at = sql.data;
    while ((at = memchr(at, '_', (size_t)(end - at))) != NULL) {
        size_t offset = (size_t)(at - sql.data);
        if (offset >= 10 && has_at(sql, offset - 10, "connection_id"))
            return true;
        if (offset >= 6 && has_at(sql, offset - 6, "pseudo_thread_id"))
            return true;
        at++;
    }
    return false;
}

struct sql_facts classify(struct span sql, bool is_cut, const struct sql_dialect *dialect)
{
    struct reader reader;
    struct sql_facts
        facts; /* the only object returned, so that the compiler builds it in the caller's memory */
    if (is_cut || sql.len > SQL_TEXT_MAX) {
        facts = classify_cut(sql, dialect);
        return facts;
    }
    reader_begin(&reader, sql, dialect);
    bool is_open = statement_read(&reader, &facts);
    uint32_t count = 1;
    while (reader.token->type != TOKEN_END && reader.ahead->type != TOKEN_END) {
        struct sql_facts part;
        if (!facts.is_multi)
            open_multi(&facts, dialect);
        reader_advance(&reader);
        is_open |= statement_read(&reader, &part);
        join(&facts, count++, &part);
    }
    facts.may_hide_state |= is_open && dialect->multi_statements;
    facts.touches_variables =
        reader.any_user_variable || (facts.code_effects & (CODE_READS_VARIABLES | CODE_SETS_VARIABLES)) != 0;
    facts.has_hint = reader.lexer.has_hint;
    distrust(&facts, reader.lexer.doubts);
    if (reader.is_hidden) /* some servers see another statement there, or no statement */
        facts.kind = SQL_UNKNOWN;
    if (!facts.is_read) {
        facts.asks_id = mentions_id(sql) || (facts.code_effects & CODE_ASKS_ID) != 0;
        facts.changes_accounts = accounts_may_change(sql, &facts, dialect);
    }
    facts.shape = reader_shape(&reader);
    facts.names_mark = catalog_names_mark(dialect);
    return facts;
}
