/* Any packets as result sets: kept within the limits, and every cell that is reported as present can be read.
 */
#include "input.h"

#include "mysql/caps.h"
#include "mysql/rows.h"

static void read_all(const struct rows *rows)
{
    struct span all = text_span(&rows->bytes);
    struct span value;
    MUST(rows->columns <= ROWS_COLUMNS_MAX && rows->values <= ROWS_VALUES_MAX);
    MUST((uint32_t)rows->rows * rows->columns <= rows->values);
    MUST(all.len <= ROWS_BYTES_MAX);
    (void)rows_column(rows, "name");
    for (unsigned row = 0; row <= rows->rows; row++)
        for (int column = -1; column <= rows->columns; column++)
            if (rows_value(rows, row, column, &value))
                MUST(input_holds(all, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rows rows;
    struct span input = { data, size };
    struct span payload;
    uint8_t choice = input_u8(&input);
    rows_begin(&rows, (choice & 1) != 0 ? CAP_DEPRECATE_EOF | CAP_SESSION_TRACK : 0);
    enum rows_verdict verdict = ROWS_MORE;
    while (verdict == ROWS_MORE && input_payload(&input, &payload)) {
        struct error err = { 0 };
        verdict = rows_feed(&rows, payload, &err);
        MUST((verdict == ROWS_BAD) <= (err.text[0] != '\0'));
        input_drop(payload);
    }
    read_all(&rows);
    rows_fini(&rows);
    return 0;
}
