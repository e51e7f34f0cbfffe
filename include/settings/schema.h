/* What can be set, as rows.
 *
 * A `struct section` describes one C struct: each row names a key of the file, the member it fills, its type,
 * unit, range and default, when a change of it takes effect, and prose for an operator at three in the
 * morning. The parser, the sample file, the reference page and the differences shown at a reload all read the
 * row; nothing here knows what a server or a listener is.
 *
 * Pure: same input, same output.
 */
#ifndef HEADGATE_SETTINGS_SCHEMA_H
#define HEADGATE_SETTINGS_SCHEMA_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_STRING,   /* char *, owned; NULL when not given and without a default */
    SETTING_BOOL,     /* bool */
    SETTING_INTEGER,  /* int64_t; with `words`, some of its values have names ("auto") */
    SETTING_DURATION, /* uint64_t microseconds, written "250ms", "1s", "5m"; member names end in _us;
                         with `words`, values outside of min to max have names ("auto") */
    SETTING_SIZE,     /* uint64_t bytes, written "16KiB"; member names end in _bytes */
    SETTING_ENUM,     /* int, one of `words` */
    SETTING_GROUP, /* a struct inside the struct: { … }; `offset` 0 when its rows address the outer struct */
    SETTING_LIST,  /* T *, owned, and a size_t at `count_offset`: ( { … }, { … } ) */
};

/* When a reload makes a change count. RESTART: not before the next start; of a list: which elements there
 * are.
 */
enum setting_effect { EFFECT_NOW, EFFECT_NEW_SESSIONS, EFFECT_NEW_CONNECTIONS, EFFECT_RESTART };

struct setting_word {
    const char *name; /* NULL ends a table of words */
    int value;
    bool is_absent; /* promised, refused by name: "not in this version" */
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
    bool is_secret;       /* STRING: also taken from NAME_file or NAME_env, wiped when freed, never printed */
    const char *fallback; /* the default as one would write it in the file, without quotes; NULL: none */
    bool (*check)(const char *value,
                  struct error *err); /* STRING: may be NULL; err says what is wrong with it */
    enum setting_effect effect;
    const char *example; /* in the sample file, where there is no default: as written, without quotes */
    const char *more;    /* LIST: further elements for the sample file, one a line, as written */
    const char *doc;     /* GROUP, LIST: that of their section serves */
};

struct section {
    const char *name; /* what messages call one of these: "listener" */
    const char *doc;
    size_t size_bytes; /* of the struct */
    const struct setting *settings;
    size_t count;
    bool is_list;              /* elements of a list, each known by its `name`, which must be unique there */
    const char *const *absent; /* keys promised but "not in this version"; NULL-terminated, may be NULL */
};

#define SECTION_ROWS(rows) .settings = (rows), .count = sizeof(rows) / sizeof *(rows)

/* A value as the file has it. */
enum value_kind { VALUE_STRING, VALUE_INTEGER, VALUE_REAL, VALUE_BOOL, VALUE_GROUP, VALUE_LIST, VALUE_ARRAY };

struct setting_value {
    enum value_kind kind;
    const char *string; /* borrowed; STRING */
    int64_t integer;    /* INTEGER */
    bool boolean;       /* BOOL */
};

/* The row named `name`, or NULL. */
const struct setting *schema_find(const struct section *section, const char *name);

/* True when `name` is promised but not in this version. */
bool schema_is_absent(const struct section *section, const char *name);

/* The name of this section nearest to `name`, when it is near enough to be a slip of the fingers; else NULL.
 */
const char *schema_suggest(const struct section *section, const char *name);
/* The sections inside this one, at any depth, that have a row named `name`, at the end of `owners`: "cluster
 * or listener"; nothing when there is none. */
void schema_owners(const struct section *section, const char *name, struct text *owners);

/* Fill the member of `row` (neither GROUP nor LIST) in `object` from `value`; a string is copied and replaces
 * the former one. On failure `err` says what was given and what is allowed, without the value of a secret,
 * and the member is as before. */
bool schema_set(const struct setting *row, void *object, const struct setting_value *value,
                struct error *err);

/* Give every member its default, groups included; lists become empty. `object` holds size_bytes of zeroes.
 * False only when memory is out. */
bool schema_set_fallbacks(const struct section *section, void *object, struct error *err);

/* Make room for `count` zeroed elements in a LIST; false when memory is out. The list must be empty. */
bool schema_set_list(const struct setting *row, void *object, size_t count);

/* Element `index` of a LIST, or the struct of a GROUP (index 0). */
void *schema_element(const struct setting *row, void *object, size_t index);
const void *schema_element_const(const struct setting *row, const void *object, size_t index);
size_t schema_list_count(const struct setting *row, const void *object);

/* Copy `from` into `to` (size_bytes of zeroes), with copies of all that its members own. False when memory is
 * out; schema_fini frees `to` in either case. */
bool schema_copy(const struct section *section, const void *from, void *to);

/* What only a restart changes stays: each such member of `after`, in lists those of elements of the same
 * name, changes places with that of `before`. */
void schema_keep(const struct section *section, void *before, void *after);

/* The element of that name in a LIST of `object`, or NULL; names are in a row called "name". */
const void *schema_named(const struct setting *list, const void *object, const char *name);
/* The name of element `index`; "" when it has none. */
const char *schema_name(const struct setting *list, const void *object, size_t index);

/* Free what the members own, wiping secrets, and leave NULL and 0 there; the struct itself is the caller's.
 */
void schema_fini(const struct section *section, void *object);

#endif
