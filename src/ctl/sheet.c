#include "ctl/sheet.h"

#include <errno.h>
#include <jansson.h>

bool sheet_parse(struct sheet *sheet_r, const struct text *answer, struct error *err)
{
    json_error_t why;
    json_t *root = json_loadb(answer->data, answer->len, JSON_ALLOW_NUL, &why);
    const char *said = json_string_value(json_object_get(root, "error"));
    *sheet_r = (struct sheet){ .root = root };
    if (json_is_array(root))
        return true;
    if (said != NULL)
        (void)error_set(err, 0, "%s", said);
    else
        (void)error_set(err, EPROTO, "the answer is not what this version expects: %s", why.text);
    sheet_fini(sheet_r);
    return false;
}

void sheet_fini(struct sheet *sheet)
{
    json_decref(sheet->root);
    sheet->root = NULL;
}

size_t sheet_rows(const struct sheet *sheet)
{
    return json_array_size(sheet->root);
}

const char *sheet_column(const struct sheet *sheet, size_t column)
{
    json_t *row = json_array_get(sheet->root, 0);
    void *at = json_object_iter(row);
    while (at != NULL && column-- > 0)
        at = json_object_iter_next(row, at);
    return at == NULL ? NULL : json_object_iter_key(at);
}

static const json_t *cell(const struct sheet *sheet, size_t row, const char *column)
{
    return json_object_get(json_array_get(sheet->root, row), column);
}

/* Replaces control characters: they could move the cursor. */
static void print_text(const char *string, struct text *out)
{
    for (; *string != '\0'; string++)
        (void)text_append_byte(out, (uint8_t)*string < ' ' || *string == 0x7f ? '?' : (uint8_t)*string);
}

void sheet_print(const struct sheet *sheet, size_t row, const char *column, struct text *out)
{
    const json_t *found = cell(sheet, row, column);
    const char *string = json_string_value(found);
    if (json_is_integer(found))
        (void)text_appendf(out, "%lld", (long long)json_integer_value(found));
    else if (json_is_real(found))
        (void)text_appendf(out, "%.3f", json_real_value(found));
    else if (string != NULL && string[0] != '\0')
        print_text(string, out);
    else
        (void)text_append_byte(out, '-');
}

const char *sheet_text(const struct sheet *sheet, size_t row, const char *column)
{
    const char *string = json_string_value(cell(sheet, row, column));
    return string == NULL ? "" : string;
}

double sheet_number(const struct sheet *sheet, size_t row, const char *column)
{
    return json_number_value(cell(sheet, row, column));
}

bool sheet_is_number(const struct sheet *sheet, size_t row, const char *column)
{
    return json_is_number(cell(sheet, row, column));
}
