#include "sql/sequences.h"

#include "tokens/reader.h"

static bool is(const struct token *token, const char *word)
{
    return token_is_name(token) && span_is_nocase(token_name(token), word);
}

static const struct token *advance(struct sequences_walk *walk)
{
    for (size_t i = sizeof walk->before / sizeof *walk->before - 1; i > 0; i--)
        walk->before[i] = walk->before[i - 1];
    walk->before[0] = lexer_next(&walk->lexer);
    return &walk->before[0];
}

/* Reads name | schema.name, from the next token on. */
static void read_name(struct sequences_walk *walk, struct sequences_use *use)
{
    const struct token *token = advance(walk);
    if (!token_is_name(token))
        return;
    use->name = token_name(token);
    if (!token_is_punct(advance(walk), '.'))
        return;
    use->schema = use->name;
    token = advance(walk);
    use->name = token_is_name(token) ? token_name(token) : SPAN_NONE;
}

/* Takes the name before NEXTVAL or CURRVAL, which is the last token: s.NEXTVAL. */
static void take_name(const struct sequences_walk *walk, struct sequences_use *use)
{
    if (token_is_name(&walk->before[2]))
        use->name = token_name(&walk->before[2]);
    if (token_is_punct(&walk->before[3], '.')) /* after a schema, whose token is no longer kept */
        use->name = SPAN_NONE;
}

void sequences_begin(struct sequences_walk *walk, struct span sql, const struct sql_dialect *dialect)
{
    *walk = (struct sequences_walk){ 0 };
    lexer_begin(&walk->lexer, sql, dialect);
}

bool sequences_next(struct sequences_walk *walk, struct sequences_use *use_r)
{
    const struct token *before = walk->before;
    while (advance(walk)->type != TOKEN_END) {
        bool is_call =
            token_is_punct(&before[0], '(') && (is(&before[1], "NEXTVAL") || is(&before[1], "LASTVAL"));
        bool is_for = is(&before[0], "FOR") && is(&before[1], "VALUE") &&
                      (is(&before[2], "NEXT") || is(&before[2], "PREVIOUS"));
        bool is_dotted =
            token_is_punct(&before[1], '.') && (is(&before[0], "NEXTVAL") || is(&before[0], "CURRVAL"));
        if (!is_call && !is_for && !is_dotted)
            continue;
        const struct token *verb = &before[is_call ? 1 : is_for ? 2 : 0];
        *use_r = (struct sequences_use){ .is_draw = is(verb, "NEXTVAL") || is(verb, "NEXT") };
        if (is_dotted)
            take_name(walk, use_r);
        else
            read_name(walk, use_r);
        return true;
    }
    return false;
}
