#include "stored_code/calls.h"

#include "stored_code/catalog.h"

bool call_is_grammar(const struct reader *reader)
{
    const struct token *before = reader->before;
    switch (keyword_parenthesis(reader->keyword)) {
    case KEYWORD_PAREN_NEVER:
        return false;
    case KEYWORD_PAREN_ANYWHERE:
        return true;
    case KEYWORD_PAREN_MYSQL:
        return reader->lexer.dialect.family == SQL_FAMILY_MYSQL;
    case KEYWORD_PAREN_COMPARED:
        return token_is_punct(before, '=') || token_is_punct(before, '<') || token_is_punct(before, '>');
    case KEYWORD_PAREN_CLOSED:
        return token_is_punct(before, ')');
    case KEYWORD_PAREN_STRING:
        return before->type == TOKEN_STRING;
    }
    return false;
}

enum function_effect call_effect(const struct reader *reader)
{
    if (token_is_punct(reader->before, '.') || reader->token->type == TOKEN_QUOTED)
        return FUNCTION_UNKNOWN;
    return function_effect(reader->token->text, reader_is_touching(reader), reader->lexer.dialect.family);
}

/* A quoted or qualified name that is also a built-in function's may mean either function. */
static bool may_be_stored(struct span name, struct span schema)
{
    return !code_name_has_quote(name) && !code_name_has_quote(schema) && !function_is_built_in(name);
}

unsigned call_stored_effects(const struct reader *reader, struct span schema)
{
    const struct sql_dialect *dialect = &reader->lexer.dialect;
    struct span name = token_name(reader->token);
    if (dialect->catalog == NULL || !may_be_stored(name, schema))
        return CODE_UNKNOWN;
    return catalog_effects(dialect->catalog, CODE_FUNCTION, dialect->schema, schema, name) & ~CATALOG_CALLS;
}
