#include "sql/facts.h"

#include "stored_code/code_effects.h"

#include <assert.h>
#include <stddef.h>

void facts_ask(struct sql_facts *facts, unsigned questions)
{
    facts->questions |= questions;
    facts->question = facts->questions == 0 ? SQL_ASKS_NOTHING : SQL_ASKS_LAST;
    for (unsigned question = SQL_ASKS_LAST; question <= SQL_ASKS_DIAGNOSTICS; question++)
        if (facts->questions == 1u << question)
            facts->question = (enum sql_question)question;
}

void facts_run_code(struct sql_facts *facts, unsigned effects)
{
    facts->runs_code = true;
    facts->code_effects |= effects;
    facts->may_hide_state |= (effects & CODE_HIDES) != 0;
    facts->sets_unnamed |= (effects & CODE_SETS_VARIABLES) != 0;
    facts->writes_variables |= (effects & CODE_SETS_VARIABLES) != 0;
}

void facts_take_code(struct sql_facts *facts, const struct sql_facts *inner)
{
    facts->runs_code |= inner->runs_code;
    facts->code_effects |= inner->code_effects;
    facts->may_hide_state |= inner->may_hide_state;
    facts->sets_unnamed |= inner->sets_unnamed;
    facts->writes_variables |= inner->sets_unnamed;
}

/* ---- names ---- */

struct reason {
    const char *name;
    const char *words;
};

static const struct reason reasons[SQL_REASON_COUNT] = {
#define SQL_REASON(id, name, words) [SQL_REASON_##id] = { #name, words },
#include "sql/tbl/sql_reasons.h"
#undef SQL_REASON
};

const char *sql_reason_name(enum sql_reason reason)
{
    assert(reason < SQL_REASON_COUNT);
    return reasons[reason].name;
}

const char *sql_reason_words(enum sql_reason reason)
{
    assert(reason < SQL_REASON_COUNT);
    return reasons[reason].words;
}

const char *sql_kind_name(enum sql_kind kind)
{
    static const char *const names[] = {
        [SQL_UNKNOWN] = "unknown",
        [SQL_EMPTY] = "empty",
        [SQL_SELECT] = "select",
        [SQL_SHOW] = "show",
        [SQL_DIAGNOSTICS] = "diagnostics",
        [SQL_WRITE] = "write",
        [SQL_DDL] = "ddl",
        [SQL_BEGIN] = "begin",
        [SQL_COMMIT] = "commit",
        [SQL_ROLLBACK] = "rollback",
        [SQL_SAVEPOINT] = "savepoint",
        [SQL_SET] = "set",
        [SQL_USE] = "use",
        [SQL_CALL] = "call",
        [SQL_PREPARE] = "prepare",
        [SQL_LOCK] = "lock",
        [SQL_HANDLER] = "handler",
        [SQL_XA] = "xa",
        [SQL_KILL] = "kill",
        [SQL_ADMIN] = "admin",
    };
    assert((size_t)kind < sizeof(names) / sizeof(names[0]));
    return names[kind];
}
