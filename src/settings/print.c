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
        [EFFECT_NEW_CONNECTIONS] = "new connections",
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

static void print_string(const struct setting *row, const char *string, struct text *out)
{
    if (string == NULL) {
        (void)text_append_cstr(out, "none");
    } else if (row->is_secret) {
        (void)text_append_cstr(out, "\"***\"");
    } else {
        (void)text_append_byte(out, '"');
        for (; *string != '\0'; string++) {
            if (*string == '"' || *string == '\\')
                (void)text_append_byte(out, '\\');
            (void)text_append_byte(out, (uint8_t)*string);
        }
        (void)text_append_byte(out, '"');
    }
}

/* Prints the name of this value. False: the value has no name. */
static bool print_word(const struct setting *row, int64_t number, struct text *out)
{
    for (const struct setting_word *word = row->words; word != NULL && word->name != NULL; word++)
        if (word->value == number && !word->is_absent) {
            (void)text_appendf(out, "\"%s\"", word->name);
            return true;
        }
    return false;
}

static void print_integer(const struct setting *row, int64_t number, struct text *out)
{
    if (!print_word(row, number, out))
        (void)text_appendf(out, "%" PRId64, number);
}

static void print_measure(const struct setting *row, uint64_t number, struct text *out)
{
    char buffer[32];
    if (print_word(row, (int64_t)number, out))
        return;
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

/* ---- where ---- */

/* The path to the current section, for the beginning of a line: cluster 'main', server 'db1', … */
struct trail {
    const struct trail *outer; /* borrows; NULL at the root */
    const char *section;
    const char *name; /* of the element; NULL for a group */
};

static void print_trail(const struct trail *trail, struct text *out)
{
    if (trail->outer != NULL) {
        print_trail(trail->outer, out);
        (void)text_append_cstr(out, ": ");
    }
    (void)text_append_cstr(out, trail->section);
    if (trail->name != NULL)
        (void)text_appendf(out, " '%s'", trail->name);
}

/* ---- differences ---- */

struct comparison {
    void (*visit)(void *context, const struct print_change *change);
    void *context; /* borrows */
    bool is_oom;
};

static bool is_same(const struct setting *row, const void *before, const void *after)
{
    if (row->type == SETTING_STRING) {
        const char *a = string_of(row, before), *b = string_of(row, after);
        return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
    }
    size_t size = row->type == SETTING_BOOL ? sizeof(bool) : row->type == SETTING_ENUM ? sizeof(int) : 8;
    return memcmp((const char *)before + row->offset, (const char *)after + row->offset, size) == 0;
}

static void tell_value(struct comparison *comparison, const struct trail *trail, const struct setting *row,
                       const void *before, const void *after)
{
    struct text place = { 0 }, was = { 0 }, is = { 0 };
    const struct trail here = { trail, row->name, NULL };
    print_trail(&here, &place);
    print_value(row, before, &was);
    print_value(row, after, &is);
    const struct print_change change = { .place = text_cstr(&place),
                                         .was = text_cstr(&was),
                                         .is = text_cstr(&is),
                                         .is_secret = row->is_secret,
                                         .effect = row->effect };
    comparison->is_oom |= place.is_oom || was.is_oom || is.is_oom;
    if (!comparison->is_oom)
        comparison->visit(comparison->context, &change);
    text_fini(&place);
    text_fini(&was);
    text_fini(&is);
}

/* Reports the elements of `object` that `other` does not have. */
static void tell_lonely(struct comparison *comparison, const struct trail *trail, const struct setting *list,
                        const void *object, const void *other, bool is_added)
{
    for (size_t i = 0; i < schema_list_count(list, object); i++) {
        struct text place = { 0 };
        const struct trail here = { trail, list->section->name, schema_name(list, object, i) };
        if (schema_named(list, other, here.name) != NULL)
            continue;
        print_trail(&here, &place);
        const struct print_change change = { .place = text_cstr(&place),
                                             .was = is_added ? NULL : "",
                                             .is = is_added ? "" : NULL,
                                             .effect = list->effect };
        comparison->is_oom |= place.is_oom;
        if (!comparison->is_oom)
            comparison->visit(comparison->context, &change);
        text_fini(&place);
    }
}

static void compare_section(struct comparison *comparison, const struct trail *trail,
                            const struct section *section, const void *before, const void *after);

static void compare_list(struct comparison *comparison, const struct trail *trail, const struct setting *list,
                         const void *before, const void *after)
{
    tell_lonely(comparison, trail, list, before, after, false);
    tell_lonely(comparison, trail, list, after, before, true);
    for (size_t i = 0; i < schema_list_count(list, after); i++) {
        const struct trail here = { trail, list->section->name, schema_name(list, after, i) };
        const void *former = schema_named(list, before, here.name);
        if (former != NULL)
            compare_section(comparison, &here, list->section, former, schema_element_const(list, after, i));
    }
}

static void compare_section(struct comparison *comparison, const struct trail *trail,
                            const struct section *section, const void *before, const void *after)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        const struct trail here = { trail, row->name, NULL };
        if (row->type == SETTING_LIST)
            compare_list(comparison, trail, row, before, after);
        else if (row->type == SETTING_GROUP)
            compare_section(comparison, &here, row->section, schema_element_const(row, before, 0),
                            schema_element_const(row, after, 0));
        else if (!is_same(row, before, after))
            tell_value(comparison, trail, row, before, after);
    }
}

bool print_changes(const struct section *section, const void *before, const void *after,
                   void (*visit)(void *context, const struct print_change *change), void *context)
{
    struct comparison comparison = { .visit = visit, .context = context };
    compare_section(&comparison, NULL, section, before, after);
    return !comparison.is_oom;
}

void print_change(const struct print_change *change, struct text *out)
{
    (void)text_append_cstr(out, change->place);
    if (change->was == NULL || change->is == NULL)
        (void)text_append_cstr(out, change->was == NULL ? " added" : " removed");
    else if (change->is_secret)
        (void)text_append_cstr(out, " changed");
    else
        (void)text_appendf(out, " %s -> %s", change->was, change->is);
    (void)text_appendf(out, " (%s)", print_effect(change->effect));
}

/* ---- all of them ---- */

struct listing {
    print_setting_fn each;
    void *context;
    struct text path;  /* owns: of the current setting */
    struct text value; /* owns */
    bool is_whole;
};

static void list_section(struct listing *listing, const struct section *section, const void *object);

/* Lists a section one level deeper, then restores the path. */
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
        list_inner(listing, schema_name(row, object, i), row->section, schema_element_const(row, object, i));
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
