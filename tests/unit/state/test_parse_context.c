#include "../state/variables_test.h"

#include "base/mem.h"
#include "state/parse_context.h"

#define SETS_MAX 4

static void set_all(struct vars *vars, const char *const *said)
{
    for (size_t i = 0; said[i] != NULL; i += 2)
        assert_true(vars_set(vars, span_cstr(said[i]), span_cstr(said[i + 1])));
}

TEST(only_what_texts_are_read_by_and_in_the_order_in_which_it_must_be_said)
{
    static const struct {
        const char *said[2 * SETS_MAX + 1]; /* name, literal, … */
        const char *wording;
    } rows[] = {
        { { NULL }, "" },
        { { "time_zone", "'+01:00'", "max_error_count", "7", NULL }, "" },
        { { "sql_mode", "'ANSI'", NULL }, "sql_mode='ANSI'" },
        { { "SQL_Mode", "'ANSI'", "names", "'latin1'", NULL }, "names 'latin1',SQL_Mode='ANSI'" },
        { { "collation_connection", "'x_bin'", "character_set_client", "'x'", "lc_time_names", "'de_DE'",
            NULL },
          "character_set_client='x',collation_connection='x_bin'" },
        { { "character_set_client", "'x'", "names", "'latin1'", NULL }, "names 'latin1'" },
        { { "names", "'latin1'", "collation_connection", "'y_bin'", NULL },
          "names 'latin1',collation_connection='y_bin'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vars vars = { 0 };
        struct text wording = { 0 };
        set_all(&vars, rows[i].said);
        parse_context_take(&vars, &wording);
        assert_span(text_span(&wording), rows[i].wording);
        text_fini(&wording);
        vars_fini(&vars);
    }
}

TEST(what_was_not_said_then_is_as_at_login)
{
    static const struct {
        const char *now[2 * SETS_MAX + 1];
        const char *wording, *sql;
    } rows[] = {
        { { "sql_mode", "'ANSI'", NULL }, "", "SET sql_mode=DEFAULT" },
        { { "sql_mode", "'ANSI'", NULL }, "sql_mode=''", "SET sql_mode=DEFAULT,sql_mode=''" },
        { { "names", "'latin1'", "lc_time_names", "'de_DE'", NULL },
          "",
          "SET character_set_client=45,collation_connection=45" },
        { { "names", "'latin1'", "sql_mode", "'ANSI'", NULL },
          "names 'cp1251'",
          "SET sql_mode=DEFAULT,character_set_client=45,collation_connection=45,names 'cp1251'" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vars vars = { 0 };
        struct text sql = { 0 };
        set_all(&vars, rows[i].now);
        parse_context_say(span_cstr(rows[i].wording), &vars, 45, FAMILY_MYSQL, &sql);
        assert_span(text_span(&sql), rows[i].sql);
        text_fini(&sql);
        vars_fini(&vars);
    }
}

RUN_TESTS(NULL, NULL)
