/* Any bytes as a configuration file, against rows of every type: no crash, and either a filled struct or an
 * error text. */
#include "settings/file.h"

#include "base/mem.h"
#include "settings/address.h"

#include <assert.h>
#include <stdlib.h>

struct thing {
    char *name;
    char *password;
    char *address;
    bool is_on;
    int64_t number;
    int word;
    uint64_t wait_us;
    uint64_t room_bytes;
};

struct things {
    struct thing one;
    struct thing *many;
    size_t many_count;
};

static const struct setting_word words[] = { { .name = "auto", .value = 0 },
                                             { .name = "later", .is_absent = true },
                                             { .name = NULL } };
static const struct setting thing_rows[] = {
    { .name = "name", .type = SETTING_STRING, .offset = offsetof(struct thing, name) },
    { .name = "password",
      .type = SETTING_STRING,
      .offset = offsetof(struct thing, password),
      .is_secret = true },
    { .name = "address",
      .type = SETTING_STRING,
      .offset = offsetof(struct thing, address),
      .check = address_check_connect },
    { .name = "is_on", .type = SETTING_BOOL, .offset = offsetof(struct thing, is_on), .fallback = "true" },
    { .name = "number",
      .type = SETTING_INTEGER,
      .offset = offsetof(struct thing, number),
      .words = words,
      .min = 1,
      .max = 9 },
    { .name = "word",
      .type = SETTING_ENUM,
      .offset = offsetof(struct thing, word),
      .words = words,
      .fallback = "auto" },
    { .name = "wait",
      .type = SETTING_DURATION,
      .offset = offsetof(struct thing, wait_us),
      .min = 1,
      .max = 1000000 },
    { .name = "room", .type = SETTING_SIZE, .offset = offsetof(struct thing, room_bytes) },
};
static const struct section thing_section = {
    .name = "thing", .size_bytes = sizeof(struct thing), SECTION_ROWS(thing_rows), .is_list = true
};
static const struct setting root_rows[] = {
    { .name = "one",
      .type = SETTING_GROUP,
      .offset = offsetof(struct things, one),
      .section = &thing_section },
    { .name = "many",
      .type = SETTING_LIST,
      .offset = offsetof(struct things, many),
      .count_offset = offsetof(struct things, many_count),
      .section = &thing_section,
      .is_required = true },
};
static const char *const root_absent[] = { "http", NULL };
static const struct section root = {
    .name = "", .size_bytes = sizeof(struct things), SECTION_ROWS(root_rows), .absent = root_absent
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 leaks the current string when it meets a syntax error. The leak check after each input would
 * then be slow; corpus/file.options turns it off. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct things things = { 0 };
    struct text errors = { 0 }, warnings = { 0 };
    struct report report = { .errors = &errors, .warnings = &warnings };
    char *string = malloc(size + 1);
    /* A password_file names a path: no file of the fuzzing machine is read. */
    if (string == NULL || memmem(data, size, "_file", 5) != NULL) {
        free(string);
        return -1;
    }
    memcpy(string, data, size);
    string[size] = '\0';
    struct file *file = file_open_string(string, "f", &report);
    bool is_good = file != NULL && file_fill(file, &root, &things, &report);
    assert(is_good == (errors.len == 0) && is_good == (report.error_count == 0));
    assert(!is_good || things.many_count > 0);
    file_close(&file);
    schema_fini(&root, &things);
    text_fini(&errors);
    text_fini(&warnings);
    free(string);
    return 0;
}
