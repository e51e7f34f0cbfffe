/* Text for manual pages: man(7) macros, and prose that a formatter prints unchanged. Pure; check out->is_oom
 * afterwards. */
#pragma once

#include "base/str.h"

/* Appends `prose` (UTF-8), escaped so that it is printed as it is: no character acts as a macro or an
 * escape, or becomes another kind of dash. Line breaks stay. */
void roff_prose(const char *prose, struct text *out);

/* Appends prose in short lines, which the formatter fills, and ends the last line. */
void roff_line(const char *prose, struct text *out);

/* Appends a macro such as `.SH` with one argument, in quotes. */
void roff_macro(const char *macro, const char *argument, struct text *out);
