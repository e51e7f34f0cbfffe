/* What a table's cells look like to its renderers; everybody else uses admin/table.
 */
#ifndef HEADGATE_ADMIN_TABLE_CELL_H
#define HEADGATE_ADMIN_TABLE_CELL_H

#include "admin/table.h"

struct table_cell {
    bool is_null;
    size_t from; /* TEXT: where it begins in the table's bytes */
    size_t len;
    int64_t integer;
    double real;
};

/* The bytes of a TEXT cell that is not null; borrowed from the table. */
struct span table_cell_span(const struct table *table, const struct table_cell *cell);

#endif
