/* The pins of a session against a dumb model that keeps every one of them. */
#include "../base/unit.h"

#include "base/mem.h"
#include "proxy/pins.h"

#include <stdio.h>

static const struct span none = { 0 };

static void add(struct pins *pins, enum pin_cause cause, const char *name)
{
    pins_add(pins, cause, span_cstr(name), none, 1000);
}

static void assert_described(const struct pins *pins, const char *want)
{
    struct text text = { 0 };
    pins_describe(pins, &text);
    assert_string_equal(text_cstr(&text), want);
    text_fini(&text);
}

static void two_tables_need_two_drops(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    assert_false(pins_any(&pins));
    add(&pins, PIN_TEMPORARY_TABLE, "test.a");
    add(&pins, PIN_TEMPORARY_TABLE, "test.b");
    add(&pins, PIN_TEMPORARY_TABLE, "test.b"); /* IF NOT EXISTS */
    assert_described(&pins, "temporary tables (2)");
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("other.a"));
    assert_true(pins_has(&pins, PIN_TEMPORARY_TABLE));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

static void user_locks_are_counted(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    add(&pins, PIN_USER_LOCK, "x");
    add(&pins, PIN_USER_LOCK, "x");
    pins_release(&pins, PIN_USER_LOCK, SPAN_LITERAL("x"));
    assert_described(&pins, "GET_LOCK (1)");
    pins_release(&pins, PIN_USER_LOCK, SPAN_LITERAL("x"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

static void a_nameless_one_ends_with_all(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    add(&pins, PIN_USER_LOCK, "x");
    add(&pins, PIN_USER_LOCK, "");
    add(&pins, PIN_HANDLER, "h");
    pins_release(&pins, PIN_USER_LOCK, SPAN_LITERAL("x"));
    assert_described(&pins, "GET_LOCK, HANDLER (1)");
    pins_release_all(&pins, PIN_USER_LOCK);
    assert_described(&pins, "HANDLER (1)");
    pins_clear(&pins);
    assert_described(&pins, "");
}

static void a_prepared_statement_keeps_its_text(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    pins_add(&pins, PIN_PREPARED, SPAN_LITERAL("Stmt"), SPAN_LITERAL("SELECT 1"), 5);
    assert_true(span_is(pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("sTMT")), "SELECT 1"));
    pins_add(&pins, PIN_PREPARED, SPAN_LITERAL("STMT"), none, 9); /* FROM @text */
    assert_int_equal(pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("stmt")).len, 0);
    assert_int_equal(pins.since_us, 5);
    pins_release(&pins, PIN_PREPARED, SPAN_LITERAL("stmt"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

static void a_renamed_table_is_there_all_the_time(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"), SPAN_LITERAL("test.b"), 1);
    assert_false(pins_any(&pins)); /* it was no temporary one */
    add(&pins, PIN_TEMPORARY_TABLE, "test.a");
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"), SPAN_LITERAL("test.b"), 1);
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"), SPAN_LITERAL("test.b"), 1);
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"));
    assert_true(pins_any(&pins));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

/* ---- the model ---- */

#define NAMES 6
#define CAUSES 4

static const enum pin_cause model_causes[CAUSES] = { PIN_TEMPORARY_TABLE, PIN_USER_LOCK, PIN_TABLE_LOCK,
                                                     PIN_HIDDEN_STATE };

struct model {
    unsigned counts[CAUSES][NAMES]; /* name 0 is no name */
};

static bool model_has(const struct model *model, unsigned cause)
{
    for (unsigned name = 0; name < NAMES; name++)
        if (model->counts[cause][name] > 0)
            return true;
    return false;
}

static void step(struct pins *pins, struct model *model, uint64_t *seed)
{
    static const char *const names[NAMES] = { "", "a", "b", "c.d", "A", "a b" };
    unsigned cause = next_random(seed) % CAUSES, name = next_random(seed) % NAMES;
    unsigned *count = &model->counts[cause][name];
    switch (next_random(seed) % 8) {
    case 0:
        pins_release_all(pins, model_causes[cause]);
        memset(model->counts[cause], 0, sizeof model->counts[cause]);
        break;
    case 1:
    case 2:
    case 3:
        pins_release(pins, model_causes[cause], span_cstr(names[name]));
        if (name > 0 && *count > 0)
            --*count;
        break;
    default:
        pins_add(pins, model_causes[cause], span_cstr(names[name]), none, 1);
        *count = name > 0 && model_causes[cause] == PIN_USER_LOCK ? *count + 1 : 1;
    }
}

static void random_histories_equal_a_plain_model(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    for (unsigned round = 0; round < 300; round++) {
        struct pins pins = { 0 };
        struct model model = { 0 };
        for (unsigned i = 0; i < 200; i++) {
            step(&pins, &model, &seed);
            for (unsigned cause = 0; cause < CAUSES; cause++)
                assert_row(pins_has(&pins, model_causes[cause]) == model_has(&model, cause),
                           "round %u, step %u, %s", round, i, pin_cause_name(model_causes[cause]));
        }
        pins_clear(&pins);
    }
}

static void more_names_than_are_kept_stay_until_all_go(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    char name[16];
    for (unsigned i = 0; i <= PINS_MAX; i++) {
        (void)snprintf(name, sizeof name, "t%u", i);
        add(&pins, PIN_TEMPORARY_TABLE, name);
    }
    for (unsigned i = 0; i <= PINS_MAX; i++) {
        (void)snprintf(name, sizeof name, "t%u", i);
        pins_release(&pins, PIN_TEMPORARY_TABLE, span_cstr(name));
    }
    assert_true(pins_has(&pins, PIN_TEMPORARY_TABLE));
    pins_clear(&pins);
}

/* Whatever allocation fails, a pin is there. */
static void out_of_memory_pins_longer_never_shorter(void **state)
{
    (void)state;
    for (unsigned fail_at = 0; fail_at < 4; fail_at++) {
        struct pins pins = { 0 };
        mem_fail_after(fail_at);
        add(&pins, PIN_HANDLER, "h");
        add(&pins, PIN_HANDLER, "i");
        mem_fail_after(-1);
        assert_true(pins_has(&pins, PIN_HANDLER));
        pins_release(&pins, PIN_HANDLER, SPAN_LITERAL("h"));
        assert_true(pins_has(&pins, PIN_HANDLER));
        pins_clear(&pins);
    }
}

static void each_time_a_cause_comes_it_is_counted_once(void **state)
{
    (void)state;
    struct pins pins = { 0 };
    struct pin_counters counters = { 0 };
    for (int i = 0; i < 3; i++) {
        pins_add(&pins, PIN_TEMPORARY_TABLE, span_cstr("t"), (struct span){ 0 }, 1);
        pins_add(&pins, PIN_HIDDEN_STATE, (struct span){ 0 }, (struct span){ 0 }, 1);
        pins_count(&pins, &counters);
        pins_count(&pins, &counters);
        pins_release_all(&pins, PIN_TEMPORARY_TABLE);
        pins_count(&pins, &counters);
    }
    assert_int_equal(counter_read(&counters.temporary_table), 3);
    assert_int_equal(counter_read(&counters.hidden_state), 1);
    assert_int_equal(counter_read(&counters.table_lock), 0);
    pins_clear(&pins);
}

static void every_cause_has_a_name_and_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PIN_CAUSE_COUNT; i++) {
        assert_true(strlen(pin_cause_words((enum pin_cause)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(pin_cause_name((enum pin_cause)i), pin_cause_name((enum pin_cause)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_tables_need_two_drops),
        cmocka_unit_test(user_locks_are_counted),
        cmocka_unit_test(a_nameless_one_ends_with_all),
        cmocka_unit_test(a_prepared_statement_keeps_its_text),
        cmocka_unit_test(a_renamed_table_is_there_all_the_time),
        cmocka_unit_test(random_histories_equal_a_plain_model),
        cmocka_unit_test(more_names_than_are_kept_stay_until_all_go),
        cmocka_unit_test(out_of_memory_pins_longer_never_shorter),
        cmocka_unit_test(each_time_a_cause_comes_it_is_counted_once),
        cmocka_unit_test(every_cause_has_a_name_and_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
