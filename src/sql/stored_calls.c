#include "sql/stored_calls.h"

#include "stored_code/catalog.h"
#include "tokens/functions.h"
#include "sql/query.h"
#include "stored_code/stored_code.h"

/* The effects without CATALOG_CALLS, which alone is no effect. */
static unsigned effects_of(const struct sql_dialect *dialect, enum code_kind kind, struct span schema,
                           struct span name)
{
    return catalog_effects(dialect->catalog, kind, dialect->schema, schema, name) & ~CATALOG_CALLS;
}

/* ---- CALL ---- */

/* The effects of the procedure [schema.]name. Procedures of packages are not known. */
static unsigned read_procedure(struct reader *reader)
{
    const struct sql_dialect *dialect = &reader->lexer.dialect;
    struct span schema = { 0 };
    if (token_is_punct(reader->ahead, '.')) {
        schema = token_name(reader->token);
        reader_advance(reader);
        reader_advance(reader);
    }
    struct span name = token_name(reader->token);
    bool is_name = reader->token->type == TOKEN_WORD || reader->token->type == TOKEN_QUOTED;
    if (!is_name || token_is_punct(reader->ahead, '.') || code_name_has_quote(name) ||
        code_name_has_quote(schema))
        return CODE_UNKNOWN;
    reader_advance(reader);
    return effects_of(dialect, CODE_PROCEDURE, schema, name);
}

/* Joins the effects of the procedure with those of its arguments. */
static void judge(struct reader *reader, struct sql_facts *facts, unsigned effects,
                  const struct sql_facts *arguments)
{
    facts->may_hide_state = false;
    facts->writes_variables = false;
    facts_run_code(facts, effects);
    facts_take_code(facts, arguments);
    facts->may_commit = (facts->code_effects & (CODE_TRANSACTION | CODE_HIDES)) != 0 || facts->may_hide_state;
    facts->writes_variables |= reader->has_user_variable || facts->may_hide_state;
    facts->is_read = facts->code_effects == 0 && arguments->is_read && reader->lexer.dialect.reads_stored;
    if (facts->is_read)
        facts->reason = SQL_REASON_STORED_READ;
}

bool stored_calls_read_call(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts arguments = { 0 };
    facts->culprit = reader->token->text;
    unsigned effects = read_procedure(reader);
    query_read(reader, &arguments);
    judge(reader, facts, effects, &arguments);
    if (facts->is_read)
        facts->culprit = SPAN_NONE;
    return false;
}

/* ---- blocks and writes ---- */

struct reach {
    const struct sql_dialect *dialect;
    unsigned effects; /* of all code that the statement uses */
};

/* Adds the effects of a name. Without a catalog routines are unknown; tables are assumed to run no code that
 * leaves state, as in any statement. */
static void on_name(void *owner, const struct code_name *name)
{
    struct reach *reach = owner;
    const struct sql_dialect *dialect = reach->dialect;
    bool is_doubtful = name->kind == CODE_FUNCTION && function_is_built_in(name->name);
    if (is_doubtful || code_name_has_quote(name->name) || code_name_has_quote(name->schema))
        reach->effects |= CODE_UNKNOWN;
    else if (name->kind == CODE_TABLE && !catalog_knows(dialect->catalog, CODE_TABLE))
        reach->effects |= CODE_PRIMARY;
    else
        reach->effects |= effects_of(dialect, name->kind, name->schema, name->name);
    if (name->is_written && catalog_knows(dialect->catalog, CODE_TRIGGER))
        reach->effects |= effects_of(dialect, CODE_TRIGGER, name->schema, name->name);
}

bool stored_calls_read_write(struct reader *reader, struct sql_facts *facts)
{
    struct reach reach = { .dialect = &reader->lexer.dialect };
    if (!catalog_writes_leave(reach.dialect->catalog))
        return false;
    reader_skip(reader);
    struct code_text text = { .kind = CODE_BLOCK, .body = reader_statement(reader) };
    (void)stored_code_read(&text, reach.dialect, on_name, &reach);
    if ((reach.effects & CODE_LEAVES) != 0)
        facts_run_code(facts, reach.effects & CODE_LEAVES);
    return false;
}

bool stored_calls_read_block(struct reader *reader, struct sql_facts *facts)
{
    const uint8_t *end = reader->lexer.end;
    struct reach reach = { .dialect = &reader->lexer.dialect };
    struct code_text text = { .kind = CODE_BLOCK,
                              .body = span_of(reader->from, (size_t)(end - reader->from)) };
    unsigned own = stored_code_read(&text, reach.dialect, on_name, &reach);
    struct sql_facts inner = { .is_read = true, .code_effects = own };
    inner.may_hide_state = (own & CODE_HIDES) != 0;
    judge(reader, facts, reach.effects, &inner);
    bool has_more = reader_skip_body(reader);
    facts->writes_variables =
        facts->may_hide_state || facts->sets_unnamed || (own & CODE_SETS_VARIABLES) != 0;
    return has_more && (own & CODE_UNKNOWN) != 0;
}
