#include "sql/accounts.h"

#include "stored_code/code_effects.h"
#include "tokens/reader.h"

static bool is_among(const struct token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is_word(token, words[i]))
            return true;
    return false;
}

#define IS_AMONG(token, words) is_among(token, words, sizeof(words) / sizeof(words)[0])

/* Is the statement that begins with this token about accounts? `token` becomes the last token that was read. */
static bool is_about_accounts(struct lexer *lexer, struct token *token)
{
    static const char *const whole[] = { "GRANT", "REVOKE", "DENY", "FLUSH", "INSTALL", "UNINSTALL" };
    static const char *const verbs[] = { "CREATE", "ALTER", "DROP", "RENAME" };
    static const char *const between[] = { "OR", "REPLACE" };
    static const char *const objects[] = { "USER", "ROLE" };
    if (IS_AMONG(token, whole))
        return true;
    if (!IS_AMONG(token, verbs))
        return false;
    do
        *token = lexer_next(lexer);
    while (IS_AMONG(token, between));
    return IS_AMONG(token, objects);
}

/* Does a statement of the text begin with such words? Statements in a routine's body count as well. */
static bool has_such_statement(struct span sql, const struct sql_dialect *dialect)
{
    struct lexer lexer;
    bool is_first = true;
    lexer_begin(&lexer, sql, dialect);
    for (struct token token = lexer_next(&lexer); token.type != TOKEN_END; token = lexer_next(&lexer)) {
        if (is_first && is_about_accounts(&lexer, &token))
            return true;
        is_first = token_is_punct(&token, ';');
    }
    return false;
}

/* Statements that may change accounts without naming them: stored code with effects other than reading and
 * writing tables, ending transactions and setting variables; SQL's own EXECUTE of an unknown text. */
static bool may_run_it(const struct sql_facts *facts)
{
    static const unsigned effects = CODE_SCHEMA | CODE_DYNAMIC | CODE_SETS_SESSION | CODE_UNKNOWN;
    if (facts->kind == SQL_CALL && facts->runs_code && !facts->is_multi)
        return (facts->code_effects & effects) != 0;
    return facts->may_commit;
}

bool accounts_may_change(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect)
{
    static const uint32_t kinds = 1u << SQL_DDL | 1u << SQL_ADMIN | 1u << SQL_LOCK;
    if (facts->is_read)
        return false;
    bool is_of_kind = (kinds & 1u << facts->kind) != 0;
    bool is_unseen = may_run_it(facts) || facts->kind == SQL_UNKNOWN ||
                     (facts->is_multi && facts->may_hide_state) || (is_of_kind && facts->sets_for_itself);
    if (is_unseen || facts->sets_global)
        return true;
    return (is_of_kind || facts->is_multi) && has_such_statement(sql, dialect);
}
