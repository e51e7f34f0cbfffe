/* Rows of the console commands: every column is documented, and `help` of a command prints it. */
#include "../base/unit.h"

#include "admin/command.h"

static void assert_is_one_line(const char *words)
{
    assert_non_null(words);
    assert_true(words[strspn(words, " ")] != '\0');
    assert_null(strpbrk(words, "\t\r\n"));
}

TEST(every_column_is_documented_and_named_once)
{
    const char *words, *argument, *help;
    size_t count = 0;
    for (; command_describe(count, &words, &argument, &help); count++) {
        const struct columns *columns = command_columns(count);
        assert_is_one_line(help);
        assert_non_null(columns);
        assert_true(columns->count > 0);
        for (size_t i = 0; i < columns->count; i++) {
            const char *name = columns->list[i].name;
            assert_is_one_line(name);
            assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
            assert_is_one_line(columns->list[i].doc);
            for (size_t other = 0; other < i; other++)
                assert_string_not_equal(columns->list[other].name, name);
        }
    }
    assert_true(count > 10);
    assert_null(command_columns(count));
}

static void on_done(struct request *request)
{
    ++*(size_t *)request->owner;
}

/* Returns the answer as text; the caller calls text_fini. */
static struct text answer_of(const char *line)
{
    size_t times = 0;
    struct text out = { 0 };
    struct request request = { .on_done = on_done, .owner = &times };
    command_run(&request, span_cstr(line));
    assert_int_equal(times, 1);
    assert_string_equal(request.error.text, "");
    assert_true(table_render_text(&request.table, &out));
    table_fini(&request.table);
    return out;
}

TEST(help_about_a_command_has_its_columns)
{
    struct text out = answer_of("help resume");
    assert_string_equal(
        text_cstr(&out),
        "command  argument   column    type     help\n"
        "resume   <CLUSTER>  -         -        end a pause\n"
        "resume   -          cluster   text     the cluster's name\n"
        "resume   -          state     text     paused or running\n"
        "resume   -          after_ms  integer  pause: milliseconds until nothing ran; resume: "
        "duration of the pause\n");
    text_fini(&out);
}

TEST(help_of_the_longer_command_is_not_that_of_the_shorter)
{
    struct text out = answer_of("HELP  explain session;");
    assert_non_null(strstr(text_cstr(&out), "\nexplain session  <ID> <SQL>  -"));
    assert_null(strstr(text_cstr(&out), "\nexplain  "));
    assert_non_null(strstr(text_cstr(&out), "then_pinned"));
    text_fini(&out);
}

TEST(plain_help_is_a_row_for_each_command)
{
    const char *words, *argument, *help;
    size_t lines = 0, count = 0;
    struct text out = answer_of("help");
    for (const char *at = text_cstr(&out); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    while (command_describe(count, &words, &argument, &help))
        count++;
    assert_int_equal(lines, count + 1);
    text_fini(&out);
}

RUN_TESTS(NULL, NULL)
