/* What every SHOW yields: typed columns, rows added cell by cell, rendered as aligned text, as JSON, or as a
 * MySQL result set.
 *
 *   table_init → for each row: table_row, then one table_… per column, in order → table_render_… → table_fini
 *
 * When memory is out the table remembers it; nothing need be checked before the rendering.
 */
#ifndef HEADGATE_ADMIN_TABLE_H
#define HEADGATE_ADMIN_TABLE_H

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

/* Those of one table: what a command answers with. */
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

/* For the renderers. */
struct table_cell {
    bool is_null;
    size_t from; /* TEXT: where the cell begins in the table's bytes */
    size_t len;
    int64_t integer;
    double real;
};

struct table {
    const struct column *columns; /* borrows */
    size_t column_count;
    struct table_cell *cells; /* owns: row after row */
    size_t cell_count;
    size_t cell_cap;
    struct text bytes; /* owns: the texts of all text cells */
    bool is_oom;
};

/* An empty table. `columns` are const rows that outlive it. */
void table_init(struct table *table, const struct column *columns, size_t column_count);
void table_fini(struct table *table);

/* Begin a row; the one before is complete (asserted). */
void table_row(struct table *table);

/* The next cell. Its column has that type (asserted); text is copied, and a NULL string is the same as
 * table_null. */
void table_text(struct table *table, const char *value);
void table_span(struct table *table, struct span value);
void table_int(struct table *table, int64_t value);
void table_real(struct table *table, double value);
void table_null(struct table *table);

size_t table_row_count(const struct table *table);

/* A header line, then one line a row; columns two spaces apart, numbers to the right, "-" for null and for
 * empty text. Control characters are shown as \n, \t, \xNN, so a row is always one line. False when memory is
 * out. */
bool table_render_text(const struct table *table, struct text *out);

/* The bytes of a TEXT cell that is not null; borrowed from the table. For the renderers. */
struct span table_cell_span(const struct table *table, const struct table_cell *cell);

#endif
