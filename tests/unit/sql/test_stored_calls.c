/* Facts of statements that run stored code, with a catalog that knows this code. */
#include "../base/unit.h"
#include "../tokens/tokens_test.h"

#include "stored_code/catalog_draft.h"
#include "sql/classify.h"

#define ROW(kind, schema, name, body)                                                                        \
    {                                                                                                        \
        kind, SPAN_LITERAL(schema), SPAN_LITERAL(name), SPAN_LITERAL("a INT"), SPAN_LITERAL(body),           \
            SPAN_LITERAL(""), false                                                                          \
    }

static const struct catalog_row stored[] = {
    ROW(CODE_PROCEDURE, "app", "nothing", "BEGIN END"),
    ROW(CODE_PROCEDURE, "app", "reads", "SELECT a FROM t"),
    ROW(CODE_PROCEDURE, "app", "writes", "INSERT INTO t VALUES (a)"),
    ROW(CODE_PROCEDURE, "app", "commits", "BEGIN INSERT INTO t VALUES (1); COMMIT; END"),
    ROW(CODE_PROCEDURE, "app", "sets", "SET @v = 1"),
    ROW(CODE_PROCEDURE, "app", "asks", "SELECT @v"),
    ROW(CODE_PROCEDURE, "app", "locks", "DO GET_LOCK('a', 1)"),
    ROW(CODE_PROCEDURE, "app", "makes", "CREATE TEMPORARY TABLE x (a INT)"),
    ROW(CODE_PROCEDURE, "app", "runs", "EXECUTE IMMEDIATE 'SELECT 1'"),
    ROW(CODE_PROCEDURE, "app", "draws", "SELECT NEXTVAL(s)"),
    ROW(CODE_PROCEDURE, "app", "tells", "SELECT CONNECTION_ID()"),
    ROW(CODE_PROCEDURE, "app", "through", "CALL locks(1)"),
    ROW(CODE_PROCEDURE, "other", "reads", "SELECT 1"),
    ROW(CODE_PROCEDURE, "app", "re``ads", "SELECT 1"), /* in SQL: `re````ads` */
    ROW(CODE_PROCEDURE, "o``ther", "reads", "SELECT 1"),
    ROW(CODE_FUNCTION, "app", "f", "RETURN a"),
    ROW(CODE_FUNCTION, "app", "g", "BEGIN SET @v = a; RETURN a; END"),
    ROW(CODE_FUNCTION, "app", "h", "RETURN GET_LOCK('a', 1)"),
    ROW(CODE_FUNCTION, "app", "w", "BEGIN INSERT INTO t VALUES (1); RETURN 1; END"),
    ROW(CODE_FUNCTION, "app", "count", "RETURN 1"),
    ROW(CODE_FUNCTION, "app", "f``f", "RETURN 1"),
    ROW(CODE_FUNCTION, "o``ther", "f", "RETURN 1"),
    ROW(CODE_TRIGGER, "app", "locked", "SET @x = GET_LOCK('a', 1)"),
    ROW(CODE_TABLE, "app", "v", "SELECT a FROM t"),
    ROW(CODE_TABLE, "app", "vh", "SELECT h(1)"),
};

static struct catalog *catalog;

static int build(void **state)
{
    (void)state;
    const char *why = NULL;
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MARIADB);
    assert_non_null(draft);
    for (size_t i = 0; i < COUNT_OF(stored); i++)
        catalog_draft_add(draft, &stored[i]);
    catalog = catalog_draft_finish(&draft, ~0u, 1, &why);
    assert_non_null(catalog);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    catalog_unref(catalog);
    return 0;
}

/* Describes the facts in words:
 *
 *   read     harmless                          hide     may leave hidden state
 *   commit   may commit                        code     runs stored code
 *   writes   may write variables               unnamed  also variables that the text does not name
 *   touches  variables matter
 */
static void describe(const struct sql_facts *facts, char *words, size_t size)
{
    snprintf(words, size, "%s%s%s%s%s%s%s", facts->is_read ? "read " : "",
             facts->may_hide_state ? "hide " : "", facts->may_commit ? "commit " : "",
             facts->writes_variables ? "writes " : "", facts->sets_unnamed ? "unnamed " : "",
             facts->touches_variables ? "touches " : "", facts->runs_code ? "code " : "");
    size_t len = strlen(words);
    if (len > 0)
        words[len - 1] = '\0';
}

struct row {
    const char *sql, *facts;
};

static void check(const struct row *rows, size_t count, const struct sql_dialect *dialect)
{
    for (size_t i = 0; i < count; i++) {
        char words[200];
        struct span copy = exact_copy(span_cstr(rows[i].sql));
        struct sql_facts facts = classify(copy, false, dialect);
        describe(&facts, words, sizeof words);
        assert_row(strcmp(words, rows[i].facts) == 0, "%s: %s", rows[i].sql, words);
        drop_copy(copy);
    }
}

static const struct row rows[] = {
    { "CALL nothing()", "read code" },
    { "CALL nothing", "read code" },
    { "CALL reads(1)", "read code" },
    { "CALL APP.`Reads`(1 + 2, CONCAT('a', ?))", "read code" },
    { "CALL other.reads(1)", "read code" },
    { "CALL reads((SELECT a FROM t))", "read code" },
    { "CALL reads(f(1))", "read code" },
    { "CALL reads(RAND(), NOW());", "read code" },
    { "CALL writes(1)", "code" },
    { "CALL commits()", "commit code" },
    { "CALL sets()", "writes unnamed touches code" },
    { "CALL asks()", "touches code" },
    { "CALL reads(@a)", "writes touches code" },
    { "CALL reads(g(1))", "writes unnamed touches code" },
    { "CALL reads(h(1))", "hide commit writes code" },
    { "CALL reads(GET_LOCK('a', 1))", "code" }, /* the lock itself is reported by holds.h */
    { "CALL reads(nosuch(1))", "hide commit writes code" },
    { "CALL tells()", "code" },
    { "CALL locks()", "hide commit writes code" },
    { "CALL through()", "hide commit writes code" },
    { "CALL makes()", "hide commit writes code" },
    { "CALL runs()", "hide commit writes code" },
    { "CALL draws()", "hide commit writes code" },
    { "CALL nosuch()", "hide commit writes code" },
    { "CALL other.nothing()", "hide commit writes code" },
    { "CALL app.p.nothing()", "hide commit writes code" },
    { "CALL app.reads.nothing(1)", "hide commit writes code" },
    { "CALL `re``ads`(1)", "hide commit writes code" },
    { "CALL `o``ther`.reads(1)", "hide commit writes code" },
    { "CALL reads(1); CALL locks()", "hide commit writes code" },
    { "CALL reads(1) /*M!110400 + 1 */", "hide commit writes code" },
    { "SELECT f(1) FROM t", "read code" },
    { "SELECT app.f(1)", "read code" },
    { "SELECT f(@a)", "touches code" },
    { "SELECT g(1)", "writes unnamed touches code" },
    { "SELECT w(1)", "code" },
    { "SELECT h(1)", "hide code" },
    { "SELECT `count`(1)", "hide code" },
    { "SELECT nosuch(1)", "hide code" },
    { "SELECT `f``f`(1)", "hide code" },
    { "SELECT `o``ther`.f(1)", "hide code" },
    { "BEGIN NOT ATOMIC SELECT `f``f`(1); END", "hide commit writes code" },
    { "BEGIN NOT ATOMIC SELECT `o``ther`.f(1); END", "hide commit writes code" },
    { "DO f(1)", "code" },
    { "DO h(1)", "hide code" },
    { "SET @a = f(1)", "writes touches code" },
    { "INSERT INTO t VALUES (1)", "" },
    { "INSERT INTO locked VALUES (1)", "hide writes unnamed touches code" },
    { "DELETE t FROM t JOIN app.locked ON 1", "hide writes unnamed touches code" },
    { "INSERT INTO other.locked SELECT * FROM locked", "" },
    { "UPDATE t SET a = g(1)", "writes unnamed touches code" },
    { "REPLACE t VALUES (h(f(1)))", "hide code" },
    { "INSERT INTO t VALUES (nosuch(1), w(2), f(3))", "" },
    { "INSERT INTO t SELECT * FROM vh", "hide code" },
    { "SELECT 1; INSERT INTO t VALUES (h(1))", "hide code" },
    { "BEGIN NOT ATOMIC SELECT 1; END", "read code" },
    { "BEGIN NOT ATOMIC SELECT a FROM t; CALL reads(1); END;", "read code" },
    { "IF f(1) THEN SELECT a FROM v; END IF", "read code" },
    { "BEGIN NOT ATOMIC INSERT INTO t VALUES (1); END", "code" },
    { "BEGIN NOT ATOMIC INSERT INTO t VALUES (1); COMMIT; END", "commit code" },
    { "BEGIN NOT ATOMIC SET @a = 1; END", "writes touches code" },
    { "BEGIN NOT ATOMIC SELECT @a; END", "touches code" },
    { "BEGIN NOT ATOMIC CALL sets(); END", "writes unnamed touches code" },
    { "BEGIN NOT ATOMIC CALL locks(); END", "hide commit writes code" },
    { "BEGIN NOT ATOMIC SELECT nosuch(); END", "hide commit writes code" },
    { "BEGIN NOT ATOMIC INSERT INTO locked VALUES (1); END", "hide commit writes unnamed touches code" },
    { "BEGIN NOT ATOMIC SELECT * FROM vh; END", "hide commit writes code" },
    { "BEGIN NOT ATOMIC SELECT 1; END; SELECT 2", "hide commit writes code" },
    { "BEGIN NOT ATOMIC SELECT 1", "hide commit writes code" },
};

static const struct sql_dialect known = { .family = SQL_FAMILY_MARIADB,
                                          .is_utf8 = true,
                                          .multi_statements = true,
                                          .schema = SPAN_LITERAL("app"),
                                          .reads_stored = true };

TEST(what_stored_code_does_its_statement_does)
{
    struct sql_dialect dialect = known;
    dialect.catalog = catalog;
    check(rows, COUNT_OF(rows), &dialect);
}

TEST(unless_it_is_allowed_nothing_of_it_is_a_harmless_read)
{
    struct sql_dialect dialect = known;
    dialect.catalog = catalog;
    dialect.reads_stored = false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sql_facts facts = classify(span_cstr(rows[i].sql), false, &dialect);
        bool is_same = strncmp(rows[i].facts, "read ", 5) != 0 || strcmp(rows[i].facts + 5, "code") == 0;
        assert_row(!facts.is_read && is_same, "%s", rows[i].sql);
    }
}

TEST(without_a_catalog_routines_are_not_known)
{
    static const struct row unknown[] = {
        { "CALL nothing()", "hide commit writes code" },
        { "CALL nothing(@a)", "hide commit writes touches code" },
        { "SELECT f(1)", "hide code" },
        { "BEGIN NOT ATOMIC SELECT 1; END", "read code" },
        { "BEGIN NOT ATOMIC SELECT a FROM t; INSERT INTO t VALUES (1); END", "code" },
        { "BEGIN NOT ATOMIC SELECT f(1); END", "hide commit writes code" },
    };
    check(unknown, COUNT_OF(unknown), &known);
}

TEST(of_a_call_that_is_too_long_nothing_is_known)
{
    struct sql_dialect dialect = known;
    dialect.catalog = catalog;
    struct sql_facts facts = classify(span_cstr("CALL reads('aaaaa"), true, &dialect);
    assert_true(facts.may_hide_state && facts.may_commit && facts.writes_variables && !facts.is_read);
    facts = classify(span_cstr("BEGIN NOT ATOMIC SELECT 1; "), true, &dialect);
    assert_true(facts.may_hide_state && !facts.is_read);
}

RUN_TESTS(build, drop)
