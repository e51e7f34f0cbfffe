/* Any text of a client gets an answer or none, and no byte is read beyond the text. */
#include "console/driver_queries.h"
#include "console/table_mysql.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct driver_queries client = { .user = "admin", .connection_id = 7 };
    struct error err = { 0 };
    struct table table = { 0 };
    struct text out = { 0 };
    if (size > 4000)
        return 0;
    switch (driver_queries_answer(&client, span_of(data, size), &table, &err)) {
    case DRIVER_QUERY_TABLE:
        assert(table.column_count > 0 && table.column_count <= DRIVER_QUERY_COLUMNS_MAX);
        assert(table_render_mysql(&table, 1, 0, 2, &out));
        break;
    case DRIVER_QUERY_ERROR:
        assert(err.code != 0 && err.text[0] != '\0');
        break;
    case DRIVER_QUERY_NONE:
    case DRIVER_QUERY_OK:
        assert(table.column_count == 0);
        break;
    }
    table_fini(&table);
    text_fini(&out);
    return 0;
}
