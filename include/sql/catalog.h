/* The stored code of a cluster, as its primary lists it: functions, procedures, views, triggers. Immutable,
 * shared by the threads, counted references.
 *
 *      catalog_draft_new ──► catalog_draft_add, a row each ──► catalog_draft_finish ──► catalog_effects
 *
 * A body is read once (stored_code.h), when its row is added, and not kept. What is kept are the names that
 * it uses. At the end they are followed, through cycles too: each entry has the effects of all that it
 * reaches.
 *
 * Names are looked up as servers compare them, or wider: routines without case and accents, views without
 * case. Where two entries answer to one name, the answer has the effects of both.
 */
#ifndef HEADGATE_SQL_CATALOG_H
#define HEADGATE_SQL_CATALOG_H

#include "sql/lexer.h"
#include "sql/stored_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;
struct catalog_draft;

/* More rows than this, or more names in their bodies: the draft fails. */
#define CATALOG_ROWS_MAX 50000
#define CATALOG_NAMES_MAX 500000

/* Reaches a stored function, procedure or trigger, harmless or not. Beside the bits of enum code_effect. */
#define CATALOG_CALLS (1u << 16)

struct catalog_row {
    enum code_kind kind;    /* CODE_FUNCTION, CODE_PROCEDURE, CODE_TABLE (a view), CODE_TRIGGER */
    struct span schema;     /* UTF-8, as all below; borrowed during the call. Empty: a loadable function */
    struct span name;       /* of a trigger: its table's */
    struct span parameters; /* of a routine */
    struct span body;
    struct span sql_mode; /* it was made under: `ANSI_QUOTES,ORACLE` */
    bool is_hidden;       /* the body is not known: loadable, too long, or not for the reader of the row */
};

/* ---- building ---- */

/* NULL when memory is out. */
struct catalog_draft *catalog_draft_new(enum sql_family family);
void catalog_draft_add(struct catalog_draft *draft, const struct catalog_row *row);
/* A schema that a package (MariaDB) has the name of: what is called by this qualifier is not known. */
void catalog_draft_add_package(struct catalog_draft *draft, struct span name);
/* One reference, or NULL: then *why_r, static text, is why. Frees the draft. `mark`: what the caller tells
 * this state of the list by; see catalog_mark(). */
struct catalog *catalog_draft_finish(struct catalog_draft **take_draft, uint64_t mark, const char **why_r);
void catalog_draft_free(struct catalog_draft **draft); /* *draft NULL is fine */

/* ---- asking ---- */

struct catalog *catalog_ref(struct catalog *catalog); /* NULL is fine */
void catalog_unref(struct catalog *catalog);          /* NULL is fine */
/* 0 for NULL. */
uint64_t catalog_mark(const struct catalog *catalog);

/* What running it may do, with all that it reaches: bits of enum code_effect, and CATALOG_CALLS where a view
 * or a routine calls others. Names as written, without their quotes. `schema` empty: `current_schema`; both
 * empty: any schema, the effects of all of them.
 *
 *   CODE_FUNCTION, CODE_PROCEDURE   of a call. CODE_UNKNOWN if there is no such routine
 *   CODE_TABLE                      of a read. 0 if there is no such view: it is a table, or nothing
 *   CODE_TRIGGER                    of a write to this table, or view: of its triggers. 0 if there are none
 *
 * `catalog` NULL: CODE_UNKNOWN. */
unsigned catalog_effects(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                         struct span schema, struct span name);

/* ---- listing ---- */

struct catalog_entry {
    enum code_kind kind;
    struct span schema, name; /* borrow the catalog's */
    unsigned own;             /* effects of its body alone */
    unsigned effects;         /* with all that it reaches */
    size_t culprit; /* the entry through which it has an effect that is not its own; SIZE_MAX: none */
};

size_t catalog_count(const struct catalog *catalog); /* NULL: 0 */
/* In order of schema, name and kind; `index` below catalog_count(). */
struct catalog_entry catalog_entry_at(const struct catalog *catalog, size_t index);
/* Where an entry stands, or SIZE_MAX. `current_schema` and `schema` as above, but not both empty. */
size_t catalog_find(const struct catalog *catalog, enum code_kind kind, struct span current_schema,
                    struct span schema, struct span name);

#endif
