/* Computes digests. Each token is hashed with the hash so far as its seed. All literals have the same hash.
 * A list of literals in parentheses is hashed token by token. When it closes and contained nothing else, the
 * hash goes back to the opening parenthesis, and one literal replaces the list. The text, if wanted, is
 * written along with the hash:
 *
 *      digest_of, digest_read ── lexer_read ── take_token ── take_literal | take_punct ── close_list */
#include "sql/digest.h"

#include "sql/secrets.h"

#include <string.h>
#include <xxhash.h>

#define MARK "\xE2\x80\xA6" /* an ellipsis: the rest was left out here */
#define ROWS_MAX 2          /* more lists of literals in a row than this make no difference */
#define CUT_READ_MAX 2048   /* bytes that are read of a statement that is cut anyway */

/* What may come next in a list that may consist of literals only. */
enum list { LIST_NONE, LIST_LITERAL_NEXT, LIST_COMMA_NEXT };

/* What may come next in a row of such lists. */
enum row { ROW_NONE, ROW_COMMA_NEXT, ROW_OPEN_NEXT, ROW_INSIDE };

/* A state of the digest to return to. */
struct place {
    uint64_t hash;
    size_t len; /* of the text */
};

struct digest {
    uint64_t hash;
    struct place open; /* after the last opening parenthesis */
    struct place last; /* after the last list of literals that counts */
    unsigned rows;     /* lists of literals up to here, in a row */
    enum row row;
    enum list list;
    bool is_operand_before; /* an operand stands before: a sign now would be an operator */
    char sign;              /* + or -, not hashed yet: it may belong to a number; 0: none */
    bool has_several;       /* a semicolon was seen */
    bool has_space;         /* before the sign, or before the current token */
    enum { QUOTES_UNSEEN, QUOTES_SHOWN, QUOTES_HIDDEN } quotes; /* names in double quotes */
    struct span sql;                                            /* the whole text, if `text` is wanted */
    struct digest_text *text;                                   /* NULL: only the number is wanted */
};

static void fold(struct digest *digest, unsigned tag, const void *data, size_t len)
{
    digest->hash = XXH3_64bits_withSeed(data, len, digest->hash + tag);
}

/* ---- the text ---- */

static void say(struct digest *digest, const void *bytes, size_t len)
{
    struct digest_text *text = digest->text;
    if (text == NULL || text->is_full || len == 0)
        return;
    bool has_blank = digest->has_space && text->len > 0;
    digest->has_space = false;
    if (text->len + has_blank + len + sizeof MARK - 1 > sizeof text->bytes) {
        memcpy(text->bytes + text->len, MARK, sizeof MARK - 1);
        text->len += sizeof MARK - 1;
        text->is_full = true;
        return;
    }
    if (has_blank)
        text->bytes[text->len++] = ' ';
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

static struct place here(const struct digest *digest)
{
    return (struct place){ digest->hash, digest->text != NULL ? digest->text->len : 0 };
}

static void come_back(struct digest *digest, struct place place)
{
    digest->hash = place.hash;
    if (digest->text == NULL || digest->text->len == place.len)
        return;
    digest->text->len = place.len; /* the text is shorter now, so there is room again */
    digest->text->is_full = false;
}

/* ---- tokens ---- */

/* Words and variables: the case of ASCII letters does not count. */
static void fold_word(struct digest *digest, enum token_type type, struct span word)
{
    char small[64];
    unsigned tag = type;
    for (size_t done = 0; done < word.len; tag = TOKEN_END) { /* a further part is no word of its own */
        size_t part = size_min(word.len - done, sizeof small);
        for (size_t i = 0; i < part; i++) {
            uint8_t c = word.data[done + i];
            small[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        fold(digest, tag, small, part);
        done += part;
    }
}

static void fold_literal(struct digest *digest)
{
    fold(digest, TOKEN_PARAMETER, "?", 1);
    say(digest, "?", 1);
}

static void fold_punct(struct digest *digest, char c)
{
    fold(digest, TOKEN_PUNCT, &c, 1);
    say(digest, &c, 1);
}

static void take_literal(struct digest *digest)
{
    digest->sign = 0;
    digest->is_operand_before = true;
    digest->list = digest->list == LIST_LITERAL_NEXT ? LIST_COMMA_NEXT : LIST_NONE;
    if (digest->list == LIST_NONE)
        digest->row = ROW_NONE;
    fold_literal(digest);
}

/* One literal replaces all literals of the list. A list after ROWS_MAX others in a row is left out. */
static void close_list(struct digest *digest)
{
    digest->rows = digest->row == ROW_INSIDE ? digest->rows + 1 : 1;
    digest->row = ROW_COMMA_NEXT;
    if (digest->rows > ROWS_MAX) {
        come_back(digest, digest->last);
        return;
    }
    come_back(digest, digest->open);
    digest->has_space = false;
    fold_literal(digest);
    fold_punct(digest, ')');
    digest->last = here(digest);
}

static enum row row_after(const struct digest *digest, char c)
{
    if (digest->row == ROW_COMMA_NEXT && c == ',')
        return ROW_OPEN_NEXT;
    if (digest->row == ROW_OPEN_NEXT && c == '(')
        return ROW_INSIDE;
    bool is_in_list = digest->row == ROW_INSIDE && c == ',' && digest->list == LIST_COMMA_NEXT;
    return is_in_list ? ROW_INSIDE : ROW_NONE;
}

static void take_punct(struct digest *digest, char c)
{
    bool closes = c == ')' && digest->list == LIST_COMMA_NEXT;
    if (closes) {
        close_list(digest);
    } else {
        digest->row = row_after(digest, c);
        digest->has_several |= c == ';';
        fold_punct(digest, c);
    }
    digest->is_operand_before = c == ')';
    bool is_more = c == '(' || (c == ',' && digest->list == LIST_COMMA_NEXT);
    digest->list = is_more ? LIST_LITERAL_NEXT : LIST_NONE;
    if (c == '(')
        digest->open = here(digest);
}

/* Takes a sign that was held back and that belongs to no literal. */
static void release_sign(struct digest *digest, bool has_space)
{
    if (digest->sign != 0)
        take_punct(digest, digest->sign);
    digest->sign = 0;
    digest->has_space = has_space;
}

static bool is_own_sign(const struct digest *digest, const struct token *token)
{
    uint8_t c = *token->text.data;
    return token->type == TOKEN_PUNCT && (c == '-' || c == '+') && !digest->is_operand_before;
}

/* Quoted names are compared without their quotes, which may be of either kind. */
static void take_quoted(struct digest *digest, struct span name)
{
    fold(digest, TOKEN_QUOTED, name.data + 1, name.len - 2);
    if (*name.data == '"' && digest->quotes == QUOTES_UNSEEN)
        digest->quotes = secrets_may_hold(digest->sql) ? QUOTES_HIDDEN : QUOTES_SHOWN;
    if (*name.data == '"' && digest->quotes == QUOTES_HIDDEN)
        say(digest, "?", 1);
    else
        say(digest, name.data, name.len);
}

static void take_token(struct digest *digest, const struct token *token)
{
    bool has_space = token->space_before;
    switch (token->type) {
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_PARAMETER:
        digest->has_space = digest->sign != 0 ? digest->has_space : has_space;
        take_literal(digest);
        return;
    case TOKEN_PUNCT:
        release_sign(digest, has_space);
        if (is_own_sign(digest, token))
            digest->sign = (char)*token->text.data;
        else
            take_punct(digest, (char)*token->text.data);
        return;
    case TOKEN_WORD:
    case TOKEN_VARIABLE:
        release_sign(digest, has_space);
        fold_word(digest, token->type, token->text);
        say(digest, token->text.data, token->text.len);
        break;
    case TOKEN_QUOTED:
        release_sign(digest, has_space);
        take_quoted(digest, token->text);
        break;
    case TOKEN_HINT: /* a hint may contain values */
        release_sign(digest, has_space);
        fold(digest, token->type, token->text.data, token->text.len);
        say(digest, "/*+ ? */", 8);
        break;
    case TOKEN_ASSIGN:
    case TOKEN_BAD:
    case TOKEN_END:
        release_sign(digest, has_space);
        fold(digest, token->type, token->text.data, token->text.len);
        say(digest, token->text.data, token->type == TOKEN_ASSIGN ? token->text.len : 0);
        break;
    }
    digest->list = LIST_NONE;
    digest->row = ROW_NONE;
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

/* ---- with the text ---- */

/* Was the text split into words as every server splits it? A SET of sql_mode in the text changes how the
 * rest is read. */
static bool is_certain(const struct digest *digest, unsigned doubts)
{
    return doubts == 0 && !(digest->has_several && span_mentions(digest->sql, "sql_mode"));
}

static void leave_first_word(struct span sql, const struct sql_dialect *dialect, struct digest_text *text)
{
    struct lexer lexer;
    struct digest digest = { .text = text };
    lexer_begin(&lexer, sql, dialect);
    struct token token = lexer_next(&lexer);
    text->len = 0;
    text->is_full = false;
    if (token.type == TOKEN_WORD && token.text.len <= 32)
        say(&digest, token.text.data, token.text.len);
    digest.has_space = true;
    say(&digest, MARK, sizeof MARK - 1);
}

uint64_t digest_read(struct span sql, bool is_cut, const struct sql_dialect *dialect,
                     struct digest_text *text_r)
{
    struct lexer lexer;
    struct token token;
    struct digest digest = { .text = text_r, .sql = sql };
    unsigned doubts; /* before the last token, which the cut may have halved */
    *text_r = (struct digest_text){ .len = 0 };
    if (is_cut && sql.len > CUT_READ_MAX)
        sql.len = CUT_READ_MAX;
    const uint8_t *end = sql.data + sql.len;
    lexer_begin(&lexer, sql, dialect);
    do {
        doubts = lexer.doubts;
        lexer_read(&lexer, &token);
        if (is_cut && (token.type == TOKEN_END || token.text.data + token.text.len == end))
            break;
        take_token(&digest, &token);
    } while (token.type != TOKEN_END);
    if (is_cut) {
        /* Ends a statement that is cut. In a row of lists the digest ends after the last list that counts, so
         * the number of rows before the cut makes no difference. It never ends within a literal. */
        if (digest.row != ROW_NONE)
            come_back(&digest, digest.last);
        digest.has_space = true;
        fold(&digest, TOKEN_BAD, MARK, sizeof MARK - 1);
        say(&digest, MARK, sizeof MARK - 1);
    }
    if (!is_certain(&digest, is_cut ? doubts : lexer.doubts))
        leave_first_word(sql, dialect, text_r);
    return digest.hash == 0 ? 1 : digest.hash;
}
