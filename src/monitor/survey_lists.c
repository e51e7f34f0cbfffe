#include "monitor/survey_lists.h"

#include <stddef.h>

/* The statements are laid out by hand. */
/* clang-format off */

/* Longer bodies are not read: their effects count as unknown. */
#define BODY_MAX "65536"
#define BODY(text) "IF(" text " = '' OR LENGTH(" text ") > " BODY_MAX ", NULL, " text ") AS body"

/* Not 0: the account itself has one of these privileges on all schemas. Privileges of its roles do not count. */
#define HAS_PRIVILEGE(names) \
    "(SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN (" names ")" \
    " AND GRANTEE = CONCAT(''''," \
    " LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER())" \
    " - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1)," \
    " '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''))"
/* MySQL: privileges on *.* may be taken back for single schemas. */
#define HAS_WHOLLY(names) "(@@GLOBAL.partial_revokes = 0 AND " HAS_PRIVILEGE(names) ")"

#define NOT_OF_SYSTEM " NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"

#define VIEWS \
    "SELECT 'VIEW' AS kind, TABLE_SCHEMA AS place, TABLE_NAME AS name, '' AS part, '' AS parameters," \
    " " BODY("VIEW_DEFINITION") ", '' AS mode" \
    " FROM information_schema.VIEWS WHERE TABLE_SCHEMA" NOT_OF_SYSTEM

#define TRIGGERS \
    "SELECT 'TRIGGER' AS kind, EVENT_OBJECT_SCHEMA AS place, EVENT_OBJECT_TABLE AS name, TRIGGER_NAME AS part," \
    " '' AS parameters, " BODY("ACTION_STATEMENT") ", SQL_MODE AS mode" \
    " FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA" NOT_OF_SYSTEM

/* Reads mysql.proc: the server refuses it (1142) if the account may not see all routines.
 * information_schema.ROUTINES would leave out routines without an error. */
#define MARIADB_ROUTINES \
    "SELECT type AS kind, db AS place, name, '' AS part, param_list AS parameters," \
    " " BODY("body_utf8") ", sql_mode AS mode FROM mysql.proc" \
    " UNION ALL SELECT 'LOADABLE', '', name, '', '', NULL, '' FROM mysql.func"

/* On MariaDB generated columns may set user variables, and change nothing else (seen on 10.11, 11.8). On
 * MySQL they may not. */
#define MARIADB_COLUMNS \
    "SELECT 'COLUMN' AS kind, TABLE_SCHEMA AS place, TABLE_NAME AS name, COLUMN_NAME AS part," \
    " '' AS parameters, CONCAT('SELECT ', GENERATION_EXPRESSION) AS body, '' AS mode" \
    " FROM information_schema.COLUMNS WHERE GENERATION_EXPRESSION LIKE '%@%'" \
    " AND TABLE_SCHEMA" NOT_OF_SYSTEM

/* Rows that the account may not see are left out without an error. */
#define MYSQL_ROUTINES \
    "SELECT ROUTINE_TYPE AS kind, ROUTINE_SCHEMA AS place, ROUTINE_NAME AS name, '' AS part," \
    " (SELECT GROUP_CONCAT(PARAMETER_MODE, ' `', REPLACE(PARAMETER_NAME, '`', '``'), '` ', DTD_IDENTIFIER" \
    " ORDER BY ORDINAL_POSITION) FROM information_schema.PARAMETERS" \
    " WHERE SPECIFIC_SCHEMA = ROUTINE_SCHEMA AND SPECIFIC_NAME = ROUTINE_NAME" \
    " AND PARAMETERS.ROUTINE_TYPE = ROUTINES.ROUTINE_TYPE AND ORDINAL_POSITION > 0) AS parameters," \
    " IF(ROUTINE_BODY <> 'SQL' OR LENGTH(ROUTINE_DEFINITION) > " BODY_MAX ", NULL, ROUTINE_DEFINITION) AS body," \
    " SQL_MODE AS mode" \
    " FROM information_schema.ROUTINES WHERE ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')" \
    " UNION ALL SELECT 'LOADABLE', '', UDF_NAME, '', '', NULL, '' FROM performance_schema.user_defined_functions"

static const struct survey_source mariadb[SURVEY_LISTS] = {
    [SURVEY_ROUTINES] = { MARIADB_ROUTINES, "1", "routines (GRANT SELECT ON mysql.proc, GRANT SELECT ON mysql.func)" },
    [SURVEY_VIEWS] = { VIEWS, HAS_PRIVILEGE("'SHOW VIEW'"), "views (GRANT SHOW VIEW ON *.*)" },
    [SURVEY_TRIGGERS] = { TRIGGERS, HAS_PRIVILEGE("'TRIGGER'"), "triggers (GRANT TRIGGER ON *.*)" },
    [SURVEY_COLUMNS] = { MARIADB_COLUMNS, HAS_PRIVILEGE("'REFERENCES', 'SELECT'"),
                         "generated columns (GRANT REFERENCES ON *.*)" },
};

static const struct survey_source mysql[SURVEY_LISTS] = {
    [SURVEY_ROUTINES] = { MYSQL_ROUTINES, HAS_PRIVILEGE("'SHOW_ROUTINE'"),
                          "routines (GRANT SHOW_ROUTINE ON *.*,"
                          " GRANT SELECT ON performance_schema.user_defined_functions)" },
    [SURVEY_VIEWS] = { VIEWS, HAS_WHOLLY("'SHOW VIEW'"), "views (GRANT SHOW VIEW ON *.*)" },
    [SURVEY_TRIGGERS] = { TRIGGERS, HAS_WHOLLY("'TRIGGER'"), "triggers (GRANT TRIGGER ON *.*)" },
    [SURVEY_COLUMNS] = { NULL, NULL, NULL },
};

/* clang-format on */

const struct survey_source *survey_source_of(enum server_family family, unsigned list)
{
    return family == FAMILY_MYSQL ? &mysql[list] : &mariadb[list];
}
