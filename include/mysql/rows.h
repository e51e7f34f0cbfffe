/* Small text result sets, read: for the dialogues headgate itself has with a server (probes, settings).
 * Feed it the packets of one reply; it keeps names and values up to a cap.
 */
#ifndef HEADGATE_MYSQL_ROWS_H
#define HEADGATE_MYSQL_ROWS_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define ROWS_COLUMNS_MAX 128
#define ROWS_VALUES_MAX 2048
#define ROWS_BYTES_MAX (1u << 20) /* names and values together */

struct rows_cell {
    uint32_t offset; /* in bytes */
    uint32_t length; /* UINT32_MAX: NULL */
};

/* Types of columns that callers distinguish. */
#define ROWS_TYPE_DOUBLE 5
#define ROWS_TYPE_LONGLONG 8
#define ROWS_TYPE_NEWDECIMAL 246
#define ROWS_TYPE_MEDIUM_BLOB 250
#define ROWS_TYPE_LONG_BLOB 251
#define ROWS_TYPE_BLOB 252
#define ROWS_TYPE_VAR_STRING 253
#define ROWS_TYPE_STRING 254
#define ROWS_FLAG_UNSIGNED 0x20u

/* A column, as its definition describes it. */
struct rows_def {
    uint32_t length;
    uint16_t flags;
    uint8_t type;
};

struct rows {
    struct rows_def *defs; /* borrows: room for ROWS_COLUMNS_MAX, where descriptions are wanted; or NULL */
    uint32_t values_max;   /* the owner may set these two before it begins; 0: the numbers above */
    uint32_t bytes_max;
    uint8_t state; /* private */
    uint64_t caps;
    uint16_t columns;
    uint16_t defs_left;
    uint16_t status; /* flags of the last statement that is over; 0: none is */
    uint32_t rows;
    uint32_t values;         /* cells kept */
    struct text bytes;       /* owns: names, then values, end to end */
    struct rows_cell *cells; /* owns: of each of them */
    uint32_t cells_cap;
};

enum rows_verdict { ROWS_MORE, ROWS_DONE, ROWS_ERR, ROWS_BAD };

void rows_begin(struct rows *rows, uint64_t caps); /* may be reused; memory is kept */
/* One packet's payload. ROWS_ERR: err holds the server's code and text. OK without rows is ROWS_DONE. Too
 * many columns, cells or bytes is ROWS_BAD, and err says so. Of several result sets (multi-statements) the
 * last one is kept. */
enum rows_verdict rows_feed(struct rows *rows, struct span payload, struct error *err);
/* Column by name, without regard to case; -1 when absent. */
int rows_column(const struct rows *rows, const char *name);
/* False for NULL, an absent column (-1) or row. */
bool rows_value(const struct rows *rows, unsigned row, int column, struct span *value_r);
void rows_fini(struct rows *rows);

#endif
