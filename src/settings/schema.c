/* Fills structs by rows.
 *
 *   file_fill (or a default) → schema_set → set_string, set_integer, set_duration … → one member
 *
 * Rows are trusted: the offset fits the type, and the default is in the range. Values come from outside and
 * are checked. Each refusal names the key, what is allowed and, unless it is a secret, what was given. */
#include "settings/schema.h"

#include "base/clock.h"
#include "base/mem.h"
#include "settings/size.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 80 /* bytes of a value that a message quotes; longer ones are cut */

static void *member(const struct setting *row, void *object)
{
    return (char *)object + row->offset;
}

static const void *member_const(const struct setting *row, const void *object)
{
    return (const char *)object + row->offset;
}

static char **string_member(const struct setting *row, void *object)
{
    return member(row, object);
}

/* ---- names ---- */

const struct setting *schema_find(const struct section *section, const char *name)
{
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->settings[i].name, name) == 0)
            return &section->settings[i];
    return NULL;
}

bool schema_is_absent(const struct section *section, const char *name)
{
    for (const char *const *absent = section->absent; absent != NULL && *absent != NULL; absent++)
        if (strcmp(*absent, name) == 0)
            return true;
    return false;
}

#define NAME_MAX_LEN 32U

/* The number of edits (insert, delete, replace, swap neighbours) that turn one name into the other. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LEN + 1]; /* the last two rows of the table and the one being filled */
    size_t len_a = strlen(a), len_b = strlen(b);
    if (len_a > NAME_MAX_LEN || len_b > NAME_MAX_LEN)
        return SIZE_MAX;
    for (size_t j = 0; j <= len_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t *now = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            now[j] = size_min(size_min(above[j], now[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = size_min(now[j], above2[j - 2] + 1);
        }
    }
    return rows[len_a % 3][len_b];
}

const char *schema_suggest(const struct section *section, const char *name)
{
    const char *best = NULL;
    size_t len = strlen(name);
    size_t limit = len <= 3 ? 1 : len <= 7 ? 2 : 3; /* about one typing error per three letters */
    for (size_t i = 0; i < section->count; i++) {
        size_t edits = distance(name, section->settings[i].name);
        if (edits > limit || edits >= len)
            continue;
        best = section->settings[i].name;
        if (edits <= 1)
            break;
        limit = edits - 1; /* only a name with fewer edits may replace it */
    }
    return best;
}

void schema_owners(const struct section *section, const char *name, struct text *owners)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct section *inner = section->settings[i].section;
        if (inner == NULL)
            continue;
        if (schema_find(inner, name) != NULL)
            (void)text_appendf(owners, "%s%s", owners->len > 0 ? " or " : "", inner->name);
        schema_owners(inner, name, owners);
    }
}

/* ---- what a message says was given ---- */

static const char *const kind_names[] = {
    [VALUE_STRING] = "a string",
    [VALUE_INTEGER] = "a number",
    [VALUE_REAL] = "a number with a fraction",
    [VALUE_BOOL] = "a boolean",
    [VALUE_GROUP] = "a group { … }",
    [VALUE_LIST] = "a list ( … )",
    [VALUE_ARRAY] = "an array [ … ]",
};

static void show_string(const char *string, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[used++] = '"';
    for (; *string != '\0' && used < size - 5; string++) {
        bool is_control = (unsigned char)*string < ' ' || *string == 0x7f;
        buffer[used] = *string;
        if (is_control)
            buffer[used] = '?';
        used++;
    }
    (void)snprintf(buffer + used, size - used, "%s\"", *string == '\0' ? "" : "...");
}

static const char *show(const struct setting *row, const struct setting_value *value, char *buffer,
                        size_t size)
{
    bool is_shown = !row->is_secret;
    if (is_shown && value->kind == VALUE_STRING)
        show_string(value->string, buffer, size);
    else if (is_shown && value->kind == VALUE_INTEGER)
        (void)snprintf(buffer, size, "%" PRId64, value->integer);
    else if (is_shown && value->kind == VALUE_BOOL)
        (void)snprintf(buffer, size, "%s", value->boolean ? "true" : "false");
    else
        (void)snprintf(buffer, size, "%s", kind_names[value->kind]);
    return buffer;
}

/* Sets err to "NAME must be ALLOWED, not GIVEN". Returns false. */
static bool refuse(const struct setting *row, const char *allowed, const struct setting_value *value,
                   struct error *err)
{
    char given[SHOWN_MAX + 8];
    return error_set(err, EINVAL, "%s must be %s, not %s", row->name, allowed,
                     show(row, value, given, sizeof given));
}

/* ---- strings ---- */

static void forget_string(const struct setting *row, char **string)
{
    if (*string != NULL && row->is_secret)
        mem_free_secret(*string, strlen(*string));
    else
        mem_free(*string);
    *string = NULL;
}

static bool has_control(const char *string)
{
    for (; *string != '\0'; string++)
        if ((unsigned char)*string < ' ' || *string == 0x7f)
            return true;
    return false;
}

static bool string_is_good(const struct setting *row, const struct setting_value *value, struct error *err)
{
    if (value->kind != VALUE_STRING)
        return refuse(row, "a string", value, err);
    if (!row->is_secret && value->string[0] == '\0')
        return error_set(err, EINVAL, "%s must not be empty", row->name);
    if (!row->is_secret && has_control(value->string))
        return refuse(row, "free of control characters", value, err);
    if (row->check != NULL && !row->check(value->string, err))
        return error_wrap(err, "%s", row->name);
    return true;
}

static bool set_string(const struct setting *row, void *object, const struct setting_value *value,
                       struct error *err)
{
    if (!string_is_good(row, value, err))
        return false;
    char *copy = mem_strdup(value->string);
    if (copy == NULL)
        return error_set(err, ENOMEM, "%s: out of memory", row->name);
    char **place = string_member(row, object);
    forget_string(row, place);
    *place = copy;
    return true;
}

/* ---- numbers ---- */

static bool is_in_range(const struct setting *row, uint64_t number)
{
    if (row->min == row->max || (row->may_be_off && number == 0))
        return true;
    return number <= INT64_MAX && (int64_t)number >= row->min && (int64_t)number <= row->max;
}

static const struct setting_word *word_named(const struct setting *row, const char *name)
{
    for (const struct setting_word *word = row->words; word != NULL && word->name != NULL; word++)
        if (strcmp(word->name, name) == 0)
            return word;
    return NULL;
}

/* Writes `before` and the words that this version accepts: `"split", "primary" or "replica"`. Writes nothing
 * if there is no such word. */
static void list_words(const struct setting *row, const char *before, char *buffer, size_t size)
{
    const char *held = NULL; /* the word to be written next: "or" precedes it if it is the last one */
    const char *mark = before;
    size_t used = 0;
    for (const struct setting_word *word = row->words; word != NULL && word->name != NULL; word++) {
        if (word->is_absent)
            continue;
        if (held != NULL && used < size) {
            used += (size_t)snprintf(buffer + used, size - used, "%s\"%s\"", mark, held);
            mark = ", ";
        }
        held = word->name;
    }
    if (held != NULL && used < size)
        (void)snprintf(buffer + used, size - used, "%s\"%s\"", mark == before ? before : " or ", held);
}

static void integer_allowed(const struct setting *row, char *buffer, size_t size)
{
    char words[128] = "";
    bool is_any = row->min == row->max;
    list_words(row, is_any ? " or " : ", or ", words, sizeof words);
    if (is_any)
        (void)snprintf(buffer, size, "a number%s", words);
    else
        (void)snprintf(buffer, size, "%" PRId64 " to %" PRId64 "%s", row->min, row->max, words);
}

static bool integer_of(const struct setting *row, const struct setting_value *value, int64_t *number_r)
{
    uint64_t digits;
    if (value->kind == VALUE_INTEGER) {
        *number_r = value->integer;
        return row->min == row->max || (*number_r >= row->min && *number_r <= row->max);
    }
    if (value->kind != VALUE_STRING || row->words == NULL)
        return false;
    const struct setting_word *word = word_named(row, value->string);
    if (word != NULL) {
        *number_r = word->value;
        return true;
    }
    if (!span_to_u64(span_cstr(value->string), &digits) || !is_in_range(row, digits))
        return false;
    *number_r = (int64_t)digits;
    return true;
}

static bool set_integer(const struct setting *row, void *object, const struct setting_value *value,
                        struct error *err)
{
    char allowed[192];
    int64_t number;
    if (!integer_of(row, value, &number)) {
        integer_allowed(row, allowed, sizeof allowed);
        return refuse(row, allowed, value, err);
    }
    memcpy(member(row, object), &number, sizeof number);
    return true;
}

static bool set_bool(const struct setting *row, void *object, const struct setting_value *value,
                     struct error *err)
{
    if (value->kind != VALUE_BOOL)
        return refuse(row, "true or false", value, err);
    memcpy(member(row, object), &value->boolean, sizeof value->boolean);
    return true;
}

static bool set_enum(const struct setting *row, void *object, const struct setting_value *value,
                     struct error *err)
{
    char allowed[192] = "";
    const struct setting_word *word = value->kind == VALUE_STRING ? word_named(row, value->string) : NULL;
    if (word == NULL) {
        list_words(row, "", allowed, sizeof allowed);
        return refuse(row, allowed, value, err);
    }
    if (word->is_absent)
        return error_set(err, EINVAL, "%s \"%s\" is not in this version", row->name, word->name);
    memcpy(member(row, object), &word->value, sizeof word->value);
    return true;
}

/* ---- numbers with units ---- */

/* A duration or a size, which differ in their units only. */
struct measure {
    bool (*parse)(struct span text, uint64_t *number_r);
    const char *(*format)(uint64_t number, char *buffer, size_t size);
    const char *what;
};

static const struct measure duration_measure = {
    clock_parse_duration, clock_format_duration, "a duration with a unit such as \"250ms\", \"1s\" or \"5m\""
};
static const struct measure size_measure = { size_parse, size_format,
                                             "a size with a unit such as \"512B\", \"16KiB\" or \"1MiB\"" };

static bool set_measure(const struct setting *row, const struct measure *measure, void *object,
                        const struct setting_value *value, struct error *err)
{
    uint64_t number = 0;
    const struct setting_word *word = value->kind == VALUE_STRING ? word_named(row, value->string) : NULL;
    if (word != NULL) {
        number = (uint64_t)(int64_t)word->value;
        memcpy(member(row, object), &number, sizeof number);
        return true;
    }
    bool is_number = value->kind == VALUE_INTEGER && value->integer == 0; /* 0 needs no unit */
    if (value->kind == VALUE_STRING)
        is_number = measure->parse(span_cstr(value->string), &number);
    if (!is_number)
        return refuse(row, measure->what, value, err);
    if (!is_in_range(row, number)) {
        char low[32], high[32], words[64] = "", allowed[192];
        list_words(row, ", or ", words, sizeof words);
        (void)snprintf(allowed, sizeof allowed, "\"%s\" to \"%s\"%s%s",
                       measure->format((uint64_t)row->min, low, sizeof low),
                       measure->format((uint64_t)row->max, high, sizeof high), words,
                       row->may_be_off ? ", or \"off\"" : "");
        return refuse(row, allowed, value, err);
    }
    memcpy(member(row, object), &number, sizeof number);
    return true;
}

bool schema_set(const struct setting *row, void *object, const struct setting_value *value, struct error *err)
{
    switch (row->type) {
    case SETTING_STRING:
        return set_string(row, object, value, err);
    case SETTING_BOOL:
        return set_bool(row, object, value, err);
    case SETTING_INTEGER:
        return set_integer(row, object, value, err);
    case SETTING_DURATION:
        return set_measure(row, &duration_measure, object, value, err);
    case SETTING_SIZE:
        return set_measure(row, &size_measure, object, value, err);
    case SETTING_ENUM:
        return set_enum(row, object, value, err);
    case SETTING_GROUP:
    case SETTING_LIST:
        break;
    }
    assert(false && "a group or a list has no value of its own");
    return false;
}

/* ---- defaults ---- */

static struct setting_value value_of_fallback(const struct setting *row)
{
    struct setting_value value = { .kind = VALUE_STRING, .string = row->fallback };
    if (row->type == SETTING_BOOL) {
        value.kind = VALUE_BOOL;
        value.boolean = strcmp(row->fallback, "true") == 0;
    } else if (row->type == SETTING_INTEGER && word_named(row, row->fallback) == NULL) {
        value.kind = VALUE_INTEGER;
        value.integer = strtoll(row->fallback, NULL, 10);
    }
    return value;
}

bool schema_set_fallbacks(const struct section *section, void *object, struct error *err)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        struct error why = { 0 };
        if (row->type == SETTING_GROUP && !schema_set_fallbacks(row->section, member(row, object), err))
            return false;
        if (row->fallback == NULL)
            continue;
        struct setting_value value = value_of_fallback(row);
        if (schema_set(row, object, &value, &why))
            continue;
        assert(why.code == ENOMEM); /* any other error is a mistake in the row */
        return error_set(err, ENOMEM, "%s", why.text);
    }
    return true;
}

/* ---- lists and groups ---- */

static size_t list_count(const struct setting *row, const void *object)
{
    size_t count;
    memcpy(&count, (const char *)object + row->count_offset, sizeof count);
    return count;
}

static void set_list(const struct setting *row, void *object, void *elements, size_t count)
{
    memcpy(member(row, object), &elements, sizeof elements);
    memcpy((char *)object + row->count_offset, &count, sizeof count);
}

size_t schema_list_count(const struct setting *row, const void *object)
{
    assert(row->type == SETTING_LIST);
    return list_count(row, object);
}

bool schema_set_list(const struct setting *row, void *object, size_t count)
{
    assert(row->type == SETTING_LIST && list_count(row, object) == 0);
    if (count == 0)
        return true;
    void *elements = mem_zalloc(count * row->section->size_bytes);
    if (elements == NULL)
        return false;
    set_list(row, object, elements, count);
    return true;
}

const void *schema_element_const(const struct setting *row, const void *object, size_t index)
{
    const char *elements;
    if (row->type == SETTING_GROUP)
        return member_const(row, object);
    assert(row->type == SETTING_LIST && index < list_count(row, object));
    memcpy(&elements, member_const(row, object), sizeof elements);
    return elements + index * row->section->size_bytes;
}

void *schema_element(const struct setting *row, void *object, size_t index)
{
    char *elements;
    if (row->type == SETTING_GROUP)
        return member(row, object);
    assert(row->type == SETTING_LIST && index < list_count(row, object));
    memcpy(&elements, member(row, object), sizeof elements);
    return elements + index * row->section->size_bytes;
}

/* ---- elements by name ---- */

const char *schema_name(const struct setting *list, const void *object, size_t index)
{
    const struct setting *name = schema_find(list->section, "name");
    assert(name != NULL && name->type == SETTING_STRING);
    const char *string;
    memcpy(&string, member_const(name, schema_element_const(list, object, index)), sizeof string);
    return string != NULL ? string : "";
}

/* The index of the element of this name, or the number of elements if there is none. */
static size_t find_named(const struct setting *list, const void *object, const char *name)
{
    size_t i = 0;
    while (i < schema_list_count(list, object) && strcmp(schema_name(list, object, i), name) != 0)
        i++;
    return i;
}

const void *schema_named(const struct setting *list, const void *object, const char *name)
{
    size_t at = find_named(list, object, name);
    return at < schema_list_count(list, object) ? schema_element_const(list, object, at) : NULL;
}

/* ---- whole structs ---- */

/* The size of a member whose row is neither GROUP nor LIST. */
static size_t member_size(const struct setting *row)
{
    static const size_t sizes[] = {
        [SETTING_STRING] = sizeof(char *),   [SETTING_BOOL] = sizeof(bool),
        [SETTING_INTEGER] = sizeof(int64_t), [SETTING_DURATION] = sizeof(uint64_t),
        [SETTING_SIZE] = sizeof(uint64_t),   [SETTING_ENUM] = sizeof(int),
    };
    assert((size_t)row->type < sizeof sizes / sizeof *sizes);
    return sizes[row->type];
}

static bool copy_list(const struct setting *row, const void *from, void *to)
{
    size_t count = schema_list_count(row, from);
    bool is_whole = schema_set_list(row, to, count);
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = schema_copy(row->section, schema_element_const(row, from, i), schema_element(row, to, i));
    return is_whole;
}

bool schema_copy(const struct section *section, const void *from, void *to)
{
    bool is_whole = true;
    for (size_t i = 0; is_whole && i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type == SETTING_STRING) {
            const char *string;
            memcpy(&string, member_const(row, from), sizeof string);
            char *copy = string != NULL ? mem_strdup(string) : NULL;
            memcpy(member(row, to), &copy, sizeof copy);
            is_whole = string == NULL || copy != NULL;
        } else if (row->type == SETTING_LIST) {
            is_whole = copy_list(row, from, to);
        } else if (row->type == SETTING_GROUP) {
            is_whole = schema_copy(row->section, member_const(row, from), member(row, to));
        } else {
            memcpy(member(row, to), member_const(row, from), member_size(row));
        }
    }
    return is_whole;
}

void schema_keep(const struct section *section, void *before, void *after)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type == SETTING_GROUP) {
            schema_keep(row->section, member(row, before), member(row, after));
        } else if (row->type != SETTING_LIST && row->effect == EFFECT_RESTART) {
            char kept[sizeof(uint64_t)];
            size_t size = member_size(row);
            memcpy(kept, member(row, before), size);
            memcpy(member(row, before), member(row, after), size);
            memcpy(member(row, after), kept, size);
        }
        for (size_t j = 0; row->type == SETTING_LIST && j < schema_list_count(row, after); j++) {
            size_t at = find_named(row, before, schema_name(row, after, j));
            if (at < schema_list_count(row, before))
                schema_keep(row->section, schema_element(row, before, at), schema_element(row, after, j));
        }
    }
}

static void fini_list(const struct setting *row, void *object)
{
    void *elements;
    memcpy(&elements, member(row, object), sizeof elements);
    for (size_t i = 0; i < list_count(row, object); i++)
        schema_fini(row->section, schema_element(row, object, i));
    mem_free(elements);
    set_list(row, object, NULL, 0);
}

void schema_fini(const struct section *section, void *object)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        if (row->type == SETTING_STRING)
            forget_string(row, string_member(row, object));
        else if (row->type == SETTING_GROUP)
            schema_fini(row->section, member(row, object));
        else if (row->type == SETTING_LIST)
            fini_list(row, object);
    }
}
