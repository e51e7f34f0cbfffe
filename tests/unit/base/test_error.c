#include "unit.h"

#include "base/error.h"

#include <errno.h>

TEST(nobody_listening_is_no_failure)
{
    assert_false(error_set(NULL, 1, "%s", "x"));
    assert_false(error_errno(NULL, EIO, "%s", "x"));
    assert_false(error_wrap(NULL, "%s", "x"));
}

TEST(an_error_says_what_was_attempted_and_what_came_back)
{
    struct error err = { .code = 7, .sqlstate = "HY000", .text = "old" };
    assert_false(error_errno(&err, ECONNREFUSED, "connecting to %s", "db1"));
    assert_string_equal(err.text, "connecting to db1: Connection refused");
    assert_int_equal(err.code, ECONNREFUSED);
    assert_string_equal(err.sqlstate, "");
    assert_false(error_wrap(&err, "login as '%s'", "app"));
    assert_string_equal(err.text, "login as 'app': connecting to db1: Connection refused");
    assert_int_equal(err.code, ECONNREFUSED);
}

TEST(wrapping_keeps_the_servers_word)
{
    struct error err;
    (void)error_set(&err, 1045, "Access denied");
    memcpy(err.sqlstate, "28000", 6);
    assert_false(error_wrap(&err, "db1"));
    assert_int_equal(err.code, 1045);
    assert_string_equal(err.sqlstate, "28000");
    assert_string_equal(err.text, "db1: Access denied");
    assert_false(error_set(&err, 2, "another"));
    assert_string_equal(err.sqlstate, "");
}

/* Whatever the lengths: the text is terminated, within bounds, and the beginning of the whole text. */
TEST(long_texts_lose_their_end_only)
{
    static const size_t lengths[] = { 0, 1, 100, 254, 255, 256, 507, 508, 509, 510, 511, 512, 513, 2000 };
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t j = 0; j < COUNT_OF(lengths); j++) {
            char outer[2048] = "", inner[2048] = "", whole[8192];
            struct {
                struct error err;
                char canary[8];
            } box = { .canary = "canary!" };
            memset(outer, 'o', lengths[i]);
            memset(inner, 'i', lengths[j]);
            (void)error_set(&box.err, 1, "%s", inner);
            assert_int_equal(strlen(box.err.text),
                             lengths[j] < ERROR_TEXT_MAX ? lengths[j] : ERROR_TEXT_MAX - 1);
            (void)error_wrap(&box.err, "%s", outer);
            (void)snprintf(whole, sizeof whole, "%.511s: %.511s", outer, inner);
            assert_memory_equal(box.err.text, whole, strlen(box.err.text));
            assert_int_equal(strlen(box.err.text),
                             strlen(whole) < ERROR_TEXT_MAX ? strlen(whole) : ERROR_TEXT_MAX - 1);
            (void)error_errno(&box.err, EIO, "%s", outer);
            (void)snprintf(whole, sizeof whole, "%.511s: Input/output error", outer);
            assert_memory_equal(box.err.text, whole, strlen(box.err.text));
            assert_true(strlen(box.err.text) < ERROR_TEXT_MAX);
            assert_string_equal(box.canary, "canary!");
        }
}

RUN_TESTS(NULL, NULL)
