/* The replies that change FOUND_ROWS(), as observed on three real servers. */
#include "../base/unit.h"

#include "state/diagnostics.h"

static const struct {
    const char *sql;
    uint32_t results; /* results that ended without an error */
    bool has_error;
    enum diagnostics_count mariadb, mysql;
} rows[] = {
    { "SELECT id FROM t", 1, false, COUNT_SET, COUNT_SET },
    { "SELECT nosuch", 0, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "SELECT (SELECT id FROM t)", 0, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "INSERT INTO t SELECT id FROM t", 0, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "INSERT INTO t VALUES (1)", 0, true, COUNT_LEFT, COUNT_LEFT },
    { "DELETE FROM t", 1, false, COUNT_LEFT, COUNT_LEFT },
    { "SELECT nosuch; DELETE FROM t", 0, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "SELECT id FROM t; SELECT nosuch; DELETE FROM t", 1, true, COUNT_SET, COUNT_SET },
    { "DELETE FROM t; SELECT nosuch", 1, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "DELETE FROM t; SELECT id FROM t", 2, false, COUNT_SET, COUNT_SET },
    { "DELETE FROM t; SELECT (SELECT id FROM t)", 1, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "DELETE FROM nosuch; SELECT id FROM t", 0, true, COUNT_LEFT, COUNT_LEFT },
    { "DELETE FROM t WHERE id = (SELECT id FROM t); SELECT 1", 0, true, COUNT_UNKNOWN, COUNT_LEFT },
    { "DELETE FROM t; SHOW TABLES; SELECT nosuch", 2, true, COUNT_SET, COUNT_SET },
};

TEST(a_count_is_of_what_has_run)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int family = SQL_FAMILY_MARIADB; family <= SQL_FAMILY_MYSQL; family++) {
            struct sql_dialect dialect = { .family = (enum sql_family)family, .multi_statements = true };
            struct span sql = span_of((const uint8_t *)rows[i].sql, strlen(rows[i].sql));
            struct sql_facts facts = classify(sql, false, &dialect);
            bool is_mariadb = family == SQL_FAMILY_MARIADB;
            enum diagnostics_count count =
                diagnostics_count_of(&facts, is_mariadb, rows[i].results, rows[i].has_error);
            if (count != (is_mariadb ? rows[i].mariadb : rows[i].mysql))
                fail_msg("%s, family %d: %d", rows[i].sql, family, (int)count);
        }
}

RUN_TESTS(NULL, NULL)
