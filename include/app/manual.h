/* Writes the manual pages in man(7) format, from the rows of options, commands and settings and from text in
 * manual.c. Pure; check out->is_oom afterwards. */
#pragma once

#include "base/str.h"

void manual_write_headgate(struct text *out);    /* headgate(8) */
void manual_write_headgatectl(struct text *out); /* headgatectl(1) */
void manual_write_conf(struct text *out);        /* headgate.conf(5) */
