/* The pins of a session, compared with a simple model that keeps every one of them. */
#include "../base/unit.h"

#include "base/mem.h"
#include "state/pins.h"

#include <stdio.h>

static const struct span none = { 0 };
static const struct pin_origin origin = { .since_us = 1000 };

static void add(struct pins *pins, enum pin_cause cause, const char *name)
{
    pins_add(pins, cause, span_cstr(name), none, &origin);
}

static void assert_described(const struct pins *pins, const char *want)
{
    struct text text = { 0 };
    pins_describe(pins, &text);
    assert_string_equal(text_cstr(&text), want);
    text_fini(&text);
}

TEST(two_tables_need_two_drops)
{
    struct pins pins = { 0 };
    assert_false(pins_any(&pins));
    add(&pins, PIN_TEMPORARY_TABLE, "test.a");
    add(&pins, PIN_TEMPORARY_TABLE, "test.b");
    add(&pins, PIN_TEMPORARY_TABLE, "test.b"); /* CREATE … IF NOT EXISTS */
    assert_described(&pins, "temporary tables (2)");
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("other.a"));
    assert_true(pins_has(&pins, PIN_TEMPORARY_TABLE));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

TEST(user_locks_are_counted)
{
    struct pins pins = { 0 };
    add(&pins, PIN_USER_LOCK, "x");
    add(&pins, PIN_USER_LOCK, "x");
    pins_release(&pins, PIN_USER_LOCK, SPAN_LITERAL("x"));
    assert_described(&pins, "GET_LOCK (1)");
    pins_release(&pins, PIN_USER_LOCK, SPAN_LITERAL("x"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

TEST(a_nameless_one_ends_with_all)
{
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

TEST(a_prepared_statement_keeps_its_text)
{
    struct pins pins = { 0 };
    pins_add(&pins, PIN_PREPARED, SPAN_LITERAL("Stmt"), SPAN_LITERAL("SELECT 1"), &origin);
    assert_true(span_is(pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("sTMT")), "SELECT 1"));
    pins_add(&pins, PIN_PREPARED, SPAN_LITERAL("STMT"), none, &origin); /* PREPARE … FROM @text */
    assert_int_equal(pins_text(&pins, PIN_PREPARED, SPAN_LITERAL("stmt")).len, 0);
    pins_release(&pins, PIN_PREPARED, SPAN_LITERAL("stmt"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

TEST(a_renamed_table_is_there_all_the_time)
{
    struct pins pins = { 0 };
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"), SPAN_LITERAL("test.b"));
    assert_false(pins_any(&pins)); /* the renamed table was not a temporary one */
    add(&pins, PIN_TEMPORARY_TABLE, "test.a");
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"), SPAN_LITERAL("test.b"));
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"), SPAN_LITERAL("test.b"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.a"));
    assert_true(pins_any(&pins));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("test.b"));
    assert_false(pins_any(&pins));
    pins_clear(&pins);
}

/* ---- origins of pins ---- */

static void take(struct pins *pins, enum pin_cause cause, const char *name, uint64_t since_us,
                 const char *sql)
{
    const struct pin_origin from = { .since_us = since_us, .statement = span_cstr(sql) };
    pins_add(pins, cause, span_cstr(name), none, &from);
}

/* Compares "since statement" of each pin of that cause. */
static void assert_origins(const struct pins *pins, enum pin_cause cause, const char *want)
{
    struct text text = { 0 };
    struct pin_seen seen;
    for (size_t at = 0; pins_next(pins, &at, &seen);)
        if (seen.cause == cause)
            (void)text_appendf(&text, "%llu %.*s;", (unsigned long long)seen.origin.since_us,
                               (int)seen.origin.statement.len, (const char *)seen.origin.statement.data);
    assert_string_equal(text_cstr(&text), want);
    text_fini(&text);
}

TEST(each_pin_knows_since_when_and_by_what)
{
    struct pins pins = { 0 };
    take(&pins, PIN_TEMPORARY_TABLE, "a", 5, "CREATE a");
    take(&pins, PIN_TEMPORARY_TABLE, "b", 6, "CREATE b");
    take(&pins, PIN_TEMPORARY_TABLE, "a", 7, "CREATE IF NOT EXISTS a");
    take(&pins, PIN_TEMPORARY_TABLE, "", 8, "CREATE somewhere");
    take(&pins, PIN_TEMPORARY_TABLE, "", 9, "CREATE somewhere else");
    take(&pins, PIN_PREPARED, "p", 10, "PREPARE p");
    take(&pins, PIN_PREPARED, "P", 11, "PREPARE P");
    assert_origins(&pins, PIN_TEMPORARY_TABLE, "5 CREATE a;6 CREATE b;8 CREATE somewhere;");
    assert_origins(&pins, PIN_PREPARED, "11 PREPARE P;");
    pins_rename(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("a"), SPAN_LITERAL("c"));
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("b"));
    pins_release_all(&pins, PIN_PREPARED);
    take(&pins, PIN_TEMPORARY_TABLE, "c", 12, "CREATE IF NOT EXISTS c");
    pins_release(&pins, PIN_TEMPORARY_TABLE, SPAN_LITERAL("a"));
    assert_described(&pins, "temporary tables (1 and more)");
    struct pin_seen seen;
    bool has_it = false;
    for (size_t at = 0; pins_next(&pins, &at, &seen);)
        has_it |= seen.count == 1 && seen.origin.since_us == 5 && span_is(seen.origin.statement, "CREATE a");
    assert_true(has_it);
    pins_clear(&pins);
}

TEST(a_long_statement_is_cut_between_characters)
{
    struct pins pins = { 0 };
    char sql[PIN_STATEMENT_MAX + 20];
    memset(sql, 'x', sizeof sql);
    memcpy(sql + PIN_STATEMENT_MAX - 1, "\xC3\xA4", 2);
    const struct pin_origin from = { .since_us = 1, .statement = span_of(sql, sizeof sql) };
    struct pin_seen seen;
    size_t at = 0;
    pins_add(&pins, PIN_XA, none, none, &from);
    assert_true(pins_next(&pins, &at, &seen));
    assert_int_equal(seen.origin.statement.len, PIN_STATEMENT_MAX - 1);
    assert_false(pins_next(&pins, &at, &seen));
    pins_clear(&pins);
}

/* ---- the model ---- */

#define NAMES 6
#define CAUSES 4

static const enum pin_cause model_causes[CAUSES] = { PIN_TEMPORARY_TABLE, PIN_USER_LOCK, PIN_TABLE_LOCK,
                                                     PIN_HIDDEN_STATE };

struct model {
    unsigned counts[CAUSES][NAMES]; /* name 0: pins without a name */
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
        pins_add(pins, model_causes[cause], span_cstr(names[name]), none, &origin);
        *count = name > 0 && model_causes[cause] == PIN_USER_LOCK ? *count + 1 : 1;
    }
}

TEST(random_histories_equal_a_plain_model)
{
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

TEST(more_names_than_are_kept_stay_until_all_go)
{
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

/* Whichever allocation fails, the session is pinned. */
TEST(out_of_memory_pins_longer_never_shorter)
{
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

static void note(struct pins *pins, struct pin_counters *counters, uint32_t others)
{
    pins_note(pins, pins->causes | others, pin_bit(PIN_AUTO_IS_NULL), &origin, counters);
}

static void assert_only_name(const struct pins *pins, const char *wanted)
{
    struct span name = pins_only_name(pins, PIN_HELD_SET);
    assert_true(span_equal(name, span_cstr(wanted)));
}

TEST(the_only_pin_is_told_by_its_name)
{
    struct pins pins = { 0 };
    struct pin_counters counters = { 0 };
    assert_only_name(&pins, "");
    add(&pins, PIN_HELD_SET, "insert_id");
    assert_only_name(&pins, "insert_id");
    note(&pins, &counters, pin_bit(PIN_AUTO_IS_NULL));
    assert_only_name(&pins, "insert_id");
    add(&pins, PIN_HELD_SET, "sql_log_bin");
    assert_only_name(&pins, "");
    pins_release(&pins, PIN_HELD_SET, SPAN_LITERAL("sql_log_bin"));
    add(&pins, PIN_HANDLER, "h");
    assert_only_name(&pins, "");
    pins_release_all(&pins, PIN_HANDLER);
    assert_only_name(&pins, "insert_id");
    add(&pins, PIN_HELD_SET, "");
    assert_only_name(&pins, "");
    pins_clear(&pins);
}

TEST(each_time_a_cause_comes_it_is_counted_once)
{
    struct pins pins = { 0 };
    struct pin_counters counters = { 0 };
    for (int i = 0; i < 3; i++) {
        add(&pins, PIN_TEMPORARY_TABLE, "t");
        add(&pins, PIN_HIDDEN_STATE, "");
        note(&pins, &counters, 0);
        note(&pins, &counters, pin_bit(PIN_AUTO_IS_NULL));
        pins_release_all(&pins, PIN_TEMPORARY_TABLE);
        note(&pins, &counters, pin_bit(PIN_AUTO_IS_NULL));
    }
    assert_int_equal(counter_read(&counters.by_cause[PIN_TEMPORARY_TABLE]), 3);
    assert_int_equal(counter_read(&counters.by_cause[PIN_HIDDEN_STATE]), 1);
    assert_int_equal(counter_read(&counters.by_cause[PIN_AUTO_IS_NULL]), 3);
    assert_int_equal(counter_read(&counters.by_cause[PIN_TABLE_LOCK]), 0);
    pins_clear(&pins);
}

TEST(every_cause_has_a_name_and_words)
{
    for (unsigned i = 0; i < PIN_CAUSE_COUNT; i++) {
        assert_true(strlen(pin_cause_words((enum pin_cause)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(pin_cause_name((enum pin_cause)i), pin_cause_name((enum pin_cause)j));
    }
}

/* Servers ignore the letter case of some of these names. Names of the other kinds with different letter case
 * are different names. */
TEST(names_are_compared_as_servers_do)
{
    static const struct {
        enum pin_cause cause;
        bool is_nocase;
    } rows[] = { { PIN_PREPARED, true },
                 { PIN_HANDLER, true },
                 { PIN_HELD_SET, true },
                 { PIN_TEMPORARY_TABLE, false },
                 { PIN_USER_LOCK, false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pins pins = { 0 };
        add(&pins, rows[i].cause, "name");
        assert_int_equal(pins_keep_reads(&pins), rows[i].cause != PIN_HELD_SET);
        pins_release(&pins, rows[i].cause, SPAN_LITERAL("NAME"));
        assert_int_equal(pins_any(&pins), !rows[i].is_nocase);
        pins_clear(&pins);
    }
}

/* When the only pin began; 0: there is not exactly one. */
static uint64_t since(const struct pins *pins)
{
    struct pin_seen seen, next;
    size_t at = 0;
    return pins_next(pins, &at, &seen) && !pins_next(pins, &at, &next) ? seen.origin.since_us : 0;
}

TEST(origin_of_a_noted_cause_is_kept_while_it_lasts)
{
    const uint32_t variables = pin_bit(PIN_USER_VARIABLES), both = variables | pin_bit(PIN_TRANSACTION);
    const struct pin_origin first = { .since_us = 7 }, second = { .since_us = 8 };
    struct pin_counters counters = { 0 };
    struct pins pins = { 0 };
    pins_note(&pins, both, variables, &first, &counters);
    assert_true(since(&pins) == 7 && pins.noted == both && pins.causes == 0);
    pins_note(&pins, variables, variables, &second, &counters);
    assert_true(since(&pins) == 7);
    pins_note(&pins, 0, variables, &second, &counters);
    assert_true(pins.count == 0 && pins.noted == 0);
    add(&pins, PIN_USER_VARIABLES, ""); /* it has an origin already */
    pins_note(&pins, variables, variables, &second, &counters);
    assert_true(since(&pins) == 1000);
    pins_clear(&pins);
}

RUN_TESTS(NULL, NULL)
