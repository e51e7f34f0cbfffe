/* Writes text result sets for the statements that headgate itself answers.
 *
 *   resultset_begin → resultset_column per column → resultset_body
 *     → per row: resultset_value or resultset_null per column → resultset_end
 *
 * Source: protocol.md §4.3. rows.h reads such result sets. */
#pragma once

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* RESULTSET_COUNT: an integer, described as servers describe ROW_COUNT() and FOUND_ROWS(). */
enum resultset_type { RESULTSET_TEXT, RESULTSET_INTEGER, RESULTSET_COUNT, RESULTSET_REAL };

struct resultset {
    struct text *out;  /* borrows; check out->is_oom at the end */
    uint64_t caps;     /* agreed with the client */
    uint16_t status;   /* flags of the last packet */
    uint16_t warnings; /* warning count of the EOF and OK packets: 0, unless set after resultset_begin */
    uint8_t seq;       /* sequence id of the next packet */
    size_t columns;    /* number of columns */
    size_t in_row;     /* values written so far in the current row */
    size_t row_begins; /* offset in `out` of the current row's packet */
};

/* Begins a result set of `columns` columns, at least one. Packets are numbered from `seq`. */
void resultset_begin(struct resultset *set, struct text *out, uint8_t seq, uint64_t caps, uint16_t status,
                     size_t columns);
/* Adds a column. `bytes_max`: length of the longest value, a hint for clients that draw tables. */
void resultset_column(struct resultset *set, const char *name, enum resultset_type type, size_t bytes_max);
/* Call after the last column. */
void resultset_body(struct resultset *set);
/* Writes the next value of the row; the last value ends the row. Numbers are written as digits. A row is
 * shorter than 16 MiB. */
void resultset_value(struct resultset *set, struct span value);
void resultset_null(struct resultset *set);
/* Call after the last row. */
void resultset_end(struct resultset *set);
