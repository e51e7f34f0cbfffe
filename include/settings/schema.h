/* Settings as rows of tables.
 *
 * A `struct section` describes one C struct. Each row names a key of the file, the member that it fills, its
 * type, unit, range and default, when a change takes effect, and a description for an operator. The same
 * rows serve the parser, the sample file, the reference page and the list of changes at a reload. This file
 * knows no particular setting.
 *
 * Pure: same input, same output. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_STRING,   /* char *, owned; NULL if not given and without a default */
    SETTING_BOOL,     /* bool */
    SETTING_INTEGER,  /* int64_t; with `words`, some of its values have names ("auto") */
    SETTING_DURATION, /* uint64_t microseconds, written "250ms", "1s", "5m"; member names end in _us;
                         with `words`, some values outside of min to max have names ("auto") */
    SETTING_SIZE,     /* uint64_t bytes, written "16KiB"; member names end in _bytes */
    SETTING_ENUM,     /* int, one of `words` */
    SETTING_GROUP, /* a struct inside the struct: { … }; `offset` is 0 if its rows address the outer struct */
    SETTING_LIST, /* T *, owned, and a size_t at `count_offset`: ( { … }, { … } ) */
};

/* When a change takes effect after a reload. RESTART: at the next start; of a list: elements are added and
 * removed then. */
enum setting_effect { EFFECT_NOW, EFFECT_NEW_SESSIONS, EFFECT_NEW_CONNECTIONS, EFFECT_RESTART };

struct setting_word {
    const char *name; /* NULL ends a table of words */
    int value;
    bool is_absent; /* planned; refused with "not in this version" */
};

struct section;

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    size_t count_offset;              /* LIST */
    const struct section *section;    /* GROUP, LIST */
    const struct setting_word *words; /* ENUM, INTEGER, DURATION */
    int64_t min; /* INTEGER, DURATION (us), SIZE (bytes): the range; min == max: any value */
    int64_t max;
    bool may_be_off; /* DURATION: "off" (0) is allowed below `min` */
    bool is_required;
    bool is_shown;        /* LIST: may be missing, but is no comment in the sample file */
    bool is_secret;       /* STRING: also set by NAME_file or NAME_env; wiped when freed, never printed */
    const char *fallback; /* the default as written in the file, without quotes; NULL: none */
    bool (*check)(const char *value,
                  struct error *err); /* STRING: may be NULL; false: `err` says what is wrong with `value` */
    enum setting_effect effect;
    const char *example; /* for the sample file, if there is no default: as written, without quotes */
    const char *more;    /* LIST: further elements for the sample file, one per line, as written */
    const char *doc;     /* the description; for GROUP and LIST that of their section is used */
};

struct section {
    const char *name; /* used in messages: "listener" */
    const char *doc;
    size_t size_bytes; /* of the struct */
    const struct setting *settings;
    size_t count;
    bool is_list;              /* elements of a list; each has a `name`, unique in the list */
    const char *const *absent; /* keys planned but "not in this version"; NULL-terminated, may be NULL */
};

/* A row: SETTING("wait", DURATION, struct pool_settings, wait_us, .fallback = "1s", .doc = …). */
#define SETTING(key, kind, object, member, ...)                                                              \
    {                                                                                                        \
        .name = (key), .type = SETTING_##kind, .offset = offsetof(object, member), __VA_ARGS__               \
    }
#define SECTION_ROWS(rows) .settings = (rows), .count = sizeof(rows) / sizeof *(rows)

/* A value as it is in the file. */
enum value_kind { VALUE_STRING, VALUE_INTEGER, VALUE_REAL, VALUE_BOOL, VALUE_GROUP, VALUE_LIST, VALUE_ARRAY };

struct setting_value {
    enum value_kind kind;
    const char *string; /* borrowed; STRING */
    int64_t integer;    /* INTEGER */
    bool boolean;       /* BOOL */
};

/* The row named `name`, or NULL. */
const struct setting *schema_find(const struct section *section, const char *name);

/* True if `name` is planned but not in this version. */
bool schema_is_absent(const struct section *section, const char *name);

/* The key of this section that is most similar to `name`, if it is similar enough to be a typing error; else
 * NULL. */
const char *schema_suggest(const struct section *section, const char *name);
/* Appends to `owners` the names of the sections inside this one, at any depth, that have a row named `name`:
 * "cluster or listener". Appends nothing if there is none. */
void schema_owners(const struct section *section, const char *name, struct text *owners);

/* Sets the member of `row` (neither GROUP nor LIST) in `object` to `value`. A string is copied and replaces
 * the former one. False: `err` says what was given (never the value of a secret) and what is allowed, and
 * the member has not changed. */
bool schema_set(const struct setting *row, void *object, const struct setting_value *value,
                struct error *err);

/* Gives every member its default, also in groups; lists become empty. `object` has size_bytes of zeroes.
 * False only if out of memory. */
bool schema_set_fallbacks(const struct section *section, void *object, struct error *err);

/* Allocates `count` zeroed elements for a LIST, which must be empty. False: out of memory. */
bool schema_set_list(const struct setting *row, void *object, size_t count);

/* Element `index` of a LIST, or the struct of a GROUP (index 0). */
void *schema_element(const struct setting *row, void *object, size_t index);
const void *schema_element_const(const struct setting *row, const void *object, size_t index);
size_t schema_list_count(const struct setting *row, const void *object);

/* Copies `from` to `to` (size_bytes of zeroes), with everything that its members own. False: out of memory.
 * In both cases the caller frees `to` with schema_fini. */
bool schema_copy(const struct section *section, const void *from, void *to);

/* Keeps the values that only a restart may change: each such member of `after` is swapped with that of
 * `before`. Elements of lists are matched by name. */
void schema_keep(const struct section *section, void *before, void *after);

/* The element of this name in a LIST of `object`, or NULL. The name is in the row called "name". */
const void *schema_named(const struct setting *list, const void *object, const char *name);
/* The name of element `index`; "" when it has none. */
const char *schema_name(const struct setting *list, const void *object, size_t index);

/* Frees everything that the members own, wipes secrets, and sets the members to NULL and 0. Does not free
 * the struct. */
void schema_fini(const struct section *section, void *object);
