/* Tables as JSON. No other file of this room uses jansson. */
#include "admin/table_json.h"

#include <jansson.h>
#include <math.h>

/* 15 digits, so that 0.1 is not written as 0.10000000000000001. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

/* ---- bytes → UTF-8 ---- */

static void append_utf8(struct span text, struct text *out)
{
    while (text.len > 0) {
        size_t len = span_utf8_len(text);
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

/* Writes and frees `value`; NULL means that memory was out. */
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
