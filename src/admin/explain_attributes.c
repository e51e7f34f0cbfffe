#include "admin/explain_attributes.h"

#include "sql/hint.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span behind(struct span text, size_t len)
{
    return span_of(text.data + len, text.len - len);
}

static struct span skip_blanks(struct span text)
{
    while (text.len > 0 && is_blank(*text.data))
        text = behind(text, 1);
    return text;
}

/* Takes the bytes up to a blank, `end` or `or_end`. */
static struct span take_word(struct span *text, char end, char or_end)
{
    size_t len = 0;
    while (len < text->len && !is_blank(text->data[len]) && text->data[len] != (uint8_t)end &&
           text->data[len] != (uint8_t)or_end)
        len++;
    struct span word = span_of(text->data, len);
    *text = behind(*text, len);
    return word;
}

static bool take_sign(struct span *text, char sign)
{
    *text = skip_blanks(*text);
    if (text->len == 0 || *text->data != (uint8_t)sign)
        return false;
    *text = skip_blanks(behind(*text, 1));
    return true;
}

static bool take_value(struct span *text, struct span *value_r)
{
    bool is_quoted = text->len > 0 && (*text->data == '\'' || *text->data == '"');
    if (!is_quoted) {
        *value_r = take_word(text, ',', ',');
        return value_r->len > 0;
    }
    const uint8_t *end = memchr(text->data + 1, *text->data, text->len - 1);
    if (end == NULL)
        return false;
    *value_r = span_of(text->data + 1, (size_t)(end - text->data) - 1);
    *text = behind(*text, value_r->len + 2);
    return true;
}

/* Does `sql` begin with "with headgate."? *rest_r is the text after "with". */
static bool begins(struct span sql, struct span *rest_r)
{
    static const struct span with = SPAN_LITERAL("with");
    struct span text = skip_blanks(sql);
    struct span word = take_word(&text, '=', ',');
    *rest_r = skip_blanks(text);
    struct span rest = *rest_r;
    return span_equal_nocase(word, with) && hint_is_attribute(take_word(&rest, '=', ','));
}

bool explain_attributes_read(struct span *sql, struct hints_beside *attributes_r, struct error *err)
{
    struct span text;
    *attributes_r = (struct hints_beside){ 0 };
    if (!begins(*sql, &text))
        return true;
    do {
        if (attributes_r->count == HINTS_BESIDE_MAX)
            return error_set(err, 0, "explain takes no more than %d attributes", HINTS_BESIDE_MAX);
        struct hint_beside *one = &attributes_r->items[attributes_r->count++];
        one->name = take_word(&text, '=', ',');
        if (one->name.len == 0 || !take_sign(&text, '=') || !take_value(&text, &one->value))
            return error_set(err, 0,
                             "attributes are said like this: explain with headgate.server = db2, "
                             "headgate.timeout = '1s' SELECT 1");
    } while (take_sign(&text, ','));
    *sql = text;
    return sql->len > 0 || error_set(err, 0, "there is no statement behind the attributes");
}
