#include "state/error_ran_nothing.h"

#include "mysql/reply.h"

static bool is_of_name(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '$' || c >= 0x80;
}

static bool takes(struct span *text, struct span beginning)
{
    if (text->len < beginning.len || !span_equal(span_of(text->data, beginning.len), beginning))
        return false;
    *text = span_of(text->data + beginning.len, text->len - beginning.len);
    return true;
}

/* The name "nosuch" in "FUNCTION test.nosuch does not exist". Empty: the message is another one, is about
 * another schema, is in another language, or the name has special characters. */
static struct span name_in(struct span message, struct span kind, struct span schema)
{
    static const struct span dot = SPAN_LITERAL("."), end = SPAN_LITERAL(" does not exist");
    size_t len = 0;
    if (!takes(&message, kind) || !takes(&message, schema) || !takes(&message, dot))
        return (struct span){ 0 };
    while (len < message.len && is_of_name(message.data[len]))
        len++;
    struct span name = span_of(message.data, len);
    message = span_of(message.data + len, message.len - len);
    return span_equal(message, end) ? name : (struct span){ 0 };
}

/* Does `statement` call the routine `name` at offset `at`, without a schema, which means the current one? */
static bool is_call_at(struct span statement, size_t at, struct span name)
{
    size_t before = at, after = at + name.len;
    if (!span_equal_nocase(span_of(statement.data + at, name.len), name))
        return false;
    if (at == 0 || statement.data[at - 1] != ' ') /* in quotes it may be a string */
        return false;
    while (before > 0 && statement.data[before - 1] == ' ')
        before--;
    while (after < statement.len && statement.data[after] == ' ')
        after++;
    bool is_qualified = before > 0 && statement.data[before - 1] == '.';
    return !is_qualified && after < statement.len && statement.data[after] == '(';
}

bool error_ran_nothing_is_unreadable(const struct sql_facts *facts, uint16_t code)
{
    static const uint32_t runs_texts = 1u << SQL_CALL | 1u << SQL_PREPARE | 1u << SQL_BEGIN;
    /* the classifier has read its first word */
    bool is_seen = facts->kind != SQL_UNKNOWN || facts->reason == SQL_REASON_UNKNOWN;
    return code == ERR_PARSE && is_seen && (runs_texts & 1u << facts->kind) == 0;
}

bool error_ran_nothing_lacks_routine(const struct unbegun_text *said, uint16_t code, struct span message)
{
    static const struct span function = SPAN_LITERAL("FUNCTION "), procedure = SPAN_LITERAL("PROCEDURE ");
    bool is_query = said->kind == SQL_SELECT || said->kind == SQL_WRITE;
    if (code != ERR_SP_DOES_NOT_EXIST || (!is_query && said->kind != SQL_CALL))
        return false;
    struct span text = said->statement;
    struct span name = name_in(message, is_query ? function : procedure, said->schema);
    for (size_t at = 0; name.len > 0 && at + name.len <= text.len; at++) {
        if (is_call_at(text, at, name))
            return true;
        if (!is_query && text.data[at] == '(') /* a function of the same name may be in the arguments */
            return false;
    }
    return false;
}
