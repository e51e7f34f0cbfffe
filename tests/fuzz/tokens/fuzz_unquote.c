/* A literal whose text is known is one string token for the lexer, too. The text is no longer than the
 * literal and contains no NUL. Quoted again, it is a literal of the same text. The first byte chooses the
 * dialect. */
#include "dialect.h"
#include "tokens/unquote.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(struct span literal, const struct sql_dialect *dialect)
{
    struct lexer lexer;
    lexer_begin(&lexer, literal, dialect);
    struct token token = lexer_next(&lexer);
    assert(token.type == TOKEN_STRING && token.text.len == literal.len);
    assert(lexer_next(&lexer).type == TOKEN_END && lexer.doubts == 0);
}

/* An escape that only LIKE interprets stands for two characters, so the backslash is doubled as well. */
static void check_again(const struct text *text, const struct sql_dialect *dialect)
{
    struct text literal = { 0 }, again = { 0 };
    bool is_whole = text_append_byte(&literal, '\'');
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == '\'' || (c == '\\' && !dialect->no_backslash_escapes))
            is_whole &= text_append_byte(&literal, (uint8_t)c);
        is_whole &= text_append_byte(&literal, (uint8_t)c);
    }
    is_whole &= text_append_byte(&literal, '\'');
    bool is_known = sql_unquote(text_span(&literal), dialect, &again);
    assert(is_whole && is_known && span_equal(text_span(&again), text_span(text)));
    text_fini(&literal);
    text_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct sql_dialect dialect = fuzz_dialect(data[0]);
    struct span literal = span_of(data + 1, size - 1);
    struct text text = { 0 };
    bool is_known = sql_unquote(literal, &dialect, &text);
    assert(text.len == 0 || (is_known && text.len + 2 <= literal.len));
    assert(text.len == 0 || memchr(text.data, 0, text.len) == NULL);
    if (is_known) {
        check_token(literal, &dialect);
        check_again(&text, &dialect);
    }
    text_fini(&text);
    return 0;
}
