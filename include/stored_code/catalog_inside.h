/* The contents of a catalog, for catalog_draft.c, which builds it, and catalog.c, which looks names up. */
#pragma once

#include "stored_code/catalog.h"

#include <stdatomic.h>

#define CATALOG_KINDS (CODE_TABLE + 1)
#define CATALOG_NONE UINT32_MAX

/* A name that a body uses. */
struct catalog_use {
    struct span schema, name; /* borrow the catalog's bytes */
    enum code_kind kind;
    bool is_written;
};

struct catalog_item {
    struct span schema, name; /* borrow the catalog's bytes */
    enum code_kind kind;
    unsigned own;
    unsigned effects;
    unsigned written; /* of a view: the effects of writing to it */
    uint32_t culprit; /* another item, or CATALOG_NONE */
    uint32_t next;    /* of the same kind and name, or CATALOG_NONE */
    uint32_t uses, use_count;
};

struct catalog {
    atomic_uint references;
    const struct code_changes *changes; /* borrows; NULL: changes are not followed */
    _Atomic uint64_t covers;            /* the first `covers` changes are included */
    atomic_bool is_doubtful;
    uint64_t mark;
    unsigned kinds; /* bit k: all items of enum code_kind k are here; CATALOG_COLUMNS */
    struct catalog_names views;
    struct text bytes;          /* owns: all names */
    struct catalog_item *items; /* owns; sorted by schema, name, kind */
    uint32_t count;
    uint32_t *slots; /* owns: item + 1 by kind and name, 0: empty; slot_count is a power of two */
    uint32_t slot_count;
    struct span *packages; /* owns the array */
    uint32_t package_count;
    /* Effects of code whose name is not ASCII. Servers compare names of routines without accents, so a call
     * may mean any such routine whose name has the same number of characters. For views: any such view. */
    unsigned odd[CATALOG_KINDS][CODE_NAME_CHARS_MAX + 1];
    unsigned all[CATALOG_KINDS]; /* effects of all items of a kind */
    bool writes_leave;           /* see catalog_writes_leave() */
};

/* The first item of this kind and name, or CATALOG_NONE. The other items of that name follow by item->next. */
uint32_t catalog_first(const struct catalog *catalog, enum code_kind kind, struct span name);
/* May a name with this qualifier, or none, mean an item of that schema? */
bool catalog_may_mean(const struct catalog_item *item, struct span schema);
/* The effects of this code, with the schema already resolved; see catalog_effects(). `*culprit_r`: an item
 * that has some of these effects, or CATALOG_NONE. */
unsigned catalog_effects_of(const struct catalog *catalog, enum code_kind kind, struct span schema,
                            struct span name, bool is_written, uint32_t *culprit_r);
void catalog_free(struct catalog *catalog);
