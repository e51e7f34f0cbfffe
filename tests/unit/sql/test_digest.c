/* The statements of a row are the same statement with other literals; those of different rows differ. */
#include <stdio.h>

#include "../tokens/tokens_test.h"

#include "sql/classify.h"
#include "sql/digest.h"

static uint64_t digest(const char *sql, const char *dialect_name)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct span copy = exact_copy(span_cstr(sql));
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
    { "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO t VALUES (?, ?), (?, ?)",
      "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO t VALUES (1),(2),(3,4,5),(-6)" },
    { "INSERT INTO t VALUES (1), (2), (a)", "INSERT INTO t VALUES (1), (2), (3), (a)" },
    { "INSERT INTO t VALUES (1), (2) a", "INSERT INTO t VALUES (1), (2), (3) a" },
    { "INSERT INTO t VALUES (1), 2, (3)" },
    { "SELECT a FROM t WHERE (a, b) IN ((1, 2), (3, 4))",
      "SELECT a FROM t WHERE (a, b) IN ((1,2),(3,4),(5,6))" },
    { "SELECT a FROM t WHERE (a, b) IN ((1, 2))" },
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
    { "SELECT az FROM t", "SELECT AZ FROM t" },
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

TEST(other_literals_blanks_comments_and_case_make_no_other_digest)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        for (size_t j = 1; j < SPELLINGS && statements[i][j] != NULL; j++)
            if (digest(statements[i][j], "unknown") != digest(statements[i][0], "unknown"))
                fail_msg("%s and %s", statements[i][0], statements[i][j]);
}

TEST(other_names_words_and_signs_do)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        for (size_t j = 0; j < i; j++)
            if (digest(statements[i][0], "unknown") == digest(statements[j][0], "unknown"))
                fail_msg("%s and %s", statements[i][0], statements[j][0]);
}

TEST(quotes_are_read_in_the_sessions_dialect)
{
    assert_true(digest("SELECT \"a\"", "unknown") == digest("SELECT 'b'", "unknown"));
    assert_true(digest("SELECT \"a\"", "ansi") == digest("SELECT `a`", "ansi"));
    assert_true(digest("SELECT \"a\"", "ansi") != digest("SELECT \"b\"", "ansi"));
    assert_true(digest("SELECT 'a\\'", "nobackslash") == digest("SELECT 'b'", "nobackslash"));
}

/* Names longer than the piece that is folded at a time. */
TEST(long_names_count_to_their_last_letter)
{
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
    name[64] = ' '; /* two words instead of one */
    uint64_t two = digest(name, "unknown");
    memmove(name + 64, name + 65, sizeof name - 65);
    assert_true(digest(name, "unknown") != two);
}

/* ---- the text of a digest ---- */

static const struct {
    const char *sql;
    const char *text;
    const char *dialect; /* NULL: the dialect does not matter */
} texts[] = {
    { "SELECT a FROM t WHERE id = 7", "SELECT a FROM t WHERE id = ?", NULL },
    { "SELECT/* c */a\n\t FROM  t -- d", "SELECT a FROM t", NULL },
    { "  select a,b from t where x=-5 and y - 5", "select a,b from t where x=? and y - ?", NULL },
    { "SELECT a WHERE b IN (1, 'two' , x'3', -4)", "SELECT a WHERE b IN (?)", NULL },
    { "SELECT f(1, a), g(-a)", "SELECT f(?, a), g(-a)", NULL },
    { "INSERT INTO t VALUES (1,'x'), (2,'y'), (3,'z')", "INSERT INTO t VALUES (?), (?)", NULL },
    { "INSERT INTO t VALUES (1,'x')", "INSERT INTO t VALUES (?)", NULL },
    { "INSERT INTO t VALUES (1, NULL), (2, 'x')", "INSERT INTO t VALUES (?, NULL), (?)", NULL },
    { "SELECT /*+ SET_VAR(a='b') */ c", "SELECT /*+ ? */ c", NULL },
    { "SELECT `a b`, @c, @@d, @e := 'f'", "SELECT `a b`, @c, @@d, @e := ?", NULL },
    { "SELECT \"a\"", "SELECT ?", NULL },
    { "SELECT \"a\"", "SELECT \"a\"", "ansi" },
    { "", "", NULL },
    { "a b", "a b", NULL },
    { "SET sql_mode = 'ANSI'", "SET sql_mode = ?", NULL },
    /* text in double quotes may be a secret, so it is never shown as a name */
    { "CREATE USER u IDENTIFIED BY 'geheim'", "CREATE USER u IDENTIFIED BY ?", NULL },
    { "CREATE USER u IDENTIFIED BY \"geheim\"", "CREATE USER u IDENTIFIED BY ?", "ansi" },
    { "SELECT \"geheim\" /* token */", "SELECT ?", "ansi" },
    /* a text that cannot be split into words with certainty is not shown */
    { "SELECT 'a", "SELECT \xE2\x80\xA6", NULL },
    { "SELECT 'a\\', geheim", "SELECT \xE2\x80\xA6", NULL },
    { "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\\', 'geheim', 'b'", "SET \xE2\x80\xA6", NULL },
    { "'a", "\xE2\x80\xA6", NULL },
    /* lists of literals that are not in one row */
    { "SELECT (1), (2), a IN (3, 4)", "SELECT (?), (?), a IN (?)", NULL },
    { "INSERT INTO t VALUES (1), (2), (3 (4)) a", "INSERT INTO t VALUES (?), (?), (? (?)) a", NULL },
};

TEST(the_text_is_the_statement_without_its_literals)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sql_dialect dialect = dialect_named(texts[i].dialect != NULL ? texts[i].dialect : "unknown");
        struct span copy = exact_copy(span_cstr(texts[i].sql));
        struct digest_text text;
        assert_true(digest_read(copy, false, &dialect, &text) == digest_of(copy, &dialect));
        if (!span_is(span_of(text.bytes, text.len), texts[i].text))
            fail_msg("%s: %.*s", texts[i].sql, (int)text.len, text.bytes);
        drop_copy(copy);
    }
}

TEST(a_long_text_ends_in_an_ellipsis)
{
    struct sql_dialect dialect = { 0 };
    char sql[3 * DIGEST_TEXT_MAX];
    for (size_t len = 1; len < sizeof sql; len++) { /* words of five letters, the last one of up to seven */
        for (size_t i = 0; i < len; i++)
            sql[i] = i % 6 < 5 || i + 2 >= len ? 'a' : ' ';
        struct digest_text text;
        (void)digest_read(span_of(sql, len), false, &dialect, &text);
        bool is_whole = len + 3 <= DIGEST_TEXT_MAX;
        assert_int_equal(text.is_full, !is_whole);
        assert_true(text.len <= DIGEST_TEXT_MAX);
        if (is_whole)
            assert_true(span_equal(span_of(text.bytes, text.len), span_of(sql, len)));
        else
            assert_memory_equal(text.bytes + text.len - 3, "\xE2\x80\xA6", 3);
    }
}

/* An INSERT of many rows has one digest wherever it was cut, and the text contains no part of a value. */
TEST(where_a_statement_is_cut_makes_no_difference)
{
    static const char head[] = "INSERT INTO t (a, b) VALUES ";
    static const char row[] = "(17, 'geheim'), ";
    struct sql_dialect dialect = { 0 };
    struct digest_text text;
    char sql[4096];
    size_t len = strlen(head);
    memcpy(sql, head, len);
    for (; len + strlen(row) <= sizeof sql; len += strlen(row))
        memcpy(sql + len, row, strlen(row));
    size_t first = strlen(head) + 2 * strlen(row);
    uint64_t whole = digest_read(span_of(sql, first), true, &dialect, &text);
    for (size_t cut = first; cut <= len; cut++) {
        struct span copy = exact_copy(span_of(sql, cut));
        assert_true(digest_read(copy, true, &dialect, &text) == whole);
        if (!span_is(span_of(text.bytes, text.len), "INSERT INTO t (a, b) VALUES (?), (?) \xE2\x80\xA6"))
            fail_msg("cut at %zu: %.*s", cut, (int)text.len, text.bytes);
        drop_copy(copy);
    }
    for (size_t cut = 0; cut < first; cut++) {
        struct span copy = exact_copy(span_of(sql, cut));
        (void)digest_read(copy, true, &dialect, &text);
        assert_false(span_mentions(span_of(text.bytes, text.len), "geheim"));
        drop_copy(copy);
    }
}

/* ---- the shape ---- */

/* Texts of one shape have one digest: statements of the table with the same shape are in one row. */
TEST(one_shape_has_one_digest)
{
    struct sql_dialect dialect = dialect_named("mariadb");
    size_t shared = 0;
    for (size_t i = 0; i < STATEMENTS * SPELLINGS; i++)
        for (size_t j = 0; j < i; j++) {
            const char *a = statements[i / SPELLINGS][i % SPELLINGS];
            const char *b = statements[j / SPELLINGS][j % SPELLINGS];
            if (a == NULL || b == NULL)
                continue;
            uint64_t shape = classify(span_cstr(a), false, &dialect).shape;
            assert_true(shape != 0);
            if (shape != classify(span_cstr(b), false, &dialect).shape)
                continue;
            shared++;
            assert_true(digest_of(span_cstr(a), &dialect) == digest_of(span_cstr(b), &dialect));
        }
    assert_true(shared >= 3); /* some pairs were compared */
    uint64_t seven = classify(SPAN_LITERAL("SELECT a FROM t WHERE id = 7"), false, &dialect).shape;
    assert_true(classify(SPAN_LITERAL("SELECT a FROM t WHERE id = 'x'"), false, &dialect).shape == seven);
    assert_true(classify(SPAN_LITERAL("SELECT a FROM t WHERE ie = 7"), false, &dialect).shape != seven);
    assert_true(classify(SPAN_LITERAL("SELECT a FROM t WHERE id = 7;"), false, &dialect).shape != seven);
    assert_true(classify(SPAN_LITERAL("/* a */ SELECT a FROM t WHERE id = 7 -- b"), false, &dialect).shape ==
                seven);
    assert_true(classify(SPAN_LITERAL("SELECT a FROM t WHERE id = 7 7"), false, &dialect).shape != seven);
    assert_int_equal(classify(SPAN_LITERAL("SELECT a FROM t WHERE id = 7"), true, &dialect).shape, 0);
}

TEST(any_cut_has_a_digest)
{
    static const char sql[] =
        "SELECT /*!50000 -1.5 */ (x'1F', +2), `b`, 'c''\\'', @d := (?) -- e\n /*+ f */ .5";
    struct sql_dialect dialect = { 0 };
    for (size_t len = 0; len < sizeof sql; len++) {
        struct span copy = exact_copy(span_of(sql, len));
        assert_true(digest_of(copy, &dialect) != 0);
        drop_copy(copy);
    }
}

TEST(long_texts_are_linear)
{
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

RUN_TESTS(NULL, NULL)
