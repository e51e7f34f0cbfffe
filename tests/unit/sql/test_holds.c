/* The holds that a statement takes and gives back. Changes are written as
 *
 *   +kind name       taken                    -kind name   given back
 *   -all kind        all of the kind given back
 *   kind old > new   renamed                  ='text'      the text of a prepared statement
 */
#include <stdio.h>

#include "../tokens/tokens_test.h"

#include "sql/classify.h"
#include "sql/holds.h"

static const char *const hold_names[HOLD_COUNT] = { "temp", "tables",  "global",   "backup",
                                                    "lock", "handler", "prepared", "xa" };

static void append_name(char *text, size_t size, struct span schema, struct span name)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%.*s%s%.*s", name.len > 0 ? " " : "", (int)schema.len,
             schema.len > 0 ? (const char *)schema.data : "", schema.len > 0 ? "." : "", (int)name.len,
             name.len > 0 ? (const char *)name.data : "");
}

static void render(const struct hold_change *change, char *text, size_t size)
{
    static const char *const effects[] = {
        [HOLD_TAKE] = "+", [HOLD_GIVE] = "-", [HOLD_GIVE_ALL] = "-all ", [HOLD_RENAME] = ""
    };
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s%s", used > 0 ? ", " : "", effects[change->effect],
             hold_names[change->hold]);
    append_name(text, size, change->schema, change->name);
    if (change->effect == HOLD_RENAME) {
        strcat(text, " >");
        append_name(text, size, change->to_schema, change->to_name);
    }
    if (change->text.len > 0) {
        used = strlen(text);
        snprintf(text + used, size - used, " =%.*s", (int)change->text.len, (const char *)change->text.data);
    }
}

static void walk(struct span sql, const struct sql_dialect *dialect, char *text, size_t size)
{
    struct span copy = exact_copy(sql);
    struct holds_walk walk;
    struct hold_change change;
    *text = '\0';
    holds_begin(&walk, copy, dialect);
    while (holds_next(&walk, &change))
        render(&change, text, size);
    assert_false(holds_next(&walk, &change));
    drop_copy(copy);
}

#define ANY "any"

static const struct {
    const char *sql;
    const char *changes;
    const char *dialect;
} rows[] = {
    /* temporary tables */
    { "CREATE TEMPORARY TABLE t (a INT)", "+temp t", ANY },
    { "create or replace/**/temporary table d . `t u` select 1", "+temp d.`t u`", ANY },
    { "CREATE TEMPORARY TABLE IF NOT EXISTS t LIKE u;", "+temp t", ANY },
    { "CREATE TEMPORARY SEQUENCE s", "+temp s", ANY },
    { "CREATE TEMPORARY TABLE 't' (a INT)", "+temp", ANY },
    { "CREATE TEMPORARY TABLE .t (a INT)", "+temp", ANY },
    { "CREATE TEMPORARY TABLE \"t\" (a INT)", "+temp \"t\"", "ansi" },
    { "CREATE TEMPORARY TABLE t SELECT GET_LOCK('a', 1)", "+temp t, +lock", ANY },
    { "CREATE TEMPORARY FROBNICATE t", "+temp", ANY },
    { "CREATE TABLE temporary (a INT)", "", ANY },
    { "DROP TEMPORARY TABLE t", "-temp t", ANY },
    { "DROP TEMPORARY TABLES IF EXISTS t, d.u , `v` RESTRICT", "-temp t, -temp d.u, -temp `v`", ANY },
    { "DROP TABLE IF EXISTS t, u", "-temp t, -temp u", ANY },
    { "DROP TABLE t WAIT 5", "-temp t", "mariadb" },
    /* `ä` may be another name under another character set */
    { "DROP TABLE \xC3\xA4, t, `\xC3\xA4`.u", "-temp t", "utf8" },
    { "DROP TABLE 't', u", "", ANY },
    { "DROP TABLE t, 5, u", "-temp t", ANY },
    { "DROP TEMPORARY SEQUENCE s, t", "-temp s, -temp t", ANY },
    /* succeeds for a temporary table and does not drop it */
    { "DROP TEMPORARY SEQUENCE IF EXISTS s", "", ANY },
    { "DROP SEQUENCE s", "", ANY },
    { "DROP VIEW t", "", ANY },
    { "DROP DATABASE d", "", ANY }, /* temporary tables outlive their database */
    { "ALTER TABLE t RENAME u", "temp t > u", ANY },
    { "ALTER ONLINE IGNORE TABLE d.t ADD a INT DEFAULT (1), RENAME TO e.u, ADD INDEX (a)", "temp d.t > e.u",
      ANY },
    { "ALTER TABLE IF EXISTS t RENAME AS u", "temp t > u", "mariadb" },
    { "ALTER TABLE t RENAME = u", "temp t > u", ANY },
    { "ALTER TABLE t RENAME TO u, RENAME TO v", "temp t > v", ANY },
    { "ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO j, RENAME KEY k TO l", "", ANY },
    { "ALTER TABLE t RENAME COLUMN a TO b, RENAME u", "temp t > u", ANY },
    { "ALTER TABLE t ADD COLUMN `rename` INT", "", ANY },
    { "ALTER TABLE t ADD COLUMN a INT", "", ANY },
    { "ALTER TABLE t\x80 RENAME u", "", "utf8" },
    { "ALTER TABLE `t\x7f` RENAME u", "temp `t\x7f` > u", ANY },
    { "ALTER TABLE t RENAME 'u'", "+temp", ANY },
    { "ALTER TABLE `\xC3\xA4` RENAME u", "", "utf8" }, /* an object held by that name stays held */
    { "ALTER TABLE d\xC3\xA4.t RENAME u", "+temp u", "utf8" },
    { "ALTER TABLE t RENAME `\xC3\xA4`", "temp t > `\xC3\xA4`", "utf8" },
    { "RENAME TABLE t TO u", "temp t > u", "mariadb" },
    { "RENAME TABLES t TO u, d.v TO e.w", "temp t > u, temp d.v > e.w", "mariadb" },
    { "RENAME TABLE IF EXISTS t WAIT 5 TO u, v NOWAIT TO w", "temp t > u, temp v > w", "mariadb" },
    { "RENAME TABLE t TO u", "", "mysql" }, /* MySQL does not rename temporary tables this way */
    { "RENAME TABLE t TO u", "+temp u", "unknown" },
    { "RENAME TABLE t u", "+temp", "mariadb" },
    { "RENAME USER t TO u", "", ANY },

    /* locks on tables and servers */
    { "LOCK TABLES t READ, u WRITE", "+tables", ANY },
    { "lock table t write", "+tables", ANY },
    { "UNLOCK TABLES", "-all tables, -all global", ANY },
    { "UNLOCK TABLE", "-all tables, -all global", ANY },
    { "FLUSH TABLES WITH READ LOCK", "+global", ANY },
    { "FLUSH NO_WRITE_TO_BINLOG TABLES WITH READ LOCK AND DISABLE CHECKPOINT", "+global", ANY },
    { "FLUSH LOCAL TABLES t, u WITH READ LOCK", "+tables", ANY },
    { "FLUSH TABLE t FOR EXPORT", "+tables", ANY },
    { "FLUSH FROBNICATE TABLES t WITH READ LOCK", "+global", ANY },
    { "FLUSH TABLES t", "", ANY },
    { "FLUSH TABLES t, `lock`", "", ANY },
    { "FLUSH TABLES WITH LOCK", "", ANY },
    { "FLUSH TABLES WITH READ", "", ANY },
    { "FLUSH TABLES WITH READ t", "", ANY },
    { "FLUSH TABLES t EXPORT", "", ANY },
    { "FLUSH TABLES t FOR UPDATE", "", ANY },
    { "LOCK INSTANCE FOR BACKUP", "+backup instance", ANY },
    { "UNLOCK INSTANCE", "-backup instance", ANY },
    { "BACKUP STAGE START", "+backup stage", ANY },
    { "BACKUP STAGE BLOCK_COMMIT", "+backup stage", ANY },
    { "BACKUP STAGE END", "-backup stage", ANY },
    { "BACKUP LOCK t", "+backup lock", ANY },
    { "BACKUP UNLOCK", "-backup lock", ANY },
    { "BEGIN", "", ANY },

    /* user locks */
    { "SELECT GET_LOCK('a', 1)", "+lock 'a'", ANY },
    { "select get_lock (\"a\", 0.5) as x, GET_LOCK('b', @t) y, GET_LOCK('c', ABS(-1)) 'z'",
      "+lock \"a\", +lock 'b', +lock 'c'", ANY },
    { "SELECT GET_LOCK('a', 1), GET_LOCK('a', 1)", "+lock 'a', +lock 'a'", ANY },
    /* these may be different locks */
    { "DO GET_LOCK('it''s', 1), GET_LOCK(\"it''s\", 1)", "+lock, +lock", ANY },
    { "DO RELEASE_LOCK('it''s'), RELEASE_LOCK('')", "-lock ''", ANY },
    { "DROP TABLE `a``b`, `c`", "-temp `c`", ANY },
    { "SELECT GET_LOCK(@a, 1)", "+lock", ANY },
    { "SELECT GET_LOCK(?, ?)", "+lock", ANY },
    { "SELECT GET_LOCK('a' 'b', 1)", "+lock", ANY },
    { "SELECT GET_LOCK('a\\n', 1)", "+lock", ANY },
    { "SELECT GET_LOCK('\xC3\xA4', 1)", "+lock", "utf8" },
    { "SELECT GET_LOCK(N'a', 1)", "+lock", ANY },
    { "SELECT GET_LOCK('a', 1) = 1", "+lock", ANY },
    { "SELECT 1, GET_LOCK('a', 1)", "+lock", ANY },
    { "(SELECT GET_LOCK('a', 1))", "+lock", ANY },
    { "SELECT GET_LOCK('a', GET_LOCK('b', 1))", "+lock, +lock", ANY },
    { "SELECT GET_LOCK('a', 1) FROM t", "+lock", ANY },
    { "SELECT GET_LOCK('a', 1) UNION SELECT GET_LOCK('b', 1)", "+lock, +lock", ANY },
    { "SELECT IF(a, GET_LOCK('a', 1), RELEASE_LOCK('b')) FROM t", "+lock", ANY },
    { "SELECT `get_lock`('a', 1)", "+lock", ANY },
    { "UPDATE t SET a = GET_LOCK('a', 1)", "+lock", ANY },
    { "SET @a = GET_LOCK('a', 1)", "+lock", ANY },
    { "EXECUTE s USING GET_LOCK('a', 1)", "+lock", ANY },
    { "SELECT IS_FREE_LOCK('a'), IS_USED_LOCK('a')", "", ANY },
    { "SELECT RELEASE_LOCK('a')", "-lock 'a'", ANY },
    { "SELECT RELEASE_LOCK('a') AS x, release_lock('b'), RELEASE_LOCK('a');",
      "-lock 'a', -lock 'b', -lock 'a'", ANY },
    { "DO RELEASE_LOCK('a'), IS_FREE_LOCK('a')", "-lock 'a'", ANY },
    { "SELECT RELEASE_ALL_LOCKS()", "-all lock", ANY },
    { "DO RELEASE_ALL_LOCKS ( )", "-all lock", ANY },
    { "SELECT RELEASE_LOCK(@a), RELEASE_LOCK('b')", "-lock 'b'", ANY },
    { "SELECT RELEASE_LOCK('a' 'b')", "", ANY },
    { "SELECT RELEASE_LOCK('a\\n')", "", ANY },
    { "SELECT RELEASE_LOCK('\xC3\xA4')", "", "utf8" },
    { "SELECT RELEASE_LOCK('a') FROM t", "", ANY },
    { "SELECT RELEASE_LOCK('a') LIMIT 0", "", ANY },
    { "SELECT RELEASE_LOCK('a') WHERE 0", "", ANY },
    { "SELECT RELEASE_LOCK('a') x LIMIT 0", "", ANY },
    { "SELECT DISTINCT RELEASE_LOCK('a')", "", ANY },
    { "SELECT RELEASE_LOCK('a') = 1", "", ANY },
    { "SELECT 1 OR RELEASE_LOCK('a')", "", ANY },
    { "SELECT `release_lock`('a')", "", ANY },
    { "SELECT d.RELEASE_ALL_LOCKS()", "", ANY },
    { "SELECT /*+ NO_MERGE() */ RELEASE_ALL_LOCKS()", "", ANY },
    { "SELECT RELEASE_ALL_LOCKS(), FOUND_ROWS()", "", ANY },
    /* the order of evaluation is not defined */
    { "SELECT GET_LOCK('a', 1), RELEASE_LOCK('a')", "+lock", ANY },
    { "SELECT RELEASE_ALL_LOCKS(), GET_LOCK('a', 1)", "+lock", ANY },
    { "SELECT GET_LOCK('a', 1", "+lock", ANY },
    { "SELECT 'GET_LOCK(1)', get_lock FROM t", "", ANY },

    /* handlers, prepared statements, XA */
    { "HANDLER t OPEN", "+handler t", ANY },
    { "HANDLER d.t OPEN", "+handler t", ANY },
    { "HANDLER d.t OPEN AS h", "+handler h", ANY },
    { "HANDLER t OPEN `h`", "+handler `h`", ANY },
    { "HANDLER t READ FIRST", "", ANY },
    { "HANDLER t READ i = (GET_LOCK('a', 1))", "+lock", ANY },
    { "HANDLER h CLOSE", "-handler h", ANY },
    { "HANDLER `\xC3\xA4` CLOSE", "", "utf8" },
    { "PREPARE s FROM 'SELECT 1'", "+prepared s ='SELECT 1'", ANY },
    { "PREPARE `s` FROM N'SELECT 1' ;", "+prepared `s` =N'SELECT 1'", ANY },
    { "PREPARE s FROM 'SELECT ' '1'", "+prepared s", ANY },
    { "PREPARE s FROM _utf8'SELECT 1'", "+prepared s", ANY },
    { "PREPARE s FROM x'61'", "+prepared s", ANY },
    { "PREPARE s FROM @a", "+prepared s", ANY },
    { "PREPARE s FROM CONCAT('a', GET_LOCK('b', 1))", "+prepared s, +lock", "mariadb" },
    { "DEALLOCATE PREPARE s", "-prepared s", ANY },
    { "DROP PREPARE `s`", "-prepared `s`", ANY },
    { "DEALLOCATE PREPARE `\xC3\xA4`", "", "utf8" },
    { "XA START 'x'", "+xa", ANY },
    { "XA BEGIN 'x' RESUME", "+xa", ANY },
    { "XA END 'x'", "", ANY },
    { "XA PREPARE 'x'", "", "mariadb" }, /* the XA transaction stays with the session */
    { "XA PREPARE 'x'", "", "unknown" },
    { "XA PREPARE 'x'", "-all xa", "mysql" },
    { "XA COMMIT 'x' ONE PHASE", "-all xa", ANY },
    { "XA ROLLBACK 'x'", "-all xa", ANY },

    /* SET STATEMENT */
    { "SET STATEMENT a = 1 FOR CREATE TEMPORARY TABLE t (a INT)", "+temp t", "mariadb" },
    { "SET STATEMENT a = 1 FOR SET STATEMENT b = 2 FOR DROP TABLE t, u", "-temp t, -temp u", "mariadb" },
    { "SET STATEMENT sql_mode = 'ANSI_QUOTES' FOR PREPARE s FROM 'SELECT 1'", "+prepared s", "mariadb" },
    { "SET STATEMENT sql_select_limit = 0 FOR SELECT RELEASE_LOCK('a')", "", "mariadb" },
    { "SET STATEMENT a = GET_LOCK('a', 1) FOR DROP TABLE t", "-temp t, +lock", "mariadb" },
    { "SET STATEMENT a = value FOR DROP TABLE t", "", "mariadb" },
    { "SET STATEMENT a = 1 FOR DROP TABLE t", "", "mysql" },

    /* several statements, and doubts: only what is taken counts */
    { "CREATE TEMPORARY TABLE t (a INT); DROP TABLE t", "+temp t", "multi" },
    { "DROP TABLE t; SELECT 1", "", "multi" },
    { "DROP TABLE t; SELECT 1", "", ANY },
    { "SELECT 1; LOCK TABLES t READ; UNLOCK TABLES;", "+tables", "multi" },
    { "SELECT GET_LOCK('a', 1); SELECT RELEASE_ALL_LOCKS(); DO GET_LOCK('b', 1)", "+lock 'a', +lock 'b'",
      "multi" },
    { "ALTER TABLE t RENAME u; SELECT 1", "+temp u", "multi" },
    { "RENAME TABLE t TO u, v TO w; SELECT 1", "+temp u, +temp w", "mariadb+multi" },
    { "PREPARE s FROM 'a'; DEALLOCATE PREPARE s; XA START 'x'; XA COMMIT 'x'", "+prepared s ='a', +xa",
      "multi" },
    { "DROP TABLE /*!80400 t, */ u", "", "mysql" },
    { "UNLOCK TABLES /*!80400 */", "", "mysql" },
    { "CREATE /*!80400 TEMPORARY */ TABLE t (a INT)", "+temp t", "mysql" },
    { "SELECT GET_LOCK('a', 1) /*!40101 ; SELECT 2 */", "+lock", "multi" },
    { "DROP TABLE /*!40101 t, */ u", "-temp t, -temp u", ANY }, /* all versions run this comment */
    { "/*!40101 DROP TABLE t */", "-temp t", ANY },
    { "/*!40101 LOCK TABLES t READ */; SELECT 1; /*!40101 DO GET_LOCK('a', 1) */;", "+tables, +lock 'a'",
      "multi" },
    { "CREATE /*! TEMPORARY */ TABLE t (a INT)", "+temp t", ANY },
    { "DROP TABLE t 'x", "", ANY },
    { "SELECT RELEASE_LOCK('\xC3\xA4'), RELEASE_LOCK('a')", "", "unsafe" },

    { "", "", ANY },
    { ";", "", ANY },
    { "SELECT 1", "", ANY },
};

#define ROWS (sizeof rows / sizeof rows[0])

TEST(changes_are_listed)
{
    static const char *const families[] = { "mariadb", "mysql", "unknown" };
    int wrong = 0;
    for (size_t i = 0; i < ROWS * 3; i++) {
        size_t row = i / 3;
        char text[1024];
        bool names_family = strstr(rows[row].dialect, "mariadb") != NULL ||
                            strstr(rows[row].dialect, "mysql") != NULL ||
                            strstr(rows[row].dialect, "unknown") != NULL;
        struct sql_dialect dialect =
            dialect_named(strcmp(rows[row].dialect, ANY) == 0 ? "unknown" : rows[row].dialect);
        if (!names_family)
            dialect.family = dialect_named(families[i % 3]).family;
        walk(span_cstr(rows[row].sql), &dialect, text, sizeof text);
        if (strcmp(text, rows[row].changes) != 0 && ++wrong)
            fprintf(stderr, "%s (family %d)\n  expected %s\n  got      %s\n", rows[row].sql,
                    (int)dialect.family, rows[row].changes, text);
    }
    assert_int_equal(wrong, 0);
}

TEST(what_is_walked_was_announced)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct sql_dialect dialect =
            dialect_named(strcmp(rows[i].dialect, ANY) == 0 ? "unknown" : rows[i].dialect);
        struct sql_facts facts = classify(span_cstr(rows[i].sql), false, &dialect);
        if (*rows[i].changes != '\0' && !facts.has_holds)
            fail_msg("no holds: %s", rows[i].sql);
    }
}

static size_t count_taken(const char *before, const char *sql, const char *after,
                          const struct sql_dialect *dialect, bool *has_given_r)
{
    char text[1024];
    struct holds_walk walk;
    struct hold_change change;
    size_t taken = 0;
    int len = snprintf(text, sizeof text, "%s%s%s", before, sql, after);
    struct span copy = exact_copy(span_of(text, (size_t)len));
    holds_begin(&walk, copy, dialect);
    while (holds_next(&walk, &change)) {
        taken += change.effect == HOLD_TAKE || change.effect == HOLD_RENAME;
        *has_given_r |= change.effect != HOLD_TAKE;
    }
    drop_copy(copy);
    return taken;
}

TEST(among_others_all_is_taken_and_nothing_given)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct sql_dialect dialect =
            dialect_named(strcmp(rows[i].dialect, ANY) == 0 ? "unknown" : rows[i].dialect);
        bool has_given = false, is_ignored = false;
        size_t taken = count_taken("", rows[i].sql, "", &dialect, &is_ignored);
        if (count_taken("SELECT 1;", rows[i].sql, "\n; SELECT 2", &dialect, &has_given) < taken || has_given)
            fail_msg("not the same among others: %s", rows[i].sql);
        if (count_taken("/**/ ", rows[i].sql, " -- x\n ;", &dialect, &is_ignored) != taken)
            fail_msg("not the same with blanks: %s", rows[i].sql);
    }
}

TEST(every_truncation_ends)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t len = 0; len <= strlen(rows[i].sql); len++) {
            char text[1024];
            struct sql_dialect dialect = { .family = (enum sql_family)(len % 3),
                                           .multi_statements = len % 2 };
            walk(span_of(rows[i].sql, len), &dialect, text, sizeof text);
        }
}

/* Words and punctuation of the rows in any order: the walk ends, and reads nothing beyond the text (with
 * sanitizers). */
TEST(shuffled_words_end)
{
    /* clang-format off */
    static const char *const words[] = {
        "CREATE ", "TEMPORARY ", "TABLE ", "DROP ", "ALTER ", "RENAME ", "TO ", "t", ",", ".", ";", "(",
        ")", "'a'", "GET_LOCK", "RELEASE_LOCK", "SELECT ", "DO ", "SET STATEMENT ", "a=1 ", "FOR ",
        "LOCK ", "TABLES ", "FLUSH ", "WITH READ LOCK ", "BACKUP ", "STAGE ", "HANDLER ", "OPEN ",
        "CLOSE ", "PREPARE ", "s ", "FROM ", "XA ", "COMMIT ", "IF EXISTS ", "\"", "`", "/*!", "*/",
        "AS ", "@v"
    };
    /* clang-format on */
    uint32_t seed = 20241117;
    for (int round = 0; round < 200000; round++) {
        char text[256] = "", rendered[4096];
        struct sql_dialect dialect = { .family = (enum sql_family)(round % 3),
                                       .multi_statements = round % 2 };
        for (int i = 0; i < 8; i++) {
            seed = seed * 1664525u + 1013904223u;
            strcat(text, words[(seed >> 8) % (sizeof words / sizeof words[0])]);
        }
        walk(span_cstr(text), &dialect, rendered, sizeof rendered);
    }
}

RUN_TESTS(NULL, NULL)
