/* ctl_test: shared by the tests of headgatectl. */
#ifndef HEADGATE_CTL_TEST_H
#define HEADGATE_CTL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/sheet.h"

static inline struct sheet sheet_of(const char *json)
{
    struct sheet sheet;
    struct error err = { 0 };
    struct text text = { 0 };
    assert_true(text_append_cstr(&text, json));
    assert_true(sheet_parse(&sheet, &text, &err));
    text_fini(&text);
    return sheet;
}

#endif
