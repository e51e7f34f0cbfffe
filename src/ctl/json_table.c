#include "ctl/json_table.h"

#include <errno.h>
#include <jansson.h>

bool json_table_parse(struct json_table *table_r, const struct text *answer, struct error *err)
{
    json_error_t why;
    json_t *root = json_loadb(answer->data, answer->len, JSON_ALLOW_NUL, &why);
    const char *said = json_string_value(json_object_get(root, "error"));
    *table_r = (struct json_table){ .root = root };
    if (json_is_array(root))
        return true;
    if (said != NULL)
        (void)error_set(err, 0, "%s", said);
    else
        (void)error_set(err, EPROTO, "the answer is not what this version expects: %s", why.text);
    json_table_fini(table_r);
    return false;
}

void json_table_fini(struct json_table *table)
{
    json_decref(table->root);
    table->root = NULL;
}

size_t json_table_rows(const struct json_table *table)
{
    return json_array_size(table->root);
}

const char *json_table_column(const struct json_table *table, size_t column)
{
    json_t *row = json_array_get(table->root, 0);
    void *at = json_object_iter(row);
    while (at != NULL && column-- > 0)
        at = json_object_iter_next(row, at);
    return at == NULL ? NULL : json_object_iter_key(at);
}

static const json_t *cell(const struct json_table *table, size_t row, const char *column)
{
    return json_object_get(json_array_get(table->root, row), column);
}

void json_table_print(const struct json_table *table, size_t row, const char *column, struct text *out)
{
    const json_t *found = cell(table, row, column);
    const char *string = json_string_value(found);
    if (json_is_integer(found))
        (void)text_appendf(out, "%lld", (long long)json_integer_value(found));
    else if (json_is_real(found))
        (void)text_appendf(out, "%.3f", json_real_value(found));
    else if (string != NULL && string[0] != '\0')
        for (; *string != '\0'; string++) /* control characters could move the cursor */
            (void)text_append_byte(out, (uint8_t)*string < ' ' || *string == 0x7f ? '?' : (uint8_t)*string);
    else
        (void)text_append_byte(out, '-');
}

const char *json_table_text(const struct json_table *table, size_t row, const char *column)
{
    const char *string = json_string_value(cell(table, row, column));
    return string == NULL ? "" : string;
}

double json_table_number(const struct json_table *table, size_t row, const char *column)
{
    return json_number_value(cell(table, row, column));
}

bool json_table_is_number(const struct json_table *table, size_t row, const char *column)
{
    return json_is_number(cell(table, row, column));
}
