/* A catalog of stored code (catalog.h) that is being built, row by row.
 *
 *      catalog_draft_new ──► catalog_draft_add, for each row ──► catalog_draft_finish */
#pragma once

#include "stored_code/catalog.h"

struct catalog_draft;

/* A draft with more rows than this, or with more names in the bodies of its rows, fails. */
#define CATALOG_ROWS_MAX 50000
#define CATALOG_NAMES_MAX 500000

struct catalog_row {
    enum code_kind kind;    /* CODE_FUNCTION, CODE_PROCEDURE, CODE_TABLE (a view), CODE_TRIGGER */
    struct span schema;     /* UTF-8, as all below; borrowed during the call. Empty: a loadable function */
    struct span name;       /* of a trigger: the name of its table */
    struct span parameters; /* of a routine */
    struct span body;
    struct span sql_mode; /* under which the code was created: `ANSI_QUOTES,ORACLE` */
    bool is_hidden;       /* the body is unknown: loadable, too long, or not readable for the account */
};

/* NULL when memory is out. */
struct catalog_draft *catalog_draft_new(enum sql_family family);
void catalog_draft_add(struct catalog_draft *draft, const struct catalog_row *row);
/* A package (MariaDB) has this name: calls with the name as qualifier have unknown effects. */
void catalog_draft_add_package(struct catalog_draft *draft, struct span name);
/* Finishes the catalog and frees the draft. Returns a catalog with one reference; or NULL, with the reason in
 * *why_r (static text). `kinds`: bit k for each enum code_kind k whose rows are complete, and CATALOG_COLUMNS;
 * other kinds are unknown. `mark`: the caller's own value for this state of the lists; see catalog_mark(). */
struct catalog *catalog_draft_finish(struct catalog_draft **take_draft, unsigned kinds, uint64_t mark,
                                     const char **why_r);
void catalog_draft_free(struct catalog_draft **draft); /* *draft NULL is fine */
