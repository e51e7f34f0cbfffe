/* An answer in JSON as rows of named cells. The one place of headgatectl that speaks to jansson.
 */
#ifndef HEADGATE_CTL_SHEET_H
#define HEADGATE_CTL_SHEET_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t;

struct sheet {
    struct json_t *root; /* owns; NULL: no rows */
};

/* Reads an array of objects. False: it is none, or {"error": …}, whose text *err then has. */
bool sheet_parse(struct sheet *sheet_r, const struct text *answer, struct error *err);
void sheet_fini(struct sheet *sheet);

size_t sheet_rows(const struct sheet *sheet);
/* Name of a column by its number, in the order of the answer; NULL after the last, and where there is no row.
 */
const char *sheet_column(const struct sheet *sheet, size_t column);

/* Appends a cell as people read it: "-" for null, for empty text and where there is none; numbers shortly. */
void sheet_print(const struct sheet *sheet, size_t row, const char *column, struct text *out);
/* A text cell, borrowed; "" where there is none. */
const char *sheet_text(const struct sheet *sheet, size_t row, const char *column);
/* A number; 0 where there is none. */
double sheet_number(const struct sheet *sheet, size_t row, const char *column);
bool sheet_is_number(const struct sheet *sheet, size_t row, const char *column);

#endif
