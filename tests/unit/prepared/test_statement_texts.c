#include "../base/unit.h"

#include "base/mem.h"
#include "prepared/statement_texts.h"

static struct list_node node; /* stands for an upstream's note about a text */
static unsigned told;

static void empty(struct shared_text *text)
{
    told++;
    list_unlink(&text->known, &node);
}

TEST(a_text_is_kept_once_until_its_last_holder_lets_go)
{
    struct texts texts = { 0 };
    struct shared_text *first = statement_texts_hold(&texts, SPAN_LITERAL("SELECT 1"));
    struct shared_text *second = statement_texts_hold(&texts, SPAN_LITERAL("SELECT 1"));
    struct shared_text *other = statement_texts_hold(&texts, SPAN_LITERAL("SELECT 2"));
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, other);
    assert_span(statement_texts_span(first), "SELECT 1");
    first->on_unheld = empty;
    list_link_last(&first->known, &node);
    told = 0;
    statement_texts_release(&second);
    assert_null(second);
    assert_int_equal(told, 0);
    statement_texts_release(&first);
    assert_int_equal(told, 1);
    assert_int_equal(HASH_COUNT(texts.by_sql), 1);
    statement_texts_release(&other);
    assert_null(texts.by_sql);
}

/* Texts are any bytes, compared by length and content. */
TEST(texts_are_told_apart_by_every_byte)
{
    struct texts texts = { 0 };
    static const struct span rows[] = { { (const uint8_t *)"a", 1 },      { (const uint8_t *)"a\0", 2 },
                                        { (const uint8_t *)"a\0b", 3 },   { (const uint8_t *)"A", 1 },
                                        { (const uint8_t *)"a\0b\0", 4 }, { (const uint8_t *)" a", 2 } };
    struct shared_text *held[COUNT_OF(rows)];
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        held[i] = statement_texts_hold(&texts, rows[i]);
    assert_int_equal(HASH_COUNT(texts.by_sql), COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(span_equal(statement_texts_span(held[i]), rows[i]));
        statement_texts_release(&held[i]);
    }
    assert_null(texts.by_sql);
}

TEST(without_a_table_each_has_its_own)
{
    struct shared_text *first = statement_texts_hold(NULL, SPAN_LITERAL("SELECT 1"));
    struct shared_text *second = statement_texts_hold(NULL, SPAN_LITERAL("SELECT 1"));
    assert_ptr_not_equal(first, second);
    statement_texts_release(&first);
    statement_texts_release(&second);
    statement_texts_release(&second);
    assert_int_equal(statement_texts_span(second).len, 0);
}

TEST(without_memory_there_is_no_text_and_the_table_is_as_it_was)
{
    struct texts texts = { 0 };
    struct shared_text *kept = statement_texts_hold(&texts, SPAN_LITERAL("SELECT 0")), *text = NULL;
    for (long fail_at = 0; text == NULL; fail_at++) {
        mem_fail_after(fail_at);
        text = statement_texts_hold(&texts, SPAN_LITERAL("SELECT 1"));
        mem_fail_after(-1);
        assert_int_equal(HASH_COUNT(texts.by_sql), text == NULL ? 1 : 2);
    }
    statement_texts_release(&text);
    statement_texts_release(&kept);
    assert_null(texts.by_sql);
}

RUN_TESTS(NULL, NULL)
