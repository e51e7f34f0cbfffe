/* An answer in JSON as rows of named cells. The only file of headgatectl that uses jansson. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t;

struct json_table {
    struct json_t *root; /* owns; NULL: no rows */
};

/* Parses an array of objects. False: the answer is no array, or is {"error": TEXT}; *err has that text. */
bool json_table_parse(struct json_table *table_r, const struct text *answer, struct error *err);
void json_table_fini(struct json_table *table);

size_t json_table_rows(const struct json_table *table);
/* Name of the column of this number, in the order of the answer; NULL after the last column, and if there is
 * no row. */
const char *json_table_column(const struct json_table *table, size_t column);

/* Appends a cell for people: "-" for null, for empty text and for a missing cell; fractions with 3 digits. */
void json_table_print(const struct json_table *table, size_t row, const char *column, struct text *out);
/* The text of a cell, borrowed from the table; "" if the cell is missing or no text. */
const char *json_table_text(const struct json_table *table, size_t row, const char *column);
/* The number in a cell; 0 if the cell is missing or no number. */
double json_table_number(const struct json_table *table, size_t row, const char *column);
bool json_table_is_number(const struct json_table *table, size_t row, const char *column);
