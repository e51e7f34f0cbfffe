/* The rows of a section beside those of the reference page. */
#pragma once

#include "../base/unit.h"

#include "settings/reference.h"

#include <stdio.h>

/* Each row of the section is in the page as it is printed now. */
static inline void assert_page_has(const struct section *section)
{
    static char page[1 << 18];
    struct text out = { 0 };
    size_t found = 0;
    FILE *file = fopen("../docs/configuration.md", "r");
    assert_non_null(file);
    size_t len = fread(page, 1, sizeof page - 1, file);
    page[len] = '\0';
    assert_true(len > 0 && feof(file));
    (void)fclose(file);
    reference_page(section, &out);
    char *rest = out.data;
    for (char *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n")) {
        if (strncmp(line, "| `", 3) != 0)
            continue;
        assert_row(strstr(page, line) != NULL, "not in the page: %s", line);
        found++;
    }
    assert_true(found >= section->count);
    text_fini(&out);
}
