#include "sql/dynamic.h"

#include "sql/kill.h"
#include "sql/query.h"

bool dynamic_is_plain_string(const struct token *token)
{
    if (token->type != TOKEN_STRING)
        return false;
    uint8_t c = token->text.data[0];
    return c == '\'' || c == '"' || c == 'n' || c == 'N';
}

/* The current token is the statement's last one. */
static bool is_last(const struct reader *reader)
{
    return reader->ahead->type == TOKEN_END || token_is_punct(reader->ahead, ';');
}

/* EXECUTE name | IMMEDIATE 'text', followed by USING or nothing. After USING MariaDB takes expressions. If
 * these may leave state, the executed text alone does not say what state is left. */
bool dynamic_read_execute(struct reader *reader, struct sql_facts *facts)
{
    bool is_immediate =
        reader->keyword == KEYWORD_IMMEDIATE && !token_is_word(reader->ahead, "USING") && !is_last(reader);
    if (is_immediate) {
        facts_suspect(facts, SQL_CALL, SQL_REASON_CALL);
        reader_advance(reader);
    }
    struct token what = *reader->token;
    if (reader_at_end(reader))
        return false;
    reader_advance(reader);
    bool is_whole = reader_at_end(reader) || reader->keyword == KEYWORD_USING;
    bool is_known = is_whole && !query_read_calls(reader, facts);
    if (is_known && is_immediate && dynamic_is_plain_string(&what))
        facts->execute_text = what.text;
    if (is_known && !is_immediate && token_is_name(&what))
        facts->execute_name = what.text;
    reader_skip(reader);
    if (is_immediate)
        facts->kill = kill_inside(reader, facts->execute_text.len > 0);
    return false;
}

/* PREPARE name FROM 'text' | @variable | expression */
bool dynamic_read_prepare(struct reader *reader, struct sql_facts *facts)
{
    reader_advance(reader);
    (void)reader_accept(reader, KEYWORD_FROM);
    bool is_literal = dynamic_is_plain_string(reader->token) && is_last(reader);
    (void)query_read_calls(reader, facts);
    facts->kill = kill_inside(reader, is_literal);
    return false;
}
