#include "sql_test.h"

#include "base/mem.h"
#include "sql/routines.h"

#include <ctype.h>
#include <pthread.h>
#include <strings.h>

static struct routine row_of(const char *schema, const char *name, bool only_reads)
{
    return (struct routine){ span_cstr(schema), span_cstr(name), only_reads };
}

static bool asks(const struct routines *routines, const char *schema, const char *name)
{
    struct span exact_schema = exact_copy(schema, strlen(schema));
    struct span exact_name = exact_copy(name, strlen(name));
    bool answer = routines_only_reads(routines, exact_schema, exact_name);
    drop_copy(exact_schema);
    drop_copy(exact_name);
    return answer;
}

/* ---- rows: what stands on the servers, what is called, may it run where nothing is written? ---- */

struct question {
    struct routine rows[4];
    const char *schema;
    const char *name;
    bool answer;
};

#define FN(schema, name, only_reads)                                                                         \
    {                                                                                                        \
        SPAN_LITERAL(schema), SPAN_LITERAL(name), only_reads                                                 \
    }

static const struct question questions[] = {
    { { FN("a", "f", true) }, "", "f", true },
    { { FN("a", "f", true) }, "", "F", true },
    { { FN("a", "Tax_1", true) }, "", "tAX_1", true },
    { { FN("a", "f", true) }, "", "g", false },
    { { FN("a", "f", true) }, "", "", false },
    { { FN("a", "f", true) }, "", "ff", false },
    { { FN("a", "ff", true) }, "", "f", false },
    { { FN("a", "f", false) }, "", "f", false },
    /* qualified */
    { { FN("a", "f", true) }, "a", "f", true },
    { { FN("a", "f", true) }, "A", "F", true },
    { { FN("a", "f", true) }, "b", "f", false },
    { { FN("a", "f", true) }, "aa", "f", false },
    { { FN("b", "f", true) }, "a", "f", false },
    { { FN("a", "f", true), FN("c", "f", true) }, "b", "f", false },
    { { FN("a", "f", true), FN("c", "f", true) }, "c", "f", true },
    { { FN("a", "f", true), FN("b", "g", true) }, "a", "g", false },
    { { FN("f", "a", true) }, "a", "f", false },
    /* ambiguous, whichever comes first and however it is spelt */
    { { FN("a", "f", true), FN("b", "f", false) }, "", "f", false },
    { { FN("a", "f", false), FN("b", "f", true) }, "", "f", false },
    { { FN("a", "f", true), FN("b", "F", false) }, "", "f", false },
    { { FN("a", "f", true), FN("b", "f", false) }, "a", "f", false },
    { { FN("a", "f", true), FN("b", "f", false), FN("b", "g", true) }, "", "g", true },
    { { FN("a", "f", true), FN("b", "f", true) }, "", "f", true },
    { { FN("a", "f", true), FN("b", "f", true), FN("c", "f", false) }, "b", "f", false },
    /* a loadable function, which servers prefer */
    { { FN("a", "f", true), FN("", "f", false) }, "", "f", false },
    { { FN("a", "f", true), FN("", "f", false) }, "a", "f", false },
    { { FN("", "", true) }, "", "", false },
    /* servers take u and u umlaut for the same letter: one character, two bytes */
    { { FN("a", "f\xC3\xBCr", true) }, "", "f\xC3\xBCr", false },
    { { FN("a", "fur", true), FN("b", "f\xC3\xBCr", false) }, "", "fur", false },
    { { FN("a", "fur", true), FN("b", "f\xC3\xBCr", false) }, "a", "fur", false },
    { { FN("b", "f\xC3\xBCr", false), FN("a", "fur", true) }, "", "fur", false },
    { { FN("a", "fur", true), FN("b", "f\xC3\xBCr", true) }, "", "fur", true },
    { { FN("a", "four", true), FN("b", "f\xC3\xBCr", false) }, "", "four", true },
    { { FN("a", "fu", true), FN("b", "f\xC3\xBCr", false) }, "", "fu", true },
    { { FN("a", "K", true), FN("b", "\xE2\x84\xAA", false) }, "", "k", false }, /* Kelvin */
    /* the schema may be anything */
    { { FN("sch\xC3\xB6n", "f", true) }, "", "f", true },
    { { FN("sch\xC3\xB6n", "f", true) }, "sch\xC3\xB6n", "f", true },
    { { FN("sch\xC3\xB6n", "f", true) }, "sch\xC3\x96n", "f", false },
};

static void a_name_stands_only_for_functions_that_all_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct question *q = &questions[i];
        size_t count = 0;
        while (count < 4 && q->rows[count].name.data != NULL)
            count++;
        struct routines *routines = routines_new(q->rows, count);
        assert_non_null(routines);
        if (asks(routines, q->schema, q->name) != q->answer)
            fail_msg("question %zu: '%s'.'%s' should be %d", i, q->schema, q->name, q->answer);
        routines_unref(routines);
    }
}

static void no_set_and_an_empty_one_know_nothing(void **state)
{
    (void)state;
    assert_false(asks(NULL, "", "f"));
    assert_int_equal(routines_count(NULL), 0);
    assert_null(routines_ref(NULL));
    routines_unref(NULL);
    struct routines *empty = routines_new(NULL, 0);
    assert_non_null(empty);
    assert_int_equal(routines_count(empty), 0);
    assert_false(asks(empty, "", "f"));
    routines_unref(empty);
}

static void what_it_keeps_is_its_own(void **state)
{
    (void)state;
    char schema[] = "shop", name[] = "price";
    struct routine row = row_of(schema, name, true);
    struct routines *routines = routines_new(&row, 1);
    memset(schema, 'x', sizeof schema - 1);
    memset(name, 'x', sizeof name - 1);
    assert_true(asks(routines, "shop", "price"));
    assert_int_equal(routines_count(routines), 1);
    routines_unref(routines);
}

/* ---- a dumb twin ---- */

#define NAMES 7
static const char *const names[NAMES] = { "f", "g", "fg", "gF", "fff", "\xC3\xA9", "g\xC3\xA9" };
static const char *const schemas[] = { "a", "B", "ab", "" };

static size_t chars_in(const char *name)
{
    size_t chars = 0;
    for (; *name != '\0'; name++)
        chars += ((unsigned char)*name >> 6) != 2;
    return chars;
}

static bool is_plain(const char *name)
{
    for (; *name != '\0'; name++)
        if (!isascii((unsigned char)*name))
            return false;
    return true;
}

struct model_row {
    const char *schema;
    const char *name;
    bool only_reads;
};

static bool model_asks(const struct model_row *rows, size_t count, const char *schema, const char *name)
{
    bool is_there = false;
    for (size_t i = 0; i < count; i++) {
        bool is_same = strcasecmp(rows[i].name, name) == 0;
        bool may_be_same = is_same || (!is_plain(rows[i].name) && chars_in(rows[i].name) == chars_in(name));
        if (may_be_same && !rows[i].only_reads)
            return false;
        if (is_same && (*schema == '\0' || strcasecmp(rows[i].schema, schema) == 0))
            is_there = true;
    }
    return is_there && is_plain(name);
}

static unsigned pick(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static void compare_all(const struct routines *routines, const struct model_row *rows, size_t count)
{
    for (size_t s = 0; s < sizeof schemas / sizeof *schemas; s++)
        for (size_t n = 0; n < NAMES; n++)
            if (asks(routines, schemas[s], names[n]) != model_asks(rows, count, schemas[s], names[n]))
                fail_msg("%s.%s of %zu rows", schemas[s], names[n], count);
}

static void it_answers_as_the_model_does(void **state)
{
    (void)state;
    unsigned seed = 1, yes = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct model_row model[8];
        struct routine rows[8];
        size_t count = pick(&seed, 9);
        for (size_t i = 0; i < count; i++) {
            model[i] =
                (struct model_row){ schemas[pick(&seed, 3)], names[pick(&seed, NAMES)], pick(&seed, 6) > 0 };
            rows[i] = row_of(model[i].schema, model[i].name, model[i].only_reads);
        }
        struct routines *routines = routines_new(rows, count);
        assert_non_null(routines);
        compare_all(routines, model, count);
        yes += routines_count(routines) > 0;
        routines_unref(routines);
    }
    assert_in_range(yes, 5000, 19000); /* both answers were given often */
}

static void sets_that_answer_alike_are_equal(void **state)
{
    (void)state;
    struct routine rows[] = { row_of("a", "f", true), row_of("b", "g", true), row_of("b", "h", false) };
    struct routine turned[] = { rows[1], row_of("A", "F", true) };
    struct routine moved[] = { rows[0], row_of("a", "g", true) };
    struct routine renamed[] = { rows[0], row_of("b", "gg", true) };
    struct routines *set = routines_new(rows, 3), *same = routines_new(turned, 2);
    struct routines *others[] = { routines_new(rows, 1), routines_new(moved, 2), routines_new(renamed, 2),
                                  routines_new(NULL, 0), NULL };
    assert_true(routines_equal(set, set) && routines_equal(set, same) && routines_equal(NULL, NULL));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(routines_equal(set, others[i]));
        assert_false(routines_equal(others[i], set));
        routines_unref(others[i]);
    }
    routines_unref(set);
    routines_unref(same);
}

/* As many as a server may be asked for, in an order that is no help. */
static void many_are_found_one_by_one(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    static char text[MANY][16];
    static struct routine rows[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        unsigned number = i * 7919u % MANY;
        (void)snprintf(text[i], sizeof text[i], "fn_%u", number);
        rows[i] = row_of("app", text[i], number % 3 != 0);
    }
    struct routines *routines = routines_new(rows, MANY);
    for (unsigned number = 0; number < MANY; number++) {
        char name[16];
        (void)snprintf(name, sizeof name, "fn_%u", number);
        assert_int_equal(asks(routines, "", name), number % 3 != 0);
        assert_int_equal(asks(routines, "app", name), number % 3 != 0);
    }
    assert_int_equal(routines_count(routines), MANY - (MANY + 2) / 3);
    routines_unref(routines);
}

static void without_memory_there_is_no_set(void **state)
{
    (void)state;
    struct routine rows[] = { row_of("a", "f", true), row_of("b", "g", true), row_of("b", "h", false) };
    struct routines *routines = NULL;
    long failures = 0;
    while (routines == NULL) {
        mem_fail_after(failures);
        routines = routines_new(rows, 3);
        mem_fail_after(-1);
        failures += routines == NULL;
        assert_in_range(failures, 0, 10);
    }
    assert_in_range(failures, 1, 10);
    assert_true(asks(routines, "", "g"));
    routines_unref(routines);
}

/* ---- threads: whoever drops the last reference frees; a sanitizer sees one too many or too few ---- */

#define THREADS 4
#define TURNS 20000

static void *take_and_drop(void *argument)
{
    struct routines *mine = argument; /* one reference of its own */
    bool was_right = true;
    for (unsigned i = 0; i < TURNS; i++) {
        struct routines *again = routines_ref(mine);
        was_right = was_right && again == mine && routines_only_reads(again, span_cstr(""), span_cstr("f"));
        routines_unref(again);
    }
    routines_unref(mine);
    return was_right ? NULL : argument;
}

static void threads_share_one_set(void **state)
{
    (void)state;
    struct routine row = row_of("a", "f", true);
    struct routines *routines = routines_new(&row, 1);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_drop, routines_ref(routines)), 0);
    routines_unref(routines);
    for (unsigned i = 0; i < THREADS; i++) {
        void *complaint;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_only_for_functions_that_all_read),
        cmocka_unit_test(no_set_and_an_empty_one_know_nothing),
        cmocka_unit_test(what_it_keeps_is_its_own),
        cmocka_unit_test(it_answers_as_the_model_does),
        cmocka_unit_test(sets_that_answer_alike_are_equal),
        cmocka_unit_test(many_are_found_one_by_one),
        cmocka_unit_test(without_memory_there_is_no_set),
        cmocka_unit_test(threads_share_one_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
