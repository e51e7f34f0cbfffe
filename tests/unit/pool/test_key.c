/* Which account may use which connection; and that connections of one kind are found together. */
#include "../base/unit.h"

#include "pool/key.h"

enum { APP = 1, OTHER };

static const struct upstream_key plain = { .account = APP, .caps = 0x100, .moves = 1, .collation = 45 };

static struct upstream_key with_schema(struct upstream_key key)
{
    key.has_schema = true;
    return key;
}

static void only_who_would_log_in_in_the_same_way_goes_on(void **state)
{
    (void)state;
    struct upstream_key keys[] = { plain, plain, plain, plain, plain };
    keys[0].account = OTHER;
    keys[1].caps ^= 1;
    keys[2].moves++;
    keys[3].collation++;
    keys[4].hop++;
    assert_true(key_fits(&plain, &plain));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_row(!key_fits(&plain, &keys[i]), "row %zu", i);
        assert_row(!key_fits(&keys[i], &plain), "row %zu", i);
    }
}

static void a_schema_is_said_but_never_taken_back(void **state)
{
    (void)state;
    struct upstream_key in_one = with_schema(plain);
    assert_true(key_fits(&in_one, &plain) && key_fits(&in_one, &in_one));
    assert_false(key_fits(&plain, &in_one));
}

static void what_a_login_agreed_only_a_login_changes(void **state)
{
    (void)state;
    struct upstream_key others[] = { plain, plain, with_schema(plain) }, no[] = { plain, plain, plain };
    others[0].account = OTHER;
    others[1].collation++;
    no[0].caps ^= 1;
    no[1].moves++;
    no[2].hop++;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_row(key_may_become(&plain, &others[i]) && key_may_become(&others[i], &plain), "row %zu", i);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_row(!key_may_become(&plain, &no[i]), "row %zu", i);
}

static void what_fits_is_of_the_kind_that_is_looked_for(void **state)
{
    (void)state;
    uint64_t seed = 7;
    bool is_seen[PERMITS_KINDS] = { false };
    unsigned seen = 0;
    for (int i = 0; i < 10000; i++) {
        struct upstream_key key = { .account = chance(&seed, 2) ? APP : OTHER,
                                    .caps = next_random(&seed),
                                    .moves = next_random(&seed) % 3,
                                    .collation = (uint8_t)next_random(&seed) };
        struct upstream_key in_one = with_schema(key);
        assert_true(key_kind(&key) < PERMITS_KINDS && key_kind(&in_one) < PERMITS_KINDS);
        assert_int_equal(key_kind(&in_one), key_kind(&key) + 1);
        seen += !is_seen[key_kind(&key)];
        is_seen[key_kind(&key)] = true;
    }
    /* all kinds without a schema occur: keys are distributed over them */
    assert_int_equal(seen, PERMITS_KINDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_would_log_in_in_the_same_way_goes_on),
        cmocka_unit_test(a_schema_is_said_but_never_taken_back),
        cmocka_unit_test(what_a_login_agreed_only_a_login_changes),
        cmocka_unit_test(what_fits_is_of_the_kind_that_is_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
