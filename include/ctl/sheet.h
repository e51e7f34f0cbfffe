/* An answer in JSON as rows of named cells. The only file of headgatectl that uses jansson. */
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

/* Parses an array of objects. False: the answer is no array, or is {"error": TEXT}; *err has that text. */
bool sheet_parse(struct sheet *sheet_r, const struct text *answer, struct error *err);
void sheet_fini(struct sheet *sheet);

size_t sheet_rows(const struct sheet *sheet);
/* Name of the column of this number, in the order of the answer; NULL after the last column, and if there is
 * no row. */
const char *sheet_column(const struct sheet *sheet, size_t column);

/* Appends a cell for people: "-" for null, for empty text and for a missing cell; fractions with 3 digits. */
void sheet_print(const struct sheet *sheet, size_t row, const char *column, struct text *out);
/* The text of a cell, borrowed from the sheet; "" if the cell is missing or no text. */
const char *sheet_text(const struct sheet *sheet, size_t row, const char *column);
/* The number in a cell; 0 if the cell is missing or no number. */
double sheet_number(const struct sheet *sheet, size_t row, const char *column);
bool sheet_is_number(const struct sheet *sheet, size_t row, const char *column);

#endif
