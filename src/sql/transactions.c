#include "sql/transactions.h"

#include "sql/stored_calls.h"

/* BEGIN [WORK]. With other words it is a block (NOT ATOMIC, ORACLE mode), or an error. */
bool transactions_read_begin(struct reader *reader, struct sql_facts *facts)
{
    (void)reader_accept(reader, KEYWORD_WORK);
    bool is_block =
        !reader_at_end(reader) || (reader->lexer.dialect.oracle && reader->token->type != TOKEN_END &&
                                   reader->ahead->type != TOKEN_END);
    if (!is_block)
        return false;
    facts_become(facts, SQL_CALL, SQL_REASON_CALL);
    return stored_calls_read_block(reader, facts);
}

/* START TRANSACTION [WITH CONSISTENT SNAPSHOT] [, READ ONLY | READ WRITE]. Other statements that begin with
 * START are about replication. */
bool transactions_read_start(struct reader *reader, struct sql_facts *facts)
{
    if (!reader_accept(reader, KEYWORD_TRANSACTION))
        return false;
    facts_become(facts, SQL_BEGIN, SQL_REASON_TRANSACTION);
    for (; !reader_at_end(reader); reader_advance(reader)) {
        bool is_access = reader->before_keyword == KEYWORD_READ;
        facts->begins_read_only |= is_access && reader->keyword == KEYWORD_ONLY;
        facts->begins_read_write |= is_access && token_is_word(reader->token, "WRITE");
        facts->begins_snapshot |= token_is_word(reader->token, "SNAPSHOT");
    }
    return false;
}

/* [WORK] [AND [NO] CHAIN] [[NO] RELEASE] */
bool transactions_read_commit(struct reader *reader, struct sql_facts *facts)
{
    for (; !reader_at_end(reader); reader_advance(reader))
        facts->releases |= reader->keyword == KEYWORD_RELEASE && !token_is_word(reader->before, "NO");
    return false;
}

bool transactions_read_rollback(struct reader *reader, struct sql_facts *facts)
{
    (void)reader_accept(reader, KEYWORD_WORK);
    if (reader->keyword != KEYWORD_TO)
        return transactions_read_commit(reader, facts);
    facts->kind = SQL_SAVEPOINT;
    return false;
}

/* XA {START | BEGIN | …} xid. On MySQL a prepared transaction leaves the session, or the status flags show
 * that it is still there (xa_detach_on_prepare). */
bool transactions_read_xa(struct reader *reader, struct sql_facts *facts)
{
    bool is_mysql = reader->lexer.dialect.family == SQL_FAMILY_MYSQL;
    bool is_end = token_is_word(reader->token, "END") || token_is_word(reader->token, "RECOVER");
    facts->has_holds = reader->keyword == KEYWORD_START || reader->keyword == KEYWORD_BEGIN ||
                       reader->keyword == KEYWORD_COMMIT || reader->keyword == KEYWORD_ROLLBACK ||
                       (reader->keyword == KEYWORD_PREPARE && is_mysql);
    facts->may_hide_state = !facts->has_holds && !is_end && reader->keyword != KEYWORD_PREPARE;
    return false;
}
