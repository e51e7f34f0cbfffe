/* The state that a statement would leave behind, by its text. */
#include "../base/unit.h"

#include "base/mem.h"
#include "state/explain_effects.h"

static const struct {
    const char *sql;
    bool keeps;
} rows[] = {
    { "SELECT 1", false },
    { "INSERT INTO t VALUES (1)", false },
    { "SET NAMES latin1, sql_mode = ''", false },
    { "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", false },
    { "SET @a = 1", false },
    { "SET @a = f()", true },
    { "SET insert_id = 5", false },
    { "SET rand_seed1 = 5", true },
    { "SET profiling = 1", true },
    { "SET session_track_gtids = 'OFF'", true },
    { "SET sql_auto_is_null = 1", true },
    { "SET sql_auto_is_null = 0", false },
    { "SET autocommit = 0", true },
    { "SET @@autocommit = OFF, sql_mode = ''", true },
    { "SET autocommit = 0, autocommit = 1", false },
    { "SET GLOBAL autocommit = 0", false },
    { "SET TRANSACTION READ ONLY", true },
    { "SET transaction_isolation = 'SERIALIZABLE'", false },
    { "SET @@transaction_isolation = 'SERIALIZABLE'", true },
    { "BEGIN", true },
    { "START TRANSACTION READ ONLY", false },
    { "COMMIT", false },
    { "CALL p()", true },
    { "CREATE TEMPORARY TABLE a (x INT)", true },
    { "DROP TABLE a", false },
    { "LOCK TABLES t READ", true },
    { "UNLOCK TABLES", false },
    { "SELECT GET_LOCK('a', 1)", true },
    { "DO RELEASE_LOCK('a')", false },
    { "SELECT RELEASE_ALL_LOCKS()", false },
    { "PREPARE p FROM 'SELECT 1'", true },
    { "DEALLOCATE PREPARE p", false },
    { "HANDLER t OPEN", true },
    { "HANDLER t CLOSE", false },
    { "XA START 'a'", true },
    { "CREATE TEMPORARY TABLE a (x INT); DROP TABLE a", true },
    { "what is this", true },
};

static const struct sql_dialect dialect = { .multi_statements = true };

static bool keeps(const char *sql)
{
    struct sql_facts facts = classify(span_cstr(sql), false, &dialect);
    return explain_effects_keeps_reads(&facts, span_cstr(sql), &dialect);
}

TEST(texts_and_what_they_would_leave)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(keeps(rows[i].sql) == rows[i].keeps, "%s", rows[i].sql);
}

TEST(without_memory_it_is_yes)
{
    static const char *const texts[] = { "SET sql_mode = ''", "UNLOCK TABLES" };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        mem_fail_after(0);
        bool is_kept = keeps(texts[i]);
        mem_fail_after(-1);
        assert_row(is_kept, "%s", texts[i]);
    }
}

RUN_TESTS(NULL, NULL)
