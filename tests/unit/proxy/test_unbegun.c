/* Which errors prove that a statement has run nothing. */
#include "../base/unit.h"

#include "mysql/reply.h"
#include "proxy/unbegun.h"

static const struct {
    enum sql_kind kind;
    const char *statement, *message;
    uint16_t code;
    bool is_unbegun;
} rows[] = {
    { SQL_SELECT, "SELECT nosuch ( ? )", "FUNCTION test.nosuch does not exist", 1305, true },
    { SQL_SELECT, "SELECT f ( ) , NoSuch ( ? )", "FUNCTION test.nosuch does not exist", 1305, true },
    { SQL_WRITE, "INSERT INTO t VALUES ( nosuch ( ? ) )", "FUNCTION test.nosuch does not exist", 1305, true },
    { SQL_CALL, "CALL nosuch ( nosuch ( ) )", "PROCEDURE test.nosuch does not exist", 1305, true },
    /* stored code calls it */
    { SQL_SELECT, "SELECT f ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch2 ( ) , xnosuch ( )", "FUNCTION test.nosuch does not exist", 1305,
      false },
    { SQL_SELECT, "SELECT f ( ) , nosuch FROM t", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , app . nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch ( )", "FUNCTION app.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch ( )", "PROCEDURE test.nosuch does not exist", 1305, false },
    { SQL_CALL, "CALL p ( nosuch ( ) )", "PROCEDURE test.nosuch does not exist", 1305, false },
    { SQL_CALL, "CALL nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    /* other errors, statements, languages, beginnings */
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test.nosuch does not exist", 1306, false },
    { SQL_SET, "SET @a = nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test.nosuch existiert nicht", 1305, false },
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test. does not exist", 1305, false },
    { SQL_SELECT, "SELECT nosuch", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "", "", 1305, false },
};

static void each_row_is_read_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct unbegun_text said = { rows[i].kind, span_cstr(rows[i].statement), SPAN_LITERAL("test") };
        bool is_unbegun = unbegun_lacks_routine(&said, rows[i].code, span_cstr(rows[i].message));
        assert_row(is_unbegun == rows[i].is_unbegun, "%s: %s", rows[i].statement, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_row_is_read_as_it_says) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
