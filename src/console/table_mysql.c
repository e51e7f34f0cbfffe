/* Renders a table as a MySQL result set. */
#include "console/table_mysql.h"

#include "mysql/resultset.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const enum resultset_type types[] = {
    [COLUMN_TEXT] = RESULTSET_TEXT,
    [COLUMN_INTEGER] = RESULTSET_INTEGER,
    [COLUMN_REAL] = RESULTSET_REAL,
};

#define NUMBER_MAX 24u

/* Bytes of the longest text in a column; clients use it as the column width. */
static size_t longest(const struct table *table, size_t column)
{
    size_t most = 1;
    for (size_t i = column; i < table->cell_count; i += table->column_count)
        if (table->cells[i].len > most)
            most = table->cells[i].len;
    return most;
}

static void put_cell(struct resultset *set, const struct table *table, const struct table_cell *cell,
                     enum column_type type)
{
    char digits[NUMBER_MAX * 16];
    if (cell->is_null) {
        resultset_null(set);
        return;
    }
    if (type == COLUMN_TEXT) {
        resultset_value(set, table_cell_span(table, cell));
        return;
    }
    if (type == COLUMN_INTEGER)
        (void)snprintf(digits, sizeof digits, "%" PRId64, cell->integer);
    else
        (void)snprintf(digits, sizeof digits, "%.3f", cell->real);
    resultset_value(set, span_cstr(digits));
}

bool table_render_mysql(const struct table *table, uint8_t seq, uint64_t caps, uint16_t status,
                        struct text *out)
{
    struct resultset set;
    if (table->is_oom)
        return false;
    assert(table->column_count > 0);
    resultset_begin(&set, out, seq, caps, status, table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        enum column_type type = table->columns[i].type;
        resultset_column(&set, table->columns[i].name, types[type],
                         type == COLUMN_TEXT ? longest(table, i) : NUMBER_MAX);
    }
    resultset_body(&set);
    for (size_t i = 0; i < table->cell_count; i++)
        put_cell(&set, table, &table->cells[i], table->columns[i % table->column_count].type);
    resultset_end(&set);
    return !out->is_oom;
}
