#include "../base/unit.h"
#include "../tokens/tokens_test.h"

#include "sql/traces.h"

TEST(what_asks_about_earlier_statements_is_found)
{
    static const struct {
        const char *sql;
        unsigned anywhere, in_show;
    } rows[] = {
        { "", 0, 0 },
        { "SELECT 1", 0, 0 },
        { "ROW_COUNT", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "(ROW_COUNT", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "zrow_count, row_countZ, 0row_count, row_count9, _row_count, Arow_count", 0, 0 },
        { "@row_count`row_count[row_count/row_count:row_count{", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "SELECT ROW_COUNT()", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "insert into t values (row_count ( ))", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "SELECT `Found_Rows`()", SQL_TRACE_FOUND_ROWS, SQL_TRACE_FOUND_ROWS },
        { "SELECT xfound_rows(), found_rows2()", 0, 0 },
        { "SELECT @@warning_count, @@session.ERROR_COUNT", SQL_TRACE_DIAGNOSTICS, SQL_TRACE_DIAGNOSTICS },
        { "GET DIAGNOSTICS @a = ROW_COUNT", SQL_TRACE_DIAGNOSTICS | SQL_TRACE_LAST,
          SQL_TRACE_DIAGNOSTICS | SQL_TRACE_LAST },
        { "SHOW WARNINGS", 0, SQL_TRACE_DIAGNOSTICS },
        { "SHOW SESSION STATUS LIKE 'x'", 0, SQL_TRACE_STATUS },
        { "UPDATE t SET status = 1", 0, SQL_TRACE_STATUS },
        { "SHOW VARIABLES", 0, SQL_TRACE_TABLES },
        { "SELECT @@last_gtid", SQL_TRACE_GTID, SQL_TRACE_GTID },
        { "SELECT LASTVAL(s)", SQL_TRACE_SEQUENCE, SQL_TRACE_SEQUENCE },
        { "SELECT PREVIOUS VALUE FOR s", SQL_TRACE_SEQUENCE, SQL_TRACE_SEQUENCE },
        { "SELECT 1 /*!50000 , ROW_COUNT() */", SQL_TRACE_LAST, SQL_TRACE_LAST },
        { "SELECT * FROM performance_schema.session_status", SQL_TRACE_TABLES | SQL_TRACE_STATUS,
          SQL_TRACE_TABLES | SQL_TRACE_STATUS },
        { "SELECT * FROM information_schema.tables", SQL_TRACE_TABLES, SQL_TRACE_TABLES },
        /* values of the session, not traces of the last statement */
        { "SELECT LAST_INSERT_ID(), @@identity", 0, 0 },
        { "SELECT 1 -- row_count", SQL_TRACE_LAST, SQL_TRACE_LAST },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span copy = exact_copy(span_cstr(rows[i].sql));
        assert_row(sql_traces(copy, false) == rows[i].anywhere, "%s", rows[i].sql);
        assert_row(sql_traces(copy, true) == rows[i].in_show, "%s", rows[i].sql);
        drop_copy(copy);
    }
}

RUN_TESTS(NULL, NULL)
