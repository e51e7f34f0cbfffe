/* The configuration file.
 *
 *   file_open ─ source_check_file ─ config_read_file
 *   file_fill ─ fill_group ┬ fill_value ─ schema_set
 *                          ├ fill_secret: password, password_file, password_env
 *                          ├ fill_group: { … }
 *                          └ fill_list ─ fill_group for each element
 *
 * Nothing refers to libconfig's tree after file_close: schema_set copies what is kept, and file_close wipes
 * the strings that libconfig holds. */
#include "settings/file.h"

#include "base/mem.h"
#include "settings/source.h"

#include <errno.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SECRET_BYTES_MAX 1024U /* the largest password_file */

struct file {
    config_t tree;
    char *path;      /* owns; as given, for messages */
    char *folder;    /* owns; relative paths start here */
    bool is_on_disk; /* false: from memory */
    bool is_warned;  /* a warning that every user may read the file was given once */
};

/* ---- open and close ---- */

static struct place whole(const struct file *file)
{
    return (struct place){ file->path, 0 };
}

static struct place place_of(const struct file *file, const config_setting_t *setting)
{
    const char *name = config_setting_source_file(setting);
    unsigned line =
        config_setting_source_line(setting); /* 0 for the root: an error there is reported for line 1 */
    return (struct place){ name == NULL ? file->path : name, line == 0 ? 1 : line };
}

static struct file *create(const char *path, bool is_on_disk, struct report *report)
{
    struct file *file = mem_zalloc(sizeof *file);
    if (file != NULL) {
        config_init(&file->tree);
        file->path = mem_strdup(path);
        file->folder = source_folder(path);
        file->is_on_disk = is_on_disk;
    }
    if (file == NULL || file->path == NULL || file->folder == NULL) {
        file_close(&file);
        (void)report_error(report, (struct place){ path, 0 }, "out of memory");
    }
    return file;
}

static bool report_syntax(const struct file *file, struct report *report)
{
    const char *name = config_error_file(&file->tree);
    struct place place = { name == NULL ? file->path : name, (unsigned)config_error_line(&file->tree) };
    return report_error(report, place, "%s", config_error_text(&file->tree));
}

struct file *file_open(const char *path, struct report *report)
{
    struct file *file = create(path, true, report);
    if (file == NULL)
        return NULL;
    config_set_include_dir(&file->tree, file->folder);
    bool is_good = source_check_file(path, file->folder, report);
    if (is_good && config_read_file(&file->tree, path) != CONFIG_TRUE)
        is_good = report_syntax(file, report);
    if (!is_good)
        file_close(&file);
    return file;
}

struct file *file_open_string(const char *string, const char *name, struct report *report)
{
    struct file *file = create(name, false, report);
    if (file == NULL)
        return NULL;
    bool is_good = source_check_bytes(span_cstr(string), name, report);
    if (is_good && config_read_string(&file->tree, string) != CONFIG_TRUE)
        is_good = report_syntax(file, report);
    if (!is_good)
        file_close(&file);
    return file;
}

static void wipe(const config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING && setting->value.sval != NULL)
        explicit_bzero(setting->value.sval, strlen(setting->value.sval));
    if (!config_setting_is_aggregate(setting))
        return;
    for (int i = 0; i < config_setting_length(setting); i++)
        wipe(config_setting_get_elem(setting, (unsigned)i));
}

void file_close(struct file **file)
{
    if (*file == NULL)
        return;
    if (config_root_setting(&(*file)->tree) != NULL)
        wipe(config_root_setting(&(*file)->tree));
    config_destroy(&(*file)->tree);
    mem_free((*file)->path);
    mem_free((*file)->folder);
    mem_free(*file);
    *file = NULL;
}

/* ---- filling ---- */

/* What is being filled, and from where. Passed by value, as each level changes it. */
struct fill {
    struct file *file;             /* borrows */
    struct report *report;         /* borrows */
    const struct section *section; /* borrows */
    const config_setting_t *group; /* borrows */
    void *object;                  /* borrows */
};

static bool fill_group(struct fill fill);

/* The beginning of a message: the kind of section, and the name of the element if it has one. */
static const char *context(const struct fill *fill, char *buffer, size_t size)
{
    const char *name = NULL;
    buffer[0] = '\0';
    if (fill->section->is_list)
        (void)config_setting_lookup_string(fill->group, "name", &name);
    if (name != NULL && schema_find(fill->section, "name") != NULL)
        (void)snprintf(buffer, size, "%s '%.40s': ", fill->section->name, name);
    else if (fill->section->name[0] != '\0')
        (void)snprintf(buffer, size, "%s: ", fill->section->name);
    for (char *c = buffer; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = '?';
    return buffer;
}

static bool complain(const struct fill *fill, const config_setting_t *setting, const char *message)
{
    char where[96];
    return report_error(fill->report, place_of(fill->file, setting), "%s%s",
                        context(fill, where, sizeof where), message);
}

static struct setting_value value_of(const config_setting_t *setting)
{
    static const enum value_kind kinds[] = {
        [CONFIG_TYPE_GROUP] = VALUE_GROUP,   [CONFIG_TYPE_INT] = VALUE_INTEGER,
        [CONFIG_TYPE_INT64] = VALUE_INTEGER, [CONFIG_TYPE_FLOAT] = VALUE_REAL,
        [CONFIG_TYPE_STRING] = VALUE_STRING, [CONFIG_TYPE_BOOL] = VALUE_BOOL,
        [CONFIG_TYPE_ARRAY] = VALUE_ARRAY,   [CONFIG_TYPE_LIST] = VALUE_LIST,
    };
    struct setting_value value = { .kind = kinds[config_setting_type(setting)] };
    if (value.kind == VALUE_INTEGER)
        value.integer = config_setting_get_int64(setting);
    else if (value.kind == VALUE_BOOL)
        value.boolean = config_setting_get_bool(setting) == CONFIG_TRUE;
    else if (value.kind == VALUE_STRING)
        value.string = config_setting_get_string(setting);
    if (value.kind == VALUE_STRING && value.string == NULL)
        value.string = "";
    return value;
}

static bool fill_value(const struct fill *fill, const struct setting *row, const config_setting_t *setting)
{
    struct setting_value value = value_of(setting);
    struct error why = { 0 };
    return schema_set(row, fill->object, &value, &why) || complain(fill, setting, why.text);
}

/* ---- secrets ---- */

enum secret_source { SECRET_HERE, SECRET_FILE, SECRET_ENV };
static const char *const secret_suffixes[] = {
    [SECRET_HERE] = "", [SECRET_FILE] = "_file", [SECRET_ENV] = "_env"
};
#define SECRET_SOURCES (sizeof secret_suffixes / sizeof *secret_suffixes)

/* The row of the secret that the key `name` ("password_file") sets, or NULL. */
static const struct setting *find_secret(const struct section *section, const char *name,
                                         enum secret_source *source_r)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *row = &section->settings[i];
        size_t len = strlen(row->name);
        if (!row->is_secret || strncmp(name, row->name, len) != 0)
            continue;
        for (size_t source = 0; source < SECRET_SOURCES; source++)
            if (strcmp(name + len, secret_suffixes[source]) == 0) {
                *source_r = (enum secret_source)source;
                return row;
            }
    }
    return NULL;
}

static const config_setting_t *member_from(const config_setting_t *group, const struct setting *row,
                                           enum secret_source source)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%s", row->name, secret_suffixes[source]);
    return config_setting_get_member(group, name);
}

/* Is the same secret given by another key that stands before this one? */
static bool is_given_twice(const struct fill *fill, const struct setting *row,
                           const config_setting_t *setting)
{
    for (size_t source = 0; source < SECRET_SOURCES; source++) {
        const config_setting_t *other = member_from(fill->group, row, (enum secret_source)source);
        if (other != NULL && config_setting_index(other) < config_setting_index(setting))
            return true;
    }
    return false;
}

static void warn_if_public(const struct fill *fill, const config_setting_t *setting)
{
    struct file *file = fill->file;
    struct place place = place_of(file, setting);
    struct text path = { 0 };
    struct stat status;
    if (file->is_warned || !file->is_on_disk)
        return;
    bool is_first =
        strcmp(place.file, file->path) == 0; /* an included path is relative to that of the first file */
    if (is_first || source_resolve(file->folder, span_cstr(place.file), &path))
        file->is_warned =
            stat(is_first ? place.file : text_cstr(&path), &status) == 0 && (status.st_mode & S_IROTH) != 0;
    if (file->is_warned)
        report_warning(fill->report, place, "everyone may read this file, and it holds passwords: chmod o-r");
    text_fini(&path);
}

/* The first line of `bytes`, terminated. NULL: it cannot be a password, and `err` says why. */
static const char *first_line(struct text *bytes, struct error *err)
{
    const char *all = text_cstr(bytes);
    const char *end = memchr(all, '\n', bytes->len);
    size_t len = end == NULL ? bytes->len : (size_t)(end - all);
    if (len > 0 && all[len - 1] == '\r')
        len--;
    bytes->len = len;
    if (memchr(all, '\0', len) != NULL)
        (void)error_set(err, EINVAL, "has a NUL byte in its first line");
    else if (len == 0)
        (void)error_set(err, EINVAL, "has an empty first line");
    else
        return text_cstr(bytes);
    return NULL;
}

static bool fill_from_file(const struct fill *fill, const struct setting *row,
                           const config_setting_t *setting, const char *name)
{
    struct text path = { 0 }, bytes = { 0 };
    struct error why = { 0 };
    const char *line = NULL;
    bool is_public = false;
    if (!source_resolve(fill->file->folder, span_cstr(name), &path))
        (void)error_set(&why, EINVAL, "names no file");
    else if (source_read(text_cstr(&path), SECRET_BYTES_MAX, &bytes, &is_public, &why))
        line = first_line(&bytes, &why);
    struct setting_value value = { .kind = VALUE_STRING, .string = line };
    if (line == NULL)
        (void)error_wrap(&why, "%s_file: \"%s\"", row->name, text_cstr(&path));
    bool is_set = line != NULL && schema_set(row, fill->object, &value, &why);
    if (is_public)
        report_warning(fill->report, place_of(fill->file, setting), "everyone may read \"%s\": chmod o-r",
                       text_cstr(&path));
    source_wipe(&bytes);
    text_fini(&path);
    return is_set || complain(fill, setting, why.text);
}

static bool fill_from_env(const struct fill *fill, const struct setting *row, const config_setting_t *setting,
                          const char *name)
{
    struct error why = { 0 };
    struct setting_value value = { .kind = VALUE_STRING, .string = getenv(name) };
    if (value.string == NULL)
        (void)error_set(&why, ENOENT, "%s_env: no variable \"%.100s\" in the environment", row->name, name);
    else if (schema_set(row, fill->object, &value, &why))
        return true;
    return complain(fill, setting, why.text);
}

static bool fill_secret(const struct fill *fill, const struct setting *row, enum secret_source source,
                        const config_setting_t *setting)
{
    struct setting_value value = value_of(setting);
    char message[128];
    if (is_given_twice(fill, row, setting)) {
        (void)snprintf(message, sizeof message, "%s is given twice: take one of %s, %s_file and %s_env",
                       row->name, row->name, row->name, row->name);
        return complain(fill, setting, message);
    }
    if (source == SECRET_HERE) {
        warn_if_public(fill, setting);
        return fill_value(fill, row, setting);
    }
    if (value.kind != VALUE_STRING || value.string == NULL) {
        (void)snprintf(message, sizeof message, "%s must be a string", config_setting_name(setting));
        return complain(fill, setting, message);
    }
    return source == SECRET_FILE ? fill_from_file(fill, row, setting, value.string)
                                 : fill_from_env(fill, row, setting, value.string);
}

/* ---- groups and lists ---- */

static bool expect_shape(const struct fill *fill, const char *name, const config_setting_t *setting, int type)
{
    char message[160];
    if (config_setting_type(setting) == type)
        return true;
    (void)snprintf(message, sizeof message, "%.64s must be %s", name,
                   type == CONFIG_TYPE_GROUP ? "a group { … }" : "a list of groups ( { … }, { … } )");
    return complain(fill, setting, message);
}

static const char *name_at(const config_setting_t *list, int index)
{
    const char *name = NULL;
    (void)config_setting_lookup_string(config_setting_get_elem(list, (unsigned)index), "name", &name);
    return name;
}

static bool name_is_new(const struct fill *fill, const config_setting_t *list, int index)
{
    const char *name = name_at(list, index);
    for (int i = 0; name != NULL && i < index; i++) {
        const config_setting_t *other = config_setting_get_elem(list, (unsigned)i);
        const char *taken = config_setting_is_group(other) ? name_at(list, i) : NULL;
        if (taken == NULL || strcmp(taken, name) != 0)
            continue;
        const config_setting_t *again =
            config_setting_get_member(config_setting_get_elem(list, (unsigned)index), "name");
        char message[80];
        (void)snprintf(message, sizeof message, "this name is taken, by the one at line %u",
                       config_setting_source_line(other));
        return complain(fill, again, message);
    }
    return true;
}

static bool fill_element(struct fill fill, const config_setting_t *list, int index)
{
    struct error why = { 0 };
    if (!schema_set_fallbacks(fill.section, fill.object, &why))
        return complain(&fill, list, why.text);
    bool is_unique = !fill.section->is_list || name_is_new(&fill, list, index);
    return fill_group(fill) && is_unique;
}

static bool fill_list(const struct fill *outer, const struct setting *row, const config_setting_t *list)
{
    size_t count = (size_t)config_setting_length(list);
    bool is_good = true;
    if (!schema_set_list(row, outer->object, count))
        return complain(outer, list, "out of memory");
    if (count == 0 && row->is_required)
        return complain(outer, list, "this list needs at least one element");
    for (size_t i = 0; i < count; i++) {
        struct fill fill = *outer;
        fill.section = row->section;
        fill.group = config_setting_get_elem(list, (unsigned)i);
        fill.object = schema_element(row, outer->object, i);
        if (!expect_shape(outer, row->section->name, fill.group, CONFIG_TYPE_GROUP) ||
            !fill_element(fill, list, (int)i))
            is_good = false;
    }
    return is_good;
}

static bool fill_setting(const struct fill *fill, const struct setting *row, const config_setting_t *setting)
{
    struct fill inner = *fill;
    switch (row->type) {
    case SETTING_LIST:
        return expect_shape(fill, row->name, setting, CONFIG_TYPE_LIST) && fill_list(fill, row, setting);
    case SETTING_GROUP:
        inner.section = row->section;
        inner.group = setting;
        inner.object = schema_element(row, fill->object, 0);
        return expect_shape(fill, row->name, setting, CONFIG_TYPE_GROUP) && fill_group(inner);
    case SETTING_STRING:
    case SETTING_BOOL:
    case SETTING_INTEGER:
    case SETTING_DURATION:
    case SETTING_SIZE:
    case SETTING_ENUM:
        break;
    }
    return fill_value(fill, row, setting);
}

/* Appends the end of a message about an unknown key: the key that was probably meant, or nothing. */
static void say_meant(const struct section *section, const char *name, struct text *meant)
{
    const char *near = schema_suggest(section, name);
    struct text owners = { 0 };
    schema_owners(section, name, &owners);
    if (owners.len > 0)
        (void)text_appendf(meant, ", it belongs in %s", text_cstr(&owners));
    else if (near != NULL)
        (void)text_appendf(meant, ", did you mean '%s'?", near);
    text_fini(&owners);
}

/* Refuses a key that has no row: it is planned, in the wrong section, or a typing error. */
static bool refuse_key(const struct fill *fill, const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    const char *in = fill->section->name;
    struct place place = place_of(fill->file, setting);
    struct text meant = { 0 };
    if (schema_is_absent(fill->section, name))
        return report_error(fill->report, place, "'%s'%s%s is not in this version", name,
                            *in == '\0' ? "" : " of ", in);
    say_meant(fill->section, name, &meant);
    bool is_good = report_error(fill->report, place, "unknown setting '%.64s'%s%s%s", name,
                                *in == '\0' ? "" : " in ", in, text_cstr(&meant));
    text_fini(&meant);
    return is_good;
}

static bool fill_key(const struct fill *fill, const config_setting_t *setting)
{
    const char *name = config_setting_name(setting);
    enum secret_source source;
    const struct setting *row = find_secret(fill->section, name, &source);
    if (row != NULL)
        return fill_secret(fill, row, source, setting);
    row = schema_find(fill->section, name);
    return row != NULL ? fill_setting(fill, row, setting) : refuse_key(fill, setting);
}

static bool is_given(const struct fill *fill, const struct setting *row)
{
    if (config_setting_get_member(fill->group, row->name) != NULL)
        return true;
    return row->is_secret && (member_from(fill->group, row, SECRET_FILE) != NULL ||
                              member_from(fill->group, row, SECRET_ENV) != NULL);
}

static bool require_all(const struct fill *fill)
{
    bool is_good = true;
    for (size_t i = 0; i < fill->section->count; i++) {
        const struct setting *row = &fill->section->settings[i];
        char message[96];
        if (!row->is_required || is_given(fill, row))
            continue;
        (void)snprintf(message, sizeof message, "%s is missing", row->name);
        is_good = complain(fill, fill->group, message);
    }
    return is_good;
}

static bool fill_group(struct fill fill)
{
    bool is_good = true;
    for (int i = 0; i < config_setting_length(fill.group); i++)
        if (!fill_key(&fill, config_setting_get_elem(fill.group, (unsigned)i)))
            is_good = false;
    return require_all(&fill) && is_good;
}

bool file_fill(struct file *file, const struct section *root, void *object, struct report *report)
{
    struct fill fill = { file, report, root, config_root_setting(&file->tree), object };
    struct error why = { 0 };
    if (!schema_set_fallbacks(root, object, &why))
        return report_error(report, whole(file), "%s", why.text);
    return fill_group(fill);
}

struct place file_place(const struct file *file, const char *path_format, ...)
{
    char path[128];
    va_list args;
    va_start(args, path_format);
    (void)vsnprintf(path, sizeof path, path_format, args);
    va_end(args);
    for (;;) {
        const config_setting_t *setting = config_lookup(&file->tree, path);
        char *dot = strrchr(path, '.');
        if (setting != NULL)
            return place_of(file, setting);
        if (dot == NULL)
            return whole(file);
        *dot = '\0';
    }
}
