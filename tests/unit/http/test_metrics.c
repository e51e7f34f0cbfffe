/* The rows of the metrics follow Prometheus' conventions and are documented. (Their values:
 * tests/wire/test_http.) */
#include "../base/unit.h"

#include "http/metric.h"
#include "http/metrics.h"

#include <ctype.h>

#define PAGE "../docs/metrics.md" /* tests run in tests/ */

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

TEST(names_follow_the_conventions_and_are_unique)
{
    for (size_t i = 0; i < metric_count; i++) {
        const struct metric *row = &metric_rows[i];
        for (const char *c = row->name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
        assert_true(strncmp(row->name, "headgate_", 9) == 0 || strncmp(row->name, "process_", 8) == 0);
        assert_int_equal(ends_with(row->name, "_total"), row->type == METRIC_COUNTER);
        assert_true(row->type != METRIC_HISTOGRAM || ends_with(row->name, "_seconds"));
        assert_int_equal(row->type == METRIC_HISTOGRAM, row->hist != NULL);
        assert_int_equal(row->type != METRIC_HISTOGRAM, row->value != NULL);
        assert_int_equal(row->label != NULL, row->word != NULL);
        assert_int_equal(row->label != NULL, row->words > 0);
        assert_non_null(row->help);
        assert_null(strpbrk(row->help, "\\\n|")); /* it is written without escapes */
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->name, metric_rows[j].name);
    }
}

TEST(page_is_what_the_tables_say)
{
    struct text out = { 0 }, page = { 0 };
    char bytes[4096];
    size_t len;
    metrics_write_reference(&out);
    FILE *file = fopen(PAGE, "r");
    assert_non_null(file);
    while ((len = fread(bytes, 1, sizeof bytes, file)) > 0)
        assert_true(text_append(&page, bytes, len));
    assert_int_equal(fclose(file), 0);
    if (strcmp(text_cstr(&page), text_cstr(&out)) != 0)
        print_message("docs/metrics.md is stale: build/headgate --metrics > docs/metrics.md\n");
    assert_string_equal(text_cstr(&page), text_cstr(&out));
    text_fini(&out);
    text_fini(&page);
}

RUN_TESTS(NULL, NULL)
