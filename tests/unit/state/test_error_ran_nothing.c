/* The errors that prove that a statement has run nothing. */
#include "../base/unit.h"

#include "mysql/reply.h"
#include "state/error_ran_nothing.h"

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
    { SQL_SELECT, "SELECT az_$09AZ\xC3\xA4 ( )", "FUNCTION test.AZ_$09az\xC3\xA4 does not exist", 1305,
      true },
    { SQL_SELECT, "SELECT f(", "FUNCTION test.f does not exist", 1305, true },
    { SQL_SELECT, "SELECT   f   (", "FUNCTION test.f does not exist", 1305, true },
    { SQL_SELECT, " f(", "FUNCTION test.f does not exist", 1305, true },
    /* a name with other characters, the end of the text, quotes, a schema in front */
    { SQL_SELECT, "SELECT f-g ( )", "FUNCTION test.f-g does not exist", 1305, false },
    { SQL_SELECT, "SELECT f/ ( )", "FUNCTION test.f/ does not exist", 1305, false },
    { SQL_SELECT, "SELECT f: ( )", "FUNCTION test.f: does not exist", 1305, false },
    { SQL_SELECT, "SELECT f@ ( )", "FUNCTION test.f@ does not exist", 1305, false },
    { SQL_SELECT, "SELECT f[ ( )", "FUNCTION test.f[ does not exist", 1305, false },
    { SQL_SELECT, "SELECT f` ( )", "FUNCTION test.f` does not exist", 1305, false },
    { SQL_SELECT, "SELECT f{ ( )", "FUNCTION test.f{ does not exist", 1305, false },
    { SQL_SELECT, ". f(", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "f ( )", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "SELECT f   ", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "SELECT f", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "SELECT 'f('", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "SELECT a .  f ( )", "FUNCTION test.f does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( )", "FUNCTION", 1305, false },
    { SQL_SELECT, "SELECT f ( )", "FUNCTION test.f", 1305, false },
    { SQL_SELECT, "SELECT f ( )", "FUNCTION test.f does not exist!", 1305, false },
    /* the function is called by stored code */
    { SQL_SELECT, "SELECT f ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch2 ( ) , xnosuch ( )", "FUNCTION test.nosuch does not exist", 1305,
      false },
    { SQL_SELECT, "SELECT f ( ) , nosuch FROM t", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , app . nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch ( )", "FUNCTION app.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT f ( ) , nosuch ( )", "PROCEDURE test.nosuch does not exist", 1305, false },
    { SQL_CALL, "CALL p ( nosuch ( ) )", "PROCEDURE test.nosuch does not exist", 1305, false },
    { SQL_CALL, "CALL nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    /* other errors, statements, languages and beginnings */
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test.nosuch does not exist", 1306, false },
    { SQL_SET, "SET @a = nosuch ( )", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test.nosuch existiert nicht", 1305, false },
    { SQL_SELECT, "SELECT nosuch ( )", "FUNCTION test. does not exist", 1305, false },
    { SQL_SELECT, "SELECT nosuch", "FUNCTION test.nosuch does not exist", 1305, false },
    { SQL_SELECT, "", "", 1305, false },
};

TEST(each_row_is_read_as_it_says)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span statement = exact_copy(span_cstr(rows[i].statement));
        struct span message = exact_copy(span_cstr(rows[i].message));
        const struct unbegun_text said = { rows[i].kind, statement, SPAN_LITERAL("test") };
        bool is_unbegun = error_ran_nothing_lacks_routine(&said, rows[i].code, message);
        assert_row(is_unbegun == rows[i].is_unbegun, "%s: %s", rows[i].statement, rows[i].message);
        drop_copy(statement);
        drop_copy(message);
    }
}

TEST(bytes_before_the_statement_do_not_count)
{
    const struct unbegun_text said = { SQL_SELECT, span_cstr(&". f("[1]), SPAN_LITERAL("test") };
    assert_true(error_ran_nothing_lacks_routine(&said, 1305, SPAN_LITERAL("FUNCTION test.f does not exist")));
}

/* A server does not begin a statement that it cannot parse, unless the text runs another statement. */
static const struct {
    const char *text;
    uint16_t code;
    bool is_unbegun;
    bool is_mariadb_only;
} texts[] = {
    { "selct 1", 1064, true, false },
    { "SELECT 'open", 1064, true, false },
    { "SELECT f('it's')", 1064, true, false },
    { "SET x", 1064, true, false },
    { "INSERT INTO t VALUES ('open", 1064, true, false },
    { "selct 1", 1305, false, false },
    { "SELECT f()", 1146, false, false },
    { "CALL p()", 1064, false, false },
    { "DO f()", 1064, false, false },
    { "EXECUTE s", 1064, false, false },
    { "EXECUTE IMMEDIATE 'selct 1'", 1064, false, false },
    { "BEGIN NOT ATOMIC CALL p(); END", 1064, false, false },
    { "IF 1 THEN CALL p(); END IF", 1064, false, false },
    { "SET STATEMENT max_statement_time = 1 FOR CALL p()", 1064, false, true },
    { "SET STATEMENT max_statement_time = 1 FOR EXECUTE s", 1064, false, true },
    { "/*!50000 CALL p() */", 1064, false, false },
    { "/*!50000 CALL */ p()", 1064, false, false },
    { "/*M! EXECUTE */ s", 1064, false, true },
};

static void assert_unreadable(size_t row, enum sql_family family)
{
    const struct sql_dialect dialect = { .family = family, .multi_statements = true };
    const struct sql_facts facts = classify(span_cstr(texts[row].text), false, &dialect);
    bool is_unbegun = error_ran_nothing_is_unreadable(&facts, texts[row].code);
    assert_row(is_unbegun == texts[row].is_unbegun, "%s (family %d)", texts[row].text, (int)family);
}

TEST(what_cannot_be_read_is_not_begun)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_unreadable(i, SQL_FAMILY_MARIADB);
        if (!texts[i].is_mariadb_only)
            assert_unreadable(i, SQL_FAMILY_MYSQL);
    }
}

RUN_TESTS(NULL, NULL)
