/* Each token is hashed with the hash so far as its seed. Literals are all one; a list of them in parentheses
 * is hashed as it comes, and when the parenthesis closes and nothing else was in it, one literal takes its
 * place:
 *
 *      digest_of ── lexer_read ── take_token ── take_literal | take_sign | fold
 */
#include "sql/digest.h"

#include <xxhash.h>

/* Where we are in what may be a list of literals. */
enum list { LIST_NONE, LIST_LITERAL_NEXT, LIST_COMMA_NEXT };

struct digest {
    uint64_t hash;
    uint64_t open_hash; /* behind the last opening parenthesis */
    enum list list;
    bool is_operand_before; /* a sign would be an operator between two operands */
    char sign;              /* + or -, not hashed yet: it may belong to a number; 0: none */
};

static void fold(struct digest *digest, unsigned tag, const void *data, size_t len)
{
    digest->hash = XXH3_64bits_withSeed(data, len, digest->hash + tag);
}

/* Words and variables: the case of ASCII letters does not count. */
static void fold_word(struct digest *digest, enum token_type type, struct span word)
{
    char small[64];
    unsigned tag = type;
    for (size_t done = 0; done < word.len; tag = TOKEN_END) { /* what continues is no word of its own */
        size_t part = word.len - done < sizeof small ? word.len - done : sizeof small;
        for (size_t i = 0; i < part; i++) {
            uint8_t c = word.data[done + i];
            small[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        fold(digest, tag, small, part);
        done += part;
    }
}

static void take_literal(struct digest *digest)
{
    digest->sign = 0;
    digest->is_operand_before = true;
    digest->list = digest->list == LIST_LITERAL_NEXT ? LIST_COMMA_NEXT : LIST_NONE;
    fold(digest, TOKEN_PARAMETER, "?", 1);
}

static void take_punct(struct digest *digest, char c)
{
    if (c == ')' && digest->list == LIST_COMMA_NEXT) {
        digest->hash = digest->open_hash;
        fold(digest, TOKEN_PARAMETER, "?", 1);
    }
    fold(digest, TOKEN_PUNCT, &c, 1);
    digest->is_operand_before = c == ')';
    bool is_more = c == '(' || (c == ',' && digest->list == LIST_COMMA_NEXT);
    digest->list = is_more ? LIST_LITERAL_NEXT : LIST_NONE;
    if (c == '(')
        digest->open_hash = digest->hash;
}

/* A sign that was held back, and belongs to no literal. */
static void release_sign(struct digest *digest)
{
    if (digest->sign == 0)
        return;
    take_punct(digest, digest->sign);
    digest->sign = 0;
}

static bool is_own_sign(const struct digest *digest, const struct token *token)
{
    uint8_t c = *token->text.data;
    return token->type == TOKEN_PUNCT && (c == '-' || c == '+') && !digest->is_operand_before;
}

static void take_token(struct digest *digest, const struct token *token)
{
    switch (token->type) {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_PARAMETER:
        take_literal(digest);
        return;
    case TOKEN_PUNCT:
        release_sign(digest);
        if (is_own_sign(digest, token))
            digest->sign = (char)*token->text.data;
        else
            take_punct(digest, (char)*token->text.data);
        return;
    case TOKEN_WORD:
    case TOKEN_VARIABLE:
        release_sign(digest);
        fold_word(digest, token->type, token->text);
        break;
    case TOKEN_QUOTED: /* without its quotes, which may be of either sort */
        release_sign(digest);
        fold(digest, token->type, token->text.data + 1, token->text.len - 2);
        break;
    case TOKEN_ASSIGN:
    case TOKEN_HINT:
    case TOKEN_BAD:
    case TOKEN_END:
        release_sign(digest);
        fold(digest, token->type, token->text.data, token->text.len);
        break;
    }
    digest->list = LIST_NONE;
    digest->is_operand_before = token->type != TOKEN_ASSIGN;
}

uint64_t digest_of(struct span sql, const struct sql_dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    struct digest digest = { 0 };
    lexer_begin(&lexer, sql, dialect);
    do {
        lexer_read(&lexer, &token);
        take_token(&digest, &token);
    } while (token.type != TOKEN_END);
    return digest.hash == 0 ? 1 : digest.hash;
}
