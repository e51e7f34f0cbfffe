/* Statements, and the hints found in them. */
#include "../tokens/tokens_test.h"

#include "sql/classify.h"
#include "sql/hint.h"

static void describe(const struct hint *hint, char *said, size_t size)
{
    static const char *const levels[] = { "session", "eventual", "global", "strong" };
    size_t len = strlen(said);
    int text_len = (int)hint->text.len, value_len = (int)hint->value.len;
    const char *text = (const char *)hint->text.data, *value = (const char *)hint->value.data;
    said += len;
    size -= len;
    if (len > 0) {
        *said++ = ' ';
        size--;
    }
    switch (hint->kind) {
    case HINT_PRIMARY:
        (void)snprintf(said, size, hint->is_on ? "primary" : "no primary");
        break;
    case HINT_SERVER:
        (void)snprintf(said, size, "server:%.*s", value_len, value);
        break;
    case HINT_CONSISTENCY:
        (void)snprintf(said, size, "%s", levels[hint->level]);
        break;
    case HINT_TIMEOUT:
        (void)snprintf(said, size, "%lluus", (unsigned long long)hint->timeout_us);
        break;
    case HINT_AFTER:
        (void)snprintf(said, size, "after:%.*s", value_len, value);
        break;
    case HINT_UNKNOWN:
        (void)snprintf(said, size, "?%.*s", text_len, text);
        break;
    }
}

static const struct {
    const char *sql;
    const char *hints; /* in order; "?" in front of a hint that is not understood */
    const char *dialect;
} rows[] = {
    { "SELECT 1", "", "mariadb" },
    { "/* headgate: primary */ SELECT 1", "primary", "mariadb" },
    { "/* headgate: x */ SELECT 1", "?x", "mariadb" },
    { "/*headgate:x*/ SELECT 1", "?x", "mariadb" },
    { "/* headgate: timeout= */ SELECT 1", "?timeout=", "mariadb" },
    { "/* headgate: timeout=0 */ SELECT 1", "?timeout=0", "mariadb" },
    { "/*headgate:primary*/SELECT 1", "primary", "mysql" },
    { "/*\n\theadgate:\n primary\n*/ SELECT 1", "primary", "mysql" },
    { "SELECT /* HeadGate: Primary */ 1", "primary", "mariadb" },
    { "SELECT 1 /* headgate: server=db2 */", "server:db2", "mariadb" },
    { "SELECT 1 -- headgate: server=db2", "server:db2", "mariadb" },
    { "SELECT 1 -- headgate: server=db2\n, 2 # headgate: timeout=2s", "server:db2 2000000us", "mysql" },
    { "#headgate: primary\nSELECT 1", "primary", "mariadb" },
    { "--\nheadgate: primary", "", "mariadb" },
    { "SELECT 1--headgate: primary", "", "mariadb" },
    { "/* headgate: consistency=strong,timeout=500ms */ SELECT 1", "strong 500000us", "mariadb" },
    { "/* headgate: consistency=Session ,, consistency=eventual */ SELECT 1", "session eventual", "mariadb" },
    { "/* headgate: primary */ /* headgate: timeout=1s */ SELECT 1", "primary 1000000us", "mariadb" },
    { "/* a */ /* headgate: primary */ SELECT 1", "primary", "mariadb" },
    { "/* headgate: after=mariadb:0-5:1-7 */ SELECT 1", "after:mariadb:0-5:1-7", "mariadb" },
    { "/* headgate: server=a=b */ SELECT 1", "server:a=b", "mariadb" },
    { "/* headgate: */ SELECT 1", "", "mariadb" },
    { "SELECT 1 /* headgate: primary */;", "primary", "mariadb" },

    /* not understood */
    { "/* headgate: replica */ SELECT 1", "?replica", "mariadb" },
    { "/* headgate: primary=yes server */ SELECT 1", "?primary=yes ?server", "mariadb" },
    { "/* headgate: server= */ SELECT 1", "?server=", "mariadb" },
    { "/* headgate: server = db2 */ SELECT 1", "?server ?= ?db2", "mariadb" },
    { "/* headgate: consistency=none */ SELECT 1", "?consistency=none", "mariadb" },
    { "/* headgate: timeout=5 timeout=off timeout=0 timeout=0s timeout= */ SELECT 1",
      "?timeout=5 ?timeout=off ?timeout=0 ?timeout=0s ?timeout=", "mariadb" },
    { "/* headgate: primary; timeout=1s */ SELECT 1", "?primary; 1000000us", "mariadb" },
    { "SELECT 1; /* headgate: primary */ SELECT 2", "?primary", "mariadb" },
    { "/* headgate: primary */ SELECT 1; SELECT /* headgate: timeout=1s */ 2", "primary ?timeout=1s",
      "mariadb" },
    { "SELECT ';' /* headgate: primary */", "primary", "mariadb" },

    /* no hints */
    { "/* to headgate: primary */ SELECT 1", "", "mariadb" },
    { "/* headgates: primary */ SELECT 1", "", "mariadb" },
    { "/* headgate : primary */ SELECT 1", "", "mariadb" },
    { "SELECT '/* headgate: primary */'", "", "mariadb" },
    { "SELECT \"-- headgate: primary\"", "", "mariadb" },
    { "SELECT \"-- headgate: primary\"", "", "mariadb+ansi" },
    { "SELECT `# headgate: primary`", "", "mariadb" },
    { "SELECT 'it\\'s /* headgate: primary */'", "", "mariadb" },
    { "SELECT 'it\\' /* headgate: primary */ ", "primary", "mariadb+nobackslash" },
    { "/*! headgate: primary */ SELECT 1", "", "mariadb" },
    { "/*!headgate: primary */ SELECT 1", "", "mysql" },
    { "/*!99999 headgate: primary */ SELECT 1", "", "mariadb" },
    { "/*!99999 /* headgate: primary */ */ SELECT 1", "", "mariadb" },
    { "/*M! headgate: primary */ SELECT 1", "", "mariadb" },
    { "/*M! headgate: primary */ SELECT 1", "", "mysql" },
    { "SELECT /*!40101 1 -- headgate: primary\n */", "", "mariadb" },
    { "SELECT /*!40101 1 # headgate: primary\n */ /* headgate: timeout=1s */", "1000000us", "mysql" },
    { "SELECT /*+ headgate: primary */ 1", "", "mysql" },
    { "SELECT 1 /* headgate: primary", "", "mariadb" },
    { "SELECT 1 /* headgate: primary *", "", "mysql" },
    { "SELECT 1 /*/ headgate: primary */", "", "mysql" },
    { "/*", "", "mysql" },
    { "--", "", "mysql" },
    { "#", "", "mysql" },
    { "", "", "mysql" },
};

TEST(hints_are_read_from_comments_alone)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sql_dialect dialect = dialect_named(rows[i].dialect);
        struct span sql = exact_copy(span_cstr(rows[i].sql));
        struct hint_walk walk;
        struct hint hint;
        char said[256] = "";
        hint_begin(&walk, sql, &dialect);
        while (hint_next(&walk, &hint))
            describe(&hint, said, sizeof said);
        if (strcmp(said, rows[i].hints) != 0)
            fail_msg("%s: expected '%s', found '%s'", rows[i].sql, rows[i].hints, said);
        assert_false(hint_next(&walk, &hint));
        if (said[0] != '\0')
            assert_true(classify(sql, false, &dialect).has_hint);
        drop_copy(sql);
    }
}

static const struct {
    const char *name, *value; /* value NULL: the attribute is not a text */
    const char *hint;         /* NULL: not a hint for headgate */
} attributes[] = {
    { "headgate.primary", "1", "primary" },
    { "HEADGATE.Primary", "TRUE", "primary" },
    { "headgate.primary", "on", "primary" },
    { "headgate.primary", "yes", "primary" },
    { "headgate.primary", "0", "no primary" },
    { "headgate.primary", "off", "no primary" },
    { "headgate.primary", "False", "no primary" },
    { "headgate.primary", "no", "no primary" },
    { "headgate.server", "db 2, or so", "server:db 2, or so" },
    { "headgate.consistency", "Strong", "strong" },
    { "headgate.consistency", "GLOBAL", "global" },
    { "headgate.timeout", "500ms", "500000us" },
    { "headgate.after", "mysql:newest", "after:mysql:newest" },

    { "headgate.primary", "", "?headgate.primary" },
    { "headgate.primary", NULL, "?headgate.primary" },
    { "headgate.primary", "2", "?headgate.primary" },
    { "headgate.primary", "1 ", "?headgate.primary" },
    { "headgate.server", "", "?headgate.server" },
    { "headgate.server", NULL, "?headgate.server" },
    { "headgate.consistency", "1", "?headgate.consistency" },
    { "headgate.timeout", "500", "?headgate.timeout" },
    { "headgate.timeout", "0s", "?headgate.timeout" },
    { "headgate.timeout", NULL, "?headgate.timeout" },
    { "headgate.after", "", "?headgate.after" },
    { "headgate.colour", "blue", "?headgate.colour" },
    { "headgate.", "1", "?headgate." },
    { "headgate.primary ", "1", "?headgate.primary " },

    { "headgate", "1", NULL },
    { "headgate_primary", "1", NULL },
    { " headgate.primary", "1", NULL },
    { "primary", "1", NULL },
    { "", "1", NULL },
};

TEST(hints_are_read_from_attributes)
{
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *text = attributes[i].value;
        struct span name = exact_copy(span_cstr(attributes[i].name));
        struct span value = text != NULL ? exact_copy(span_cstr(text)) : (struct span){ 0 };
        struct hint hint;
        char said[256] = "";
        assert_int_equal(hint_is_attribute(name), attributes[i].hint != NULL);
        if (attributes[i].hint != NULL) {
            hint_read_attribute(name, value, &hint);
            describe(&hint, said, sizeof said);
            assert_string_equal(said, attributes[i].hint);
        }
        drop_copy(name);
        drop_copy(value);
    }
}

TEST(statements_without_a_mark_are_not_looked_at_again)
{
    static const char *const texts[] = { "SELECT 1", "SELECT /* x */ 1 -- y",
                                         "SELECT '/* headgate: primary */'",
                                         "SELECT /*!40101 1 -- headgate: primary\n */",
                                         "/* headgate */ SELECT 1" };
    struct sql_dialect dialect = dialect_named("mariadb");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(classify(span_cstr(texts[i]), false, &dialect).has_hint);
}

TEST(a_long_statement_is_looked_at_before_its_first_words)
{
    struct sql_dialect dialect = dialect_named("mariadb");
    assert_true(classify(SPAN_LITERAL("/* headgate: timeout=1s */ INSERT INTO t VALUES (1"), true, &dialect)
                    .has_hint);
}

RUN_TESTS(NULL, NULL)
