#include "settings/manual.h"

#include "settings/print.h"
#include "settings/reference.h"
#include "settings/roff.h"

static void print_facts(const struct setting *row, struct text *out)
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

static void print_section(const char *path, const struct section *section, struct text *out)
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
            print_facts(row, out);
        }
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type != SETTING_GROUP && row->type != SETTING_LIST)
            continue;
        text_clear(&inner);
        (void)text_appendf(&inner, "%s%s%s%s", path, is_top ? "" : ".", row->name,
                           row->type == SETTING_LIST ? "[]" : "");
        out->is_oom |= inner.is_oom;
        print_section(text_cstr(&inner), row->section, out);
    }
    text_fini(&inner);
}

void manual_settings(const struct section *root, struct text *out)
{
    print_section("", root, out);
}
