/* Configuration files read into structs: the positions of errors, the sources of passwords, and input that
 * libconfig must not be given. */
#include "../base/unit.h"

#include "settings/file.h"

#include <sys/stat.h>
#include <unistd.h>

struct door {
    char *name;
    char *password;
    int64_t width;
};

struct house {
    int64_t rooms;
    bool is_painted;
    struct door front;
    struct door *doors;
    size_t door_count;
};

static const struct setting door_rows[] = {
    { .name = "name", .type = SETTING_STRING, .offset = offsetof(struct door, name), .is_required = true },
    { .name = "password",
      .type = SETTING_STRING,
      .offset = offsetof(struct door, password),
      .is_required = true,
      .is_secret = true },
    { .name = "width",
      .type = SETTING_INTEGER,
      .offset = offsetof(struct door, width),
      .min = 1,
      .max = 5,
      .fallback = "2" },
};
static struct section door_section = {
    .name = "door", .size_bytes = sizeof(struct door), SECTION_ROWS(door_rows), .is_list = true
};
static struct section front_section = { .name = "front",
                                        .size_bytes = sizeof(struct door),
                                        SECTION_ROWS(door_rows) };
static const struct setting house_rows[] = {
    { .name = "rooms", .type = SETTING_INTEGER, .offset = offsetof(struct house, rooms), .fallback = "4" },
    { .name = "painted",
      .type = SETTING_BOOL,
      .offset = offsetof(struct house, is_painted),
      .fallback = "true" },
    { .name = "front",
      .type = SETTING_GROUP,
      .offset = offsetof(struct house, front),
      .section = &front_section },
    { .name = "doors",
      .type = SETTING_LIST,
      .offset = offsetof(struct house, doors),
      .count_offset = offsetof(struct house, door_count),
      .section = &door_section,
      .is_required = true },
};
static const char *const house_absent[] = { "garden", NULL };
static struct section house_section = {
    .name = "", .size_bytes = sizeof(struct house), SECTION_ROWS(house_rows), .absent = house_absent
};

/* Moves the rows of a section in front of memory that cannot be read. */
static void guard_rows(struct section *section)
{
    struct span rows = span_of(section->settings, section->count * sizeof *section->settings);
    section->settings = (const struct setting *)(const void *)exact_copy(rows).data;
}

/* The result of loading a file. */
struct result {
    struct house house;
    struct text errors;
    struct text warnings;
    bool is_good;
};

static void fini(struct result *result)
{
    schema_fini(&house_section, &result->house);
    text_fini(&result->errors);
    text_fini(&result->warnings);
}

static void fill(struct result *result, struct file *file, struct report *report)
{
    result->is_good = file != NULL && file_fill(file, &house_section, &result->house, report);
    assert_int_equal(result->is_good, report->error_count == 0);
    file_close(&file);
}

static void load_string(struct result *result, const char *string)
{
    struct report report = { .errors = &result->errors, .warnings = &result->warnings };
    fill(result, file_open_string(string, "h.conf", &report), &report);
}

static void load_path(struct result *result, const char *path)
{
    struct report report = { .errors = &result->errors, .warnings = &result->warnings };
    fill(result, file_open(path, &report), &report);
}

#define GOOD_DOOR "{ name = \"a\"; password = \"S3CRET\"; }"

/* A text and all messages about it. */
static const struct {
    const char *text;
    const char *says;
} texts[] = {
    { "doors = ( " GOOD_DOOR " );", "" },
    { "doors = ( " GOOD_DOOR ",\n{ name = \"b\"; password = \"\"; } );", "" },
    { "", "h.conf:1: doors is missing\n" },
    { "doors = ();", "h.conf:1: this list needs at least one element\n" },
    { "doors = " GOOD_DOOR ";", "h.conf:1: doors must be a list of groups ( { … }, { … } )\n" },
    { "doors = ( " GOOD_DOOR ", 5 );", "h.conf:1: door must be a group { … }\n" },
    { "doors = ( " GOOD_DOOR ",\n " GOOD_DOOR " );",
      "h.conf:2: door 'a': this name is taken, by the one at line 1\n" },
    { "\ndors = ( " GOOD_DOOR " );",
      "h.conf:2: unknown setting 'dors', did you mean 'doors'?\nh.conf:1: doors is missing\n" },
    { "doors = ( " GOOD_DOOR " );\nxyzzy = 1;", "h.conf:2: unknown setting 'xyzzy'\n" },
    { "doors = ( " GOOD_DOOR " );\nwidth = 1;",
      "h.conf:2: unknown setting 'width', it belongs in front or door\n" },
    { "doors = ( " GOOD_DOOR " );\ngarden: {};", "h.conf:2: 'garden' is not in this version\n" },
    { "doors = ( " GOOD_DOOR " );\nfront = 1;", "h.conf:2: front must be a group { … }\n" },
    { "rooms = \"x\"; doors = ( " GOOD_DOOR " );", "h.conf:1: rooms must be a number, not \"x\"\n" },
    { "doors = ( { name = \"a\";\n pasword = \"S3CRET\"; password = \"S3CRET\"; } );",
      "h.conf:2: unknown setting 'pasword' in door, did you mean 'password'?\n" },
    { "doors = ( { name = \"a\";\n password = 5; } );",
      "h.conf:2: door 'a': password must be a string, not a number\n" },
    { "doors = ( { name = \"a\"; password = \"S3CRET\";\n width = 9; } );",
      "h.conf:2: door 'a': width must be 1 to 5, not 9\n" },
    { "doors = ( { password = \"S3CRET\";\n width = 9; } );",
      "h.conf:2: door: width must be 1 to 5, not 9\nh.conf:1: door: name is missing\n" },
    { "doors = ( { name = \"a\"; } );", "h.conf:1: door 'a': password is missing\n" },
    { "doors = ( { name = \"a\"; password = \"S3CRET\";\n password_env = \"X\"; } );",
      "h.conf:2: door 'a': password is given twice: take one of password, password_file and password_env\n" },
    { "doors = ( { name = \"a\"; password_env = 1; } );",
      "h.conf:1: door 'a': password_env must be a string\n" },
    { "doors = ( { name = \"a\"; password_env = \"HG_NOT_SET\"; } );",
      "h.conf:1: door 'a': password_env: no variable \"HG_NOT_SET\" in the environment\n" },
    { "doors = ( { name = \"a\"; password_file = \"\"; } );",
      "h.conf:1: door 'a': password_file: \"\": names no file\n" },
    { "doors = ( { name = \"a\"; password_file = \"/nonexistent/x\"; } );",
      "h.conf:1: door 'a': password_file: \"/nonexistent/x\": cannot be opened: No such file or "
      "directory\n" },
    { "doors = ( { name = \"a\"; password_file = \"/\"; } );",
      "h.conf:1: door 'a': password_file: \"/\": is not a regular file\n" },
    { "rooms = 1;\nrooms = 2;", "h.conf:2: duplicate setting name\n" },
    { "rooms = \"x\n;", "h.conf:1: a string begins here and does not end\n" },
    { "rooms = 1;\n/* x\n", "h.conf:2: a comment begins here and does not end\n" },
    { "rooms = 4294967301;",
      "h.conf:1: a number that does not fit; sizes and durations are strings with a unit\n" },
    { "rooms = 99999999999999999999L;",
      "h.conf:1: a number that does not fit; sizes and durations are strings with a unit\n" },
    { "rooms = 0x1FFFFFFFF;",
      "h.conf:1: a number that does not fit; sizes and durations are strings with a unit\n" },
    { "@include \"/etc/passwd\"", "h.conf:1: @include needs a file to be relative to\n" },
    { "doors = ( { name = \"a\"; password = \"x\\x00y\"; } );",
      "h.conf:1: a string with a NUL byte in it\n" },
    { "rooms = ;", "h.conf:1: syntax error\n" },
    { "rooms = 1.5; doors = ( " GOOD_DOOR " );",
      "h.conf:1: rooms must be a number, not a number with a fraction\n" },
    { "rooms = 12345678901L; doors = ( " GOOD_DOOR " );", "" },
};

TEST(every_wrong_thing_names_file_and_line)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct result result = { 0 };
        load_string(&result, texts[i].text);
        assert_string_equal(text_cstr(&result.errors), texts[i].says);
        assert_int_equal(result.is_good, texts[i].says[0] == '\0');
        assert_null(strstr(text_cstr(&result.errors), "S3CRET"));
        fini(&result);
    }
}

TEST(defaults_reach_every_level)
{
    struct result result = { 0 };
    load_string(&result, "doors = ( " GOOD_DOOR ", { name = \"b\"; width = 3; password = \"x\"; } );");
    assert_true(result.is_good);
    assert_int_equal(result.house.rooms, 4);
    assert_int_equal(result.house.front.width, 2);
    assert_int_equal(result.house.door_count, 2);
    assert_int_equal(result.house.doors[0].width, 2);
    assert_int_equal(result.house.doors[1].width, 3);
    assert_string_equal(result.house.doors[0].password, "S3CRET");
    fini(&result);
}

TEST(errors_stop_at_a_readable_number)
{
    struct text text = { 0 };
    struct result result = { 0 };
    size_t lines = 0;
    for (int i = 0; i < 1000; i++)
        (void)text_appendf(&text, "wrong%d = 1;\n", i);
    load_string(&result, text_cstr(&text));
    for (const char *c = text_cstr(&result.errors); *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, REPORT_ERRORS_MAX + 1);
    assert_non_null(strstr(text_cstr(&result.errors), "h.conf: more errors follow"));
    text_fini(&text);
    fini(&result);
}

TEST(place_is_the_nearest_that_is_given)
{
    struct text errors = { 0 };
    struct report report = { .errors = &errors };
    struct file *file =
        file_open_string("rooms = 1;\ndoors = (\n" GOOD_DOOR ",\n" GOOD_DOOR ");", "h.conf", &report);
    assert_int_equal(file_place(file, "doors.[%d].name", 1).line, 4);
    assert_int_equal(file_place(file, "doors.[%d].width", 0).line, 3);
    assert_int_equal(file_place(file, "doors.[7].name").line, 2);
    assert_int_equal(file_place(file, "nothing.at.all").line, 0);
    assert_string_equal(file_place(file, "rooms").file, "h.conf");
    file_close(&file);
    assert_null(file);
    text_fini(&errors);
}

/* ---- files on disk ---- */

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *bytes, mode_t mode)
{
    const char *path = in_folder(name);
    (void)unlink(path);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(bytes, out) >= 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
    (void)state;
    guard_rows(&door_section);
    guard_rows(&front_section);
    guard_rows(&house_section);
    (void)snprintf(folder, sizeof folder, "/tmp/headgate-test-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "h.conf", "door.conf", "secret", "self.conf" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        (void)unlink(in_folder(names[i]));
    return rmdir(folder);
}

TEST(password_file_gives_its_first_line)
{
    static const struct {
        const char *bytes;
        const char *password; /* NULL: refused */
    } rows[] = {
        { "S3CRET\n", "S3CRET" }, { "S3CRET", "S3CRET" }, { "S3 CRET \r\nmore", "S3 CRET " }, { "", NULL },
        { "\nx", NULL },          { "\r\n", NULL },
    };
    put("h.conf", "doors = ( { name = \"a\"; password_file = \"secret\"; } );", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result result = { 0 };
        put("secret", rows[i].bytes, 0600);
        load_path(&result, in_folder("h.conf"));
        assert_int_equal(result.is_good, rows[i].password != NULL);
        if (result.is_good)
            assert_string_equal(result.house.doors[0].password, rows[i].password);
        else
            assert_non_null(strstr(text_cstr(&result.errors), "has an empty first line"));
        assert_int_equal(result.warnings.len, 0);
        fini(&result);
    }
}

TEST(a_nul_byte_in_a_password_is_refused)
{
    struct result result = { 0 };
    FILE *file = fopen(in_folder("secret"), "w");
    assert_non_null(file);
    assert_int_equal(fwrite("a\0b\n", 1, 4, file), 4);
    assert_int_equal(fclose(file), 0);
    put("h.conf", "doors = ( { name = \"a\"; password_file = \"secret\"; } );", 0600);
    load_path(&result, in_folder("h.conf"));
    assert_non_null(strstr(text_cstr(&result.errors), "has a NUL byte in its first line"));
    fini(&result);
    put("secret", "a\001b\n", 0600);
    load_path(&result, in_folder("h.conf"));
    assert_true(result.is_good);
    fini(&result);
}

TEST(true_and_false_are_read)
{
    static const struct {
        const char *text;
        bool is_painted;
    } rows[] = { { "painted = true; doors = ( " GOOD_DOOR " );", true },
                 { "painted = false; doors = ( " GOOD_DOOR " );", false },
                 { "doors = ( " GOOD_DOOR " );", true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result result = { 0 };
        load_string(&result, rows[i].text);
        assert_true(result.is_good);
        assert_int_equal(result.house.is_painted, rows[i].is_painted);
        assert_int_equal(result.house.rooms, 4);
        fini(&result);
    }
}

TEST(password_env_gives_the_variable)
{
    struct result result = { 0 };
    assert_int_equal(setenv("HG_TEST_PASSWORD", "from env", 1), 0);
    load_string(&result, "doors = ( { name = \"a\"; password_env = \"HG_TEST_PASSWORD\"; } );");
    assert_true(result.is_good);
    assert_string_equal(result.house.doors[0].password, "from env");
    fini(&result);
}

TEST(readable_secrets_are_warned_of_once)
{
    struct result result = { 0 };
    char expected[512];
    put("secret", "x\n", 0604);
    put("h.conf",
        "doors = ( " GOOD_DOOR ", { name = \"b\"; password = \"S3CRET\"; },\n"
        "{ name = \"c\"; password_file = \"secret\"; } );",
        0644);
    load_path(&result, in_folder("h.conf"));
    assert_true(result.is_good);
    (void)snprintf(expected, sizeof expected,
                   "%s/h.conf:1: everyone may read this file, and it holds passwords: chmod o-r\n"
                   "%s/h.conf:2: everyone may read \"%s/secret\": chmod o-r\n",
                   folder, folder, folder);
    assert_string_equal(text_cstr(&result.warnings), expected);
    fini(&result);
}

TEST(a_warning_is_about_the_file_with_the_password)
{
    static const struct {
        mode_t first, included;
        const char *warning;
    } rows[] = {
        { 0600, 0600, "" },
        { 0644, 0600, "" },
        { 0600, 0644, "door.conf:2: everyone may read this file, and it holds passwords: chmod o-r\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct result result = { 0 };
        put("h.conf", "@include \"door.conf\"\n", rows[i].first);
        put("door.conf", "\ndoors = ( " GOOD_DOOR " );\n", rows[i].included);
        load_path(&result, in_folder("h.conf"));
        assert_true(result.is_good);
        assert_string_equal(text_cstr(&result.warnings), rows[i].warning);
        fini(&result);
    }
}

TEST(included_files_keep_their_own_lines)
{
    struct result result = { 0 };
    put("h.conf", "rooms = 1;\n@include \"door.conf\"\nrums = 2;\n", 0600);
    put("door.conf", "\n\ndoors = ( { name = \"a\"; password = \"x\"; width = 7; } );\n", 0600);
    load_path(&result, in_folder("h.conf"));
    assert_non_null(
        strstr(text_cstr(&result.errors), "door.conf:3: door 'a': width must be 1 to 5, not 7\n"));
    assert_non_null(
        strstr(text_cstr(&result.errors), "h.conf:3: unknown setting 'rums', did you mean 'rooms'?\n"));
    fini(&result);
}

/* libconfig's scanner ends the process when it is given a folder, and follows a file that includes itself for
 * ever. */
TEST(includes_that_libconfig_dies_of_are_refused)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        { "@include \".\"", "is not a regular file" },
        { "@include \"nope\"", "No such file or directory" },
        { "@include \"\"", "@include names no file" },
        { "@include \"self.conf\"", "@include goes deeper than 10 files" },
        { "rooms = 1; @include \"x\"", "expected @include \"file\" on a line of its own" },
        { "@include \"a\\\\b\"", "expected @include \"file\" on a line of its own" },
        { "@include x", "expected @include \"file\" on a line of its own" },
        { "\n\n@include \"", "expected @include \"file\" on a line of its own" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result result = { 0 };
        put("self.conf", rows[i].text, 0600);
        load_path(&result, in_folder("self.conf"));
        assert_false(result.is_good);
        assert_non_null(strstr(text_cstr(&result.errors), rows[i].says));
        assert_non_null(strstr(text_cstr(&result.errors), "self.conf:"));
        fini(&result);
    }
}

TEST(what_is_no_file_is_refused)
{
    static const char *const paths[] = { "/", "/dev/null", "/nonexistent/headgate.conf", "" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct result result = { 0 };
        load_path(&result, paths[i]);
        assert_false(result.is_good);
        fini(&result);
    }
}

RUN_TESTS(make_folder, remove_folder)
