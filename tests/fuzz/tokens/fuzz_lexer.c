/* Tokens come in order, lie inside the text, and end. The first byte chooses the dialect. */
#include "dialect.h"
#include "tokens/lexer.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct sql_dialect dialect = fuzz_dialect(data[0]);
    struct lexer lexer;
    struct token token;
    const uint8_t *at = data + 1;
    lexer_begin(&lexer, span_of(data + 1, size - 1), &dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        assert(token.text.data >= at && token.text.data + token.text.len <= data + size);
        /* a comment that is not closed is reported at the end of the text */
        assert(token.text.len > 0 || token.type == TOKEN_BAD);
        assert(token.space_before == (token.text.data > at));
        assert(token.type != TOKEN_BAD || (lexer.doubts & SQL_DOUBT_BAD) != 0);
        at = token.text.data + token.text.len;
    }
    assert(lexer_next(&lexer).type == TOKEN_END);
    return 0;
}
