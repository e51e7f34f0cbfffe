#include "admin/table.h"

#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define COLUMN_GAP 2U

const char *column_type_name(enum column_type type)
{
    static const char *const names[] = {
        [COLUMN_TEXT] = "text", [COLUMN_INTEGER] = "integer", [COLUMN_REAL] = "real"
    };
    return names[type];
}

void table_init(struct table *table, const struct column *columns, size_t column_count)
{
    assert(column_count > 0);
    *table = (struct table){ .columns = columns, .column_count = column_count };
}

void table_fini(struct table *table)
{
    mem_free(table->cells);
    text_fini(&table->bytes);
    *table = (struct table){ 0 };
}

size_t table_row_count(const struct table *table)
{
    return table->column_count > 0 ? table->cell_count / table->column_count : 0; /* 0 for a table without
                                                                                   * columns */
}

/* ---- filling ---- */

void table_row(struct table *table)
{
    assert(table->is_oom || table->cell_count % table->column_count == 0);
    if (table->cell_cap - table->cell_count >= table->column_count || table->is_oom)
        return;
    size_t cap = (table->cell_cap + table->column_count) * 2;
    struct table_cell *cells = mem_realloc(table->cells, cap * sizeof *cells);
    if (cells == NULL) {
        table->is_oom = true;
        return;
    }
    table->cells = cells;
    table->cell_cap = cap;
}

/* The next cell. NULL when memory is out: the table is then lost, and rendering fails. */
static struct table_cell *next(struct table *table)
{
    if (table->is_oom)
        return NULL;
    assert(table->cell_count < table->cell_cap);
    struct table_cell *cell = &table->cells[table->cell_count++];
    *cell = (struct table_cell){ .is_null = true };
    return cell;
}

static enum column_type next_type(const struct table *table)
{
    return table->columns[table->cell_count % table->column_count].type;
}

void table_null(struct table *table)
{
    (void)next(table);
}

void table_span(struct table *table, struct span value)
{
    assert(table->is_oom || next_type(table) == COLUMN_TEXT);
    struct table_cell *cell = next(table);
    if (cell == NULL)
        return;
    cell->is_null = false;
    cell->from = table->bytes.len;
    cell->len = value.len;
    if (!text_append_span(&table->bytes, value))
        table->is_oom = true;
}

void table_text(struct table *table, const char *value)
{
    if (value == NULL)
        table_null(table);
    else
        table_span(table, span_cstr(value));
}

void table_int(struct table *table, int64_t value)
{
    assert(table->is_oom || next_type(table) == COLUMN_INTEGER);
    struct table_cell *cell = next(table);
    if (cell == NULL)
        return;
    cell->is_null = false;
    cell->integer = value;
}

void table_real(struct table *table, double value)
{
    assert(table->is_oom || next_type(table) == COLUMN_REAL);
    struct table_cell *cell = next(table);
    if (cell == NULL)
        return;
    cell->is_null = false;
    cell->real = value;
}

struct span table_cell_span(const struct table *table, const struct table_cell *cell)
{
    return cell->len == 0 ? span_of("", 0) : span_of(table->bytes.data + cell->from, cell->len);
}

/* ---- aligned text ---- */

/* Appends text with escapes for bytes that would move the cursor or end the line. */
static void print_safe(struct span value, struct text *out)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c == '\n' || c == '\t' || c == '\r')
            (void)text_appendf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < ' ' || c == 0x7f)
            (void)text_appendf(out, "\\x%02x", c);
        else
            (void)text_append_byte(out, c);
    }
}

static void print_cell(const struct table *table, const struct table_cell *cell, enum column_type type,
                       struct text *out)
{
    if (cell->is_null || (type == COLUMN_TEXT && cell->len == 0))
        (void)text_append_byte(out, '-');
    else if (type == COLUMN_TEXT)
        print_safe(table_cell_span(table, cell), out);
    else if (type == COLUMN_INTEGER)
        (void)text_appendf(out, "%" PRId64, cell->integer);
    else
        (void)text_appendf(out, "%.3f", cell->real);
}

/* Width in characters: continuation bytes of UTF-8 take no place on the screen. */
static size_t width_of(struct span text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += (text.data[i] & 0xC0) != 0x80;
    return width;
}

static bool measure(const struct table *table, size_t *widths)
{
    struct text cell = { 0 };
    bool is_whole = true;
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = strlen(table->columns[i].name);
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t column = i % table->column_count;
        text_clear(&cell);
        print_cell(table, &table->cells[i], table->columns[column].type, &cell);
        size_t width = width_of(text_span(&cell));
        if (width > widths[column])
            widths[column] = width;
        is_whole &= !cell.is_oom;
    }
    text_fini(&cell);
    return is_whole;
}

static void pad(struct text *out, size_t count)
{
    while (count-- > 0)
        (void)text_append_byte(out, ' ');
}

/* Writes one cell in its column: numbers to the right, text to the left, no padding after the last column. */
static void place_cell(const struct table *table, size_t column, struct span text, size_t width,
                       struct text *out)
{
    size_t blanks = width - width_of(text);
    bool is_last = column + 1 == table->column_count;
    bool is_right = table->columns[column].type != COLUMN_TEXT;
    pad(out, is_right ? blanks : 0);
    (void)text_append_span(out, text);
    pad(out, is_right || is_last ? 0 : blanks);
    if (is_last)
        (void)text_append_byte(out, '\n');
    else
        pad(out, COLUMN_GAP);
}

static void render(const struct table *table, const size_t *widths, struct text *out)
{
    struct text cell = { 0 };
    for (size_t i = 0; i < table->column_count; i++)
        place_cell(table, i, span_cstr(table->columns[i].name), widths[i], out);
    for (size_t i = 0; i < table->cell_count && !out->is_oom; i++) {
        size_t column = i % table->column_count;
        text_clear(&cell);
        print_cell(table, &table->cells[i], table->columns[column].type, &cell);
        if (cell.is_oom)
            out->is_oom = true;
        else
            place_cell(table, column, text_span(&cell), widths[column], out);
    }
    text_fini(&cell);
}

bool table_render_text(const struct table *table, struct text *out)
{
    assert(table->is_oom || table->cell_count % table->column_count == 0);
    size_t *widths = table->is_oom ? NULL : mem_zalloc(table->column_count * sizeof *widths);
    if (widths == NULL || !measure(table, widths))
        out->is_oom = true;
    else
        render(table, widths, out);
    mem_free(widths);
    return !out->is_oom;
}
