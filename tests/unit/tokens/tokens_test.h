/* tokens_test: dialects by name, shared by the tests of tokens, stored_code and sql. */
#pragma once

#include "tokens/lexer.h"

#include "../base/unit.h"

/* Returns the dialect of a text such as "oracle+mariadb"; unknown words fail the test. */
static inline struct sql_dialect dialect_named(const char *names)
{
    struct sql_dialect dialect = { 0 };
    char copy[128];
    snprintf(copy, sizeof copy, "%s", names);
    for (char *save, *name = strtok_r(copy, "+", &save); name != NULL; name = strtok_r(NULL, "+", &save)) {
        if (strcmp(name, "mariadb") == 0)
            dialect.family = SQL_FAMILY_MARIADB;
        else if (strcmp(name, "mysql") == 0)
            dialect.family = SQL_FAMILY_MYSQL;
        else if (strcmp(name, "oracle") == 0)
            dialect.oracle = true;
        else if (strcmp(name, "ansi") == 0)
            dialect.ansi_quotes = true;
        else if (strcmp(name, "nobackslash") == 0)
            dialect.no_backslash_escapes = true;
        else if (strcmp(name, "ignorespace") == 0)
            dialect.ignore_space = true;
        else if (strcmp(name, "multi") == 0)
            dialect.multi_statements = true;
        else if (strcmp(name, "unsafe") == 0)
            dialect.unsafe_charset = true;
        else if (strcmp(name, "utf8") == 0)
            dialect.is_utf8 = true;
        else if (strcmp(name, "stored") != 0) /* "stored" is for test_classify.c */
            assert_string_equal(name, "unknown");
    }
    return dialect;
}
