#include "ctl_test.h"

#include "ctl/completion.h"

static const char help_json[] = "[{\"command\":\"show servers\",\"argument\":\"\"},"
                                "{\"command\":\"show sessions\",\"argument\":\"\"},"
                                "{\"command\":\"show cluster\",\"argument\":\"[CLUSTER]\"},"
                                "{\"command\":\"drain\",\"argument\":\"<SERVER>\"},"
                                "{\"command\":\"explain session\",\"argument\":\"<ID> <SQL>\"}]";

TEST(words_that_may_follow)
{
    static const struct {
        const char *before, *typed, *offered; /* `offered`: the words, each followed by a comma */
    } rows[] = {
        { "", "", "show,drain,explain," },
        { "", "s", "show," },
        { "", "SH", "show," },
        { "show ", "", "servers,sessions,cluster," },
        { "SHOW ", "se", "servers,sessions," },
        { "show ", "x", "" },
        { "show servers ", "", "" },
        { "drain ", "", "" },
        { "explain ", "", "session," },
    };
    struct json_table help = json_table_of(help_json);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct completion completion = { 0 };
        struct text found = { 0 };
        const char *word;
        completion_commands(&completion, &help, span_cstr(rows[i].before), span_cstr(rows[i].typed));
        for (size_t w = 0; (word = completion_at(&completion, w)) != NULL; w++)
            (void)text_appendf(&found, "%s,", word);
        assert_string_equal(text_cstr(&found), rows[i].offered);
        text_fini(&found);
        completion_fini(&completion);
    }
    json_table_fini(&help);
}

TEST(what_an_argument_stands_for)
{
    static const struct {
        const char *before, *argument;
    } rows[] = {
        { "drain ", "SERVER" },
        { "DRAIN ", "SERVER" },
        { "show cluster ", "CLUSTER" },
        { "explain session ", "ID" },
        { "show servers ", "" },
        { "nonsense ", "" },
        { "", "" },
        { "drain db1 ", "" },
    };
    struct json_table help = json_table_of(help_json);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_is(completion_argument(&help, span_cstr(rows[i].before)), rows[i].argument));
    json_table_fini(&help);
}

TEST(errors_and_nonsense_are_no_sheets)
{
    static const char *const answers[] = { "{\"error\":\"it is late\"}", "{}", "nonsense", "[1", "" };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct json_table table;
        struct error err = { 0 };
        struct text text = { 0 };
        (void)text_append_cstr(&text, answers[i]);
        assert_false(json_table_parse(&table, &text, &err));
        assert_string_not_equal(err.text, "");
        assert_int_equal(json_table_rows(&table), 0);
        assert_true(i > 0 || strcmp(err.text, "it is late") == 0);
        text_fini(&text);
    }
}

RUN_TESTS(NULL, NULL)
