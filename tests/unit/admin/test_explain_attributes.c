/* Attributes given to EXPLAIN: read from the line, with the same hints as on the wire. */
#include "../base/unit.h"

#include "admin/explain_attributes.h"

#include <string.h>

static const struct {
    const char *line;
    const char *pairs; /* "name=value;…"; NULL: an error */
    const char *sql;
} rows[] = {
    { "SELECT 1", "", "SELECT 1" },
    { "with headgate.server = db2 SELECT 1", "headgate.server=db2;", "SELECT 1" },
    { "WITH HeadGate.Server=db2 SELECT 1", "HeadGate.Server=db2;", "SELECT 1" },
    { "  with\theadgate.server='db 2',headgate.timeout = \"5 's\"\n SELECT ','",
      "headgate.server=db 2;headgate.timeout=5 's;", "SELECT ','" },
    { "with headgate.primary = 1, traceparent = 'x' UPDATE t SET a = 1", "headgate.primary=1;traceparent=x;",
      "UPDATE t SET a = 1" },
    { "with headgate.after = '' SELECT 1", "headgate.after=;", "SELECT 1" },
    { "with x as (select 1) select * from x", "", "with x as (select 1) select * from x" },
    { "with headgates.x as (select 1) select 1", "", "with headgates.x as (select 1) select 1" },
    { "without headgate.server = db2 SELECT 1", "", "without headgate.server = db2 SELECT 1" },
    { "with", "", "with" },
    { "with headgate.server SELECT 1", NULL, "" },
    { "with headgate.server = ", NULL, "" },
    { "with headgate.server = db2", NULL, "" },
    { "with headgate.server = db2, SELECT 1", NULL, "" },
    { "with headgate.server = 'db2 SELECT 1", NULL, "" },
    { "with headgate.server = , SELECT 1", NULL, "" },
    { "with headgate.a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1 SELECT 1", NULL,
      "" },
};

TEST(each_line_is_split_as_it_says)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span sql = span_cstr(rows[i].line);
        struct hints_beside attributes;
        struct error err = { 0 };
        struct text pairs = { 0 };
        bool is_read = explain_attributes_read(&sql, &attributes, &err);
        assert_row(is_read == (rows[i].pairs != NULL), "'%s': %s", rows[i].line, err.text);
        assert_row(is_read == (err.text[0] == '\0'), "'%s': %s", rows[i].line, err.text);
        for (size_t j = 0; is_read && j < attributes.count; j++)
            (void)text_appendf(&pairs, "%.*s=%.*s;", (int)attributes.items[j].name.len,
                               (const char *)attributes.items[j].name.data,
                               (int)attributes.items[j].value.len,
                               (const char *)attributes.items[j].value.data);
        if (is_read)
            assert_row(strcmp(text_cstr(&pairs), rows[i].pairs) == 0 && span_is(sql, rows[i].sql),
                       "'%s': %s and '%.*s'", rows[i].line, text_cstr(&pairs), (int)sql.len,
                       (const char *)sql.data);
        text_fini(&pairs);
    }
}

/* Every beginning of a line is read or refused within its bounds. */
TEST(no_beginning_is_read_beyond)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t len = 0; len <= strlen(rows[i].line); len++) {
            char *copy = strndup(rows[i].line, len);
            struct span sql = span_of(copy, len);
            struct hints_beside attributes;
            struct error err = { 0 };
            assert_non_null(copy);
            if (explain_attributes_read(&sql, &attributes, &err))
                assert_true(sql.data >= (const uint8_t *)copy &&
                            sql.data + sql.len == (const uint8_t *)copy + len);
            free(copy);
        }
}

RUN_TESTS(NULL, NULL)
