#include "sql/kill.h"

/* Reads 0x1F. The lexer's other forms, x'1F' and 0b101, are not used as ids by clients. */
static bool read_hexadecimal(struct span number, uint64_t *id_r)
{
    if (number.len < 3 || number.len > 18 || number.data[0] != '0' || (number.data[1] | 0x20) != 'x')
        return false;
    *id_r = 0;
    for (size_t i = 2; i < number.len; i++) {
        uint8_t c = number.data[i], letter = c | 0x20;
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (letter < 'a' || letter > 'f'))
            return false;
        *id_r = *id_r * 16 + (is_digit ? (unsigned)(c - '0') : (unsigned)(letter - 'a') + 10);
    }
    return true;
}

/* Reads '17': both families take a quoted number. */
static bool read_quoted(struct span string, uint64_t *id_r)
{
    bool is_plain = string.len > 2 && (string.data[0] == '\'' || string.data[0] == '"');
    return is_plain && span_to_u64(span_of(string.data + 1, string.len - 2), id_r);
}

/* CONNECTION_ID(), up to its closing parenthesis. */
static bool is_own_id(struct reader *reader)
{
    if (!token_is_word(reader->token, "CONNECTION_ID") || !reader_is_call(reader))
        return false;
    reader_advance(reader);
    return token_is_punct(reader->ahead, ')');
}

static enum sql_kill read_target(struct reader *reader, uint64_t *id_r)
{
    const struct token *token = reader->token;
    switch (token->type) {
    case TOKEN_NUMBER:
        return span_to_u64(token->text, id_r) || read_hexadecimal(token->text, id_r) ? SQL_KILL_NUMBER
                                                                                     : SQL_KILL_OTHER;
    case TOKEN_STRING:
        return read_quoted(token->text, id_r) ? SQL_KILL_NUMBER : SQL_KILL_OTHER;
    case TOKEN_PARAMETER:
        return SQL_KILL_PARAMETER;
    case TOKEN_VARIABLE:
        return token_is_user_variable(token) ? SQL_KILL_VARIABLE : SQL_KILL_OTHER;
    case TOKEN_WORD:
        if (!is_own_id(reader))
            return SQL_KILL_OTHER;
        reader_advance(reader);
        return SQL_KILL_SELF;
    case TOKEN_END:
    case TOKEN_QUOTED:
    case TOKEN_ASSIGN:
    case TOKEN_PUNCT:
    case TOKEN_HINT:
    case TOKEN_BAD:
        break;
    }
    return SQL_KILL_OTHER;
}

enum sql_kill kill_read(struct reader *reader, bool *is_query_r, uint64_t *id_r)
{
    unsigned depth = 0;
    (void)(reader_accept(reader, KEYWORD_HARD) || reader_accept(reader, KEYWORD_SOFT));
    *is_query_r = reader->keyword == KEYWORD_QUERY;
    (void)(reader_accept(reader, KEYWORD_QUERY) || reader_accept(reader, KEYWORD_CONNECTION));
    if (token_is_word(reader->token, "USER") || token_is_word(reader->token, "ID"))
        return SQL_KILL_WIDE;
    for (; token_is_punct(reader->token, '('); reader_advance(reader))
        depth++;
    enum sql_kill kill = read_target(reader, id_r);
    reader_advance(reader);
    for (; depth > 0 && token_is_punct(reader->token, ')'); reader_advance(reader))
        depth--;
    return depth == 0 && reader_at_end(reader) ? kill : SQL_KILL_OTHER;
}

enum sql_kill kill_inside(const struct reader *reader, bool is_literal)
{
    if (!span_mentions(reader_statement(reader), "KILL"))
        return SQL_KILL_NONE;
    return is_literal ? SQL_KILL_INNER : SQL_KILL_OTHER;
}

struct span kill_variable(struct span sql, const struct sql_dialect *dialect)
{
    struct reader reader;
    reader_begin(&reader, sql, dialect);
    while (reader.token->type != TOKEN_END && !token_is_user_variable(reader.token))
        reader_advance(&reader);
    return reader.token->type == TOKEN_END ? SPAN_NONE : reader.token->text;
}
