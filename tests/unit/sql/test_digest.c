/* Statements on one line of a table are the same statement with other literals; those of different lines are
 * not. */
#include <stdio.h>

#include "sql_test.h"

#include "sql/classify.h"
#include "sql/digest.h"

static uint64_t digest(const char *sql, const char *dialect_name)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct span copy = exact_copy(sql, strlen(sql));
    uint64_t found = digest_of(copy, &dialect);
    assert_true(found != 0);
    drop_copy(copy);
    return found;
}

#define SPELLINGS 8

static const char *const statements[][SPELLINGS] = {
    { "SELECT a FROM t WHERE id = 1", "select A from T where ID=2", "SELECT a FROM t WHERE id = 'x'",
      "SELECT a FROM t WHERE id = ?", "SELECT/**/a\nFROM t -- c\nWHERE id = -1e5",
      "SELECT a FROM t WHERE id = +1 # c", "SELECT a FROM t WHERE id = x'1F'",
      "SELECT a FROM t WHERE /*!40101 id */ = 0x1F" },
    { "SELECT a FROM t WHERE id IN (1,2,3)", "SELECT a FROM t WHERE id IN (?)",
      "SELECT a FROM t WHERE id IN (5)", "SELECT a FROM t WHERE id IN ( 1 , 'b', -2, ?, 0x1F )",
      "SELECT a FROM t WHERE id IN (-1)", "SELECT a FROM t WHERE id IN (1, /* 2, */ 3)" },
    { "SELECT f(1, a)", "SELECT f('x', a)" },
    { "SELECT f(a)" },
    { "SELECT f(1, 2, a)", "SELECT f(-1, ?, a)" },
    { "SELECT f(a, 1)" },
    { "SELECT f(a, 1, 2)", "SELECT f(a, -1, +2)" },
    { "SELECT f(1)", "SELECT f(1, 2)" },
    { "SELECT f()" },
    { "SELECT f(1,)", "SELECT f(2,)" },
    { "SELECT f(,1)" },
    { "SELECT f(1 + 2)", "SELECT f(1 + -2)" },
    { "SELECT f(1, (2, 3))", "SELECT f(1, (2))" },
    { "SELECT f((1, 2), 3)", "SELECT f((1), 3)" },
    { "INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (?)" },
    { "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?, ?), (?, ?)" },
    { "INSERT INTO t VALUES (1, NULL)", "INSERT INTO t VALUES (2, null)" },
    { "SELECT a - 1", "SELECT a-1", "SELECT a -5", "SELECT a - -1", "SELECT a - + 1" },
    { "SELECT a + 1" },
    { "SELECT a 1" },
    { "SELECT (a) - 1", "SELECT (a)-2" },
    { "SELECT - - a" },
    { "SELECT (-a)" },
    { "SELECT (a)" },
    { "SELECT a FROM u WHERE id = 1" },
    { "SELECT b FROM t WHERE id = 1" },
    { "SELECT ab FROM t" },
    { "SELECT a b FROM t" },
    { "SELECT a.b FROM t" },
    { "SELECT `a` FROM `T`" },
    { "SELECT `a` FROM `t`", "SELECT `a`FROM`t`" },
    { "SELECT a FROM t", "SELECT a FROM t " },
    { "SELECT a FROM t;" },
    { "SELECT /*+ NO_ICP(t) */ a FROM t" },
    { "SELECT @a", "SELECT @A" },
    { "SELECT @b" },
    { "SELECT @@a" },
    { "SELECT @a:=1", "SELECT @a := -2" },
    { "SELECT @a=1" },
    { "SELECT a FROM t LIMIT 5", "select a from t limit 10" },
    { "SELECT a FROM t LIMIT 5, 6" },
    { "SET a = 'x'", "SET A = 'y'", "SET a = 5" },
    { "SET a = x" },
    { "", " ", "/* x */", "-- x" },
    { "?", "1" },
};
#define STATEMENTS (sizeof statements / sizeof statements[0])

static void other_literals_blanks_comments_and_case_make_no_other_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < STATEMENTS; i++)
        for (size_t j = 1; j < SPELLINGS && statements[i][j] != NULL; j++)
            if (digest(statements[i][j], "unknown") != digest(statements[i][0], "unknown"))
                fail_msg("%s and %s", statements[i][0], statements[i][j]);
}

static void other_names_words_and_signs_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < STATEMENTS; i++)
        for (size_t j = 0; j < i; j++)
            if (digest(statements[i][0], "unknown") == digest(statements[j][0], "unknown"))
                fail_msg("%s and %s", statements[i][0], statements[j][0]);
}

static void quotes_are_read_in_the_sessions_dialect(void **state)
{
    (void)state;
    assert_true(digest("SELECT \"a\"", "unknown") == digest("SELECT 'b'", "unknown"));
    assert_true(digest("SELECT \"a\"", "ansi") == digest("SELECT `a`", "ansi"));
    assert_true(digest("SELECT \"a\"", "ansi") != digest("SELECT \"b\"", "ansi"));
    assert_true(digest("SELECT 'a\\'", "nobackslash") == digest("SELECT 'b'", "nobackslash"));
}

/* Names longer than what is folded at a time. */
static void long_names_count_to_their_last_letter(void **state)
{
    (void)state;
    char name[200] = "";
    uint64_t before = digest("", "unknown");
    for (size_t len = 1; len < sizeof name - 1; len++) {
        memset(name, 'a', len);
        uint64_t now = digest(name, "unknown");
        assert_true(now != before);
        name[len - 1] = 'A';
        assert_true(digest(name, "unknown") == now);
        name[len - 1] = 'b';
        assert_true(digest(name, "unknown") != now);
        before = now;
    }
    memset(name, 'a', 128);
    name[64] = ' '; /* two words are not one */
    uint64_t two = digest(name, "unknown");
    memmove(name + 64, name + 65, sizeof name - 65);
    assert_true(digest(name, "unknown") != two);
}

static void any_cut_has_a_digest(void **state)
{
    (void)state;
    static const char sql[] =
        "SELECT /*!50000 -1.5 */ (x'1F', +2), `b`, 'c''\\'', @d := (?) -- e\n /*+ f */ .5";
    struct sql_dialect dialect = { 0 };
    for (size_t len = 0; len < sizeof sql; len++) {
        struct span copy = exact_copy(sql, len);
        assert_true(digest_of(copy, &dialect) != 0);
        drop_copy(copy);
    }
}

static void long_texts_are_linear(void **state)
{
    (void)state;
    static const char *const units[] = { "(", "(1,", "-", "$a$ ", "/*!", "/*", "'", "a", "@", "1 " };
    struct sql_dialect dialect = { .family = SQL_FAMILY_MYSQL };
    char *text = malloc(SQL_TEXT_MAX);
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        size_t step = strlen(units[u]), len = 0;
        for (; len + step <= SQL_TEXT_MAX; len += step)
            memcpy(text + len, units[u], step);
        for (int i = 0; i < 20; i++) /* a quadratic reader would take minutes */
            assert_true(digest_of(span_of(text, len), &dialect) != 0);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_literals_blanks_comments_and_case_make_no_other_digest),
        cmocka_unit_test(other_names_words_and_signs_do),
        cmocka_unit_test(quotes_are_read_in_the_sessions_dialect),
        cmocka_unit_test(long_names_count_to_their_last_letter),
        cmocka_unit_test(any_cut_has_a_digest),
        cmocka_unit_test(long_texts_are_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
