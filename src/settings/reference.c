#include "settings/reference.h"

#include "base/clock.h"
#include "settings/print.h"
#include "settings/roff.h"
#include "settings/size.h"

#include <inttypes.h>

#define WIDTH 100U /* columns of the sample file */
#define INDENT 4U

static void indent(struct text *out, unsigned depth)
{
    for (unsigned i = 0; i < depth * INDENT; i++)
        (void)text_append_byte(out, ' ');
}

/* Appends `prose` as comment lines of at most WIDTH columns. */
static void print_comment(const char *prose, unsigned depth, struct text *out)
{
    size_t width = WIDTH - depth * INDENT - 2;
    while (*prose != '\0') {
        size_t len = strlen(prose);
        if (len > width) {
            len = width;
            while (len > 0 && prose[len] != ' ')
                len--;
            len = len == 0 ? width : len;
        }
        indent(out, depth);
        (void)text_appendf(out, "# %.*s\n", (int)len, prose);
        prose += len;
        prose += strspn(prose, " ");
    }
}

static bool is_aggregate(const struct setting *row)
{
    return row->type == SETTING_GROUP || row->type == SETTING_LIST;
}

/* ---- what may be given ---- */

static void print_range(const struct setting *row, struct text *out)
{
    char low[32], high[32];
    if (row->type == SETTING_INTEGER)
        (void)text_appendf(out, "%" PRId64 " to %" PRId64, row->min, row->max);
    else if (row->type == SETTING_DURATION)
        (void)text_appendf(out, "\"%s\" to \"%s\"",
                           clock_format_duration((uint64_t)row->min, low, sizeof low),
                           clock_format_duration((uint64_t)row->max, high, sizeof high));
    else
        (void)text_appendf(out, "\"%s\" to \"%s\"", size_format((uint64_t)row->min, low, sizeof low),
                           size_format((uint64_t)row->max, high, sizeof high));
}

void reference_allowed(const struct setting *row, struct text *out)
{
    static const char *const types[] = {
        [SETTING_STRING] = "string",     [SETTING_BOOL] = "true or false", [SETTING_INTEGER] = "number",
        [SETTING_DURATION] = "duration", [SETTING_SIZE] = "size",          [SETTING_ENUM] = "",
        [SETTING_GROUP] = "group",       [SETTING_LIST] = "list",
    };
    bool is_first = true;
    if (row->min != row->max)
        print_range(row, out);
    else
        (void)text_append_cstr(out, types[row->type]);
    is_first = row->type == SETTING_ENUM;
    for (const struct setting_word *word = row->words; word != NULL && word->name != NULL; word++) {
        if (word->is_absent)
            continue;
        (void)text_appendf(out, "%s\"%s\"", is_first ? "" : ", ", word->name);
        is_first = false;
    }
    if (row->may_be_off)
        (void)text_append_cstr(out, ", \"off\"");
}

/* ---- the sample file ---- */

static bool is_bare(const struct setting *row)
{
    return row->type == SETTING_BOOL ||
           (row->type == SETTING_INTEGER && strspn(row->fallback, "-0123456789") == strlen(row->fallback));
}

/* Appends `name = "value";`, commented out if the value is the default. */
static void sample_scalar(const struct setting *row, unsigned depth, struct text *out)
{
    const char *value = row->fallback != NULL ? row->fallback : row->example;
    const char *quote = row->fallback != NULL && is_bare(row) ? "" : "\"";
    indent(out, depth);
    (void)text_appendf(out, "%s%s = %s%s%s;\n", row->is_required ? "" : "#", row->name, quote, value, quote);
}

static void sample_section(const struct section *section, unsigned depth, struct text *out);

/* Appends the elements after the first one, each on a line. */
static void sample_more(const char *more, unsigned depth, struct text *out)
{
    while (more != NULL && *more != '\0') {
        size_t len = strcspn(more, "\n");
        (void)text_append_cstr(out, ",\n");
        indent(out, depth);
        (void)text_append(out, more, len);
        more += len;
        more += strspn(more, "\n");
    }
}

static void sample_list(const struct setting *row, unsigned depth, struct text *out)
{
    indent(out, depth);
    (void)text_appendf(out, "%s = (\n", row->name);
    indent(out, depth + 1);
    (void)text_append_cstr(out, "{\n");
    sample_section(row->section, depth + 2, out);
    indent(out, depth + 1);
    (void)text_append_cstr(out, "}");
    sample_more(row->more, depth + 1, out);
    (void)text_append_cstr(out, "\n");
    indent(out, depth);
    (void)text_append_cstr(out, ");\n");
}

/* Appends a list that may be left out: commented out, with one element with its required keys, on one line. */
static void sample_optional_list(const struct setting *row, unsigned depth, struct text *out)
{
    indent(out, depth);
    (void)text_appendf(out, "#%s = ( { ", row->name);
    for (size_t i = 0; i < row->section->count; i++) {
        const struct setting *inner = &row->section->settings[i];
        if (inner->is_required && inner->example != NULL)
            (void)text_appendf(out, "%s = \"%s\"; ", inner->name, inner->example);
    }
    (void)text_append_cstr(out, "} );\n");
}

static void sample_group(const struct setting *row, unsigned depth, struct text *out)
{
    indent(out, depth);
    (void)text_appendf(out, "%s: {\n", row->name);
    sample_section(row->section, depth + 1, out);
    indent(out, depth);
    (void)text_append_cstr(out, "};\n");
}

static void sample_section(const struct section *section, unsigned depth, struct text *out)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (i > 0)
            (void)text_append_byte(out, '\n');
        print_comment(row->doc != NULL ? row->doc : row->section->doc, depth, out);
        if (row->type == SETTING_LIST && !row->is_required && !row->is_shown)
            sample_optional_list(row, depth, out);
        else if (row->type == SETTING_LIST)
            sample_list(row, depth, out);
        else if (row->type == SETTING_GROUP)
            sample_group(row, depth, out);
        else
            sample_scalar(row, depth, out);
    }
}

void reference_sample(const struct section *root, struct text *out)
{
    print_comment(root->doc, 0, out);
    (void)text_append_byte(out, '\n');
    sample_section(root, 0, out);
}

/* ---- the reference page ---- */

static void page_text(const char *prose, struct text *out)
{
    for (; *prose != '\0'; prose++) {
        if (*prose == '|')
            (void)text_append_byte(out, '\\');
        (void)text_append_byte(out, (uint8_t)*prose);
    }
}

static void page_row(const struct setting *row, struct text *out)
{
    (void)text_appendf(out, "| `%s` | ", row->name);
    reference_allowed(row, out);
    (void)text_appendf(out, " | %s | %s | ",
                       row->fallback != NULL ? row->fallback
                       : row->is_required    ? "required"
                                             : "",
                       print_effect(row->effect));
    page_text(row->doc, out);
    (void)text_append_cstr(out, " |\n");
}

static void page_section(const char *path, const struct section *section, struct text *out)
{
    struct text inner = { 0 };
    (void)text_appendf(out, "## %s\n\n%s\n\n", *path == '\0' ? "Top level" : path, section->doc);
    (void)text_append_cstr(out, "| key | value | default | takes effect | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < section->count; i++)
        if (!is_aggregate(&section->settings[i]))
            page_row(&section->settings[i], out);
    (void)text_append_byte(out, '\n');
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (!is_aggregate(row))
            continue;
        text_clear(&inner);
        (void)text_appendf(&inner, "%s%s%s%s", path, *path == '\0' ? "" : ".", row->name,
                           row->type == SETTING_LIST ? "[]" : "");
        page_section(text_cstr(&inner), row->section, out);
    }
    text_fini(&inner);
}

void reference_page(const struct section *root, struct text *out)
{
    (void)text_append_cstr(
        out, "# Configuration reference\n\nWritten from the tables by `config_write_reference`; "
             "change the rows, not this page.\n\n");
    page_section("", root, out);
}

/* ---- the manual page ---- */

static void manual_facts(const struct setting *row, struct text *out)
{
    struct text facts = { 0 };
    reference_allowed(row, &facts);
    if (row->fallback != NULL)
        (void)text_appendf(&facts, "; default %s", row->fallback);
    else if (row->is_required)
        (void)text_append_cstr(&facts, "; required");
    (void)text_appendf(&facts, "; a change takes effect: %s.", print_effect(row->effect));
    (void)text_append_cstr(out, ".br\n");
    roff_line(text_cstr(&facts), out);
    out->is_oom |= facts.is_oom;
    text_fini(&facts);
}

static void manual_section(const char *path, const struct section *section, struct text *out)
{
    struct text inner = { 0 };
    bool is_top = *path == '\0';
    roff_macro("SS", is_top ? "Top level" : path, out);
    roff_line(is_top ? "Outside of all groups." : section->doc, out);
    for (size_t i = 0; i < section->count; i++)
        if (section->settings[i].type != SETTING_GROUP && section->settings[i].type != SETTING_LIST) {
            const struct setting *row = &section->settings[i];
            (void)text_append_cstr(out, ".TP\n");
            roff_macro("B", row->name, out);
            roff_line(row->doc, out);
            manual_facts(row, out);
        }
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type != SETTING_GROUP && row->type != SETTING_LIST)
            continue;
        text_clear(&inner);
        (void)text_appendf(&inner, "%s%s%s%s", path, is_top ? "" : ".", row->name,
                           row->type == SETTING_LIST ? "[]" : "");
        out->is_oom |= inner.is_oom;
        manual_section(text_cstr(&inner), row->section, out);
    }
    text_fini(&inner);
}

void reference_manual(const struct section *root, struct text *out)
{
    manual_section("", root, out);
}
