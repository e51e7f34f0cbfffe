/* Text result sets, written: for what headgate itself answers.
 *
 *   resultset_begin → one resultset_column each → resultset_body → for each row: one value or null per column
 *   → resultset_end
 *
 * Source: protocol.md §4.3. The mirror image of rows.h.
 */
#ifndef HEADGATE_MYSQL_RESULTSET_H
#define HEADGATE_MYSQL_RESULTSET_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* RESULTSET_COUNT: as servers describe ROW_COUNT() and FOUND_ROWS(). */
enum resultset_type { RESULTSET_TEXT, RESULTSET_INTEGER, RESULTSET_COUNT, RESULTSET_REAL };

struct resultset {
    struct text *out;  /* borrows; check out->is_oom at the end */
    uint64_t caps;     /* agreed with who reads it */
    uint16_t status;   /* flags of its last packet */
    uint16_t warnings; /* of which its EOFs and OK tell: 0, unless set after resultset_begin */
    uint8_t seq;       /* of the next packet */
    size_t columns;    /* of a row */
    size_t in_row;     /* values of the row being written */
    size_t row_begins; /* where its packet does, in out */
};

/* Of `columns` columns, at least one; packets are numbered from `seq`. */
void resultset_begin(struct resultset *set, struct text *out, uint8_t seq, uint64_t caps, uint16_t status,
                     size_t columns);
/* `bytes_max`: of the longest value; a hint for clients that draw tables. */
void resultset_column(struct resultset *set, const char *name, enum resultset_type type, size_t bytes_max);
/* After the last column. */
void resultset_body(struct resultset *set);
/* The next value of the row; the last one of a row ends it. Numbers are digits. A row has less than 16 MiB.
 */
void resultset_value(struct resultset *set, struct span value);
void resultset_null(struct resultset *set);
/* After the last row. */
void resultset_end(struct resultset *set);

#endif
