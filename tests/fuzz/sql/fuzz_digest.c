/* Any text has a digest, which depends on the tokens only. The text is written again with single blanks
 * between tokens, words in the other letter case and every literal replaced: the digest is the same. With its
 * strings replaced by other strings the text has the same shape, and so the same digest. The first byte
 * chooses the dialect. */
#include "../tokens/dialect.h"
#include "sql/classify.h"
#include "sql/digest.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0X1 is a name and 0x1 a number, and \N has only one spelling: the case of their letters must stay. */
static bool is_flippable(struct span word)
{
    return *word.data >= 'A' && *word.data != '\\';
}

/* Appends a token in another spelling. */
static bool put(struct text *text, const struct token *token)
{
    switch (token->type) {
    case TOKEN_NUMBER:
    case TOKEN_PARAMETER:
    case TOKEN_STRING:
        return text_append_cstr(text, "?");
    case TOKEN_WORD:
        for (size_t i = 0; i < token->text.len; i++) {
            uint8_t c = token->text.data[i];
            bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z' && is_flippable(token->text);
            if (!text_append_byte(text, is_letter ? c ^ 32 : c))
                return false;
        }
        return true;
    case TOKEN_QUOTED:
    case TOKEN_VARIABLE:
    case TOKEN_PUNCT:
    case TOKEN_ASSIGN:
    case TOKEN_HINT:
    case TOKEN_BAD:
    case TOKEN_END:
        break;
    }
    return text_append_span(text, token->text);
}

/* With or without a buffer for the text, whole or cut: the digest is the same, and the buffer's bounds are
 * kept. */
static void read_text(struct span sql, const struct sql_dialect *dialect, uint64_t digest)
{
    struct digest_text text;
    assert(digest_read(sql, false, dialect, &text) == digest);
    assert(text.len <= sizeof text.bytes);
    assert(digest_read(sql, true, dialect, &text) != 0);
    assert(text.len <= sizeof text.bytes);
}

static void other_strings(struct span sql, const struct sql_dialect *dialect, uint64_t digest)
{
    struct text text = { 0 };
    struct lexer lexer;
    struct token token;
    const uint8_t *from = sql.data;
    bool is_whole = true;
    lexer_begin(&lexer, sql, dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        if (token.type != TOKEN_STRING)
            continue;
        /* the same kind of quote, or the string would join an adjacent one */
        uint8_t quote = *token.text.data;
        if (quote != '\'' && quote != '"')
            continue;
        is_whole &= text_append(&text, from, (size_t)(token.text.data - from)) &&
                    text_append_cstr(&text, quote == '"' ? "\"x\"" : "'x'");
        from = token.text.data + token.text.len;
    }
    is_whole &= text_append(&text, from, (size_t)(sql.data + sql.len - from));
    assert(is_whole);
    if (lexer.doubts == 0 && !lexer.has_lone_dollar && text.len <= SQL_TEXT_MAX) {
        assert(classify(sql, false, dialect).shape == classify(text_span(&text), false, dialect).shape);
        assert(digest_of(text_span(&text), dialect) == digest);
    }
    text_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct sql_dialect dialect = fuzz_dialect(data[0]);
    struct span sql = span_of(data + 1, size - 1);
    uint64_t digest = digest_of(sql, &dialect);
    assert(digest != 0 && digest == digest_of(sql, &dialect));
    read_text(sql, &dialect, digest);
    other_strings(sql, &dialect, digest);
    struct text text = { 0 };
    struct lexer lexer;
    struct token token;
    bool is_whole = true;
    lexer_begin(&lexer, sql, &dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        /* without a blank, two dashes would begin a comment */
        bool is_dash = token.type == TOKEN_PUNCT && *token.text.data == '-';
        is_whole &= !(token.space_before || is_dash) || text_append_byte(&text, ' ');
        is_whole &= put(&text, &token);
    }
    assert(is_whole);
    if (lexer.doubts == 0 && !lexer.has_lone_dollar)
        assert(digest_of(text_span(&text), &dialect) == digest);
    text_fini(&text);
    return 0;
}
