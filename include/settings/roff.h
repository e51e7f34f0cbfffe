/* Text for manual pages: man(7) macros, and prose that no formatter takes for one. Pure; check out->is_oom
 * afterwards.
 */
#ifndef HEADGATE_SETTINGS_ROFF_H
#define HEADGATE_SETTINGS_ROFF_H

#include "base/str.h"

/* Append `prose` (UTF-8) such that it is printed as it is: no character of it is a macro, an escape or a dash
 * of another kind. Line breaks stay. */
void roff_prose(const char *prose, struct text *out);

/* Prose that is filled, in short lines; ends the last one. */
void roff_line(const char *prose, struct text *out);

/* `.SH` and the like with one argument, in quotes. */
void roff_macro(const char *macro, const char *argument, struct text *out);

#endif
