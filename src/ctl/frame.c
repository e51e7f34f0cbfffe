#include "ctl/frame.h"

#include <stdio.h>
#include <stdlib.h>

#define GAP 2U
#define COLUMNS_MAX 16U
#define SESSIONS_SHARE 2U /* sessions get 1/2 of the lines that servers leave; digests get the rest */

enum kind { KIND_VALUE, KIND_RATE };

struct column {
    const char *title;
    const char *key; /* name of the column in the answer */
    enum kind kind;
    size_t widest; /* characters; a longer value is cut */
};

static const struct column server_columns[] = {
    { "SERVER", "name", KIND_VALUE, 24 },          { "ROLE", "role", KIND_VALUE, 8 },
    { "STATE", "state", KIND_VALUE, 9 },           { "LAG ms", "lag_ms", KIND_VALUE, 8 },
    { "QUERIES/s", "queries", KIND_RATE, 10 },     { "ERRORS/s", "errors", KIND_RATE, 10 },
    { "RUNNING", "running", KIND_VALUE, 8 },       { "ACTIVE", "connections_active", KIND_VALUE, 8 },
    { "IDLE", "connections_idle", KIND_VALUE, 8 }, { "MAX", "connections_max", KIND_VALUE, 8 },
    { "WAITING", "waiting", KIND_VALUE, 8 },       { "CLUSTER", "cluster", KIND_VALUE, 16 },
    { "REASON", "reason", KIND_VALUE, 60 },
};

static const struct column session_columns[] = {
    { "SESSION", "id", KIND_VALUE, 20 },        { "USER", "user", KIND_VALUE, 16 },
    { "CLIENT", "client", KIND_VALUE, 24 },     { "STATE", "state", KIND_VALUE, 24 },
    { "SCHEMA", "schema", KIND_VALUE, 16 },     { "PRIMARY", "primary", KIND_VALUE, 12 },
    { "REPLICA", "replica", KIND_VALUE, 12 },   { "TRX", "in_transaction", KIND_VALUE, 3 },
    { "COMMANDS", "commands", KIND_VALUE, 12 }, { "PINS", "pins", KIND_VALUE, 60 },
};

/* A table within the frame. */
struct block {
    const struct json_table *table, *before;
    double seconds;
    const struct column *columns;
    size_t column_count;
    const size_t *order; /* row numbers in the order of display; NULL: the order of the answer */
    size_t rows;
};

/* The screen being filled. */
struct page {
    struct text *out;
    size_t width;
    size_t height; /* in lines; 0: no limit */
    size_t lines;
};

static size_t room(const struct page *page)
{
    return page->height == 0 ? SIZE_MAX : page->height - page->lines;
}

/* The number of characters of a text, at most `most`; *bytes_r: the bytes of these characters. */
static size_t measure(struct span text, size_t most, size_t *bytes_r)
{
    size_t characters = 0, at = 0;
    while (at < text.len && characters < most) {
        size_t len = span_utf8_len(span_of(text.data + at, text.len - at));
        at += len > 0 ? len : 1;
        characters++;
    }
    *bytes_r = at;
    return characters;
}

/* Appends one line, cut to the width of the page. */
static void put_line(struct page *page, struct span line)
{
    size_t bytes;
    if (room(page) == 0)
        return;
    (void)measure(line, page->width, &bytes);
    while (bytes > 0 && line.data[bytes - 1] == ' ')
        bytes--;
    (void)text_append(page->out, line.data, bytes);
    (void)text_append_byte(page->out, '\n');
    page->lines++;
}

/* ---- cells ---- */

static void print_rate(const struct block *block, size_t row, const char *key, struct text *out)
{
    const char *name = json_table_text(block->table, row, "name");
    const char *cluster = json_table_text(block->table, row, "cluster");
    for (size_t i = 0; i < json_table_rows(block->before) && block->seconds > 0; i++) {
        if (strcmp(json_table_text(block->before, i, "name"), name) != 0 ||
            strcmp(json_table_text(block->before, i, "cluster"), cluster) != 0)
            continue;
        double more = json_table_number(block->table, row, key) - json_table_number(block->before, i, key);
        (void)text_appendf(out, "%.0f", more > 0 ? more / block->seconds : 0);
        return;
    }
    (void)text_append_byte(out, '-');
}

static void print_cell(const struct block *block, size_t place, const struct column *column, struct text *out)
{
    size_t row = block->order != NULL ? block->order[place] : place;
    text_clear(out);
    if (column->kind == KIND_RATE)
        print_rate(block, row, column->key, out);
    else
        json_table_print(block->table, row, column->key, out);
}

/* Columns of numbers are aligned to the right. A column that has only nulls counts as text. */
static bool is_right(const struct block *block, const struct column *column)
{
    bool is_number = column->kind == KIND_RATE;
    for (size_t i = 0; i < block->rows && !is_number; i++)
        is_number =
            json_table_is_number(block->table, block->order != NULL ? block->order[i] : i, column->key);
    return is_number;
}

static void pad(struct text *line, size_t count)
{
    while (count-- > 0)
        (void)text_append_byte(line, ' ');
}

static void place(struct text *line, struct span cell, size_t width, bool right)
{
    size_t bytes, characters = measure(cell, width, &bytes);
    pad(line, right ? width - characters : 0);
    (void)text_append(line, cell.data, bytes);
    pad(line, (right ? 0 : width - characters) + GAP);
}

/* ---- tables ---- */

static void put_block(struct page *page, struct block *block)
{
    size_t widths[COLUMNS_MAX], bytes;
    bool rights[COLUMNS_MAX];
    struct text cell = { 0 }, line = { 0 };
    if (block->rows > room(page))
        block->rows = room(page);
    for (size_t c = 0; c < block->column_count; c++) {
        const struct column *column = &block->columns[c];
        widths[c] = measure(span_cstr(column->title), column->widest, &bytes);
        rights[c] = is_right(block, column);
        for (size_t i = 0; i < block->rows; i++) {
            print_cell(block, i, column, &cell);
            size_t width = measure(text_span(&cell), column->widest, &bytes);
            widths[c] = width > widths[c] ? width : widths[c];
        }
        place(&line, span_cstr(column->title), widths[c], rights[c]);
    }
    put_line(page, text_span(&line));
    for (size_t i = 0; i < block->rows; i++) {
        text_clear(&line);
        for (size_t c = 0; c < block->column_count; c++) {
            print_cell(block, i, &block->columns[c], &cell);
            place(&line, text_span(&cell), widths[c], rights[c]);
        }
        put_line(page, text_span(&line));
    }
    page->out->is_oom |= cell.is_oom || line.is_oom;
    text_fini(&cell);
    text_fini(&line);
}

static void put_title(struct page *page, const struct frame_scene *scene)
{
    struct text line = { 0 };
    unsigned long up = (unsigned long)json_table_number(&scene->version, 0, "uptime_s");
    double queries = 0;
    for (size_t i = 0; i < json_table_rows(&scene->servers); i++)
        queries += json_table_number(&scene->servers, i, "queries");
    for (size_t i = 0; i < json_table_rows(&scene->servers_before); i++)
        queries -= json_table_number(&scene->servers_before, i, "queries");
    (void)text_appendf(&line, "headgate %s   up %lu:%02lu:%02lu   workers %.0f   sessions %.0f",
                       json_table_text(&scene->version, 0, "version"), up / 3600, up / 60 % 60, up % 60,
                       json_table_number(&scene->version, 0, "workers"),
                       json_table_number(&scene->version, 0, "sessions"));
    if (scene->seconds > 0 && queries >= 0)
        (void)text_appendf(&line, "   queries/s %.0f", queries / scene->seconds);
    put_line(page, text_span(&line));
    put_line(page, span_of("", 0));
    text_fini(&line);
}

/* ---- sessions: busy ones first, then idle ones, the shortest idle time first ---- */

struct rank {
    bool is_idle;
    double idle_s;
    size_t row;
};

static int compare_ranks(const void *left, const void *right)
{
    const struct rank *a = left, *b = right;
    if (a->is_idle != b->is_idle)
        return a->is_idle ? 1 : -1;
    if (a->idle_s < b->idle_s || a->idle_s > b->idle_s)
        return a->idle_s < b->idle_s ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static void put_sessions(struct page *page, const struct json_table *sessions, size_t most)
{
    size_t count = json_table_rows(sessions);
    struct rank *ranks = calloc(count + 1, sizeof *ranks);
    size_t *order = calloc(count + 1, sizeof *order);
    struct block block = { .table = sessions,
                           .columns = session_columns,
                           .column_count = sizeof session_columns / sizeof *session_columns,
                           .order = order,
                           .rows = count < most ? count : most };
    for (size_t i = 0; ranks != NULL && i < count; i++)
        ranks[i] = (struct rank){ strcmp(json_table_text(sessions, i, "state"), "idle") == 0,
                                  json_table_number(sessions, i, "idle_s"), i };
    if (ranks == NULL || order == NULL) {
        page->out->is_oom = true;
    } else {
        qsort(ranks, count, sizeof *ranks, compare_ranks);
        for (size_t i = 0; i < count; i++)
            order[i] = ranks[i].row;
        put_block(page, &block);
    }
    free(ranks);
    free(order);
}

/* ---- digests: a selection of the columns that this headgate has ---- */

static const struct column digest_columns[] = {
    { "COUNT", "count", KIND_VALUE, 12 },       { "ERRORS", "errors", KIND_VALUE, 10 },
    { "TOTAL us", "total_us", KIND_VALUE, 14 }, { "AVG us", "avg_us", KIND_VALUE, 10 },
    { "ROWS", "rows", KIND_VALUE, 12 },         { "USER", "user", KIND_VALUE, 16 },
    { "DIGEST", "digest", KIND_VALUE, 20 },     { "STATEMENT", "text", KIND_VALUE, 200 },
};

static bool has_column(const struct json_table *table, const char *wanted)
{
    const char *name;
    for (size_t i = 0; (name = json_table_column(table, i)) != NULL; i++)
        if (strcmp(name, wanted) == 0)
            return true;
    return false;
}

static void put_digests(struct page *page, const struct json_table *digests)
{
    struct column columns[sizeof digest_columns / sizeof *digest_columns];
    struct block block = { .table = digests, .columns = columns, .rows = json_table_rows(digests) };
    for (size_t i = 0; i < sizeof digest_columns / sizeof *digest_columns; i++)
        if (has_column(digests, digest_columns[i].key))
            columns[block.column_count++] = digest_columns[i];
    put_line(page, span_of("", 0));
    if (block.column_count > 0)
        put_block(page, &block);
}

void frame_build(const struct frame_scene *scene, size_t width, size_t height, struct text *out)
{
    struct page page = { .out = out, .width = width, .height = height };
    put_title(&page, scene);
    struct block block = { .table = &scene->servers,
                           .before = &scene->servers_before,
                           .seconds = scene->seconds,
                           .columns = server_columns,
                           .column_count = sizeof server_columns / sizeof *server_columns,
                           .rows = json_table_rows(&scene->servers) };
    put_block(&page, &block);
    put_line(&page, span_of("", 0));
    size_t left = room(&page), header = left > 0 ? 1 : 0;
    bool has_digests = json_table_rows(&scene->digests) > 0;
    size_t share = has_digests && height > 0 ? left / SESSIONS_SHARE : left;
    put_sessions(&page, &scene->sessions, share > header ? share - header : 0);
    if (has_digests)
        put_digests(&page, &scene->digests);
}

void frame_fini(struct frame_scene *scene)
{
    json_table_fini(&scene->version);
    json_table_fini(&scene->servers);
    json_table_fini(&scene->sessions);
    json_table_fini(&scene->digests);
    json_table_fini(&scene->servers_before);
}
