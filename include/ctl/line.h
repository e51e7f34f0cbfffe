/* Commands as headgate reads them: in one line, whatever was typed. Pure.
 */
#ifndef HEADGATE_CTL_LINE_H
#define HEADGATE_CTL_LINE_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/* Which quote is open at the end of `text`: ' " ` or 0. A backslash keeps the next byte from ending ' and ".
 */
char line_open_quote(struct span text);

/* Appends `words` as one command with its newline: one outside quotes would end it early. `is_json`: its
 * answer is to be JSON. False: a quote is not closed (EINVAL), or memory is out. */
bool line_make(struct span words, bool is_json, struct text *command, struct error *err);

#endif
