#include "tokens/reader.h"

#include "tokens/functions.h"

#define XXH_INLINE_ALL /* pieces are a few bytes long: a call would cost more than the hash */
#include <xxhash.h>

bool token_is_word(const struct token *token, const char *word)
{
    return token->type == TOKEN_WORD && span_is_nocase(token->text, word);
}

struct span token_name(const struct token *token)
{
    if (token->type != TOKEN_QUOTED)
        return token->text;
    return span_of(token->text.data + 1, token->text.len - 2);
}

/* GET_LOCK is the shortest name of a lock function, so shorter names need no look-up. */
static bool is_lock_function(const struct reader *reader)
{
    return reader_is_call(reader) && reader->token->text.len >= sizeof("GET_LOCK") - 1 &&
           function_effect(token_name(reader->token), true, reader->lexer.dialect.family) ==
               FUNCTION_USER_LOCK;
}

enum user_lock reader_user_lock(const struct reader *reader)
{
    static const struct {
        const char *name;
        enum user_lock lock;
    } names[] = { { "GET_LOCK", USER_LOCK_GET },
                  { "RELEASE_LOCK", USER_LOCK_RELEASE },
                  { "RELEASE_ALL_LOCKS", USER_LOCK_RELEASE_ALL },
                  { "IS_FREE_LOCK", USER_LOCK_ASK },
                  { "IS_USED_LOCK", USER_LOCK_ASK } };
    if (!is_lock_function(reader))
        return USER_LOCK_NONE;
    struct span name = token_name(reader->token);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is_nocase(name, names[i].name))
            return names[i].lock;
    return USER_LOCK_OTHER;
}

/* The current token is the parenthesis of LAST_INSERT_ID(x), which sets the id to x. */
static bool is_given_id(const struct reader *reader)
{
    return span_is_nocase(token_name(reader->before), "LAST_INSERT_ID") &&
           !token_is_punct(reader->ahead, ')');
}

/* The current token is the parenthesis of NEXTVAL(s), LASTVAL(s) or SETVAL(s, n). The other forms are NEXT
 * VALUE FOR s and PREVIOUS VALUE FOR s; in ORACLE mode s.NEXTVAL and s.CURRVAL. */
static bool is_sequence_call(const struct reader *reader)
{
    size_t len = reader->before->text.len;
    return (len == 6 || len == 7) && (span_is_nocase(token_name(reader->before), "NEXTVAL") ||
                                      span_is_nocase(token_name(reader->before), "LASTVAL") ||
                                      span_is_nocase(token_name(reader->before), "SETVAL"));
}

static bool is_sequence_name(const struct reader *reader)
{
    return token_is_punct(reader->before, '.') && (span_is_nocase(token_name(reader->token), "NEXTVAL") ||
                                                   span_is_nocase(token_name(reader->token), "CURRVAL"));
}

static const uint8_t *behind(const struct token *token)
{
    return token->text.data + token->text.len;
}

static void fold_shape(struct reader *reader, const uint8_t *end)
{
    size_t len = (size_t)(end - reader->shape_from);
    reader->shape = XXH3_64bits_withSeed(reader->shape_from, len, reader->shape);
}

/* Leaves a literal out of the shape, once: the first token of a statement is entered twice. */
static __attribute__((noinline)) void leave_out(struct reader *reader)
{
    struct span literal = reader->token->text;
    if (literal.data < reader->shape_from)
        return;
    fold_shape(reader, literal.data);
    reader->shape_from = literal.data + literal.len;
}

static void watch_keyword(struct reader *reader)
{
    switch ((int)reader->keyword) {
    case KEYWORD_FROM:
    case KEYWORD_TABLE:
        reader->has_from = true;
        break;
    case KEYWORD_SELECT:
        reader->has_select = true;
        break;
    case KEYWORD_INTO:
        reader->has_assign |= token_is_user_variable(reader->ahead);
        break;
    case KEYWORD_KILL:
        reader->has_kill = true;
        break;
    case KEYWORD_FOR:
        reader->has_sequence |= reader->before_keyword == KEYWORD_VALUE;
        break;
    default:
        break;
    }
}

static unsigned question_of(struct span function)
{
    if (span_is_nocase(function, "ROW_COUNT"))
        return 1u << SQL_ASKS_LAST;
    return span_is_nocase(function, "FOUND_ROWS") ? 1u << SQL_ASKS_FOUND_ROWS : 0;
}

/* Notes a name that is called, in ORACLE mode any name. This function and the next ones are out of line: most
 * tokens do not need them, and watch() then saves no registers. */
static __attribute__((noinline)) void watch_name(struct reader *reader)
{
    if (reader_is_call(reader)) {
        reader->user_locks |= 1u << reader_user_lock(reader);
        reader->asks |= question_of(token_name(reader->token));
    }
    if (reader->lexer.dialect.oracle)
        reader->has_sequence |= is_sequence_name(reader);
}

static inline void watch_word(struct reader *reader)
{
    if (reader->keyword != KEYWORD_NONE)
        watch_keyword(reader);
    if (reader->lexer.dialect.oracle || reader_is_call(reader))
        watch_name(reader);
}

static __attribute__((noinline)) void watch_parenthesis(struct reader *reader)
{
    reader->has_given_id |= is_given_id(reader);
    reader->has_sequence |= is_sequence_call(reader);
}

/* The name of @@name or @@scope.name. After a scope the lexer is in front of the name. */
static struct span system_variable_name(const struct reader *reader)
{
    struct span name = span_of(reader->token->text.data + 2, reader->token->text.len - 2);
    struct lexer rest = reader->lexer;
    struct token token = { .type = name.len > 1 && name.data[0] == '`' ? TOKEN_QUOTED : TOKEN_WORD,
                           .text = name };
    if (token_is_punct(reader->ahead, '.'))
        lexer_read(&rest, &token);
    return token_name(&token);
}

static __attribute__((noinline)) void watch_system_variable(struct reader *reader)
{
    static const char *const counts[] = { "warning_count", "error_count" };
    if (span_is_among(system_variable_name(reader), counts, sizeof counts / sizeof *counts))
        reader->asks |= 1u << SQL_ASKS_DIAGNOSTICS;
}

static void watch_variable(struct reader *reader)
{
    if (!token_is_user_variable(reader->token)) {
        watch_system_variable(reader);
        return;
    }
    reader->has_user_variable = reader->any_user_variable = true;
}

/* Notes the facts that matter in every statement. */
static void watch(struct reader *reader)
{
    switch (reader->token->type) {
    case TOKEN_ASSIGN:
        reader->has_assign = true;
        break;
    case TOKEN_VARIABLE:
        watch_variable(reader);
        break;
    case TOKEN_WORD:
    case TOKEN_QUOTED:
        watch_word(reader);
        break;
    case TOKEN_PUNCT:
        if (token_is_punct(reader->token, '('))
            watch_parenthesis(reader);
        break;
    case TOKEN_STRING:
    case TOKEN_NUMBER:
        leave_out(reader);
        break;
    case TOKEN_END:
        if (reader->before->type != TOKEN_END)
            reader->shape_end = behind(reader->before);
        break;
    case TOKEN_PARAMETER:
    case TOKEN_HINT:
    case TOKEN_BAD:
        break;
    }
}

/* After a dot a word is a name, also with blanks between: both grammars take an identifier there. */
static inline void enter(struct reader *reader)
{
    bool is_word = reader->token->type == TOKEN_WORD;
    reader->keyword = KEYWORD_NONE;
    if (is_word && !token_is_punct(reader->before, '.'))
        reader->keyword = keyword_find(reader->token->text);
    if (is_word) /* most tokens are words */
        watch_word(reader);
    else
        watch(reader);
}

uint64_t reader_shape(struct reader *reader)
{
    const uint8_t *end = reader->token->type != TOKEN_END ? behind(reader->token) : reader->shape_end;
    if (end > reader->shape_from)
        fold_shape(reader, end);
    return reader->shape == 0 ? 1 : reader->shape;
}

void reader_begin(struct reader *reader, struct span sql, const struct sql_dialect *dialect)
{
    reader->slots[0] = (struct token){ 0 };
    memset(&reader->token, 0, sizeof *reader - offsetof(struct reader, token));
    reader->before = &reader->slots[0];
    reader->token = &reader->slots[1];
    reader->ahead = &reader->slots[2];
    reader->from = sql.data;
    reader->shape = dialect->family;
    lexer_begin(&reader->lexer, sql, dialect);
    lexer_read(&reader->lexer, reader->token);
    reader->shape_from = reader->shape_end = reader->token->text.data; /* of an empty text too */
    reader->is_hidden = (reader->lexer.doubts & SQL_DOUBT_EXECUTABLE) != 0;
    lexer_read(&reader->lexer, reader->ahead);
    enter(reader);
}

/* The three token slots rotate; none is copied. At the end both `token` and `ahead` are TOKEN_END. */
void reader_advance(struct reader *reader)
{
    struct token *spare = reader->before;
    reader->before = reader->token;
    reader->before_keyword = reader->keyword;
    reader->token = reader->ahead;
    reader->ahead = spare;
    lexer_read(&reader->lexer, spare);
    enter(reader);
}

void reader_begin_statement(struct reader *reader)
{
    if (token_is_punct(reader->before, ';'))
        reader->from = reader->before->text.data + 1;
    *reader->before = (struct token){ 0 };
    reader->before_keyword = KEYWORD_NONE;
    reader->has_assign = reader->has_user_variable = reader->has_from = reader->has_select = false;
    reader->has_given_id = reader->has_sequence = reader->has_kill = false;
    reader->user_locks = reader->asks = 0;
    watch(reader); /* `before` was a semicolon or nothing, so the keyword is the same without it */
}

struct span reader_statement(const struct reader *reader)
{
    const uint8_t *end = reader->token->text.data;
    return reader->from == NULL ? SPAN_NONE : span_of(reader->from, (size_t)(end - reader->from));
}

bool reader_accept(struct reader *reader, enum keyword keyword)
{
    if (reader->keyword != keyword)
        return false;
    reader_advance(reader);
    return true;
}

void reader_skip(struct reader *reader)
{
    while (!reader_at_end(reader))
        reader_advance(reader);
}

bool reader_skip_body(struct reader *reader)
{
    bool has_more = false;
    for (; reader->token->type != TOKEN_END; reader_advance(reader))
        has_more |= token_is_punct(reader->token, ';') && reader->ahead->type != TOKEN_END;
    return has_more;
}

bool reader_is_touching(const struct reader *reader)
{
    if (!reader->ahead->space_before)
        return true;
    const uint8_t *p = reader->token->text.data + reader->token->text.len;
    for (; p < reader->ahead->text.data; p++)
        if (*p != ' ' && (*p < '\t' || *p > '\r'))
            return false;
    return reader->lexer.dialect.ignore_space;
}
