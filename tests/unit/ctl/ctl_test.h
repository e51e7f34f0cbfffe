/* ctl_test: shared by the tests of headgatectl. */
#pragma once

#include "../base/unit.h"

#include "ctl/json_table.h"

static inline struct json_table json_table_of(const char *json)
{
    struct json_table table;
    struct error err = { 0 };
    struct text text = { 0 };
    assert_true(text_append_cstr(&text, json));
    assert_true(json_table_parse(&table, &text, &err));
    text_fini(&text);
    return table;
}
