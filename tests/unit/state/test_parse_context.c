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

TEST(login_and_reset_decide_the_character_set)
{
    static const struct {
        bool is_reset;
        enum server_family family;
        uint8_t collation;
        const char *client; /* the beginning of the SET */
        bool reads_tables;
    } rows[] = {
        { false, FAMILY_MARIADB, 45, "SET character_set_client=IFNULL((SELECT CHARACTER_SET_NAME", true },
        { true, FAMILY_MARIADB, 45, "SET character_set_client=IFNULL((SELECT CHARACTER_SET_NAME", true },
        { false, FAMILY_MYSQL, 45, "SET character_set_client=45", false },
        { true, FAMILY_MYSQL, WORDING_DEFAULTS, "SET character_set_client=DEFAULT", false },
    };
    static const char *const names[] = { "names", "'latin1'", NULL }, *const mode[] = { "sql_mode", "''",
                                                                                        NULL };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct upstream upstream = { .family = rows[i].family, .key.collation = 45 };
        const struct slot slot = { .upstream = &upstream, .is_reset = rows[i].is_reset };
        struct vars with = { 0 }, without = { 0 };
        struct text client = { 0 }, login = { 0 };
        uint8_t collation = parse_context_collation(&slot);
        assert_row(collation == rows[i].collation, "row %zu", i);
        parse_context_say_client(collation, rows[i].family, &client);
        assert_row(strncmp(text_cstr(&client), rows[i].client, strlen(rows[i].client)) == 0, "row %zu", i);
        set_all(&with, names);
        set_all(&without, mode);
        assert_row(parse_context_reads_tables(&with, rows[i].family) == rows[i].reads_tables, "row %zu", i);
        assert_false(parse_context_reads_tables(&without, rows[i].family));
        parse_context_say(SPAN_NONE, &with, collation, rows[i].family, &login);
        assert_int_equal(span_mentions(text_span(&login), "character_set_collations"), rows[i].reads_tables);
        assert_int_equal(span_mentions(text_span(&login), "DEFAULT"), collation == WORDING_DEFAULTS);
        text_fini(&client);
        text_fini(&login);
        vars_fini(&with);
        vars_fini(&without);
    }
}

RUN_TESTS(NULL, NULL)
