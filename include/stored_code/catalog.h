/* The stored code of a cluster, as its primary lists it: functions, procedures, views, triggers. Immutable
 * but for its freshness, shared by threads, reference counted. Built with catalog_draft.h.
 *
 * A body is read once (stored_code.h), when its row is added. The body is not kept; the names that it uses
 * are. When all rows are there, these names are followed, also through cycles. Each entry then has the
 * effects of all code that it reaches.
 *
 * Names are compared as servers compare them, or less strictly: names of routines without case and accents,
 * names of views without case. Where two entries match a name, the answer has the effects of both. */
#pragma once

#include "stored_code/code_changes.h"
#include "stored_code/code_effects.h"
#include "stored_code/code_names.h"
#include "tokens/lexer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;

/* Added to the bits of enum code_effect: the code calls a stored function, a procedure or a trigger, even a
 * harmless one. */
#define CATALOG_CALLS (1u << 16)
/* Beside bits of enum code_kind: all generated columns that use user variables are known. */
#define CATALOG_COLUMNS (1u << 31)

/* ---- changes ---- */

/* Called before the catalog is shared. Its rows were read after the first `covers` changes had ended.
 * `changes` is borrowed. */
void catalog_follow(struct catalog *catalog, const struct code_changes *changes, uint64_t covers);
/* The rows were read again and have not changed: the catalog now includes the first `covers` changes. */
void catalog_cover(struct catalog *catalog, uint64_t covers);
/* The catalog may be out of date: it is stale until catalog_cover(). */
void catalog_doubt(struct catalog *catalog);

/* ---- asking ---- */

struct catalog *catalog_ref(struct catalog *catalog); /* NULL is fine */
void catalog_unref(struct catalog *catalog);          /* NULL is fine */
/* Are all routines, views or triggers (by `kind`) known? False for NULL. */
bool catalog_knows(const struct catalog *catalog, enum code_kind kind);
/* Was stored code changed after the catalog's rows were read, or may the catalog be out of date? Then
 * routines, views and the changed names are unknown. False for NULL. */
bool catalog_is_stale(const struct catalog *catalog);
/* Is all stored code known, as it is now, that a statement on tables may run? Triggers are run by writes
 * alone. False for NULL. */
bool catalog_is_whole(const struct catalog *catalog, bool is_write);
/* Identifies what names mean in this dialect. Facts that were read from a text hold as long as this value is
 * the same and the catalog is not stale. */
uint64_t catalog_names_mark(const struct sql_dialect *dialect);
/* 0 for NULL. */
uint64_t catalog_mark(const struct catalog *catalog);

/* The effects of this code and of all code that it reaches: bits of enum code_effect, and CATALOG_CALLS
 * where a view or a routine calls others. Names are as written, without quotes. If `schema` is empty, it is
 * `current_schema`. If both are empty, code of that name in every schema counts.
 *
 *   CODE_FUNCTION, CODE_PROCEDURE   effects of a call; CODE_UNKNOWN if there is no such routine
 *   CODE_TABLE                      effects of a read; 0 if there is no such view (a table, or no object)
 *   CODE_TRIGGER                    effects of a write to this table or view (of its triggers); 0 if none
 *
 * CODE_UNKNOWN if the kind is not known (catalog_knows()); for a write, if triggers or views are not known. */
unsigned catalog_effects(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                         struct span schema, struct span name);

/* The views that run code, as a filter of names: a few bits, tested for the words of every query. */
#define CATALOG_FILTER_BITS 1024u
struct catalog_names {
    size_t count;
    bool has_odd; /* a view has a name with other bytes than ASCII, or with quotes: any name may have to be
                     looked up */
    uint64_t bits[CATALOG_FILTER_BITS / 64];
};

/* Views with any effect, or CATALOG_CALLS. NULL: there are none, or `catalog` is NULL. */
const struct catalog_names *catalog_code_views(const struct catalog *catalog);

static inline unsigned catalog_name_bit(struct span name)
{
    unsigned first = name.data[0] | 0x20u, last = name.data[name.len - 1] | 0x20u;
    return ((unsigned)name.len * 67 + first * 31 + last * 7) % CATALOG_FILTER_BITS;
}

/* May this name, of at least one byte and without its quotes, be that of one of these views? */
static inline bool catalog_names_may_have(const struct catalog_names *names, struct span name)
{
    unsigned bit = catalog_name_bit(name);
    return names->has_odd || (names->bits[bit / 64] & UINT64_C(1) << bit % 64) != 0;
}

/* Is there a trigger or a function, outside schema sys, that leaves state in the session or depends on its
 * variables? If not, no name has to be looked up for a write. False for NULL. */
bool catalog_writes_leave(const struct catalog *catalog);

/* ---- listing ---- */

struct catalog_entry {
    enum code_kind kind;
    struct span schema, name; /* borrow the catalog's */
    unsigned own;             /* effects of its body alone */
    unsigned effects;         /* effects with everything that it reaches */
    size_t culprit;           /* the entry that adds an effect which is not in `own`; SIZE_MAX: none */
};

size_t catalog_count(const struct catalog *catalog); /* NULL: 0 */
/* Views whose effects are not known: the account that has read them may not see their bodies. NULL: 0. */
size_t catalog_hidden_views(const struct catalog *catalog);
/* In order of schema, name and kind; `index` below catalog_count(). */
struct catalog_entry catalog_entry_at(const struct catalog *catalog, size_t index);
/* The index of an entry, or SIZE_MAX. `current_schema` and `schema` as above, but not both empty. */
size_t catalog_find(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                    struct span schema, struct span name);
