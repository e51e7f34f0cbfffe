/* The one place that speaks to jansson.
 */
#include "admin/table_cell.h"

#include <jansson.h>
#include <math.h>

/* 15 digits: what every double keeps, so that 0.1 is not 0.10000000000000001. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

/* ---- bytes → UTF-8 ---- */

/* Length of the well-formed UTF-8 sequence at the start, 0 when there is none (Unicode 15, table 3-7). */
static size_t sequence(struct span text)
{
    uint8_t first = text.data[0];
    size_t len = first < 0x80   ? 1
                 : first < 0xC2 ? 0
                 : first < 0xE0 ? 2
                 : first < 0xF0 ? 3
                 : first < 0xF5 ? 4
                                : 0;
    if (len == 0 || len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((text.data[i] & 0xC0) != 0x80)
            return 0;
    bool is_overlong = (first == 0xE0 && text.data[1] < 0xA0) || (first == 0xF0 && text.data[1] < 0x90);
    bool is_outside = (first == 0xED && text.data[1] > 0x9F) || (first == 0xF4 && text.data[1] > 0x8F);
    return is_overlong || is_outside ? 0 : len;
}

static void append_utf8(struct span text, struct text *out)
{
    while (text.len > 0) {
        size_t len = sequence(text);
        if (len == 0)
            (void)text_append_cstr(out, "\xEF\xBF\xBD");
        else
            (void)text_append(out, text.data, len);
        len = len == 0 ? 1 : len;
        text = span_of(text.data + len, text.len - len);
    }
}

static json_t *json_text(struct span span)
{
    struct text good = { 0 };
    append_utf8(span, &good);
    json_t *value = good.is_oom ? NULL : json_stringn(text_cstr(&good), good.len);
    text_fini(&good);
    return value;
}

/* ---- a table ---- */

static json_t *json_cell(const struct table *table, const struct table_cell *cell, enum column_type type)
{
    if (cell->is_null || (type == COLUMN_REAL && !isfinite(cell->real)))
        return json_null();
    if (type == COLUMN_TEXT)
        return json_text(table_cell_span(table, cell));
    return type == COLUMN_INTEGER ? json_integer(cell->integer) : json_real(cell->real);
}

static json_t *json_row(const struct table *table, size_t row)
{
    const struct table_cell *cells = &table->cells[row * table->column_count];
    json_t *object = json_object();
    for (size_t i = 0; i < table->column_count && object != NULL; i++) {
        json_t *value = json_cell(table, &cells[i], table->columns[i].type);
        if (json_object_set_new(object, table->columns[i].name, value) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}

static int append_chunk(const char *data, size_t len, void *out)
{
    return text_append(out, data, len) ? 0 : -1;
}

/* Consumes `value`, which may be NULL: memory was out then. */
static bool dump(json_t *value, struct text *out)
{
    if (value == NULL || json_dump_callback(value, append_chunk, out, DUMP_FLAGS) != 0)
        out->is_oom = true;
    json_decref(value);
    return !out->is_oom;
}

bool table_render_json(const struct table *table, struct text *out)
{
    if (table->is_oom) {
        out->is_oom = true;
        return false;
    }
    (void)text_append_byte(out, '[');
    for (size_t row = 0; row < table_row_count(table) && !out->is_oom; row++) {
        if (row > 0)
            (void)text_append_byte(out, ',');
        (void)dump(json_row(table, row), out);
    }
    return text_append_cstr(out, "]\n");
}

bool table_render_json_error(const char *message, struct text *out)
{
    json_t *object = json_object();
    if (object != NULL && json_object_set_new(object, "error", json_text(span_cstr(message))) != 0) {
        json_decref(object);
        object = NULL;
    }
    return dump(object, out) && text_append_byte(out, '\n');
}
