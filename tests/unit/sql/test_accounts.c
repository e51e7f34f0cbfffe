#include "../base/unit.h"
#include "../tokens/tokens_test.h"

#include "stored_code/catalog_draft.h"
#include "sql/classify.h"

/* Whether headgate must assume that accounts may have changed. */
static const struct {
    const char *sql;
    bool changes;
} rows[] = {
    { "GRANT SELECT ON *.* TO u", true },
    { "grant r to u", true },
    { "REVOKE ALL ON d.* FROM u", true },
    { "CREATE USER u IDENTIFIED BY 'x'", true },
    { "CREATE USER IF NOT EXISTS u", true },
    { "CREATE OR REPLACE USER u", true },
    { "CREATE ROLE r", true },
    { "CREATE OR REPLACE ROLE r", true },
    { "ALTER USER u ACCOUNT LOCK", true },
    { "ALTER USER IF EXISTS u PASSWORD EXPIRE", true },
    { "DROP USER IF EXISTS u", true },
    { "DROP ROLE r", true },
    { "RENAME USER a TO b", true },
    { "SET PASSWORD = PASSWORD('x')", true },
    { "SET PASSWORD FOR u = 'x'", true },
    { "SET DEFAULT ROLE r TO u", true },
    { "SET DEFAULT ROLE r", true },
    { "SET GLOBAL activate_all_roles_on_login = 1", true },
    { "FLUSH PRIVILEGES", true },
    { "FLUSH LOCAL PRIVILEGES", true },
    { "INSTALL SONAME 'auth_ed25519'", true },
    { "UNINSTALL PLUGIN ed25519", true },
    { "SET STATEMENT max_statement_time = 5 FOR GRANT r TO u", true },
    { "CALL p()", true },
    { "BEGIN NOT ATOMIC GRANT r TO u; END", true },
    { "EXECUTE s", true },
    { "EXECUTE IMMEDIATE 'DROP USER u'", true },
    { "GRAND r TO u", true },
    { "/*! GRANT r TO u */", true },
    { "SELECT 1; DROP USER u", true },
    { "INSERT INTO t VALUES (1); GRANT r TO u", true },
    { "CREATE PROCEDURE p() BEGIN SELECT 1; GRANT r TO u; END", true },
    { "SELECT 1", false },
    { "SELECT user, password FROM mysql.user", false },
    { "INSERT INTO user VALUES ('GRANT')", false },
    { "INSERT INTO t VALUES (nextval(s))", false },
    { "SELECT f(1) FOR UPDATE", false },
    { "CREATE TABLE user (role INT, password INT)", false },
    { "CREATE TEMPORARY TABLE t (a INT) -- GRANT", false },
    { "ALTER TABLE t ADD user INT", false },
    { "DROP TABLE user", false },
    { "RENAME TABLE user TO role", false },
    { "CREATE VIEW user AS SELECT 1", false },
    { "SET ROLE r", false },
    { "SET @a = 1", false },
    { "SET sql_mode = ''", false },
    { "SHOW GRANTS", false },
    { "SHOW CREATE USER u", false },
    { "USE d", false },
    { "BEGIN", false },
    { "COMMIT", false },
    { "LOCK TABLES user WRITE", false },
    { "PREPARE s FROM 'GRANT r TO u'", false },
    { "DO SLEEP(0)", false },
    { "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", false },
};

TEST(every_text_that_may_change_accounts_is_known)
{
    static const enum sql_family families[] = { SQL_FAMILY_MARIADB, SQL_FAMILY_MYSQL };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t f = 0; f < 2; f++) {
            struct sql_dialect dialect = { .family = families[f], .multi_statements = true, .is_utf8 = true };
            struct span copy = exact_copy(span_cstr(rows[i].sql));
            struct sql_facts facts = classify(copy, false, &dialect);
            assert_row(facts.changes_accounts == rows[i].changes, "%s", rows[i].sql);
            drop_copy(copy);
        }
}

TEST(a_text_cut_short_is_judged_by_its_beginning)
{
    static const struct sql_dialect one = { .family = SQL_FAMILY_MARIADB, .is_utf8 = true };
    assert_true(classify(SPAN_LITERAL("GRANT SELECT ON d.* TO u, v"), true, &one).changes_accounts);
    assert_true(classify(SPAN_LITERAL("CALL p('long"), true, &one).changes_accounts);
    assert_false(classify(SPAN_LITERAL("INSERT INTO t VALUES ('long"), true, &one).changes_accounts);
}

#define PROCEDURE(name, body)                                                                                \
    {                                                                                                        \
        CODE_PROCEDURE, SPAN_LITERAL("app"), SPAN_LITERAL(name), SPAN_LITERAL(""), SPAN_LITERAL(body),       \
            SPAN_LITERAL(""), false                                                                          \
    }

static const struct catalog_row procedures[] = {
    PROCEDURE("grants", "BEGIN INSERT INTO t VALUES (1); GRANT r TO u; END"),
    PROCEDURE("creates", "CREATE USER u"),
    PROCEDURE("drops", "IF 1 THEN DROP ROLE r; END IF"),
    PROCEDURE("flushes", "FLUSH PRIVILEGES"),
    PROCEDURE("password", "SET PASSWORD FOR u = 'x'"),
    PROCEDURE("default_role", "SET DEFAULT ROLE r TO u"),
    PROCEDURE("sets_global", "SET GLOBAL activate_all_roles_on_login = 1"),
    PROCEDURE("dynamic", "EXECUTE IMMEDIATE @text"),
    PROCEDURE("through", "CALL grants()"),
    PROCEDURE("writes", "BEGIN START TRANSACTION; INSERT INTO t VALUES (1); COMMIT; END"),
    PROCEDURE("reads", "SELECT a FROM user"),
    PROCEDURE("sets", "SET @a = 1"),
};

TEST(a_procedure_is_judged_by_its_body_where_that_is_known)
{
    static const char *const changing[] = { "grants",       "creates",     "drops",   "flushes", "password",
                                            "default_role", "sets_global", "dynamic", "through", "unknown" };
    static const char *const others[] = { "writes", "reads", "sets" };
    const char *why = NULL;
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MARIADB);
    for (size_t i = 0; i < COUNT_OF(procedures); i++)
        catalog_draft_add(draft, &procedures[i]);
    struct catalog *catalog = catalog_draft_finish(&draft, ~0u, 1, &why);
    assert_non_null(catalog);
    struct sql_dialect dialect = {
        .family = SQL_FAMILY_MARIADB, .is_utf8 = true, .catalog = catalog, .schema = SPAN_LITERAL("app")
    };
    char sql[64];
    for (size_t i = 0; i < COUNT_OF(changing) + COUNT_OF(others); i++) {
        bool changes = i < COUNT_OF(changing);
        (void)snprintf(sql, sizeof sql, "CALL %s()", changes ? changing[i] : others[i - COUNT_OF(changing)]);
        assert_row(classify(span_cstr(sql), false, &dialect).changes_accounts == changes, "%s", sql);
    }
    catalog_unref(catalog);
}

RUN_TESTS(NULL, NULL)
