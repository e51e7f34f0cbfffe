#include "settings/print.h"

#include "base/clock.h"
#include "settings/size.h"

#include <assert.h>
#include <inttypes.h>

const char *print_effect(enum setting_effect effect)
{
    static const char *const names[] = {
        [EFFECT_NOW] = "now",
        [EFFECT_NEW_SESSIONS] = "new sessions",
        [EFFECT_RESTART] = "restart",
    };
    return names[effect];
}

/* ---- values ---- */

static const char *string_of(const struct setting *row, const void *object)
{
    const char *string;
    memcpy(&string, (const char *)object + row->offset, sizeof string);
    return string;
}

static void print_quoted(const char *string, struct text *out)
{
    (void)text_append_byte(out, '"');
    for (; *string != '\0'; string++) {
        if (*string == '"' || *string == '\\')
            (void)text_append_byte(out, '\\');
        (void)text_append_byte(out, (uint8_t)*string);
    }
    (void)text_append_byte(out, '"');
}

static void print_string(const struct setting *row, const char *string, struct text *out)
{
    if (string == NULL)
        (void)text_append_cstr(out, "none");
    else if (row->is_secret)
        (void)text_append_cstr(out, "\"***\"");
    else
        print_quoted(string, out);
}

static void print_integer(const struct setting *row, int64_t number, struct text *out)
{
    for (const struct setting_word *word = row->words; word != NULL && word->name != NULL; word++)
        if (word->value == number && !word->is_absent) {
            (void)text_appendf(out, "\"%s\"", word->name);
            return;
        }
    (void)text_appendf(out, "%" PRId64, number);
}

static void print_measure(const struct setting *row, uint64_t number, struct text *out)
{
    char buffer[32];
    if (row->type == SETTING_SIZE)
        (void)size_format(number, buffer, sizeof buffer);
    else if (number == 0)
        (void)span_copy_cstr(SPAN_LITERAL("off"), buffer, sizeof buffer);
    else
        (void)clock_format_duration(number, buffer, sizeof buffer);
    (void)text_appendf(out, "\"%s\"", buffer);
}

void print_value(const struct setting *row, const void *object, struct text *out)
{
    const char *place = (const char *)object + row->offset;
    int64_t integer = 0;
    uint64_t measure = 0;
    int word = 0;
    bool boolean = false;
    switch (row->type) {
    case SETTING_STRING:
        print_string(row, string_of(row, object), out);
        return;
    case SETTING_BOOL:
        memcpy(&boolean, place, sizeof boolean);
        (void)text_append_cstr(out, boolean ? "true" : "false");
        return;
    case SETTING_INTEGER:
        memcpy(&integer, place, sizeof integer);
        print_integer(row, integer, out);
        return;
    case SETTING_ENUM:
        memcpy(&word, place, sizeof word);
        print_integer(row, word, out);
        return;
    case SETTING_DURATION:
    case SETTING_SIZE:
        memcpy(&measure, place, sizeof measure);
        print_measure(row, measure, out);
        return;
    case SETTING_GROUP:
    case SETTING_LIST:
        break;
    }
    assert(false && "a group or a list has no value of its own");
}

/* ---- differences ---- */

/* Where we are, for the front of a line: cluster 'main', server 'db1', … */
struct trail {
    const struct trail *outer; /* borrows; NULL at the root */
    const char *section;
    const char *name; /* of the element; NULL for a group */
};

static void print_trail(const struct trail *trail, struct text *out)
{
    if (trail == NULL)
        return;
    print_trail(trail->outer, out);
    (void)text_appendf(out, "%s", trail->section);
    if (trail->name != NULL)
        (void)text_appendf(out, " '%s'", trail->name);
    (void)text_append_cstr(out, ": ");
}

static bool is_same(const struct setting *row, const void *before, const void *after)
{
    if (row->type == SETTING_STRING) {
        const char *a = string_of(row, before), *b = string_of(row, after);
        return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
    }
    size_t size = row->type == SETTING_BOOL ? sizeof(bool) : row->type == SETTING_ENUM ? sizeof(int) : 8;
    return memcmp((const char *)before + row->offset, (const char *)after + row->offset, size) == 0;
}

static void print_change(const struct trail *trail, const struct setting *row, const void *before,
                         const void *after, struct text *out)
{
    print_trail(trail, out);
    (void)text_appendf(out, "%s ", row->name);
    if (row->is_secret) {
        (void)text_append_cstr(out, "changed");
    } else {
        print_value(row, before, out);
        (void)text_append_cstr(out, " -> ");
        print_value(row, after, out);
    }
    (void)text_appendf(out, " (%s)\n", print_effect(row->effect));
}

static const char *element_name(const struct setting *list, const void *object, size_t index)
{
    const struct setting *name = schema_find(list->section, "name");
    assert(name != NULL && name->type == SETTING_STRING);
    const char *string = string_of(name, schema_element_const(list, object, index));
    return string == NULL ? "" : string;
}

static const void *find_element(const struct setting *list, const void *object, const char *name)
{
    for (size_t i = 0; i < schema_list_count(list, object); i++)
        if (strcmp(element_name(list, object, i), name) == 0)
            return schema_element_const(list, object, i);
    return NULL;
}

/* Elements of `object` that `other` does not have. */
static void print_lonely(const struct trail *trail, const struct setting *list, const void *object,
                         const void *other, const char *what, struct text *out)
{
    for (size_t i = 0; i < schema_list_count(list, object); i++) {
        const char *name = element_name(list, object, i);
        if (find_element(list, other, name) != NULL)
            continue;
        print_trail(trail, out);
        (void)text_appendf(out, "%s '%s' %s (%s)\n", list->section->name, name, what,
                           print_effect(list->effect));
    }
}

static void print_section(const struct trail *trail, const struct section *section, const void *before,
                          const void *after, struct text *out);

static void print_list(const struct trail *trail, const struct setting *list, const void *before,
                       const void *after, struct text *out)
{
    print_lonely(trail, list, before, after, "removed", out);
    print_lonely(trail, list, after, before, "added", out);
    for (size_t i = 0; i < schema_list_count(list, after); i++) {
        struct trail here = { trail, list->section->name, element_name(list, after, i) };
        const void *former = find_element(list, before, here.name);
        if (former != NULL)
            print_section(&here, list->section, former, schema_element_const(list, after, i), out);
    }
}

static void print_section(const struct trail *trail, const struct section *section, const void *before,
                          const void *after, struct text *out)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        struct trail here = { trail, row->name, NULL };
        if (row->type == SETTING_LIST)
            print_list(trail, row, before, after, out);
        else if (row->type == SETTING_GROUP)
            print_section(&here, row->section, schema_element_const(row, before, 0),
                          schema_element_const(row, after, 0), out);
        else if (!is_same(row, before, after))
            print_change(trail, row, before, after, out);
    }
}

void print_changes(const struct section *section, const void *before, const void *after, struct text *out)
{
    print_section(NULL, section, before, after, out);
}

/* ---- all of them ---- */

struct listing {
    print_setting_fn each;
    void *context;
    struct text path;  /* owns: of the setting being told */
    struct text value; /* owns */
    bool is_whole;
};

static void list_section(struct listing *listing, const struct section *section, const void *object);

/* One level deeper, and back. */
static void list_inner(struct listing *listing, const char *name, const struct section *section,
                       const void *object)
{
    size_t len = listing->path.len;
    (void)text_appendf(&listing->path, "%s.", name);
    list_section(listing, section, object);
    listing->path.len = len;
}

static void list_elements(struct listing *listing, const struct setting *row, const void *object)
{
    size_t len = listing->path.len;
    (void)text_appendf(&listing->path, "%s.", row->name);
    for (size_t i = 0; i < schema_list_count(row, object); i++)
        list_inner(listing, element_name(row, object, i), row->section, schema_element_const(row, object, i));
    listing->path.len = len;
}

static void list_value(struct listing *listing, const struct setting *row, const void *object)
{
    size_t len = listing->path.len;
    text_clear(&listing->value);
    print_value(row, object, &listing->value);
    (void)text_append_cstr(&listing->path, row->name);
    if (listing->path.is_oom || listing->value.is_oom)
        listing->is_whole = false;
    else
        listing->each(listing->context, text_cstr(&listing->path), text_cstr(&listing->value), row);
    listing->path.len = len;
}

static void list_section(struct listing *listing, const struct section *section, const void *object)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type == SETTING_LIST)
            list_elements(listing, row, object);
        else if (row->type == SETTING_GROUP)
            list_inner(listing, row->name, row->section, schema_element_const(row, object, 0));
        else
            list_value(listing, row, object);
    }
}

bool print_settings(const struct section *section, const void *object, print_setting_fn each, void *context)
{
    struct listing listing = { .each = each, .context = context, .is_whole = true };
    list_section(&listing, section, object);
    text_fini(&listing.path);
    text_fini(&listing.value);
    return listing.is_whole;
}
