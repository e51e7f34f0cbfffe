#include "../base/unit.h"
#include "../tokens/tokens_test.h"

#include "sql/sequences.h"

#include <stdio.h>

/* Describes each use of a sequence: + takes a value, ? asks for the last one. */
static void describe(struct span sql, const struct sql_dialect *dialect, char *text, size_t size)
{
    struct sequences_walk walk;
    struct sequences_use use;
    size_t at = 0;
    *text = '\0';
    sequences_begin(&walk, sql, dialect);
    while (sequences_next(&walk, &use) && at < size)
        at += (size_t)snprintf(text + at, size - at, "%s%s%.*s%s%.*s", at > 0 ? " " : "",
                               use.is_draw ? "+" : "?", (int)use.schema.len, (const char *)use.schema.data,
                               use.schema.len > 0 ? "." : "", (int)use.name.len, (const char *)use.name.data);
}

TEST(what_draws_and_what_asks_is_told_apart)
{
    static const struct {
        const char *sql, *uses;
    } rows[] = {
        { "", "" },
        { "SELECT 1", "" },
        { "SELECT NEXTVAL(s)", "+s" },
        { "SELECT nextval ( `s` ), LastVal(d.s)", "+s ?d.s" },
        { "INSERT INTO t VALUES (NEXT VALUE FOR d . s, PREVIOUS VALUE FOR `x`)", "+d.s ?x" },
        { "UPDATE t SET n = LASTVAL(s) WHERE id = NEXTVAL(s)", "?s +s" },
        { "SELECT s.NEXTVAL, s.CURRVAL FROM dual", "+s ?s" },
        { "SELECT d.s.CURRVAL", "?" },
        { "SELECT SETVAL(s, 5), 'NEXTVAL(s)' -- LASTVAL(s)", "" },
        { "SELECT NEXTVAL('s')", "+" },
        { "SELECT LASTVAL(", "?" },
        { "SELECT value FROM t FOR UPDATE", "" },
    };
    static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char uses[200];
        struct span copy = exact_copy(span_cstr(rows[i].sql));
        describe(copy, &dialect, uses, sizeof uses);
        assert_row(strcmp(uses, rows[i].uses) == 0, "%s: %s", rows[i].sql, uses);
        drop_copy(copy);
    }
}

RUN_TESTS(NULL, NULL)
