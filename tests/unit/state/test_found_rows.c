/* The replies that change FOUND_ROWS(), as observed on three real servers. */
#include "../base/unit.h"

#include "state/diagnostics.h"

static const struct {
    const char *sql;
    uint32_t results; /* results that ended without an error */
    uint16_t error;
    bool mariadb, mysql;
} rows[] = {
    { "SELECT id FROM t", 1, 0, true, true },
    { "SELECT nosuch", 0, 1054, false, false },
    { "SELECT (SELECT id FROM t)", 0, 1242, true, false },
    { "INSERT INTO t SELECT id FROM t", 0, 1062, true, false },
    { "INSERT INTO t VALUES (1)", 0, 1062, false, false },
    { "DELETE FROM t", 1, 0, false, false },
    { "SELECT nosuch; DELETE FROM t", 0, 1054, false, false },
    { "SELECT id FROM t; SELECT nosuch; DELETE FROM t", 1, 1054, true, true },
    { "DELETE FROM t; SELECT nosuch", 1, 1054, false, false },
    { "DELETE FROM t; SELECT id FROM t", 2, 0, true, true },
    { "DELETE FROM t; SELECT (SELECT id FROM t)", 1, 1242, true, false },
    { "DELETE FROM nosuch; SELECT id FROM t", 0, 1146, false, false },
    { "DELETE FROM t WHERE id = (SELECT id FROM t); SELECT 1", 0, 1205, true, false },
    { "DELETE FROM t; SHOW TABLES; SELECT nosuch", 2, 1054, true, true },
};

TEST(a_count_is_of_what_has_run)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int family = SQL_FAMILY_MARIADB; family <= SQL_FAMILY_MYSQL; family++) {
            struct sql_dialect dialect = { .family = (enum sql_family)family, .multi_statements = true };
            struct span sql = span_of((const uint8_t *)rows[i].sql, strlen(rows[i].sql));
            struct sql_facts facts = classify(sql, false, &dialect);
            bool is_mariadb = family == SQL_FAMILY_MARIADB;
            bool has_counted = diagnostics_has_counted(&facts, is_mariadb, rows[i].results, rows[i].error);
            if (has_counted != (is_mariadb ? rows[i].mariadb : rows[i].mysql))
                fail_msg("%s, family %d: %d", rows[i].sql, family, has_counted);
        }
}

RUN_TESTS(NULL, NULL)
