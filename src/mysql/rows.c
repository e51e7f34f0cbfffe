#include "mysql/rows.h"

#include "base/mem.h"
#include "mysql/caps.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

enum state {
    HEAD,     /* OK, ERR or a column count */
    DEFS,     /* `defs_left` definitions */
    DEFS_EOF, /* the EOF after the definitions, without DEPRECATE_EOF */
    CELLS,    /* rows or their end */
    OVER
};

#define NULL_LENGTH UINT32_MAX
#define NAME_FIELD 4u /* catalog, schema, table alias, table, then the name shown */
#define OK_BODY_MAX 0xFFFFFFu
#define CELLS_FIRST 64u /* enough for the names and values of a usual probe */

void rows_begin(struct rows *rows, uint64_t caps)
{
    rows->state = HEAD;
    rows->caps = caps;
    rows->columns = rows->defs_left = rows->status = 0;
    rows->rows = rows->values = 0;
    text_clear(&rows->bytes);
}

void rows_fini(struct rows *rows)
{
    text_fini(&rows->bytes);
    mem_free(rows->cells);
    rows->cells = NULL;
    rows->cells_cap = 0;
}

/* ---- verdicts ---- */

static enum rows_verdict bad(struct rows *rows, struct error *err, const char *what)
{
    rows->state = OVER;
    (void)error_set(err, 0, "cannot read the server's result set: %s", what);
    return ROWS_BAD;
}

static enum rows_verdict refused(struct rows *rows, struct span payload, struct error *err)
{
    if (!reply_read_err(payload, err))
        return bad(rows, err, "malformed ERR");
    rows->state = OVER;
    return ROWS_ERR;
}

/* A statement has ended. Results of a multi-statement follow one another; the last result set is kept. */
static enum rows_verdict ended(struct rows *rows, uint16_t status)
{
    bool has_more = (status & STATUS_MORE_RESULTS) != 0;
    rows->status = status;
    rows->state = has_more ? HEAD : OVER;
    return has_more ? ROWS_MORE : ROWS_DONE;
}

static enum rows_verdict on_ok(struct rows *rows, struct span payload, struct error *err)
{
    struct reply_ok ok;
    if (!reply_parse_ok(payload, rows->caps, &ok))
        return bad(rows, err, "malformed OK");
    return ended(rows, ok.status);
}

/* ---- keeping ---- */

static bool has_cell(struct rows *rows, uint32_t index)
{
    if (index < rows->cells_cap)
        return true;
    uint32_t cap = rows->cells_cap == 0 ? CELLS_FIRST : rows->cells_cap * 2;
    struct rows_cell *cells = mem_realloc(rows->cells, cap * sizeof *cells);
    if (cells == NULL)
        return false;
    rows->cells = cells;
    rows->cells_cap = cap;
    return index < cap;
}

/* Keeps name or value number `index`, which must be the next one. */
static bool keep(struct rows *rows, uint32_t index, struct span value, bool is_null)
{
    size_t bytes_max = rows->bytes_max != 0 ? rows->bytes_max : ROWS_BYTES_MAX;
    if (rows->bytes.len + value.len > bytes_max || !has_cell(rows, index))
        return false;
    rows->cells[index] = (struct rows_cell){ .offset = (uint32_t)rows->bytes.len,
                                             .length = is_null ? NULL_LENGTH : (uint32_t)value.len };
    return text_append_span(&rows->bytes, value);
}

static enum rows_verdict on_head(struct rows *rows, struct span payload, struct error *err)
{
    if (payload.data[0] == 0x00)
        return on_ok(rows, payload, err);
    struct wire_reader reader = wire_reader_of(payload);
    uint64_t columns = wire_read_lenenc(&reader);
    if (payload.data[0] == 0xFE || reader.failed ||
        wire_left(&reader) > 0) /* 0xFE: an EOF, or a column count that no server sends */
        return bad(rows, err, "malformed column count");
    if (columns == 0 || columns > ROWS_COLUMNS_MAX)
        return bad(rows, err, "too many columns");
    rows_begin(rows, rows->caps);
    rows->columns = rows->defs_left = (uint16_t)columns;
    rows->state = DEFS;
    return ROWS_MORE;
}

/* Reads the rest of a column definition after its name: the original name, then fields of fixed length. */
static void describe(struct wire_reader *reader, uint64_t caps, struct rows_def *def_r)
{
    (void)wire_read_lenenc_span(reader);
    if ((caps & CAP_MARIADB_EXTENDED_METADATA) != 0)
        (void)wire_read_lenenc_span(reader);
    (void)wire_read_lenenc(reader);
    (void)wire_read_u16(reader); /* character set */
    def_r->length = wire_read_u32(reader);
    def_r->type = wire_read_u8(reader);
    def_r->flags = wire_read_u16(reader);
}

static enum rows_verdict on_def(struct rows *rows, struct span payload, struct error *err)
{
    struct wire_reader reader = wire_reader_of(payload);
    for (unsigned i = 0; i < NAME_FIELD; i++)
        (void)wire_read_lenenc_span(&reader);
    struct span name = wire_read_lenenc_span(&reader);
    if (rows->defs != NULL)
        describe(&reader, rows->caps, &rows->defs[rows->columns - rows->defs_left]);
    if (reader.failed)
        return bad(rows, err, "malformed column definition");
    if (!keep(rows, rows->columns - (uint32_t)rows->defs_left, name, false))
        return bad(rows, err, "column names too long");
    if (--rows->defs_left == 0)
        rows->state = (rows->caps & CAP_DEPRECATE_EOF) != 0 ? CELLS : DEFS_EOF;
    return ROWS_MORE;
}

static enum rows_verdict on_row(struct rows *rows, struct span payload, struct error *err)
{
    uint32_t values_max = rows->values_max != 0 ? rows->values_max : ROWS_VALUES_MAX;
    if (rows->values + rows->columns > values_max)
        return bad(rows, err, "too many rows");
    struct wire_reader reader = wire_reader_of(payload);
    for (unsigned i = 0; i < rows->columns; i++) {
        bool is_null;
        struct span value = wire_read_lenenc_or_null(&reader, &is_null);
        if (reader.failed)
            return bad(rows, err, "malformed row");
        if (!keep(rows, rows->columns + rows->values, value, is_null))
            return bad(rows, err, "values too long");
        rows->values++;
    }
    if (wire_left(&reader) > 0)
        return bad(rows, err, "malformed row");
    rows->rows++;
    return ROWS_MORE;
}

static enum rows_verdict on_cells(struct rows *rows, struct span payload, struct error *err)
{
    uint16_t status, warnings;
    if (payload.data[0] != 0xFE)
        return on_row(rows, payload, err);
    if (reply_parse_eof(payload, &status, &warnings))
        return ended(rows, status);
    if ((rows->caps & CAP_DEPRECATE_EOF) != 0 && payload.len < OK_BODY_MAX)
        return on_ok(rows, payload, err);
    return on_row(rows, payload, err);
}

enum rows_verdict rows_feed(struct rows *rows, struct span payload, struct error *err)
{
    uint16_t status, warnings;
    if (payload.len == 0)
        return bad(rows, err, "empty packet");
    if (rows->state != OVER && payload.data[0] == 0xFF)
        return refused(rows, payload, err);
    switch ((enum state)rows->state) {
    case HEAD:
        return on_head(rows, payload, err);
    case DEFS:
        return on_def(rows, payload, err);
    case DEFS_EOF:
        if (!reply_parse_eof(payload, &status, &warnings))
            return bad(rows, err, "no EOF after the column definitions");
        rows->state = CELLS;
        return ROWS_MORE;
    case CELLS:
        return on_cells(rows, payload, err);
    case OVER:
        break;
    }
    return bad(rows, err, "packets after its end");
}

/* ---- reading ---- */

/* While all texts are empty there is no memory, and no offset can be added to its address. */
static struct span text_of(const struct rows *rows, const struct rows_cell *cell)
{
    const char *data = rows->bytes.data != NULL ? rows->bytes.data + cell->offset : "";
    return span_of(data, cell->length);
}

int rows_column(const struct rows *rows, const char *name)
{
    for (int i = 0; i < rows->columns - rows->defs_left; i++)
        if (span_is_nocase(text_of(rows, &rows->cells[i]), name))
            return i;
    return -1;
}

bool rows_value(const struct rows *rows, unsigned row, int column, struct span *value_r)
{
    if (row >= rows->rows || column < 0 || column >= rows->columns)
        return false;
    size_t index = rows->columns + (size_t)row * rows->columns + (size_t)column;
    const struct rows_cell *cell = &rows->cells[index];
    if (cell->length == NULL_LENGTH)
        return false;
    *value_r = text_of(rows, cell);
    return true;
}
