#include "../base/unit.h"

#include "base/mem.h"
#include "mysql/stmt.h"
#include "prepared/client_statements.h"

static const struct sql_facts facts = { .kind = SQL_SELECT, .is_read = true };
static const struct vars no_vars;

static struct prepared *add(struct prepared_table *table, const char *sql)
{
    struct prepared *prepared = prepared_add(table, span_cstr(sql), (struct span){ 0 }, &no_vars, &facts);
    assert_non_null(prepared);
    return prepared;
}

TEST(ids_count_up_and_a_statement_is_found_by_its_own)
{
    struct prepared_table table = { 0 };
    assert_null(prepared_find(&table, 1));
    for (uint32_t id = 1; id <= 100; id++) {
        char sql[16];
        (void)snprintf(sql, sizeof sql, "SELECT %u", id);
        struct prepared *prepared = add(&table, sql);
        assert_int_equal(prepared->id, id);
        assert_span(prepared->sql, sql);
        assert_true(prepared->facts.is_read && prepared->last_place == -1 && prepared->types_version == 0);
    }
    for (uint32_t id = 1; id <= 100; id++)
        assert_int_equal(prepared_find(&table, id)->id, id);
    assert_null(prepared_find(&table, 0));
    assert_null(prepared_find(&table, 101));
    prepared_remove(&table, prepared_find(&table, 50));
    assert_null(prepared_find(&table, 50));
    assert_int_equal(add(&table, "x")->id, 101); /* an id is not used again soon */
    prepared_clear(&table);
    assert_null(table.by_id);
}

TEST(minus_one_is_the_last_prepared_if_that_worked)
{
    struct prepared_table table = { 0 };
    assert_null(prepared_find(&table, STMT_ID_LAST));
    struct prepared *first = add(&table, "a");
    assert_ptr_equal(prepared_find(&table, STMT_ID_LAST), first);
    struct prepared *second = add(&table, "b");
    assert_ptr_equal(prepared_find(&table, STMT_ID_LAST), second);
    table.has_last_failed = true; /* as the session notes an ERR as reply to PREPARE */
    assert_null(prepared_find(&table, STMT_ID_LAST));
    assert_ptr_equal(prepared_find(&table, 2), second);
    assert_int_equal(add(&table, "c")->id, 3);
    assert_non_null(prepared_find(&table, STMT_ID_LAST));
    prepared_remove(&table, prepared_find(&table, 3));
    /* the last statement is closed; the one before does not take its place */
    assert_null(prepared_find(&table, STMT_ID_LAST));
    (void)add(&table, "d");
    prepared_clear(&table);
    assert_null(prepared_find(&table, STMT_ID_LAST));
    assert_int_equal(add(&table, "e")->id, 5);
    prepared_clear(&table);
}

TEST(ids_wrap_past_what_means_something_else_and_what_is_taken)
{
    struct prepared_table table = { 0 };
    for (unsigned i = 0; i < 3; i++)
        (void)add(&table, "old");
    table.last_id = STMT_ID_LAST - 2;
    assert_true(add(&table, "x")->id == STMT_ID_LAST - 1);
    assert_int_equal(add(&table, "x")->id, 4); /* never -1 or 0; 1 to 3 are in use */
    assert_ptr_equal(prepared_find(&table, STMT_ID_LAST), prepared_find(&table, 4));
    prepared_clear(&table);
}

TEST(facts_are_read_again_when_the_stored_code_is_known_otherwise)
{
    static const struct sql_facts written = { .kind = SQL_WRITE };
    static const struct sql_dialect same = { 0 }, another = { .reads_stored = true };
    struct prepared_table table = { 0 };
    struct prepared *prepared = prepared_add(&table, SPAN_LITERAL("SELECT 1"), SPAN_NONE, &no_vars, &written);
    prepared_refresh(prepared, &same);
    assert_int_equal(prepared->facts.kind, SQL_WRITE);
    prepared_refresh(prepared, &another);
    assert_int_equal(prepared->facts.kind, SQL_SELECT);
    prepared_clear(&table);
}

TEST(types_change_version_only_when_they_change)
{
    struct prepared_table table = { 0 };
    struct prepared *prepared = add(&table, "SELECT ?");
    static const struct {
        struct span types;
        uint64_t version;
    } rows[] = { { { (const uint8_t *)"\3\0", 2 }, 1 },     { { (const uint8_t *)"\3\0", 2 }, 1 },
                 { { (const uint8_t *)"\3\1", 2 }, 2 },     { { (const uint8_t *)"\3\1\4\0", 4 }, 3 },
                 { { (const uint8_t *)"\3\1\4\0", 4 }, 3 }, { { NULL, 0 }, 4 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(prepared_note_types(prepared, rows[i].types));
        assert_row(prepared->types_version == rows[i].version, "row %zu", i);
        assert_true(span_equal(text_span(&prepared->types), rows[i].types));
    }
    prepared_clear(&table);
}

TEST(the_first_types_have_a_version_even_when_there_are_none)
{
    struct prepared_table table = { 0 };
    struct prepared *prepared = add(&table, "SELECT 1");
    assert_true(prepared_note_types(prepared, (struct span){ 0 }));
    assert_true(prepared->types_version == 1);
    prepared_clear(&table);
}

/* Whichever allocation fails, the table is unchanged: also the first allocation, which creates the table, and
 * one in between, which enlarges it. */
TEST(without_memory_there_is_no_statement_and_no_lost_id)
{
    struct prepared_table table = { 0 };
    unsigned refused = 0;
    for (uint32_t id = 1; id <= 400; id++) {
        struct prepared *last = prepared_find(&table, STMT_ID_LAST), *prepared = NULL;
        for (long fail_at = 0; prepared == NULL; fail_at++) {
            mem_fail_after(fail_at);
            prepared = prepared_add(&table, SPAN_LITERAL("SELECT ?"), SPAN_LITERAL("app"), &no_vars, &facts);
            mem_fail_after(-1);
            if (prepared != NULL)
                break;
            refused++;
            assert_ptr_equal(prepared_find(&table, STMT_ID_LAST), last);
            assert_int_equal(HASH_COUNT(table.by_id), id - 1);
            assert_null(prepared_find(&table, id));
        }
        assert_int_equal(prepared->id, id);
    }
    /* the statement and its two texts; the table's two arrays; its growth */
    assert_true(refused > 400 * 3 + 2);
    for (uint32_t id = 1; id <= 400; id++)
        assert_int_equal(prepared_find(&table, id)->id, id);
    prepared_clear(&table);
}

TEST(without_memory_types_are_not_noted)
{
    struct prepared_table table = { 0 };
    struct prepared *first = add(&table, "SELECT ?");
    mem_fail_after(0);
    assert_false(prepared_note_types(first, SPAN_LITERAL("\3\0")));
    mem_fail_after(-1);
    assert_true(prepared_note_types(first, SPAN_LITERAL("\3\0")));
    assert_int_equal(first->types.len, 2);
    prepared_clear(&table);
}

RUN_TESTS(NULL, NULL)
