/* Statements in order, and what the session holds after them. */
#include "../base/unit.h"

#include "base/mem.h"
#include "state/pending_pins.h"
#include "sql/classify.h"

/* A text and its result: d done, f failed, p partly done. Only texts with has_holds in their facts have
 * pending pins. */
struct said {
    const char *sql;
    char outcome;
};

static const struct {
    struct said said[4];
    const char *pins;
} rows[] = {
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' } }, "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'f' } }, "" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'p' } }, "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE `a` (x INT)", 'd' }, { "DROP TABLE test.a", 'd' } }, "" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' }, { "DROP TABLE other.a", 'd' } },
      "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' }, { "DROP TABLE a", 'f' } }, "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' }, { "DROP TABLE a", 'p' } }, "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' },
        { "ALTER TABLE a RENAME TO b", 'd' },
        { "DROP TABLE a", 'd' } },
      "temporary tables (1)" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' },
        { "ALTER TABLE a RENAME TO b", 'd' },
        { "DROP TABLE b", 'd' } },
      "" },
    { { { "CREATE TEMPORARY TABLE other.a (x INT)", 'd' }, { "DROP TABLE `other`.`a`", 'd' } }, "" },
    { { { "CREATE TEMPORARY TABLE a (x INT)", 'd' }, { "DROP TABLE `a`, nosuch", 'd' } }, "" },
    { { { "SELECT GET_LOCK('a', 1)", 'f' } }, "GET_LOCK (1)" },
    { { { "SELECT GET_LOCK('a', 1)", 'd' }, { "DO RELEASE_LOCK('a')", 'd' } }, "" },
    { { { "SELECT GET_LOCK('a', 1)", 'd' }, { "SELECT RELEASE_LOCK('a')", 'p' } }, "GET_LOCK (1)" },
    { { { "SELECT GET_LOCK('a', 1)", 'd' }, { "DO RELEASE_LOCK(\"a\")", 'd' } }, "" },
    { { { "SELECT GET_LOCK(x, 1) FROM t", 'd' }, { "SELECT RELEASE_ALL_LOCKS()", 'd' } }, "" },
    { { { "LOCK TABLES t READ", 'd' }, { "HANDLER t OPEN", 'd' }, { "UNLOCK TABLES", 'd' } }, "HANDLER (1)" },
    { { { "XA START 'x'", 'd' } }, "XA transaction" },
    { { { "PREPARE s FROM 'SELECT 1'", 'd' }, { "DEALLOCATE PREPARE S", 'd' } }, "" },
};

static struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };

static void say(struct pins *pins, const struct said *said)
{
    enum pending_pins_outcome outcome = said->outcome == 'd'   ? PENDING_PINS_DONE
                                        : said->outcome == 'f' ? PENDING_PINS_FAILED
                                                               : PENDING_PINS_PARTLY;
    struct sql_facts facts = classify(span_cstr(said->sql), false, &dialect);
    if (!facts.has_holds)
        return;
    struct pending_pins *pending = pending_pins_read(span_cstr(said->sql), &dialect, SPAN_LITERAL("test"));
    assert_non_null(pending);
    pending_pins_commit(pending, pins, outcome, &(struct pin_origin){ .since_us = 1 });
    pending_pins_free(pending);
}

TEST(what_was_said_is_what_is_held)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pins pins = { 0 };
        struct text text = { 0 };
        for (size_t j = 0; j < COUNT_OF(rows[i].said) && rows[i].said[j].sql != NULL; j++)
            say(&pins, &rows[i].said[j]);
        pins_describe(&pins, &text);
        assert_row(strcmp(text_cstr(&text), rows[i].pins) == 0, "row %zu (%s …): '%s'", i,
                   rows[i].said[0].sql, text_cstr(&text));
        text_fini(&text);
        pins_clear(&pins);
    }
}

TEST(user_locks_of_mysql_have_names_in_any_case)
{
    for (int family = SQL_FAMILY_MARIADB; family <= SQL_FAMILY_MYSQL; family++) {
        struct pins pins = { 0 };
        dialect.family = (enum sql_family)family;
        say(&pins, &(struct said){ "SELECT GET_LOCK('AbZ', 1)", 'd' });
        say(&pins, &(struct said){ "SELECT RELEASE_LOCK('aBz')", 'd' });
        assert_int_equal(pins_any(&pins), family == SQL_FAMILY_MARIADB);
        say(&pins, &(struct said){ "SELECT RELEASE_ALL_LOCKS()", 'd' });
        say(&pins, &(struct said){ "SELECT GET_LOCK('@[', 1)", 'd' });
        say(&pins, &(struct said){ "SELECT RELEASE_LOCK('`['), RELEASE_LOCK('@{')", 'd' });
        assert_true(pins_any(&pins));
        pins_clear(&pins);
    }
    dialect.family = SQL_FAMILY_MARIADB;
}

TEST(a_prepare_keeps_its_text)
{
    struct pins pins = { 0 };
    say(&pins, &(struct said){ "PREPARE `s` FROM 'SELECT ''x'' -- \\\\'", 'd' });
    struct span text = pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("S"));
    assert_true(span_is(text, "SELECT 'x' -- \\"));
    say(&pins, &(struct said){ "PREPARE s FROM @x", 'd' });
    assert_int_equal(pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("s")).len, 0);
    pins_clear(&pins);
}

TEST(without_memory_there_are_no_claims)
{
    const char *sql = "DROP TABLE a, b, c, d, e";
    unsigned failures = 0;
    for (long count = 0; count < 40; count++) {
        mem_fail_after(count);
        struct pending_pins *pending = pending_pins_read(span_cstr(sql), &dialect, SPAN_LITERAL("test"));
        mem_fail_after(-1);
        failures += pending == NULL;
        pending_pins_free(pending);
    }
    assert_true(failures > 5 && failures < 40);
}

RUN_TESTS(NULL, NULL)
