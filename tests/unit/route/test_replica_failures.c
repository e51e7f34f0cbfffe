/* Which errors say that a replica lacks an object; which statements are remembered, and for how long. */

#include "../base/unit.h"

#include "route/replica_failures.h"

TEST(errors_of_what_is_not_there_yet)
{
    static const uint16_t lacks[] = { 1044, 1049, 1054, 1142, 1143, 1146, 1176,
                                      1222, 1305, 1356, 1370, 1630, 1735 };
    static const uint16_t others[] = { 0,    1045, 1062, 1064, 1205, 1213, 1227,
                                       1290, 1317, 1365, 1690, 1792, 1969 };
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        assert_true(replica_failures_says_lacking(lacks[i], false));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(replica_failures_says_lacking(others[i], true));
    assert_true(replica_failures_says_lacking(1046, true));
    assert_false(replica_failures_says_lacking(1046, false));
}

TEST(statements_are_remembered_for_a_second)
{
    struct replica_failures failures = { 0 };
    assert_false(replica_failures_was_lacking(&failures, 7, 0));
    replica_failures_note_lacking(&failures, 7, 5000);
    assert_true(replica_failures_was_lacking(&failures, 7, 5000));
    assert_true(replica_failures_was_lacking(&failures, 7, 5000 + LACKING_US - 1));
    assert_false(replica_failures_was_lacking(&failures, 8, 5000));
    replica_failures_note_lacking(&failures, 8, 6000);
    assert_false(replica_failures_was_lacking(&failures, 7, 5000 + LACKING_US));
    assert_true(replica_failures_was_lacking(&failures, 8, 5000 + LACKING_US));
}

TEST(newer_statement_takes_the_place_of_an_older_one)
{
    struct replica_failures failures = { 0 };
    replica_failures_note_lacking(&failures, 1, 1);
    assert_true(replica_failures_was_lacking(&failures, 1, 1));
    replica_failures_note_lacking(&failures, 1 + LACKING_MAX, 2);
    assert_false(replica_failures_was_lacking(&failures, 1, 2));
    assert_true(replica_failures_was_lacking(&failures, 1 + LACKING_MAX, 2));
}

TEST(statement_without_a_shape_is_not_remembered)
{
    struct replica_failures failures = { 0 };
    replica_failures_note_lacking(&failures, 0, 1);
    assert_false(replica_failures_was_lacking(&failures, 0, 1));
}

TEST(refused_digest_is_remembered_until_another_takes_its_place)
{
    struct replica_failures failures = { 0 };
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

RUN_TESTS(NULL, NULL)
