/* The answer of every SHOW command: typed columns, rows filled cell by cell, rendered as aligned text, as
 * JSON, or as a MySQL result set.
 *
 *   table_init → for each row: table_row, then one table_… per column, in order → table_render_… → table_fini
 *
 * The table remembers that memory was out; callers need not check before rendering. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_REAL };

struct column {
    const char *name; /* as in JSON: lag_ms */
    enum column_type type;
    const char *doc; /* one line, for help and the reference */
};

/* The columns of a command's answer. */
struct columns {
    const struct column *list; /* borrows */
    size_t count;
};
#define COLUMNS_OF(array)                                                                                    \
    {                                                                                                        \
        (array), sizeof(array) / sizeof *(array)                                                             \
    }

/* "text", "integer", "real": static text. */
const char *column_type_name(enum column_type type);

/* One cell, for the renderers. */
struct table_cell {
    bool is_null;
    size_t from; /* TEXT: offset of the text in the table's bytes */
    size_t len;
    int64_t integer;
    double real;
};

struct table {
    const struct column *columns; /* borrows */
    size_t column_count;
    struct table_cell *cells; /* owns; one row after the other */
    size_t cell_count;
    size_t cell_cap;
    struct text bytes; /* owns: the texts of all text cells */
    bool is_oom;
};

/* Initializes an empty table. `columns` are const rows that outlive it. */
void table_init(struct table *table, const struct column *columns, size_t column_count);
void table_fini(struct table *table);

/* Begins a row. The previous row must be complete (asserted). */
void table_row(struct table *table);

/* Fills the next cell. Its column must have this type (asserted). Text is copied; a NULL string is the same
 * as table_null. */
void table_text(struct table *table, const char *value);
void table_span(struct table *table, struct span value);
void table_int(struct table *table, int64_t value);
void table_real(struct table *table, double value);
void table_null(struct table *table);

size_t table_row_count(const struct table *table);

/* Writes a header line, then one line per row. Columns are two spaces apart, numbers are right-aligned, "-"
 * stands for null and for empty text. Control characters are written as \n, \t, \xNN, so a row is always one
 * line. False when memory is out. */
bool table_render_text(const struct table *table, struct text *out);

/* The bytes of a TEXT cell that is not null, for the renderers; borrowed from the table. */
struct span table_cell_span(const struct table *table, const struct table_cell *cell);
