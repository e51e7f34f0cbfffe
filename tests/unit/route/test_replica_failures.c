/* Which errors say that a replica lacks an object; which statements are remembered, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/replica_failures.h"

static void errors_of_what_is_not_there_yet(void **state)
{
    static const uint16_t lacks[] = { 1044, 1049, 1054, 1142, 1143, 1146, 1176,
                                      1222, 1305, 1356, 1370, 1630, 1735 };
    static const uint16_t others[] = { 0,    1045, 1062, 1064, 1205, 1213, 1227,
                                       1290, 1317, 1365, 1690, 1792, 1969 };
    (void)state;
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        assert_true(replica_failures_says_lacking(lacks[i], false));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(replica_failures_says_lacking(others[i], true));
    assert_true(replica_failures_says_lacking(1046, true));
    assert_false(replica_failures_says_lacking(1046, false));
}

static void statements_are_remembered_for_a_second(void **state)
{
    struct replica_failures failures = { 0 };
    (void)state;
    assert_false(replica_failures_was_lacking(&failures, 7, 0));
    replica_failures_note_lacking(&failures, 7, 5000);
    assert_true(replica_failures_was_lacking(&failures, 7, 5000));
    assert_true(replica_failures_was_lacking(&failures, 7, 5000 + LACKING_US - 1));
    assert_false(replica_failures_was_lacking(&failures, 8, 5000));
    replica_failures_note_lacking(&failures, 8, 6000);
    assert_false(replica_failures_was_lacking(&failures, 7, 5000 + LACKING_US));
    assert_true(replica_failures_was_lacking(&failures, 8, 5000 + LACKING_US));
}

static void newer_statement_takes_the_place_of_an_older_one(void **state)
{
    struct replica_failures failures = { 0 };
    (void)state;
    replica_failures_note_lacking(&failures, 1, 1);
    assert_true(replica_failures_was_lacking(&failures, 1, 1));
    replica_failures_note_lacking(&failures, 1 + LACKING_MAX, 2);
    assert_false(replica_failures_was_lacking(&failures, 1, 2));
    assert_true(replica_failures_was_lacking(&failures, 1 + LACKING_MAX, 2));
}

static void statement_without_a_shape_is_not_remembered(void **state)
{
    struct replica_failures failures = { 0 };
    (void)state;
    replica_failures_note_lacking(&failures, 0, 1);
    assert_false(replica_failures_was_lacking(&failures, 0, 1));
}

static void refused_digest_is_remembered_until_another_takes_its_place(void **state)
{
    struct replica_failures failures = { 0 };
    (void)state;
    assert_false(replica_failures_was_refused(&failures, 7));
    replica_failures_note_refused(&failures, 7);
    replica_failures_note_refused(&failures, 8);
    assert_true(replica_failures_was_refused(&failures, 7));
    assert_true(replica_failures_was_refused(&failures, 8));
    assert_false(replica_failures_was_refused(&failures, 7 + REFUSED_MAX));
    replica_failures_note_refused(&failures, 7 + REFUSED_MAX);
    assert_true(replica_failures_was_refused(&failures, 7 + REFUSED_MAX));
    assert_false(replica_failures_was_refused(&failures, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_what_is_not_there_yet),
        cmocka_unit_test(statements_are_remembered_for_a_second),
        cmocka_unit_test(newer_statement_takes_the_place_of_an_older_one),
        cmocka_unit_test(statement_without_a_shape_is_not_remembered),
        cmocka_unit_test(refused_digest_is_remembered_until_another_takes_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
