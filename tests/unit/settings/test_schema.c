/* Settings read into structs and printed again: units, ranges, names, secrets. */
#include "../base/unit.h"

#include "settings/schema.h"

#include "base/mem.h"
#include "settings/print.h"
#include "settings/reference.h"

#include <errno.h>

struct wheel {
    char *name;
    uint64_t pressure_bytes;
};

struct car {
    char *name;
    char *key;
    bool is_fast;
    int64_t seats;
    int colour;
    int64_t listeners;
    uint64_t warranty_us;
    struct wheel spare;
    struct wheel *wheels;
    size_t wheel_count;
};

/* Appends a line to the struct text given as context. */
static void note_change(void *context, const struct print_change *change)
{
    print_change(change, context);
    (void)text_append_byte(context, '\n');
}

static const struct setting wheel_rows[] = {
    { .name = "name",
      .type = SETTING_STRING,
      .offset = offsetof(struct wheel, name),
      .is_required = true,
      .doc = "n" },
    { .name = "pressure",
      .type = SETTING_SIZE,
      .offset = offsetof(struct wheel, pressure_bytes),
      .min = 1024,
      .max = 1 << 20,
      .fallback = "16KiB",
      .doc = "p" },
};
static const struct section wheel_section = {
    .name = "wheel", .doc = "w", .size_bytes = sizeof(struct wheel), SECTION_ROWS(wheel_rows), .is_list = true
};
static const struct setting_word colours[] = { { .name = "red", .value = 7 },
                                               { .name = "blue", .value = 9 },
                                               { .name = "pink", .is_absent = true },
                                               { .name = NULL } };
static const struct setting_word seat_words[] = { { .name = "auto", .value = 0 }, { .name = NULL } };
static const struct setting_word listener_words[] = { { .name = "few", .value = 2 }, { .name = NULL } };
static const struct setting_word warranty_words[] = { { .name = "ever", .value = -1 }, { .name = NULL } };
static const struct setting car_rows[] = {
    { .name = "name", .type = SETTING_STRING, .offset = offsetof(struct car, name), .doc = "n" },
    { .name = "key",
      .type = SETTING_STRING,
      .offset = offsetof(struct car, key),
      .is_secret = true,
      .doc = "k" },
    { .name = "is_fast",
      .type = SETTING_BOOL,
      .offset = offsetof(struct car, is_fast),
      .fallback = "true",
      .doc = "f" },
    { .name = "seats",
      .type = SETTING_INTEGER,
      .offset = offsetof(struct car, seats),
      .min = 1,
      .max = 9,
      .words = seat_words,
      .fallback = "auto",
      .doc = "s" },
    { .name = "listeners",
      .type = SETTING_INTEGER,
      .offset = offsetof(struct car, listeners),
      .words = listener_words,
      .doc = "d" },
    { .name = "colour",
      .type = SETTING_ENUM,
      .offset = offsetof(struct car, colour),
      .words = colours,
      .fallback = "blue",
      .effect = EFFECT_NEW_SESSIONS,
      .doc = "c" },
    { .name = "warranty",
      .type = SETTING_DURATION,
      .offset = offsetof(struct car, warranty_us),
      .words = warranty_words,
      .min = 1000,
      .max = 60000000,
      .may_be_off = true,
      .fallback = "1500ms",
      .doc = "w" },
    { .name = "spare",
      .type = SETTING_GROUP,
      .offset = offsetof(struct car, spare),
      .section = &wheel_section },
    { .name = "wheels",
      .type = SETTING_LIST,
      .offset = offsetof(struct car, wheels),
      .count_offset = offsetof(struct car, wheel_count),
      .section = &wheel_section,
      .effect = EFFECT_RESTART },
};
static const char *const car_absent[] = { "wings", NULL };
static const struct section car_section = {
    .name = "car", .doc = "c", .size_bytes = sizeof(struct car), SECTION_ROWS(car_rows), .absent = car_absent
};

static bool set(struct car *car, const char *name, struct setting_value value, struct error *err)
{
    return schema_set(schema_find(&car_section, name), car, &value, err);
}

static bool set_string(struct car *car, const char *name, const char *string, struct error *err)
{
    return set(car, name, (struct setting_value){ .kind = VALUE_STRING, .string = string }, err);
}

static bool set_integer(struct car *car, const char *name, int64_t number, struct error *err)
{
    return set(car, name, (struct setting_value){ .kind = VALUE_INTEGER, .integer = number }, err);
}

TEST(defaults_come_from_the_rows)
{
    struct car car = { 0 };
    struct error err = { 0 };
    assert_true(schema_set_fallbacks(&car_section, &car, &err));
    assert_null(car.name);
    assert_true(car.is_fast);
    assert_int_equal(car.seats, 0);
    assert_int_equal(car.colour, 9);
    assert_int_equal(car.warranty_us, 1500000);
    assert_int_equal(car.spare.pressure_bytes, 16384);
    schema_fini(&car_section, &car);
}

/* A key, a value, and the error; NULL: accepted. */
static const struct {
    const char *name;
    struct setting_value value;
    const char *says;
} values[] = {
    { "name", { .kind = VALUE_STRING, .string = "beetle" }, NULL },
    { "name", { .kind = VALUE_STRING, .string = "" }, "name must not be empty" },
    { "name",
      { .kind = VALUE_STRING, .string = "a\nb" },
      "name must be free of control characters, not \"a?b\"" },
    { "name", { .kind = VALUE_INTEGER, .integer = 5 }, "name must be a string, not 5" },
    { "name", { .kind = VALUE_LIST }, "name must be a string, not a list ( … )" },
    { "is_fast", { .kind = VALUE_BOOL, .boolean = false }, NULL },
    { "is_fast", { .kind = VALUE_STRING, .string = "yes" }, "is_fast must be true or false, not \"yes\"" },
    { "seats", { .kind = VALUE_INTEGER, .integer = 9 }, NULL },
    { "seats", { .kind = VALUE_INTEGER, .integer = 1 }, NULL },
    { "seats", { .kind = VALUE_STRING, .string = "1" }, NULL },
    { "seats", { .kind = VALUE_STRING, .string = "9" }, NULL },
    { "seats", { .kind = VALUE_STRING, .string = "10" }, "seats must be 1 to 9, or \"auto\", not \"10\"" },
    { "listeners", { .kind = VALUE_INTEGER, .integer = -7 }, NULL },
    { "listeners",
      { .kind = VALUE_BOOL, .boolean = true },
      "listeners must be a number or \"few\", not true" },
    { "name", { .kind = VALUE_STRING, .string = "a b" }, NULL },
    { "name",
      { .kind = VALUE_STRING, .string = "a b\x7f" },
      "name must be free of control characters, not \"a b?\"" },
    { "warranty", { .kind = VALUE_STRING, .string = "1ms" }, NULL },
    { "warranty",
      { .kind = VALUE_STRING, .string = "999us" },
      "warranty must be \"1ms\" to \"1m\", or \"ever\", or \"off\", not \"999us\"" },
    { "seats", { .kind = VALUE_INTEGER, .integer = 10 }, "seats must be 1 to 9, or \"auto\", not 10" },
    { "seats", { .kind = VALUE_INTEGER, .integer = -1 }, "seats must be 1 to 9, or \"auto\", not -1" },
    { "seats", { .kind = VALUE_STRING, .string = "auto" }, NULL },
    { "seats", { .kind = VALUE_STRING, .string = "4" }, NULL },
    { "seats", { .kind = VALUE_STRING, .string = "0" }, "seats must be 1 to 9, or \"auto\", not \"0\"" },
    { "seats",
      { .kind = VALUE_STRING, .string = "many" },
      "seats must be 1 to 9, or \"auto\", not \"many\"" },
    { "seats", { .kind = VALUE_REAL }, "seats must be 1 to 9, or \"auto\", not a number with a fraction" },
    { "colour", { .kind = VALUE_STRING, .string = "red" }, NULL },
    { "colour", { .kind = VALUE_STRING, .string = "pink" }, "colour \"pink\" is not in this version" },
    { "colour",
      { .kind = VALUE_STRING, .string = "Red" },
      "colour must be \"red\" or \"blue\", not \"Red\"" },
    { "colour", { .kind = VALUE_INTEGER, .integer = 7 }, "colour must be \"red\" or \"blue\", not 7" },
    { "warranty", { .kind = VALUE_STRING, .string = "1m" }, NULL },
    { "warranty", { .kind = VALUE_STRING, .string = "off" }, NULL },
    { "warranty", { .kind = VALUE_STRING, .string = "ever" }, NULL },
    { "warranty", { .kind = VALUE_INTEGER, .integer = 0 }, NULL },
    { "warranty",
      { .kind = VALUE_STRING, .string = "61s" },
      "warranty must be \"1ms\" to \"1m\", or \"ever\", or \"off\", not \"61s\"" },
    { "warranty",
      { .kind = VALUE_INTEGER, .integer = 5 },
      "warranty must be a duration with a unit such as \"250ms\", \"1s\" or \"5m\", not 5" },
};

TEST(every_value_is_taken_or_refused_in_words)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct car car = { 0 };
        struct error err = { 0 };
        bool is_set = set(&car, values[i].name, values[i].value, &err);
        assert_int_equal(is_set, values[i].says == NULL);
        assert_string_equal(err.text, values[i].says == NULL ? "" : values[i].says);
        schema_fini(&car_section, &car);
    }
}

TEST(refused_value_leaves_the_member_as_it_was)
{
    struct car car = { 0 };
    struct error err = { 0 };
    assert_true(set_string(&car, "name", "one", &err));
    assert_true(set_integer(&car, "seats", 3, &err));
    assert_false(set_string(&car, "name", "", &err));
    assert_false(set_integer(&car, "seats", 30, &err));
    assert_string_equal(car.name, "one");
    assert_int_equal(car.seats, 3);
    assert_true(set_string(&car, "name", "two", &err));
    assert_string_equal(car.name, "two");
    schema_fini(&car_section, &car);
    assert_null(car.name);
}

TEST(long_values_are_cut_in_messages)
{
    struct car car = { 0 };
    struct error err = { 0 };
    char value[400];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_false(set_string(&car, "colour", value, &err));
    static const char start[] = "colour must be \"red\" or \"blue\", not \"";
    assert_memory_equal(err.text, start, sizeof start - 1);
    assert_int_equal(strspn(err.text + sizeof start - 1, "x"), 82);
    assert_string_equal(err.text + sizeof start - 1 + 82, "...\"");
}

TEST(secret_is_never_said)
{
    struct car car = { 0 }, other = { 0 };
    struct error err = { 0 };
    struct text out = { 0 };
    assert_false(set_integer(&car, "key", 424242, &err));
    assert_string_equal(err.text, "key must be a string, not a number");
    assert_true(set_string(&car, "key", "S3CRET\n", &err));
    assert_true(set_string(&other, "key", "S3CRET2", &err));
    print_value(schema_find(&car_section, "key"), &car, &out);
    assert_true(print_changes(&car_section, &car, &other, note_change, &out));
    assert_string_equal(text_cstr(&out), "\"***\"key changed (now)\n");
    text_fini(&out);
    schema_fini(&car_section, &car);
    schema_fini(&car_section, &other);
}

TEST(near_names_are_suggested_and_far_ones_not)
{
    static const char *const pairs[][2] = {
        { "naem", "name" },
        { "nam", "name" },
        { "colours", "colour" },
        { "color", "colour" },
        { "warrenty", "warranty" },
        { "weels", "wheels" },
        { "x", NULL },
        { "", NULL },
        { "helicopter", NULL },
        { "ke", "key" },
        { "eky", "key" }, /* two swapped letters count as one error */
        { "kye", "key" },
        { "yek", NULL },
        { "kez", "key" },
        { "keyx", "key" },
        { "kxz", NULL },
        { "kyx", NULL },
        { "kxe", NULL },
        { "is_fxyz", NULL },
        { "kwarranty", "warranty" },
        { "zzz", NULL },
        { "saets", "seats" },
        { "spars", "spare" },
        { "warrntxyz", "warranty" },
        { "wzzrntxyz", NULL },
        { "is_fsat", "is_fast" },
        { "wheel", "wheels" },
        { "namekeyisfastseatscolourwarranty", NULL }, /* 32 letters */
        { "seat", "seats" },
        { "a_name_much_longer_than_any_name_of_a_row_may_be", NULL },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *found = schema_suggest(&car_section, pairs[i][0]), *wanted = pairs[i][1];
        assert_row(wanted == NULL || found == NULL ? wanted == found : strcmp(found, wanted) == 0, "%s: %s",
                   pairs[i][0], found != NULL ? found : "nothing");
    }
    assert_true(schema_is_absent(&car_section, "wings"));
    assert_false(schema_is_absent(&wheel_section, "wings"));
    assert_false(schema_is_absent(&car_section, "name"));
    assert_false(schema_is_absent(&wheel_section, "wings"));
}

TEST(allowed_words_are_listed)
{
    static const struct setting_word words[] = {
        { .name = "a" }, { .name = "b" }, { .name = "z", .is_absent = true },
        { .name = "c" }, { .name = "d" }, { .name = NULL }
    };
    static const struct {
        size_t first;
        const char *says;
    } lists[] = {
        { 0, "row must be \"a\", \"b\", \"c\" or \"d\", not \"x\"" },
        { 1, "row must be \"b\", \"c\" or \"d\", not \"x\"" },
        { 2, "row must be \"c\" or \"d\", not \"x\"" },
        { 4, "row must be \"d\", not \"x\"" },
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct setting row = { .name = "row", .type = SETTING_ENUM, .words = words + lists[i].first };
        const struct setting_value value = { .kind = VALUE_STRING, .string = "x" };
        int object = 0;
        struct error err = { 0 };
        assert_false(schema_set(&row, &object, &value, &err));
        assert_string_equal(err.text, lists[i].says);
    }
}

/* The rows end where a page without access begins. */
TEST(rows_are_read_to_their_end_and_no_further)
{
    struct span rows = exact_copy(span_of(wheel_rows, sizeof wheel_rows));
    struct section section = wheel_section;
    struct wheel wheel = { 0 };
    struct error err = { 0 };
    section.settings = (const struct setting *)(const void *)rows.data;
    assert_null(schema_find(&section, "colour"));
    assert_null(schema_suggest(&section, "colour"));
    assert_ptr_equal(schema_find(&section, "name"), &section.settings[0]);
    assert_ptr_equal(schema_find(&section, "pressure"), &section.settings[1]);
    assert_true(schema_set_fallbacks(&section, &wheel, &err));
    assert_int_equal(wheel.pressure_bytes, 16384);
    schema_fini(&section, &wheel);
    drop_copy(rows);
}

TEST(changes_are_told_field_by_field)
{
    struct car a = { 0 }, b = { 0 };
    struct wheel wheels_a[] = { { (char[]){ "fl" }, 1024 }, { (char[]){ "fr" }, 1024 } };
    struct wheel wheels_b[] = { { (char[]){ "fr" }, 2048 }, { (char[]){ "rl" }, 1024 } };
    struct error err = { 0 };
    struct text out = { 0 };
    assert_true(schema_set_fallbacks(&car_section, &a, &err) && schema_set_fallbacks(&car_section, &b, &err));
    assert_true(print_changes(&car_section, &a, &b, note_change, &out));
    assert_int_equal(out.len, 0);
    b.colour = 7;
    b.warranty_us = 0;
    b.spare.pressure_bytes = 2048;
    b.name = (char[]){ "a \"b\"" };
    a.wheels = wheels_a, a.wheel_count = 2;
    b.wheels = wheels_b, b.wheel_count = 2;
    assert_true(print_changes(&car_section, &a, &b, note_change, &out));
    assert_string_equal(text_cstr(&out), "name none -> \"a \\\"b\\\"\" (now)\n"
                                         "colour \"blue\" -> \"red\" (new sessions)\n"
                                         "warranty \"1500ms\" -> \"off\" (now)\n"
                                         "spare: pressure \"16KiB\" -> \"2KiB\" (now)\n"
                                         "wheel 'fl' removed (restart)\n"
                                         "wheel 'rl' added (restart)\n"
                                         "wheel 'fr': pressure \"1KiB\" -> \"2KiB\" (now)\n");
    text_fini(&out);
}

TEST(memory_out_is_an_error_and_no_leak)
{
    struct car car = { 0 };
    struct error err = { 0 };
    mem_fail_after(0);
    assert_false(set_string(&car, "name", "x", &err));
    assert_int_equal(err.code, ENOMEM);
    mem_fail_after(0);
    assert_false(schema_set_list(schema_find(&car_section, "wheels"), &car, 3));
    mem_fail_after(-1);
    assert_true(schema_set_list(schema_find(&car_section, "wheels"), &car, 3));
    assert_int_equal(schema_list_count(schema_find(&car_section, "wheels"), &car), 3);
    schema_fini(&car_section, &car);
    assert_null(car.wheels);
}

/* Fills a struct with everything that it can own. */
static void fill(struct car *car)
{
    struct error err = { 0 };
    const struct setting *wheels = schema_find(&car_section, "wheels");
    assert_true(schema_set_fallbacks(&car_section, car, &err) && set_string(car, "name", "beetle", &err) &&
                set_string(car, "key", "S3CRET", &err) && schema_set_list(wheels, car, 2));
    for (size_t i = 0; i < 2; i++)
        assert_true(schema_set(
            schema_find(&wheel_section, "name"), schema_element(wheels, car, i),
            &(struct setting_value){ .kind = VALUE_STRING, .string = i == 0 ? "fl" : "fr" }, &err));
}

TEST(a_copy_is_equal_and_owns_itself)
{
    struct car car = { 0 }, copy = { 0 };
    struct text out = { 0 };
    fill(&car);
    assert_true(schema_copy(&car_section, &car, &copy));
    assert_true(print_changes(&car_section, &car, &copy, note_change, &out));
    assert_int_equal(out.len, 0);
    assert_ptr_not_equal(car.name, copy.name);
    assert_ptr_not_equal(car.wheels[1].name, copy.wheels[1].name);
    schema_fini(&car_section, &car);
    assert_string_equal(copy.wheels[1].name, "fr");
    assert_string_equal(copy.key, "S3CRET");
    schema_fini(&car_section, &copy);
    text_fini(&out);
}

/* Whichever allocation fails, nothing is leaked (the sanitizers check). */
TEST(without_memory_there_is_no_copy)
{
    struct car car = { 0 };
    long fail_at = 0;
    bool is_whole = false;
    fill(&car);
    for (; !is_whole; fail_at++) {
        struct car copy = { 0 };
        mem_fail_after(fail_at);
        is_whole = schema_copy(&car_section, &car, &copy);
        mem_fail_after(-1);
        schema_fini(&car_section, &copy);
    }
    assert_int_equal(fail_at - 1, 5); /* two strings, the list and its names */
    schema_fini(&car_section, &car);
}

TEST(what_takes_a_restart_changes_places)
{
    static const struct setting rows[] = {
        { .name = "name",
          .type = SETTING_STRING,
          .offset = offsetof(struct car, name),
          .effect = EFFECT_RESTART },
        { .name = "key", .type = SETTING_STRING, .offset = offsetof(struct car, key) },
        { .name = "seats",
          .type = SETTING_INTEGER,
          .offset = offsetof(struct car, seats),
          .effect = EFFECT_RESTART },
        { .name = "warranty", .type = SETTING_DURATION, .offset = offsetof(struct car, warranty_us) },
    };
    static const struct section section = { .name = "car",
                                            .size_bytes = sizeof(struct car),
                                            SECTION_ROWS(rows) };
    char old_name[] = "old", new_name[] = "new", old_key[] = "1", new_key[] = "2";
    struct car before = { .name = old_name, .key = old_key, .seats = 2, .warranty_us = 3 };
    struct car after = { .name = new_name, .key = new_key, .seats = 4, .warranty_us = 5 };
    schema_keep(&section, &before, &after);
    assert_ptr_equal(after.name, old_name); /* a holder of the old text keeps it */
    assert_ptr_equal(before.name, new_name);
    assert_int_equal(after.seats, 2);
    assert_ptr_equal(after.key, new_key);
    assert_int_equal(after.warranty_us, 5);
}

/* Elements of lists are the same when they have the same name. */
TEST(settings_of_listed_elements_are_kept_by_name)
{
    static const struct setting element_rows[] = {
        { .name = "name", .type = SETTING_STRING, .offset = offsetof(struct wheel, name) },
        { .name = "pressure",
          .type = SETTING_SIZE,
          .offset = offsetof(struct wheel, pressure_bytes),
          .effect = EFFECT_RESTART },
    };
    static const struct section element = {
        .name = "wheel", .size_bytes = sizeof(struct wheel), SECTION_ROWS(element_rows), .is_list = true
    };
    static const struct setting list_rows[] = { { .name = "wheels",
                                                  .type = SETTING_LIST,
                                                  .offset = offsetof(struct car, wheels),
                                                  .count_offset = offsetof(struct car, wheel_count),
                                                  .section = &element } };
    static const struct section section = { .name = "car",
                                            .size_bytes = sizeof(struct car),
                                            SECTION_ROWS(list_rows) };
    char left[] = "left", right[] = "right", spare[] = "spare";
    struct wheel old[] = { { left, 1 }, { right, 2 } }, new[] = { { spare, 3 }, { right, 4 }, { left, 5 } };
    struct span olds = exact_copy(span_of(old, sizeof old)), news = exact_copy(span_of(new, sizeof new));
    struct car before = { .wheels = (struct wheel *)(uintptr_t)olds.data, .wheel_count = 2 };
    struct car after = { .wheels = (struct wheel *)(uintptr_t)news.data, .wheel_count = 3 };
    schema_keep(&section, &before, &after);
    assert_int_equal(after.wheels[0].pressure_bytes, 3);
    assert_int_equal(after.wheels[1].pressure_bytes, 2);
    assert_int_equal(after.wheels[2].pressure_bytes, 1);
    assert_int_equal(before.wheels[0].pressure_bytes, 5);
    assert_int_equal(before.wheels[1].pressure_bytes, 4);
    drop_copy(olds);
    drop_copy(news);
}

RUN_TESTS(NULL, NULL)
