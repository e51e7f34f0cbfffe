/* Reads small text result sets: for headgate's own queries to a server (probes, settings). Feed it the
 * packets of one reply; it keeps names and values up to a limit. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define ROWS_COLUMNS_MAX 128
#define ROWS_VALUES_MAX 2048
#define ROWS_BYTES_MAX (1u << 20) /* limit for names and values together */

struct rows_cell {
    uint32_t offset; /* in bytes */
    uint32_t length; /* UINT32_MAX: the value is NULL */
};

/* Column types that callers distinguish. */
#define ROWS_TYPE_DOUBLE 5
#define ROWS_TYPE_LONGLONG 8
#define ROWS_TYPE_NEWDECIMAL 246
#define ROWS_TYPE_MEDIUM_BLOB 250
#define ROWS_TYPE_LONG_BLOB 251
#define ROWS_TYPE_BLOB 252
#define ROWS_TYPE_VAR_STRING 253
#define ROWS_TYPE_STRING 254
#define ROWS_FLAG_UNSIGNED 0x20u

/* The definition of a column. */
struct rows_def {
    uint32_t length;
    uint16_t flags;
    uint8_t type;
};

struct rows {
    struct rows_def *defs; /* borrows; room for ROWS_COLUMNS_MAX definitions, or NULL if the caller does not
                            * need them */
    uint32_t values_max;   /* this and the next limit may be set by the owner before the first packet; 0: the
                            * limits above */
    uint32_t bytes_max;
    uint8_t state; /* private */
    uint64_t caps;
    uint16_t columns;
    uint16_t defs_left;
    uint16_t status; /* status flags of the last complete result; 0: no result is complete */
    uint32_t rows;
    uint32_t values;         /* cells kept */
    struct text bytes;       /* owns: names, then values, one after the other */
    struct rows_cell *cells; /* owns: the position of each name and value */
    uint32_t cells_cap;
};

enum rows_verdict { ROWS_MORE, ROWS_DONE, ROWS_ERR, ROWS_BAD };

void rows_begin(struct rows *rows, uint64_t caps); /* may be reused; memory is kept */
/* Feeds the payload of one packet. ROWS_ERR: err holds the server's code and text. An OK without rows is
 * ROWS_DONE. Too many columns, cells or bytes are ROWS_BAD, and err says which. Of several result sets
 * (multi-statements) the last one is kept. */
enum rows_verdict rows_feed(struct rows *rows, struct span payload, struct error *err);
/* Column by name, without regard to case; -1 when absent. */
int rows_column(const struct rows *rows, const char *name);
/* Value of a cell. False for NULL, for an absent column (-1) and for an absent row. */
bool rows_value(const struct rows *rows, unsigned row, int column, struct span *value_r);
void rows_fini(struct rows *rows);
