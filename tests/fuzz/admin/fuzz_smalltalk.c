/* Whatever a client says: an answer, or none, and nothing is read beyond its end. */
#include "admin/smalltalk.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct smalltalk talk = { .user = "admin", .connection_id = 7 };
    struct error err = { 0 };
    struct table table = { 0 };
    struct text out = { 0 };
    if (size > 4000)
        return 0;
    switch (smalltalk_answer(&talk, span_of(data, size), &table, &err)) {
    case SMALLTALK_TABLE:
        assert(table.column_count > 0 && table.column_count <= SMALLTALK_COLUMNS_MAX);
        assert(table_render_mysql(&table, 1, 0, 2, &out));
        break;
    case SMALLTALK_ERROR:
        assert(err.code != 0 && err.text[0] != '\0');
        break;
    case SMALLTALK_NONE:
    case SMALLTALK_OK:
        assert(table.column_count == 0);
        break;
    }
    table_fini(&table);
    text_fini(&out);
    return 0;
}
