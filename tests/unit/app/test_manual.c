/* The pages of docs/ agree with the tables: a page that was not generated again after a row changed fails
 * here. Every row is on its page. */
#include "../base/unit.h"

#include "app/manual.h"

#include "admin/command.h"
#include "app/config.h"
#include "app/options.h"
#include "session/session.h"
#include "state/facet_table.h"
#include "settings/roff.h"

/* The tests run in tests/. */
static const struct {
    const char *path;
    void (*write)(struct text *out);
} pages[] = {
    { "../docs/man/headgate.8", manual_write_headgate },
    { "../docs/man/headgatectl.1", manual_write_headgatectl },
    { "../docs/man/headgate.conf.5", manual_write_conf },
    { "../docs/configuration.md", config_write_reference },
    { "../docs/architecture/states.md", session_write_states },
    { "../docs/architecture/facets.md", facet_table_write },
};

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *bytes = calloc(1, (size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

TEST(pages_are_what_the_tables_say)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct text out = { 0 };
        pages[i].write(&out);
        char *page = read_file(pages[i].path);
        if (strcmp(page, text_cstr(&out)) != 0)
            print_message("%s is stale: make docs writes it anew\n", pages[i].path);
        assert_string_equal(page, text_cstr(&out));
        free(page);
        text_fini(&out);
    }
}

static void assert_has_paragraph(const char *page, const char *words)
{
    struct text wanted = { 0 };
    (void)text_append_cstr(&wanted, "\n.TP\n\\fB");
    roff_prose(words, &wanted);
    (void)text_append_cstr(&wanted, "\\fR");
    if (strstr(page, text_cstr(&wanted)) == NULL)
        fail_msg("not on the page: %s", text_cstr(&wanted));
    text_fini(&wanted);
}

TEST(every_command_and_option_has_its_paragraph)
{
    const char *words, *argument, *help;
    char spelt[64];
    size_t count = 0;
    struct text ctl = { 0 }, headgate = { 0 };
    manual_write_headgatectl(&ctl);
    manual_write_headgate(&headgate);
    for (; command_describe(count, &words, &argument, &help); count++)
        assert_has_paragraph(text_cstr(&ctl), words);
    assert_true(count > 10);
    for (size_t i = 0; i < option_row_count; i++)
        assert_has_paragraph(text_cstr(&headgate), option_spelling(&option_rows[i], spelt, sizeof spelt));
    text_fini(&ctl);
    text_fini(&headgate);
}

/* Returns the subsection whose heading names the command, up to the next heading. The caller frees it. */
static char *subsection_of(const char *page, const char *words)
{
    struct text names = { 0 };
    char *found = NULL, wanted[128];
    (void)snprintf(wanted, sizeof wanted, ", %s, ", words);
    for (const char *at = page; found == NULL && (at = strstr(at, "\n.SS \"")) != NULL; at++) {
        size_t heading = strcspn(at + 1, "\n");
        const char *end = strstr(at + 1, "\n.S");
        text_clear(&names);
        (void)text_appendf(&names, ", %.*s, ", (int)(heading - 6), at + 6); /* the text between .SS "…" */
        if (strstr(text_cstr(&names), wanted) != NULL && end != NULL)
            found = strndup(at, (size_t)(end - at) + 1);
    }
    text_fini(&names);
    return found;
}

TEST(every_column_of_a_command_has_its_paragraph)
{
    const char *words, *argument, *help;
    struct text ctl = { 0 }, wanted = { 0 };
    manual_write_headgatectl(&ctl);
    for (size_t i = 0; command_describe(i, &words, &argument, &help); i++) {
        const struct columns *columns = command_columns(i);
        char *section = subsection_of(text_cstr(&ctl), words);
        if (section == NULL)
            fail_msg("not on the page: the columns of %s", words);
        for (size_t c = 0; section != NULL && c < columns->count; c++) {
            const struct column *column = &columns->list[c];
            text_clear(&wanted);
            (void)text_appendf(&wanted, "\n.TP\n\\fB%s\\fR \\fI%s\\fR\n", column->name,
                               column_type_name(column->type));
            roff_line(column->doc, &wanted);
            if (strstr(section, text_cstr(&wanted)) == NULL)
                fail_msg("not in the section of %s: %s", words, text_cstr(&wanted));
        }
        free(section);
    }
    text_fini(&wanted);
    text_fini(&ctl);
}

RUN_TESTS(NULL, NULL)
