#include "sql/traces.h"

enum where { ANYWHERE, IN_SHOW };

static const struct {
    struct span word;
    enum where where;
    unsigned traces;
} rows[] = {
    { SPAN_LITERAL("row_count"), ANYWHERE, SQL_TRACE_LAST },
    { SPAN_LITERAL("rowcount"), ANYWHERE, SQL_TRACE_LAST }, /* ORACLE: SQL%ROWCOUNT, %FOUND, %NOTFOUND */
    { SPAN_LITERAL("found"), ANYWHERE, SQL_TRACE_LAST },
    { SPAN_LITERAL("notfound"), ANYWHERE, SQL_TRACE_LAST },
    { SPAN_LITERAL("found_rows"), ANYWHERE, SQL_TRACE_FOUND_ROWS },
    { SPAN_LITERAL("warning_count"), ANYWHERE, SQL_TRACE_DIAGNOSTICS },
    { SPAN_LITERAL("error_count"), ANYWHERE, SQL_TRACE_DIAGNOSTICS },
    { SPAN_LITERAL("diagnostics"), ANYWHERE, SQL_TRACE_DIAGNOSTICS },
    { SPAN_LITERAL("warnings"), IN_SHOW, SQL_TRACE_DIAGNOSTICS },
    { SPAN_LITERAL("errors"), IN_SHOW, SQL_TRACE_DIAGNOSTICS },
    { SPAN_LITERAL("last_gtid"), ANYWHERE, SQL_TRACE_GTID },
    { SPAN_LITERAL("variables"), IN_SHOW, SQL_TRACE_TABLES },
    { SPAN_LITERAL("status"), IN_SHOW, SQL_TRACE_STATUS },
    { SPAN_LITERAL("profile"), IN_SHOW, SQL_TRACE_STATUS },
    { SPAN_LITERAL("profiles"), IN_SHOW, SQL_TRACE_STATUS },
    { SPAN_LITERAL("lastval"), ANYWHERE, SQL_TRACE_SEQUENCE },
    { SPAN_LITERAL("currval"), ANYWHERE, SQL_TRACE_SEQUENCE }, /* ORACLE: s.CURRVAL */
    { SPAN_LITERAL("previous"), ANYWHERE, SQL_TRACE_SEQUENCE }, /* PREVIOUS VALUE FOR s */
    { SPAN_LITERAL("rand_seed1"), ANYWHERE, SQL_TRACE_STATUS },
    { SPAN_LITERAL("rand_seed2"), ANYWHERE, SQL_TRACE_STATUS },
    /* Tables about connections, in whatever schema the session is, and all the others of these schemas. */
    { SPAN_LITERAL("information_schema"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("performance_schema"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("session_status"), ANYWHERE, SQL_TRACE_STATUS },
    { SPAN_LITERAL("session_variables"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("system_variables"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("status_by_thread"), ANYWHERE, SQL_TRACE_STATUS },
    { SPAN_LITERAL("variables_by_thread"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("user_variables_by_thread"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("user_variables"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("prepared_statements_instances"), ANYWHERE, SQL_TRACE_TABLES },
    { SPAN_LITERAL("profiling"), ANYWHERE, SQL_TRACE_STATUS },
};

static bool is_of_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static unsigned traces_of(struct span word, bool is_show)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].word.len == word.len && (is_show || rows[i].where == ANYWHERE) &&
            span_equal_nocase(rows[i].word, word))
            return rows[i].traces;
    return 0;
}

unsigned sql_traces(struct span sql, bool is_show)
{
    unsigned traces = 0;
    size_t at = 0;
    while (at < sql.len) {
        size_t from = at;
        while (at < sql.len && is_of_word(sql.data[at]))
            at++;
        if (at > from)
            traces |= traces_of(span_of(sql.data + from, at - from), is_show);
        else
            at++;
    }
    return traces;
}
