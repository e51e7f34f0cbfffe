/* The settings of statements, as the reference page tells them, and the paths that they accept. */
#include "../settings/page_test.h"

#include "stats/statement_settings.h"

TEST(the_page_tells_each_setting)
{
    assert_page_has(&statement_section);
}

TEST(logs_have_absolute_paths)
{
    static const char *const keys[] = { "slow_file", "query_file" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct error err = { 0 };
        const struct setting *row = schema_find(&statement_section, keys[i]);
        assert_true(row->check("/a", &err));
        assert_false(row->check("a/b", &err));
        assert_string_equal(err.text, "\"a/b\" does not begin with /");
        assert_false(row->check("", &err));
    }
}

RUN_TESTS(NULL, NULL)
