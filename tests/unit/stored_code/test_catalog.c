/* A catalog of stored code: what each routine, view and trigger may do, with everything that it reaches; and
 * which of them are no longer known. */
#include "../tokens/tokens_test.h"

#include "base/mem.h"
#include "stored_code/catalog_draft.h"

#include <pthread.h>
#include <stdio.h>

#define ROW(kind, schema, name, body)                                                                        \
    {                                                                                                        \
        kind, SPAN_LITERAL(schema), SPAN_LITERAL(name), { 0 }, SPAN_LITERAL(body), { 0 }, false              \
    }
#define W ((unsigned)CODE_WRITES)
#define V ((unsigned)CODE_SETS_VARIABLES)
#define L ((unsigned)CODE_TAKES_LOCKS | (unsigned)CODE_PRIMARY) /* waiting for a lock needs the primary */
#define P ((unsigned)CODE_PRIMARY)
#define U ((unsigned)CODE_UNKNOWN)

static const struct catalog_row rows[] = {
    ROW(CODE_FUNCTION, "app", "pure", "RETURN 1"),
    ROW(CODE_FUNCTION, "app", "reads", "RETURN (SELECT COUNT(*) FROM t)"),
    ROW(CODE_FUNCTION, "app", "reads_view", "RETURN (SELECT COUNT(*) FROM v_writes)"),
    ROW(CODE_FUNCTION, "app", "reads_accent", "RETURN (SELECT \xc3\xa0 FROM t)"),
    ROW(CODE_FUNCTION, "app", "writes", "BEGIN INSERT INTO plain VALUES (1); RETURN 1; END"),
    ROW(CODE_FUNCTION, "app", "calls", "RETURN pure() + reads()"),
    ROW(CODE_FUNCTION, "app", "calls_writes", "RETURN pure() + writes()"),
    ROW(CODE_FUNCTION, "app", "calls_missing", "RETURN missing()"),
    ROW(CODE_FUNCTION, "app", "locks", "RETURN GET_LOCK('a', 0)"),
    ROW(CODE_FUNCTION, "x", "y", "RETURN GET_LOCK('a', 0)"),
    ROW(CODE_FUNCTION, "app", "uses_x", "RETURN x.y()"),
    ROW(CODE_FUNCTION, "app", "jazz_locks", "RETURN GET_LOCK('a', 0)"),
    ROW(CODE_FUNCTION, "app", "ping", "RETURN pong()"),
    ROW(CODE_FUNCTION, "app", "pong", "BEGIN IF RAND() < 2 THEN RETURN ping(); END IF; RETURN locks(); END"),
    ROW(CODE_FUNCTION, "app", "loop_of_none", "RETURN loop_of_none()"),
    ROW(CODE_FUNCTION, "app", "fires", "BEGIN INSERT INTO fired VALUES (1); RETURN 1; END"),
    ROW(CODE_FUNCTION, "app", "fires_by_view", "BEGIN INSERT INTO v_fired VALUES (1); RETURN 1; END"),
    ROW(CODE_FUNCTION, "app", "twice", "RETURN 1"),
    ROW(CODE_FUNCTION, "other", "twice", "RETURN GET_LOCK('a', 0)"),
    ROW(CODE_FUNCTION, "other", "caller", "RETURN twice()"),
    ROW(CODE_FUNCTION, "app", "caf\xc3\xa9_list", "RETURN GET_LOCK('a', 0)"),
    ROW(CODE_FUNCTION, "app", "cafe_list", "RETURN 1"),
    ROW(CODE_FUNCTION, "sys", "where_am_i", "RETURN 1"),
    ROW(CODE_PROCEDURE, "app", "pure", "BEGIN INSERT INTO plain VALUES (1); END"),
    ROW(CODE_PROCEDURE, "app", "deep", "CALL pure()"),
    ROW(CODE_TRIGGER, "app", "fired", "SET @x = 1"),
    ROW(CODE_TRIGGER, "app", "fired", "DO GET_LOCK('a', 0)"),
    ROW(CODE_TABLE, "app", "v_plain", "select `app`.`t`.`id` AS `id` from `app`.`t`"),
    ROW(CODE_TABLE, "app", "v_fired", "select `app`.`fired`.`id` AS `id` from `app`.`fired`"),
    ROW(CODE_TABLE, "app", "v_pure", "select `app`.`pure`() AS `p`"),
    ROW(CODE_TABLE, "app", "v_writes", "select `app`.`writes`() AS `p`"),
    ROW(CODE_TABLE, "app", "v_over", "select `v`.`p` AS `p` from (`app`.`v_writes` `v` join `app`.`t`)"),
    ROW(CODE_TABLE, "app", "v_locks", "select get_lock('x',0) AS `l` from `app`.`t`"),
    ROW(CODE_TABLE, "app", "v_server",
        "select `performance_schema`.`x`.`a` AS `a` from `performance_schema`.`x`"),
    ROW(CODE_TABLE, "app", "v_\xc3\xa4", "select `app`.`locks`() AS `p`"),
    ROW(CODE_TABLE, "other", "v_plain", "select `app`.`writes`() AS `p`"),
};

static const struct question {
    enum code_kind kind;
    const char *current, *schema, *name;
    unsigned effects;
} questions[] = {
    { CODE_FUNCTION, "app", "", "pure", 0 },
    { CODE_FUNCTION, "app", "", "PURE", 0 },
    { CODE_FUNCTION, "other", "app", "pure", 0 },
    { CODE_FUNCTION, "other", "", "pure", U },
    { CODE_FUNCTION, "", "", "pure", 0 },
    { CODE_FUNCTION, "app", "", "missing", U },
    { CODE_FUNCTION, "app", "", "reads", 0 },
    { CODE_FUNCTION, "app", "", "reads_accent", 0 },
    { CODE_FUNCTION, "app", "", "reads_view", W | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "writes", W },
    { CODE_FUNCTION, "app", "", "calls", CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "calls_writes", W | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "calls_missing", U | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "JAZZ_LOCKS", L },
    { CODE_FUNCTION, "app", "", "uses_x", L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "ping", L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "pong", L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "loop_of_none", CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "fires", W | V | L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "fires_by_view", W | V | L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "twice", 0 },
    { CODE_FUNCTION, "other", "", "twice", L },
    { CODE_FUNCTION, "", "", "twice", L },
    { CODE_FUNCTION, "app", "other", "caller", L | CATALOG_CALLS },
    { CODE_FUNCTION, "app", "", "cafe_list", L },
    { CODE_FUNCTION, "app", "", "caf\xc3\xa9_list", U },
    { CODE_FUNCTION, "", "sys", "where_am_i", P },
    { CODE_FUNCTION, "", "bundle", "pure", U },
    { CODE_PROCEDURE, "app", "", "pure", W },
    { CODE_PROCEDURE, "app", "", "deep", W | CATALOG_CALLS },
    { CODE_PROCEDURE, "app", "", "reads", U },
    { CODE_TRIGGER, "app", "", "t", 0 },
    { CODE_TRIGGER, "app", "", "fired", V | L },
    { CODE_TRIGGER, "other", "", "fired", 0 },
    { CODE_TRIGGER, "other", "",
      "fir\xc3\xa9"
      "d",
      W | V | L | P | CATALOG_CALLS },
    { CODE_TRIGGER, "app", "", "v_fired", V | L | CATALOG_CALLS },
    { CODE_TABLE, "app", "", "t", 0 },
    { CODE_TABLE, "app", "", "v_plain", 0 },
    { CODE_TABLE, "other", "", "v_plain", W | CATALOG_CALLS },
    { CODE_TABLE, "", "", "v_plain", W | CATALOG_CALLS },
    { CODE_TABLE, "elsewhere", "", "v_writes", 0 },
    { CODE_TABLE, "app", "", "v_pure", CATALOG_CALLS },
    { CODE_TABLE, "app", "", "V_OVER", W | CATALOG_CALLS },
    { CODE_TABLE, "app", "", "v_locks", L },
    { CODE_TABLE, "app", "", "v_server", P },
    { CODE_TABLE, "app", "", "v_\xe4", W | L | P | CATALOG_CALLS },
    { CODE_TABLE, "\xe4pp", "", "v_locks", L },
};

static struct catalog *build(unsigned kinds)
{
    const char *why = NULL;
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_UNKNOWN);
    if (draft == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        catalog_draft_add(draft, &rows[i]);
    catalog_draft_add_package(draft, SPAN_LITERAL("Bundle"));
    struct catalog *catalog = catalog_draft_finish(&draft, kinds, 7, &why);
    assert_true((catalog != NULL) == (why == NULL));
    assert_null(draft);
    return catalog;
}

static unsigned ask(const struct catalog *catalog, const struct question *q)
{
    return catalog_effects(catalog, q->kind, span_cstr(q->current), span_cstr(q->schema), span_cstr(q->name));
}

TEST(effects_are_those_of_all_that_is_reached)
{
    struct catalog *catalog = build(~0u);
    unsigned wrong = 0;
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        unsigned effects = ask(catalog, &questions[i]);
        if (effects != questions[i].effects && ++wrong)
            fprintf(stderr, "kind %d, %s in %s: %#x, expected %#x\n", (int)questions[i].kind,
                    questions[i].name, questions[i].current, effects, questions[i].effects);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(catalog_mark(catalog), 7);
    catalog_unref(catalog);
}

TEST(what_is_not_listed_whole_is_not_known)
{
    struct catalog *catalog = build(1u << CODE_FUNCTION | 1u << CODE_PROCEDURE);
    const struct span app = SPAN_LITERAL("app"), none = { 0 };
    assert_int_equal(catalog_effects(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("pure")), 0);
    assert_int_equal(catalog_effects(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("reads")), CODE_PRIMARY);
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("t")), U);
    assert_int_equal(catalog_effects(catalog, CODE_TRIGGER, app, none, SPAN_LITERAL("t")), U);
    assert_true(catalog_knows(catalog, CODE_FUNCTION) && !catalog_knows(catalog, CODE_TABLE));
    assert_false(catalog_knows(NULL, CODE_FUNCTION) || catalog_is_whole(NULL, false) ||
                 catalog_is_whole(catalog, false));
    assert_int_equal(catalog_effects(NULL, CODE_TABLE, app, none, SPAN_LITERAL("t")), U);
    catalog_unref(catalog);
}

/* Which lists a read needs to be known, and which a write. */
TEST(a_catalog_is_whole_for_reads_without_triggers)
{
    static const unsigned functions = 1u << CODE_FUNCTION, views = 1u << CODE_TABLE,
                          triggers = 1u << CODE_TRIGGER;
    const struct {
        unsigned kinds;
        bool for_reads, for_writes;
    } cases[] = {
        { functions | views | triggers | CATALOG_COLUMNS, true, true },
        { functions | views | CATALOG_COLUMNS, true, false },
        { functions | views | triggers, false, false },
        { functions | triggers | CATALOG_COLUMNS, false, false },
        { views | triggers | CATALOG_COLUMNS, false, false },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct catalog *catalog = build(cases[i].kinds);
        if (catalog_is_whole(catalog, false) != cases[i].for_reads ||
            catalog_is_whole(catalog, true) != cases[i].for_writes)
            fail_msg("case %zu", i);
        catalog_unref(catalog);
    }
}

TEST(entries_are_in_order_and_name_their_culprits)
{
    struct catalog *catalog = build(~0u);
    const struct span app = SPAN_LITERAL("app"), none = { 0 };
    assert_int_equal(catalog_count(catalog), COUNT_OF(rows));
    size_t at = catalog_find(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("calls_writes"));
    assert_true(at < COUNT_OF(rows));
    struct catalog_entry entry = catalog_entry_at(catalog, at);
    assert_int_equal(entry.own, 0);
    assert_true(entry.culprit < COUNT_OF(rows));
    entry = catalog_entry_at(catalog, entry.culprit);
    assert_true(span_is(entry.name, "writes"));
    assert_true(entry.culprit == SIZE_MAX);
    assert_true(catalog_find(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("missing")) == SIZE_MAX);
    catalog_unref(catalog);
}

TEST(views_with_unknown_bodies_are_counted)
{
    static const struct catalog_row hidden[] = {
        { .kind = CODE_FUNCTION, .name = SPAN_LITERAL("f"), .is_hidden = true },
        { .kind = CODE_TABLE, .name = SPAN_LITERAL("v1"), .is_hidden = true },
        { .kind = CODE_TABLE, .name = SPAN_LITERAL("v2"), .body = SPAN_LITERAL("select 1 AS `1`") },
        { .kind = CODE_TABLE, .name = SPAN_LITERAL("v3"), .is_hidden = true },
    };
    static const size_t counts[] = { 0, 0, 1, 1, 2 };
    for (size_t count = 0; count <= COUNT_OF(hidden); count++) {
        const char *why = NULL;
        struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MARIADB);
        for (size_t i = 0; i < count; i++)
            catalog_draft_add(draft, &hidden[i]);
        struct catalog *catalog = catalog_draft_finish(&draft, ~0u, 7, &why);
        assert_int_equal(catalog_count(catalog), count);
        assert_int_equal(catalog_hidden_views(catalog), counts[count]);
        catalog_unref(catalog);
    }
    assert_int_equal(catalog_hidden_views(NULL), 0);
}

/* Each function calls the next one, and the last one takes a lock. What is not settled after 64 rounds is not
 * known. */
TEST(a_long_chain_of_calls_is_not_known)
{
    for (unsigned count = 60; count <= 68; count++) {
        const char *why = NULL;
        struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MARIADB);
        for (unsigned i = 0; i < count; i++) {
            char name[8], body[32] = "RETURN GET_LOCK('a', 0)";
            (void)snprintf(name, sizeof name, "f%02u", i);
            if (i + 1 < count)
                (void)snprintf(body, sizeof body, "RETURN f%02u()", i + 1);
            struct catalog_row row = { .kind = CODE_FUNCTION,
                                       .schema = SPAN_LITERAL("app"),
                                       .name = span_cstr(name),
                                       .body = span_cstr(body) };
            catalog_draft_add(draft, &row);
        }
        struct catalog *catalog = catalog_draft_finish(&draft, ~0u, 7, &why);
        for (unsigned i = 0; i + 1 < count; i++)
            assert_int_equal(catalog_entry_at(catalog, i).effects & U, count > 64 ? U : 0);
        assert_int_equal(catalog_entry_at(catalog, count - 1).effects, L);
        catalog_unref(catalog);
    }
}

/* Views that run code are never excluded by the filter. */
TEST(views_that_run_code_pass_the_filter)
{
    struct catalog *catalog = build(~0u);
    const struct catalog_names *names = catalog_code_views(catalog);
    assert_non_null(names);
    assert_true(names->has_odd);
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        struct catalog_entry entry = catalog_entry_at(catalog, i);
        if (entry.kind == CODE_TABLE && entry.effects != 0)
            assert_true(catalog_names_may_have(names, entry.name));
    }
    catalog_unref(catalog);
    assert_null(catalog_code_views(NULL));
}

/* ---- changes of stored code ---- */

static const struct {
    const char *sql;
    const char *names; /* names that count as changed, separated by commas; "*": all; "": none */
} changes[] = {
    { "CREATE VIEW fresh AS SELECT 1 FROM t", "fresh" },
    { "create or replace algorithm=merge definer=`a`@`b` sql security invoker view x.fresh as select f()",
      "x,fresh" },
    { "ALTER VIEW fresh AS SELECT 1", "fresh" },
    { "DROP VIEW IF EXISTS fresh, fresh2", "fresh,fresh2" },
    { "CREATE FUNCTION f(a INT) RETURNS INT RETURN 1", "f" },
    { "CREATE AGGREGATE FUNCTION f RETURNS INT SONAME 'x.so'", "f" },
    { "DROP PROCEDURE p", "p" },
    { "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x = 1", "tr,t" },
    { "RENAME TABLE a TO b, c TO d", "a,b,c,d" },
    { "ALTER TABLE a RENAME TO b", "a,b" },
    { "ALTER TABLE a ADD c INT", "" },
    { "CREATE TABLE g (a INT AS (@x := 1) VIRTUAL)", "g" },
    { "CREATE TABLE g (a INT)", "" },
    { "CREATE INDEX i ON t (a)", "" },
    { "DROP TABLE t", "" },
    { "SELECT 1", "" },
    { "SELECT 1; CREATE VIEW fresh AS SELECT 1", "fresh" },
    { "EXECUTE IMMEDIATE 'create view fresh as select 1'", "*" },
    { "EXECUTE IMMEDIATE 'select 1'", "" },
    { "INSTALL SONAME 'x'", "*" },
    { "/*!99999 CREATE VIEW fresh AS SELECT 1 */", "*" },
};

TEST(statements_that_change_code_are_known_by_their_names)
{
    const struct sql_dialect dialect = { 0 };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct code_changes all;
        struct code_change change;
        char names[64], *rest = names;
        code_changes_init(&all);
        bool is_change = code_change_read(span_cstr(changes[i].sql), &dialect, &change);
        if (is_change != (changes[i].names[0] != '\0'))
            fail_msg("%s", changes[i].sql);
        code_changes_begin(&all, &change);
        (void)snprintf(names, sizeof names, "%s", changes[i].names);
        for (char *name = strsep(&rest, ","); name != NULL && *name != '\0'; name = strsep(&rest, ","))
            if (!code_changes_have(&all, 0, span_cstr(name)))
                fail_msg("%s: not %s", changes[i].sql, name);
        if (code_changes_have(&all, 0, span_cstr("unconcerned")) != (changes[i].names[0] == '*'))
            fail_msg("%s: unconcerned", changes[i].sql);
        code_changes_end(&all);
        code_changes_fini(&all);
    }
}

static void change(struct code_changes *all, const char *sql)
{
    const struct sql_dialect dialect = { 0 };
    struct code_change read;
    assert_true(code_change_read(span_cstr(sql), &dialect, &read));
    code_changes_begin(all, &read);
}

TEST(what_was_changed_is_not_known_until_it_was_read_again)
{
    const struct span app = SPAN_LITERAL("app"), none = { 0 };
    struct code_changes all;
    uint64_t covers;
    struct catalog *catalog = build(~0u);
    code_changes_init(&all);
    catalog_follow(catalog, &all, 0);
    assert_true(!catalog_is_stale(catalog) && catalog_is_whole(catalog, true));
    change(&all, "CREATE VIEW fresh AS SELECT app.writes()");
    assert_true(catalog_is_stale(catalog) && !catalog_is_whole(catalog, false));
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("fresh")), U);
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("v_plain")), U);
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("t")), 0);
    assert_int_equal(catalog_effects(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("pure")), U);
    assert_int_equal(catalog_effects(catalog, CODE_TRIGGER, app, none, SPAN_LITERAL("t")), 0);
    assert_int_equal(catalog_effects(catalog, CODE_TRIGGER, app, none, SPAN_LITERAL("fired")), U);
    assert_false(code_changes_are_over(&all, &covers));
    code_changes_end(&all);
    assert_true(code_changes_are_over(&all, &covers));
    catalog_doubt(catalog);
    assert_true(catalog_is_stale(catalog));
    catalog_cover(catalog, covers);
    assert_int_equal(catalog_effects(NULL, CODE_TABLE, app, none, SPAN_LITERAL("t")), U);
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, none), U);
    assert_true(catalog_find(NULL, CODE_TABLE, app, none, SPAN_LITERAL("t")) == SIZE_MAX);
    assert_true(catalog_find(catalog, CODE_TABLE, app, none, none) == SIZE_MAX);
    assert_true(!catalog_is_stale(catalog) && catalog_is_whole(catalog, true));
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("fresh")), 0);
    /* More changed names than are remembered. */
    for (unsigned i = 0; i < CODE_CHANGES_NAMES + 1; i++) {
        change(&all, "DROP VIEW a");
        code_changes_end(&all);
    }
    assert_int_equal(catalog_effects(catalog, CODE_TABLE, app, none, SPAN_LITERAL("t")), U);
    catalog_unref(catalog);
    code_changes_fini(&all);
}

TEST(without_memory_there_is_none)
{
    struct catalog *catalog = NULL;
    unsigned failures = 0;
    for (long after = 0; catalog == NULL; after++) {
        mem_fail_after(after);
        catalog = build(~0u);
        mem_fail_after(-1);
        failures += catalog == NULL;
    }
    assert_true(failures > 5);
    catalog_unref(catalog);
}

TEST(too_much_is_none)
{
    const char *why;
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MYSQL);
    for (unsigned i = 0; i <= CATALOG_ROWS_MAX; i++)
        catalog_draft_add(draft, &rows[0]);
    assert_null(catalog_draft_finish(&draft, ~0u, 1, &why));
    assert_string_equal(why, "there are too many of them");
    draft = catalog_draft_new(SQL_FAMILY_MYSQL);
    catalog_draft_add(draft, &rows[0]);
    catalog_draft_free(&draft);
    assert_null(draft);
}

/* A chain of calls as long as the list is not followed to its end, so its effects are unknown. */
TEST(a_chain_without_end_is_not_known)
{
    const char *why;
    char name[16], body[32];
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_MYSQL);
    for (unsigned i = 0; i < 3000; i++) {
        (void)snprintf(name, sizeof name, "f%04u", i);
        (void)snprintf(body, sizeof body, i == 2999 ? "RETURN GET_LOCK('a', 0)" : "RETURN f%04u()", i + 1);
        struct catalog_row row = { .kind = CODE_FUNCTION,
                                   .schema = SPAN_LITERAL("app"),
                                   .name = span_cstr(name),
                                   .body = span_cstr(body) };
        catalog_draft_add(draft, &row);
    }
    struct catalog *catalog = catalog_draft_finish(&draft, ~0u, 1, &why);
    assert_non_null(catalog);
    const struct span app = SPAN_LITERAL("app"), none = { 0 };
    assert_int_not_equal(catalog_effects(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("f0000")) & (U | L),
                         0);
    assert_int_equal(catalog_effects(catalog, CODE_FUNCTION, app, none, SPAN_LITERAL("f2999")), L);
    catalog_unref(catalog);
}

static void *take_and_drop(void *argument)
{
    for (int i = 0; i < 1000; i++)
        catalog_unref(catalog_ref(argument));
    catalog_unref(argument);
    return NULL;
}

TEST(threads_share_it)
{
    pthread_t threads[4];
    struct catalog *catalog = build(~0u);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_drop, catalog_ref(catalog)), 0);
    catalog_unref(catalog);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    catalog_unref(NULL);
    assert_null(catalog_ref(NULL));
}

RUN_TESTS(NULL, NULL)
