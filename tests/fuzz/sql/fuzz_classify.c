/* No text crashes the classifier. A comment in front, extra blanks, other letter case, parentheses or a cut
 * never turn another statement into a read. A read holds nothing that a read must not hold. The first byte
 * chooses the dialect. */
#include "sql/classify.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sql_facts classify_between(const char *before, struct span sql, const char *after,
                                         const struct sql_dialect *dialect)
{
    size_t before_len = strlen(before), after_len = strlen(after);
    uint8_t *text = malloc(before_len + sql.len + after_len + 1);
    assert(text != NULL);
    memcpy(text, before, before_len);
    memcpy(text + before_len, sql.data, sql.len);
    memcpy(text + before_len + sql.len, after, after_len);
    struct sql_facts facts = classify(span_of(text, before_len + sql.len + after_len), false, dialect);
    free(text);
    return facts;
}

/* 0X1 is a name and 0x1 a number, so the case of their letters must stay. */
static bool is_flippable(const struct token *token)
{
    return token->type == TOKEN_WORD && (token->text.data[0] < '0' || token->text.data[0] > '9');
}

/* Classifies the text with every word in the other letter case. */
static struct sql_facts classify_flipped(struct span sql, const struct sql_dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    uint8_t *text = malloc(sql.len + 1);
    assert(text != NULL);
    memcpy(text, sql.data, sql.len);
    lexer_begin(&lexer, sql, dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END)
        for (size_t i = 0; i < token.text.len && is_flippable(&token); i++) {
            uint8_t *c = text + (token.text.data - sql.data) + i;
            if ((*c | 32) >= 'a' && (*c | 32) <= 'z')
                *c ^= 32;
        }
    struct sql_facts facts = classify(span_of(text, sql.len), false, dialect);
    free(text);
    return facts;
}

static void check_read(const struct sql_facts *facts)
{
    assert(!facts->is_read || (facts->kind == SQL_SELECT && facts->doubts == 0 && !facts->may_hide_state &&
                               !facts->refers_previous && !facts->is_load_local && !facts->has_holds &&
                               !facts->writes_variables && !facts->touches_variables &&
                               facts->reason == SQL_REASON_PLAIN_READ && facts->culprit.len == 0));
    assert(!facts->reads_but_for_variables ||
           (facts->kind == SQL_SELECT && facts->doubts == 0 && !facts->is_read && !facts->may_hide_state &&
            !facts->has_holds && facts->touches_variables && !facts->is_load_local));
    assert(!facts->writes_variables || facts->touches_variables || facts->may_hide_state);
    /* What headgate does not look at after a read. */
    assert(!(facts->is_read || facts->reads_but_for_variables) ||
           (!facts->gives_insert_id && !facts->has_sequence && !facts->sets_global && !facts->sets_unnamed &&
            !facts->sets_next_transaction && facts->execute_name.len == 0 && facts->execute_text.len == 0 &&
            !facts->changes_accounts));
}

static void check_inside(struct span part, struct span whole)
{
    assert(part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

static bool is_harmless_where_variables_live(const struct sql_facts *facts)
{
    return facts->is_read || facts->reads_but_for_variables;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > SQL_TEXT_MAX / 2)
        return 0;
    uint8_t bits = data[0];
    struct span sql = span_of(data + 1, size - 1);
    struct sql_dialect dialect = {
        .family = (enum sql_family)(bits % 3),
        .no_backslash_escapes = bits & 4,
        .ansi_quotes = bits & 8,
        .oracle = bits & 16,
        .ignore_space = bits & 32,
        .multi_statements = bits & 64,
        .is_utf8 = bits & 128,
    };
    struct sql_facts facts = classify(sql, false, &dialect);
    check_read(&facts);
    assert(facts.use_schema.len == 0 || (facts.use_schema.data >= sql.data && facts.kind == SQL_USE));
    check_inside(facts.execute_name, sql);
    check_inside(facts.execute_text, sql);
    assert(facts.execute_name.len == 0 || (facts.kind == SQL_PREPARE && facts.may_hide_state));
    assert(facts.execute_text.len == 0 || (facts.kind == SQL_CALL && facts.may_hide_state));
    struct sql_facts cut = classify(sql, true, &dialect);
    assert(!is_harmless_where_variables_live(&cut) && !cut.has_holds);
    if (is_harmless_where_variables_live(&facts))
        return 0;
    assert(!classify_between("/**/", sql, "", &dialect).is_read);
    assert(!classify_between(" \n", sql, " ", &dialect).is_read);
    if ((facts.doubts & SQL_DOUBT_BAD) == 0) { /* with such a doubt the words may be delimited differently */
        assert(!classify_between("(", sql, ")", &dialect).is_read);
        assert(!classify_flipped(sql, &dialect).is_read);
    }
    return 0;
}
