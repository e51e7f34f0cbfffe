#include "variables_test.h"

#include "base/mem.h"
#include "state/fingerprint.h"

#define SETS_MAX 6

/* "name", "literal", … ending with NULL. */
struct sets {
    const char *said[2 * SETS_MAX + 1];
};

static void fill(struct vars *vars, const struct sets *sets)
{
    for (size_t i = 0; sets->said[i] != NULL; i += 2)
        assert_true(vars_set(vars, span_cstr(sets->said[i]), span_cstr(sets->said[i + 1])));
}

static struct fingerprint of(const struct sets *sets)
{
    struct vars vars = { 0 };
    struct fingerprint fingerprint = { 0 };
    fill(&vars, sets);
    assert_true(fingerprint_take(&fingerprint, &vars));
    vars_fini(&vars);
    return fingerprint;
}

TEST(what_is_equal_and_what_covers)
{
    static const struct {
        struct sets old, new;
        bool is_equal, covers;
    } rows[] = {
        { { { NULL } }, { { NULL } }, true, true },
        { { { NULL } }, { { "a", "1", NULL } }, false, true },
        { { { "a", "1", NULL } }, { { NULL } }, false, false },
        { { { "a", "1", "b", "2", NULL } }, { { "b", "2", "a", "1", NULL } }, true, true },
        { { { "A", "1", NULL } }, { { "a", "1", NULL } }, true, true },
        { { { "a", "1", NULL } }, { { "a", "2", NULL } }, false, true },
        { { { "a", "'x'", NULL } }, { { "a", "'X'", NULL } }, false, true },
        { { { "a", "1", "b", "1", NULL } }, { { "a", "1", NULL } }, false, false },
        { { { "b", "1", NULL } }, { { "a", "1", "b", "2", "c", "3", NULL } }, false, true },
        { { { "d", "1", NULL } }, { { "a", "1", "b", "2", "c", "3", NULL } }, false, false },
        { { { "ab", "1", NULL } }, { { "a", "1", "b", "1", NULL } }, false, false },
        { { { "a", "1b", NULL } }, { { "a1", "b", NULL } }, false, false },
        /* NAMES sets these variables again: their former values are neither sent nor compared */
        { { { "character_set_client", "'a'", "names", "'b'", NULL } },
          { { "names", "'b'", NULL } },
          true,
          true },
        { { { "names", "'b'", "character_set_client", "'a'", NULL } },
          { { "names", "'b'", NULL } },
          false,
          false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fingerprint old = of(&rows[i].old), new = of(&rows[i].new);
        assert_row(fingerprint_equal(&old, &new) == rows[i].is_equal, "row %zu", i);
        assert_row(fingerprint_equal(&new, &old) == rows[i].is_equal, "row %zu", i);
        assert_row(fingerprint_covers(&new, &old) == rows[i].covers, "row %zu", i);
        fingerprint_fini(&old);
        fingerprint_fini(&new);
    }
}

/* As many variables as a session may have; taking the fingerprint again forgets the former one. */
TEST(it_holds_all_and_can_be_taken_again)
{
    struct vars vars = { 0 };
    struct fingerprint fingerprint = { 0 }, none = { 0 };
    char name[16];
    for (int i = 0; i < VARS_MAX; i++) {
        (void)snprintf(name, sizeof name, "v%d", i * 7 % VARS_MAX);
        assert_true(vars_set(&vars, span_cstr(name), SPAN_LITERAL("1")));
    }
    assert_true(fingerprint_take(&fingerprint, &vars));
    assert_int_equal(memcmp(fingerprint.said.data, "v0\0001\0v1\0001\0v10\0001", 16), 0);
    assert_false(fingerprint_equal(&fingerprint, &none));
    vars_clear(&vars);
    assert_true(fingerprint_take(&fingerprint, &vars));
    assert_true(fingerprint_equal(&fingerprint, &none));
    assert_true(vars_set(&vars, SPAN_LITERAL("a"), SPAN_LITERAL("1")));
    assert_true(fingerprint_take(&fingerprint, &vars));
    fingerprint_fini(&fingerprint);
    assert_true(fingerprint_equal(&fingerprint, &none));
    vars_fini(&vars);
}

RUN_TESTS(NULL, NULL)
